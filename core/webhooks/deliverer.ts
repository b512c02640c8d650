/**
 * Sends what the outbox holds: in order per destination, several destinations at a time, each try bounded in
 * time, again with growing pauses. It runs beside the jobs and never makes one wait.
 */
import { and, eq, inArray, min, notInArray, type SQL, sql } from "drizzle-orm";
import { setTimeout as sleep } from "node:timers/promises";
import { isDamage } from "../db/damaged_data.ts";
import type { Database } from "../db/open_database.ts";
import { type DeliveryRow, jobs, webhookDeliveries } from "../db/schema.ts";
import type { Logger } from "../log.ts";
import { guardedPost } from "../outbound/guarded_post.ts";
import type { OutboundGuard } from "../outbound/outbound_guard.ts";
import { signatureHeaders } from "./sign_webhook.ts";

const HOUR_MS = 3_600_000;

/** Pauses before the second, third, … try; after the last of them a delivery has failed. */
export const RETRY_DELAYS_MS = [
  ...[1000, 5000, 30_000, 120_000, 600_000, 1_800_000],
  ...[1, 2, 4, 8, 8].map((hours) => hours * HOUR_MS),
] as const;

/** How old an event may be for another try: those that wait behind a failed one are not tried for as long again. */
const RETRY_FOR_MS = 24 * HOUR_MS;

/** The most that a pause is drawn out by. */
const MAX_JITTER = 1.25;

const TIMEOUT_MS = 10_000;
/** Pause before an outcome is written again that could not be. */
const REWRITE_MS = 1000;
const MAX_CONCURRENT = 16;
const MAX_HEADS = 500;
/** How long the loop sleeps at most when nothing is due. */
const MAX_SLEEP_MS = 60_000;

export interface DelivererOptions {
  db: Database;
  guard: OutboundGuard;
  logger: Logger;
  retry_delays_ms?: readonly number[];
  timeout_ms?: number;
  rewrite_ms?: number;
}

type Head = DeliveryRow & { url: string | null; secret: string | null };

export class Deliverer {
  readonly #options: Required<DelivererOptions>;
  readonly #sending = new Map<string, Promise<void>>();
  readonly #abort = new AbortController();
  #wake: () => void = () => {};
  #woken = false;
  /** Ids of deliveries that are damaged. */
  readonly #unreadable = new Set<number>();
  #cannotRead = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: DelivererOptions) {
    this.#options = {
      ...{ retry_delays_ms: RETRY_DELAYS_MS, timeout_ms: TIMEOUT_MS, rewrite_ms: REWRITE_MS },
      ...options,
    };
  }

  /** Begins to send; what an earlier process left is sent too. */
  start(): void {
    this.#loop = this.#run();
  }

  /** Looks into the outbox now. */
  wake(): void {
    this.#woken = true;
    this.#wake();
  }

  /** Ends tries in progress; they are made again at the next start. */
  async stop(): Promise<void> {
    this.#abort.abort(new Error("The server is stopping"));
    this.wake();
    await this.#loop;
    await Promise.all(this.#sending.values());
  }

  async #run(): Promise<void> {
    const { logger } = this.#options;
    while (!this.#abort.signal.aborted) {
      this.#woken = false;
      const sleep_ms = await this.#dispatch().then((sleep_ms) => {
        this.#cannotRead = false;
        return sleep_ms;
      }, (error) => {
        if (!this.#cannotRead) logger.error("Cannot read the webhook outbox", { error: String(error) });
        this.#cannotRead = true;
        return 1000;
      });
      if (this.#woken) continue;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, sleep_ms);
      this.#wake = resolve;
      await promise;
      clearTimeout(timer);
    }
  }

  /** Begins what is due and has room; returns how long nothing else will be due. */
  async #dispatch(): Promise<number> {
    let sleep_ms = MAX_SLEEP_MS;
    for (const head of await this.#heads()) {
      if (this.#sending.has(head.destination)) continue;
      const wait_ms = this.#waitOf(head);
      if (wait_ms > 0) {
        sleep_ms = Math.min(sleep_ms, wait_ms);
      } else if (this.#sending.size < MAX_CONCURRENT && !this.#abort.signal.aborted) {
        const done = this.#deliver(head).finally(() => {
          this.#sending.delete(head.destination);
          this.wake();
        });
        this.#sending.set(head.destination, done);
      }
    }
    return sleep_ms;
  }

  /** How long a delivery is not due. One that would wait longer than it was told to is: the clock was set back. */
  #waitOf({ attempts, next_attempt_at }: Head): number {
    const wait_ms = next_attempt_at.getTime() - Date.now();
    const most_ms = attempts === 0 ? 0 : MAX_JITTER * this.#options.retry_delays_ms[attempts - 1]!;
    return wait_ms > most_ms ? 0 : wait_ms;
  }

  /** The oldest pending delivery of each destination: the only ones that may be sent. */
  async #heads(): Promise<Head[]> {
    const { read } = this.#options.db;
    const oldest = read.select({ id: min(webhookDeliveries.id).as("id") }).from(webhookDeliveries)
      .where(
        and(eq(webhookDeliveries.status, "pending"), notInArray(webhookDeliveries.id, [...this.#unreadable])),
      )
      .groupBy(webhookDeliveries.destination);
    // What is put off for longer than any pause was so before the clock was set back, and is due.
    const at = webhookDeliveries.next_attempt_at;
    const latest = Date.now() + MAX_JITTER * Math.max(...this.#options.retry_delays_ms);
    const order = sql`case when ${at} > ${latest} then 0 else ${at} end`;
    try {
      return await this.#read(inArray(webhookDeliveries.id, oldest), order);
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
    const heads: Head[] = [];
    for (const { id } of await oldest) {
      if (heads.length === MAX_HEADS) break;
      const which = eq(webhookDeliveries.id, id!);
      try {
        heads.push(...await this.#read(which, order));
      } catch (error) {
        if (!isDamage(error)) throw error;
        await this.#giveUp(id!, error);
      }
    }
    return heads;
  }

  async #read(which: SQL, order: SQL): Promise<Head[]> {
    const { read } = this.#options.db;
    const rows = await read.select({
      delivery: webhookDeliveries,
      url: jobs.webhook_url,
      secret: jobs.webhook_secret,
    })
      .from(webhookDeliveries).innerJoin(jobs, eq(jobs.id, webhookDeliveries.destination))
      .where(which).orderBy(order).limit(MAX_HEADS);
    return rows.map(({ delivery, url, secret }) => ({ ...delivery, url, secret }));
  }

  /** Ends a delivery that cannot be read, so that it holds up no others of its job. */
  async #giveUp(id: number, error: unknown): Promise<void> {
    const { db } = this.#options;
    const { message: last_error } = db.damaged(`The webhook delivery ${id}`, error);
    this.#unreadable.add(id);
    // The one behind it is now the first of its job.
    this.wake();
    try {
      await db.write((tx) =>
        tx.update(webhookDeliveries).set({ status: "failed", last_error, finished_at: new Date() })
          .where(eq(webhookDeliveries.id, id))
      );
    } catch (unwritable) {
      if (!isDamage(unwritable)) throw unwritable;
    }
  }

  async #deliver(head: Head): Promise<void> {
    const outcome = await this.#post(head);
    if (outcome === "stopped") return;
    const { retry_delays_ms, logger } = this.#options;
    const attempts = head.attempts + 1;
    const delay_ms = retry_delays_ms[head.attempts];
    const now = Date.now();
    const isLast = delay_ms === undefined || now + delay_ms > head.created_at.getTime() + RETRY_FOR_MS;
    const status = outcome.error === null ? "delivered" : isLast ? "failed" : "pending";
    await this.#write(head, {
      status,
      attempts,
      last_status: outcome.status,
      last_error: outcome.error,
      ...(status === "pending"
        ? { next_attempt_at: new Date(now + withJitter(delay_ms!)) }
        : { finished_at: new Date(now) }),
    });
    logger[status === "delivered" ? "debug" : "warn"]("Webhook", {
      job_id: head.job_id,
      event_id: head.event_id,
      outcome: status,
      attempts,
      ...outcome,
    });
  }

  /**
   * Writes an outcome, until there is room for it or the server stops: a delivery that is not known to have been tried
   * would be sent again at once, and again.
   */
  async #write({ id }: Head, outcome: Partial<typeof webhookDeliveries.$inferInsert>): Promise<void> {
    const { db, logger, rewrite_ms } = this.#options;
    for (let tries = 1;; tries++) {
      try {
        await db.write((tx) =>
          tx.update(webhookDeliveries).set(outcome)
            .where(and(eq(webhookDeliveries.id, id), eq(webhookDeliveries.status, "pending")))
        );
        return;
      } catch (error) {
        if (tries === 1) logger.error("Cannot write the outcome of a delivery", { error: String(error) });
        const { signal } = this.#abort;
        await sleep(rewrite_ms, undefined, { signal }).catch(() => {});
        if (signal.aborted) return;
      }
    }
  }

  async #post(head: Head): Promise<{ status: number | null; error: string | null } | "stopped"> {
    const { guard, timeout_ms } = this.#options;
    try {
      const { status } = await guardedPost(guard, head.url ?? "", {
        headers: {
          "content-type": "application/json",
          "user-agent": "Proximal-Webhooks",
          ...signatureHeaders(head.secret ?? "", head.event_id, new Date(), head.body),
        },
        body: head.body,
        timeout_ms,
        max_response_bytes: 0,
        signal: this.#abort.signal,
      });
      return { status, error: status >= 200 && status < 300 ? null : `The receiver answered ${status}` };
    } catch (error) {
      if (this.#abort.signal.aborted) return "stopped";
      return { status: null, error: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** Between the delay and a quarter more, so that receivers that come back are not met by all at once. */
function withJitter(delay_ms: number): number {
  return delay_ms * (1 + Math.random() * (MAX_JITTER - 1));
}
