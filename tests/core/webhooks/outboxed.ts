/** A real database with an outbox and deliverers over it, without jobs that run: events are said by hand. */
import { join } from "node:path";
import { asc, eq } from "drizzle-orm";
import { createEndpointSchema } from "../../../core/contract/webhook_schema.ts";
import { trainingJobSchema } from "../../../core/contract/training_job.ts";
import { newId } from "../../../core/db/new_id.ts";
import type { Database } from "../../../core/db/open_database.ts";
import { openTestDatabase } from "../db/test_database.ts";
import { type DeliveryRow, type EndpointRow, webhookDeliveries } from "../../../core/db/schema.ts";
import { createJob } from "../../../core/jobs/job_lifecycle.ts";
import { createLogger } from "../../../core/log.ts";
import { OutboundGuard } from "../../../core/outbound/outbound_guard.ts";
import { Deliverer, type DelivererOptions } from "../../../core/webhooks/deliverer.ts";
import { createEndpoint } from "../../../core/webhooks/endpoints.ts";
import { enqueueEvent, type PendingBounds } from "../../../core/webhooks/enqueue.ts";
import { eventually, PATIENCE_MS, PLAN } from "../jobs/supervised.ts";

export class Outboxed {
  readonly logs: string[] = [];
  readonly logger = createLogger("debug", {}, (line) => this.logs.push(line));
  /** The deliverer that runs. */
  deliverer: Deliverer | null = null;
  /** What is said from now on may wait up to these. */
  bounds: PendingBounds | undefined;
  #said = 0;

  constructor(readonly db: Database, readonly folder: string) {}

  /** Starts a deliverer; there is one at a time. */
  start(options: Partial<DelivererOptions> = {}): Deliverer {
    this.deliverer = new Deliverer({
      db: this.db,
      logger: this.logger,
      guard: new OutboundGuard(["127.0.0.0/8"]),
      retry_delays_ms: [5, 10],
      timeout_ms: PATIENCE_MS,
      rewrite_ms: 5,
      ...options,
    });
    this.deliverer.start();
    return this.deliverer;
  }

  async stop(): Promise<void> {
    await this.deliverer?.stop();
    this.deliverer = null;
  }

  endpoint(url: string, event_types: string[] = ["*"]): Promise<EndpointRow> {
    return createEndpoint(this.db, createEndpointSchema.parse({ url, event_types }));
  }

  /** A job with a webhook of its own; its id. */
  async job(url: string | null): Promise<string> {
    const config = trainingJobSchema.parse({
      ...{ kind: "ppo", model: "m", prompts: ["a"], reward: { type: "length", target: 5 } },
      webhook: url === null ? null : { url },
    });
    const { id } = await this.db.write((tx) => createJob(tx, config, PLAN));
    return id;
  }

  /** Says that something happened to a job, `count` times; the bodies count on from one call to the next. */
  async say(
    job: string,
    { own = true, count = 1, type = "training_job.epoch.completed" } = {},
  ): Promise<void> {
    await this.db.write(async (tx) => {
      for (let i = 0; i < count; i++) {
        const at = new Date();
        const body = JSON.stringify({
          type,
          timestamp: at.toISOString(),
          data: { job: { id: job }, n: ++this.#said },
        });
        const notice = { event_id: newId("event"), type, body, at };
        await enqueueEvent(tx, job, own, notice, this.bounds);
      }
    });
    this.deliverer?.wake();
  }

  /** All deliveries to a destination, oldest first. */
  deliveries(destination: string): Promise<DeliveryRow[]> {
    return this.db.read.select().from(webhookDeliveries).where(eq(webhookDeliveries.destination, destination))
      .orderBy(asc(webhookDeliveries.id)).execute();
  }

  /** The same, once none is pending. */
  settled(destination: string): Promise<DeliveryRow[]> {
    return eventually(async () => {
      const rows = await this.deliveries(destination);
      return rows.length > 0 && rows.every(({ status }) => status !== "pending") && rows;
    });
  }
}

/** Runs `work` on a fresh database. */
export async function outboxed(work: (it: Outboxed) => Promise<void>): Promise<void> {
  const folder = join(await Deno.realPath(await Deno.makeTempDir()), "data");
  const db = await openTestDatabase(folder, createLogger("silent"));
  const it = new Outboxed(db, folder);
  try {
    await work(it);
  } finally {
    await it.stop();
    await db.close();
    await Deno.remove(join(folder, ".."), { recursive: true });
  }
}
