/** A real database, supervisor and deliverer around the fake engine, for tests. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Database } from "../../../core/db/open_database.ts";
import { openTestDatabase } from "../db/test_database.ts";
import type { JobRow } from "../../../core/db/schema.ts";
import { type EngineOptions, EngineProcess } from "../../../core/processes/engine_process.ts";
import { UserError } from "../../../core/errors.ts";
import { EventFeed } from "../../../core/jobs/event_feed.ts";
import { createJob } from "../../../core/jobs/job_lifecycle.ts";
import { getJob } from "../../../core/jobs/job_queries.ts";
import type { JobStatus } from "../../../core/contract/job_states.ts";
import { Supervisor, type SupervisorOptions } from "../../../core/jobs/supervisor.ts";
import { createLogger, type Logger } from "../../../core/log.ts";
import { type TrainingJobRequest, trainingJobSchema } from "../../../core/contract/training_job.ts";
import { OutboundGuard } from "../../../core/outbound/outbound_guard.ts";
import { Deliverer, type DelivererOptions } from "../../../core/webhooks/deliverer.ts";
import { BEHAVIOURS } from "../../fake_engine.ts";

const FAKE_ENGINE = fileURLToPath(new URL("../../fake_engine.ts", import.meta.url));

export type Behaviour = keyof typeof BEHAVIOURS;

export const PLAN = {
  steps: 4,
  steps_per_epoch: 2,
  prompt_tokens: { min: 1, mean: 2, max: 3 },
  trainable_parameters: 10,
  base_parameters: 100,
  estimate: { memory_bytes: 1000 },
};

/** Starts a fake engine. */
export function startFakeEngine(
  logger: Logger,
  deadlines: Partial<Pick<EngineOptions, "silence_ms" | "text_ms">> = {},
): EngineProcess {
  return new EngineProcess({
    command: [Deno.execPath(), "run", "-A", "--no-check", FAKE_ENGINE],
    env: { HOME: Deno.env.get("HOME") ?? "/" },
    logger,
    start_timeout_ms: PATIENCE_MS,
    ...deadlines,
  });
}

/** Longer than anything takes on a busy machine: what does not come by then never will. */
export const PATIENCE_MS = 120_000;

/** Waits until `check` gives something. @param otherwise what is wrong when it never does */
export async function eventually<T>(
  check: () => Promise<T | null | false> | T | null | false,
  otherwise = "the condition did not come true",
): Promise<T> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    const value = await check();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`Cannot wait any longer: in two minutes, ${otherwise}`);
}

export class Supervised {
  readonly feed = new EventFeed();
  readonly supervisor: Supervisor;
  readonly deliverer: Deliverer;

  constructor(
    readonly db: Database,
    readonly folder: string,
    readonly logs: string[],
    options: Partial<SupervisorOptions> = {},
    delivering: Partial<DelivererOptions> = {},
  ) {
    const logger = createLogger("debug", {}, (line) => this.logs.push(line));
    this.deliverer = new Deliverer({
      db,
      logger,
      guard: new OutboundGuard(["127.0.0.1"]),
      retry_delays_ms: [20, 40],
      timeout_ms: PATIENCE_MS,
      rewrite_ms: 20,
      ...delivering,
    });
    this.supervisor = new Supervisor({
      db,
      logger,
      dataDir: folder,
      feed: this.feed,
      max_concurrent_jobs: 1,
      startEngine: (logger) => startFakeEngine(logger),
      resolveFolders: (config) => {
        if (config.model === "gone") throw new UserError("unknown_model", "No model 'gone'");
        return Promise.resolve({ model: "/models/m", rewards: {} });
      },
      onOutbox: () => this.deliverer.wake(),
      cancel_grace_ms: PATIENCE_MS,
      stop_grace_ms: 2000,
      shutdown_grace_ms: PATIENCE_MS,
      backoff: { first_ms: 10, longest_ms: 100 },
      look_again: { first_ms: 10, longest_ms: 100 },
      ...options,
    });
  }

  async create(behaviour: Behaviour, more: Partial<TrainingJobRequest> = {}): Promise<JobRow> {
    const config = trainingJobSchema.parse({
      ...{ kind: "ppo", model: "m", prompts: ["a", "b"], epochs: 2, reward: { type: "length", target: 5 } },
      ...{ seed: BEHAVIOURS[behaviour], metadata: { team: "x" } },
      ...more,
    });
    const job = await this.db.write((tx) => createJob(tx, config, PLAN));
    this.supervisor.wake();
    return job;
  }

  /** The job once it has one of these statuses. */
  reaches(id: string, ...statuses: JobStatus[]): Promise<JobRow> {
    return eventually(async () => {
      const job = await getJob(this.db, id);
      return statuses.includes(job.status) && job;
    });
  }
}

/** Runs `work` on a fresh data folder; the supervisor is not started yet. */
export async function supervised(
  work: (it: Supervised) => Promise<void>,
  options: Partial<SupervisorOptions> = {},
): Promise<void> {
  const folder = join(await Deno.realPath(await Deno.makeTempDir()), "data");
  const logs: string[] = [];
  const db = await openTestDatabase(folder, createLogger("debug", {}, (line) => logs.push(line)));
  const it = new Supervised(db, folder, logs, options);
  try {
    await work(it);
  } finally {
    await it.supervisor.stop();
    await it.deliverer.stop();
    await db.close();
    await Deno.remove(join(folder, ".."), { recursive: true });
  }
}
