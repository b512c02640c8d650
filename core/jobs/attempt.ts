/**
 * One attempt of a job: an engine process from its start to its end, and what it says recorded. How it ended is decided
 * here; what becomes of the job is in `end_attempt.ts`, and whose turn it is in `supervisor.ts`.
 */
import { and, desc, eq } from "drizzle-orm";
import { join } from "node:path";
import { isAway } from "../db/libsql_server.ts";
import type { Database } from "../db/open_database.ts";
import { checkpoints, type JobRow, jobs, rowNumber } from "../db/schema.ts";
import { type EngineProcess, NoRoom, type Request } from "../processes/engine_process.ts";
import { NotPlaced, type PlacedJob } from "../processes/placing.ts";
import type { Answering, MakeAnswering } from "../questions/answering.ts";
import type { ModelFolders } from "../contract/protocol.ts";
import type { TrainingEvent, TrainingSummary } from "../contract/training_events.ts";
import { replicasOf } from "../contract/job.ts";
import { joinRows, type StoredConfig } from "../contract/job_rows.ts";
import { type ErrorRecord, errorRecord, UserError } from "../errors.ts";
import { makeFolder } from "../formats/atomic_file.ts";
import { recordsFolder } from "../formats/record_files.ts";
import { removeTrainingState } from "../formats/remove_training_state.ts";
import type { Logger } from "../log.ts";
import { MEASURES } from "../metrics/measures.ts";
import { machineMemory, memoryKills, residentBytes } from "../system_memory.ts";
import { afterFailure } from "./after_failure.ts";
import type { AttemptEnd } from "./end_attempt.ts";
import { isShortOfFiles } from "./is_short_of_files.ts";
import { held, LeaseLost } from "./job_lease.ts";
import { allRows } from "./job_rows.ts";
import { childIdentity } from "../processes/process_identity.ts";
import { recordEvent } from "./record_event.ts";
import type { Backoff } from "./retry_delay.ts";
import { StallWatch } from "./stall_watch.ts";

export interface AttemptOptions {
  db: Database;
  logger: Logger;
  /** Absolute; checkpoints go below it. */
  dataDir: string;
  /** @throws NoRoom */
  startEngine: (logger: Logger, of: PlacedJob) => EngineProcess;
  /** Frees what other processes hold and do not need; says whether there was any. */
  freeMemory?: () => Promise<boolean>;
  /** @throws UserError when a model is gone. */
  resolveFolders: (config: StoredConfig) => Promise<ModelFolders>;
  /** Whether jobs run on other machines, so that this one's memory does not bound them. */
  elsewhere?: boolean;
  /** How long an engine may take to obey a cancel, and to leave when it has nothing more to do. */
  cancel_grace_ms: number;
  stop_grace_ms: number;
  /** How long a training may come no further. */
  stall_ms?: number;
  /** Who answers what rewards ask; without it, those that ask fail. */
  answering?: MakeAnswering;
  /** Where adapters for rollout servers are written, absolute. */
  adaptersDir?: string | null;
  /** Pauses between a job's attempts. */
  backoff?: Backoff;
}

/** What an attempt needs of whoever runs it. */
export interface AttemptContext {
  /** Where what happens is written, and must not be lost because of a lock. */
  records: Database;
  /** Aborted when the server stops. */
  stopping: AbortSignal;
  /** The attempts that run beside this one. */
  others: () => Attempt[];
  /** Called when something was recorded. */
  onRecord: () => void;
}

const SILENT: Answering = {
  answer: () => Promise.reject(new UserError("reward_failed", "Nobody answers what the job's reward asks")),
  close: () => Promise.resolve(),
};

type TrainCommand = Extract<Request, { type: "train" }>;
type Refusal = Extract<AttemptEnd, { type: "refused" }>;

/** There is no room for the job now. */
class Refused extends Error {
  constructor(readonly refusal: Omit<Refusal, "type">) {
    super(refusal.reason.detail);
  }
}

/** Nothing of the attempt was begun before the job was paused. */
class NotBegun extends Error {}

export class Attempt {
  readonly job: JobRow;
  readonly #options: AttemptOptions;
  readonly #context: AttemptContext;
  readonly #logger: Logger;
  readonly #cancel = new AbortController();
  /** Aborted to end it after its step, with a checkpoint. */
  readonly #pause = new AbortController();
  #engine: EngineProcess | null = null;
  /** Whether it has done a step, and so holds the memory that it needs. */
  #stepped = false;
  #killTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(job: JobRow, options: AttemptOptions, context: AttemptContext) {
    this.job = job;
    this.#options = options;
    this.#context = context;
    this.#logger = options.logger.with({ job_id: job.id, attempt: job.attempt });
  }

  /** Its engine process, once there is one. */
  get pid(): number | null {
    return this.#engine?.pid ?? null;
  }

  /** Ends it; its engine is killed when it does not obey in time. */
  cancel(): void {
    if (this.#cancel.signal.aborted) return;
    this.#cancel.abort(new UserError("cancelled", "The job was cancelled"));
    this.#killTimer = setTimeout(() => this.kill(), this.#options.cancel_grace_ms);
  }

  /** Ends it after the step that runs, with a checkpoint. */
  pause(): void {
    this.#pause.abort();
  }

  kill(): void {
    this.#engine?.kill();
  }

  /** Ends it at once, as the job is another server's. */
  abandon(): void {
    this.#cancel.abort(new LeaseLost());
    this.kill();
  }

  /** Runs it to its end, and says which it was; nothing is thrown. */
  async run(): Promise<AttemptEnd> {
    this.#logger.info("Job starts", { model: this.job.model });
    const kills = memoryKills();
    try {
      const summary = await this.#train();
      return summary.paused ? { type: "paused" } : { type: "done", summary };
    } catch (thrown) {
      return await this.#endOf(thrown, kills);
    } finally {
      clearTimeout(this.#killTimer);
    }
  }

  /** The engine leaves, and what a rollout server read of the job. */
  async leave(): Promise<void> {
    await this.#engine?.stop(this.#options.stop_grace_ms);
    const { adapters } = this.#adapters();
    if (adapters) await Deno.remove(adapters, { recursive: true }).catch(() => {});
  }

  /** How it ended that something was thrown. */
  async #endOf(thrown: unknown, kills: number): Promise<AttemptEnd> {
    if (thrown instanceof LeaseLost || this.#cancel.signal.reason instanceof LeaseLost) {
      this.#logger.warn("The job is another server's: this one was away too long");
      return { type: "lost" };
    }
    if (this.#context.stopping.aborted || thrown instanceof NotBegun) return { type: "paused" };
    if (thrown instanceof NotPlaced) {
      this.#logger.info("Job waits", { reason: thrown.message });
      return { type: "refused", reason: errorRecord(thrown), everybody: false };
    }
    if (thrown instanceof Refused) {
      this.#logger.info("Job waits", { reason: thrown.message });
      return { type: "refused", ...thrown.refusal };
    }
    const known = thrown instanceof UserError;
    this.#logger[known && thrown.code === "cancelled" ? "info" : "warn"]("Attempt ended", {
      error: String(thrown),
      stack: known || !(thrown instanceof Error) ? undefined : thrown.stack,
    });
    let error = jobError(thrown);
    if (error.code === "engine_crashed" && await this.#ranOutOfMemory(kills)) {
      error = { code: "out_of_memory", detail: "The system killed the engine process as memory ran out" };
    }
    return { type: "failed", error, after: afterFailure(error.code), backoff: this.#options.backoff };
  }

  async #ranOutOfMemory(kills: number): Promise<boolean> {
    await this.#engine?.exited;
    return this.#engine !== null && this.#engine.killedElsewhere && memoryKills() > kills;
  }

  async #train(): Promise<TrainingSummary> {
    const { job } = this;
    const { dataDir, resolveFolders, freeMemory, stop_grace_ms } = this.#options;
    this.#checkBegun();
    this.#checkRoom();
    const output = join(dataDir, "jobs", job.id, String(job.attempt));
    const records = recordsFolder(dataDir, job.id);
    const [rows, folders] = await withFiles(async () => {
      const found = [await allRows(this.#context.records, job), await resolveFolders(job.config)] as const;
      await makeFolder(output);
      return found;
    });
    // The engine knows no URL of ours.
    const config = joinRows({ ...job.config, webhook: null, metadata: job.metadata }, rows);
    const command: TrainCommand = {
      ...{ type: "train", job: config, folders: { ...folders, output, records, ...this.#adapters() } },
      resume: await this.#resumable(),
      memory_share: 2 ** -job.memory_halvings,
    };
    try {
      return await this.#trainOn(command);
    } catch (thrown) {
      // Nothing has happened yet: a job that does not fit the memory there is now is refused before it starts.
      if (!isTooLarge(thrown) || this.#context.stopping.aborted) throw thrown;
      if (!await freeMemory?.()) throw this.#tooLarge(thrown);
    }
    this.#logger.info("Job begins again with the memory that serving held");
    await this.#engine?.stop(stop_grace_ms);
    try {
      return await this.#trainOn(command);
    } catch (thrown) {
      throw isTooLarge(thrown) ? this.#tooLarge(thrown) : thrown;
    }
  }

  /** Where the job's adapters go that a rollout server loads, if one does. */
  #adapters(): { adapters?: string } {
    const { config, id } = this.job;
    const { adaptersDir } = this.#options;
    const follows = "rollouts" in config && config.rollouts?.adapter === "vllm";
    return follows && adaptersDir ? { adapters: join(adaptersDir, id) } : {};
  }

  /** Trains on an engine process of its own. */
  async #trainOn(command: TrainCommand): Promise<TrainingSummary> {
    const { job } = this;
    const { db, startEngine, stall_ms, dataDir } = this.#options;
    this.#checkBegun();
    const of = {
      ...{ replicas: replicasOf(job.config), folder: command.folders.output },
      ...{ job: job.id, attempt: job.attempt },
    };
    const engine = await withFiles(() => Promise.resolve(startEngine(this.#logger, of)));
    this.#engine = engine;
    MEASURES.job_attempts_total.add();
    if (job.attempt === 1) {
      MEASURES.job_queue_wait_seconds.observe(Math.max(0, Date.now() - job.created_at.getTime()) / 1000);
    }
    const identity = childIdentity(engine.pid);
    await this.#context.records.write((tx) =>
      tx.update(jobs).set({ engine: identity }).where(and(eq(jobs.id, job.id), held(db.owner, job.attempt)))
    );
    // Until then it may wait for its turn in another queue.
    await engine.ready;
    const watch = new StallWatch({
      stall_ms,
      step_seconds: job.plan.estimate.step_seconds,
      onStall: (ms) => engine.end(`The training came no further for ${Math.round(ms / 1000)} s`),
    });
    const answering = this.#answering();
    const { rollouts: sample } = answering;
    const place = { dataDir, jobId: job.id, attempt: job.attempt, knownStep: job.progress.step };
    try {
      return await engine.request(
        command,
        (event) => {
          watch.progress();
          return watch.hold(() => this.#record(place, event));
        },
        this.#cancel.signal,
        {
          pause: this.#pause.signal,
          answer: (question, signal) => watch.hold(() => answering.answer(question, signal)),
          ...(sample && { rollouts: (question, signal) => watch.hold(() => sample(question, signal)) }),
        },
      );
    } finally {
      watch.close();
      await answering.close();
    }
  }

  /** Who answers what the job's reward asks. */
  #answering(): Answering {
    const { config, reward_secrets: secrets, id } = this.job;
    const { answering } = this.#options;
    if (!("reward" in config) || !answering) return SILENT;
    const rollouts = "rollouts" in config ? config.rollouts : null;
    return answering({ reward: config.reward, rollouts, secrets, asker: id, logger: this.#logger });
  }

  async #record(place: Parameters<typeof recordEvent>[1], event: TrainingEvent): Promise<void> {
    const { folders, states } = await recordEvent(this.#context.records, place, event);
    if (event.type === "step") this.#stepped = true;
    this.#context.onRecord();
    // What cannot be removed now is when the attempt has ended.
    for (const folder of folders) await Deno.remove(folder, { recursive: true }).catch(() => {});
    for (const folder of states) await removeTrainingState(folder).catch(() => {});
  }

  #checkBegun(): void {
    this.#cancel.signal.throwIfAborted();
    if (this.#pause.signal.aborted || this.#context.stopping.aborted) throw new NotBegun();
  }

  /**
   * Refuses a job that would not fit beside those that have begun and do not hold yet what they need: what is free now is
   * theirs.
   */
  #checkRoom(): void {
    const begun = this.#context.others().filter((one) => !one.#stepped);
    if (begun.length === 0 || this.#options.elsewhere) return;
    const promised = begun.map(({ job, pid }) =>
      Math.max(0, job.plan.estimate.memory_bytes - (pid === null ? 0 : residentBytes(pid)))
    );
    const free = machineMemory().available - promised.reduce((sum, bytes) => sum + bytes, 0);
    if (this.job.plan.estimate.memory_bytes <= free) return;
    const detail =
      "Other jobs need the memory that is free: the job waits until they hold theirs or have ended";
    throw new Refused({ reason: { code: "job_too_large", detail }, everybody: false });
  }

  /** A job that the machine could hold if nothing else ran waits; one that it never can fails. */
  #tooLarge(thrown: UserError): Error {
    const { memory_halvings, plan: { estimate } } = this.job;
    if (memory_halvings > 0) return new UserError("out_of_memory", thrown.message, thrown.errors);
    if (estimate.memory_bytes > machineMemory().total) return thrown;
    return new Refused({
      reason: { code: thrown.code, detail: errorRecord(thrown).detail },
      everybody: false,
    });
  }

  /** Folders that the job can continue from, newest first. */
  async #resumable(): Promise<string[]> {
    const { dataDir } = this.#options;
    const rows = await this.#context.records.read.select({ folder: checkpoints.folder }).from(checkpoints)
      .where(and(eq(checkpoints.job_id, this.job.id), eq(checkpoints.resumable, 1)))
      .orderBy(desc(checkpoints.step), desc(rowNumber(checkpoints)));
    return rows.map(({ folder }) => join(dataDir, folder));
  }
}

function isTooLarge(thrown: unknown): thrown is UserError {
  return thrown instanceof UserError && thrown.code === "job_too_large";
}

/** What `work` gives; where there are no files, processes or database for it, nobody's job can begin for a while. */
async function withFiles<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (isAway(thrown)) {
      const detail = "The database server does not answer: the job waits until it does";
      throw new Refused({ reason: { code: "runtime_unavailable", detail }, everybody: true });
    }
    if (!(thrown instanceof NoRoom) && !isShortOfFiles(thrown)) throw thrown;
    const detail = "The server has no room for another process now: the job waits until it has";
    throw new Refused({ reason: { code: "runtime_unavailable", detail }, everybody: true });
  }
}

/** What a job's row keeps of an error; a bug's message may hold what is not the user's to see. */
function jobError(error: unknown): ErrorRecord {
  const record = errorRecord(error);
  return record.code === "internal"
    ? { code: "internal", detail: "The job failed because of an internal error; the server's log says more" }
    : record;
}
