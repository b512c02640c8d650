/**
 * The end of an attempt, in one transaction: what the job becomes by how the attempt ended and by what was asked of the job
 * meanwhile, with the event and the webhook that tell of it.
 */
import { and, eq } from "drizzle-orm";
import { MEASURES } from "../metrics/measures.ts";
import type { Database, Transaction } from "../db/open_database.ts";
import { type JobRow, jobs } from "../db/schema.ts";
import type { Attempt } from "../contract/job_answers.ts";
import type { TrainingSummary } from "../contract/training_events.ts";
import type { ErrorRecord } from "../errors.ts";
import { hasEngine, isFinal } from "../contract/job_states.ts";
import type { AfterFailure } from "./after_failure.ts";
import { emitEvent } from "./emit_event.ts";
import { expired, held } from "./job_lease.ts";
import { jobTime } from "./job_time.ts";
import { moveJob } from "./move_job.ts";
import { type Backoff, BETWEEN_ATTEMPTS, retryDelay_ms } from "./retry_delay.ts";

/** How often in a row a server may die with a job that comes no further: it may be what kills the server. */
export const MAX_INTERRUPTIONS = 20;
/** From how many on the next attempt waits. */
const PATIENT_INTERRUPTIONS = 3;
/** Attempts of a job that was stored before it had a number of its own. */
const MAX_ATTEMPTS = 3;

export type AttemptEnd =
  /** All steps are done. */
  | { type: "done"; summary: TrainingSummary }
  /** The engine left because somebody paused the job, or the server stops. */
  | { type: "paused" }
  /** It ended by an error. */
  | { type: "failed"; error: ErrorRecord; after: AfterFailure; backoff?: Backoff }
  /** There was no room for it, or for anybody's, so it never began. */
  | { type: "refused"; reason: ErrorRecord; everybody: boolean }
  /** The server died with it. */
  | { type: "lost" };

type Ender<T extends AttemptEnd["type"]> = (
  tx: Transaction,
  job: JobRow,
  end: Extract<AttemptEnd, { type: T }>,
) => Promise<JobRow | null>;

/** What each end means for a job that nobody cancels. */
const ENDERS: { [T in AttemptEnd["type"]]: Ender<T> } = {
  async done(tx, job, { summary: { progress, metrics, stopped, result } }) {
    const attempts = await closed(tx, job, null);
    const done = await moveJob(tx, job.id, "succeeded", {
      attempts,
      progress: { ...progress, eta_seconds: 0 },
      stopped,
      result,
    });
    if (done) {
      const { best_checkpoint } = done;
      const data = {
        ...{ progress: done.progress, metrics },
        ...(best_checkpoint !== null && { best_checkpoint }),
        ...(stopped && { stopped }),
        ...(result && { result }),
      };
      await emitEvent(tx, done, "training_job.succeeded", data, { metrics, eta_seconds: 0 });
    }
    return done;
  },

  async paused(tx, job) {
    const attempts = await closed(tx, job, null);
    if (job.status === "pausing") return await pause(tx, job, { attempts });
    return await requeue(tx, job, "The server was stopped", { attempts });
  },

  async failed(tx, job, { error, after, backoff = BETWEEN_ATTEMPTS }) {
    const attempts = await closed(tx, job, error);
    if (after === "fail") return await fail(tx, job, error, { attempts });
    if (after === "pause") return await pause(tx, job, { attempts, status_reason: error });
    const failures = job.failures + 1;
    const most = job.config.max_attempts ?? MAX_ATTEMPTS;
    if (failures >= most) {
      const detail = most === 1 ? error.detail : `${error.detail}; this was the last of ${most} attempts`;
      return await fail(tx, job, { ...error, detail }, { attempts, failures });
    }
    const memory_halvings = job.memory_halvings + (after === "retry_smaller" ? 1 : 0);
    if (after === "retry_smaller") await warnOfMemory(tx, job, memory_halvings);
    const set = { attempts, failures, memory_halvings, status_reason: error };
    if (job.status === "pausing") return await pause(tx, job, set);
    const retry_at = new Date(Date.now() + retryDelay_ms(backoff, failures));
    return await requeue(tx, job, error.detail, { ...set, retry_at });
  },

  async refused(tx, job, { reason }) {
    const { attempt } = job;
    const set = {
      attempt: attempt - 1,
      attempts: job.attempts.filter((one) => one.attempt !== attempt),
      started_at: attempt === 1 ? null : job.started_at,
    };
    if (job.status === "pausing") return await pause(tx, job, set);
    return await moveJob(tx, job.id, "queued", { ...set, status_reason: reason });
  },

  async lost(tx, job) {
    const cameFurther = job.progress.step > job.interrupted_at_step;
    const interruptions = cameFurther ? 1 : job.interruptions + 1;
    const reason = "The server died while the job was running";
    const error: ErrorRecord = { code: "engine_crashed", detail: reason };
    const attempts = await closed(tx, job, error);
    const set = { attempts, interruptions, interrupted_at_step: job.progress.step };
    if (interruptions >= MAX_INTERRUPTIONS) {
      const detail = `${reason}, ${interruptions} times in a row without a step more`;
      return await fail(tx, job, { ...error, detail }, set);
    }
    if (job.status === "pausing") return await pause(tx, job, set);
    const more = interruptions - PATIENT_INTERRUPTIONS;
    const retry_at = more > 0 ? new Date(Date.now() + retryDelay_ms(BETWEEN_ATTEMPTS, more)) : null;
    return await requeue(tx, job, reason, { ...set, retry_at, ...(retry_at && { status_reason: error }) });
  },
};

/**
 * Writes how a job's attempt ended. A job that is being cancelled ends as cancelled, however its engine ended; one that is
 * being paused is paused, unless it is over.
 *
 * @param whose the attempt, of this server; or `expired`: that of a server that is taken for dead
 * @returns the job as it is then; null when it has no such attempt that could end
 */
export async function endAttempt(
  db: Database,
  id: string,
  end: AttemptEnd,
  whose: number | "expired" | "anybody",
): Promise<JobRow | null> {
  const ended = await writeEnd(db, id, end, whose);
  if (ended && isFinal(ended.status)) MEASURES.job_ends_total.add([ended.status]);
  return ended;
}

function writeEnd(
  db: Database,
  id: string,
  end: AttemptEnd,
  whose: number | "expired" | "anybody",
): Promise<JobRow | null> {
  const fence = whose === "anybody" ? undefined : whose === "expired" ? expired() : held(db.owner, whose);
  return db.write(async (tx) => {
    const [job] = await tx.select().from(jobs).where(and(eq(jobs.id, id), fence));
    if (!job || !hasEngine(job.status)) return null;
    if (job.status === "cancelling") {
      const cancelled = await moveJob(tx, id, "cancelled", { attempts: await closed(tx, job, null) });
      if (cancelled) await emitEvent(tx, cancelled, "training_job.cancelled");
      return cancelled;
    }
    return await (ENDERS[end.type] as (...args: unknown[]) => Promise<JobRow | null>)(tx, job, end);
  });
}

/** The job's attempts with the running one ended. */
async function closed(tx: Transaction, job: JobRow, error: ErrorRecord | null): Promise<Attempt[]> {
  const ended_at = (await jobTime(tx, job.id)).toISOString();
  const told = error && { code: error.code, detail: error.detail };
  return job.attempts.map((one) => one.ended_at === null ? { ...one, ended_at, error: told } : one);
}

type Columns = Partial<typeof jobs.$inferInsert>;

async function fail(tx: Transaction, { id }: JobRow, error: ErrorRecord, set: Columns) {
  const failed = await moveJob(tx, id, "failed", { ...set, error });
  const { code, detail } = error;
  if (failed) await emitEvent(tx, failed, "training_job.failed", { error: { code, detail } });
  return failed;
}

async function pause(tx: Transaction, { id }: JobRow, set: Columns) {
  const paused = await moveJob(tx, id, "paused", set);
  if (paused) await emitPaused(tx, paused);
  return paused;
}

/** Tells that a job is paused, and why if nobody asked for it. */
export async function emitPaused(tx: Transaction, job: JobRow): Promise<void> {
  const { checkpoint, progress, status_reason } = job;
  const reason = status_reason && { code: status_reason.code, detail: status_reason.detail };
  await emitEvent(tx, job, "training_job.paused", { checkpoint, progress, reason });
}

async function requeue(tx: Transaction, { id }: JobRow, reason: string, set: Columns) {
  const queued = await moveJob(tx, id, "queued", set);
  if (queued) {
    const next_attempt_at = queued.retry_at?.toISOString() ?? null;
    const data = { reason, attempt: queued.attempt, next_attempt_at };
    await emitEvent(tx, queued, "training_job.requeued", data);
  }
  return queued;
}

async function warnOfMemory(tx: Transaction, job: JobRow, halvings: number): Promise<void> {
  const memory_share = 2 ** -halvings;
  const warning = {
    code: "memory_reduced",
    detail:
      `The attempt ran out of memory: the next one cuts its micro-batches as if there were ${memory_share} of it`,
    figures: { memory_share },
    step: job.progress.step,
  };
  await emitEvent(tx, job, "training_job.warning", warning, { warning });
}
