/**
 * What can be done to a job, one verb per function and one transaction per verb. Every verb moves the job along
 * the table in `job_states.ts`, and writes the event and the webhook that tell of it. Who calls what when is
 * the supervisor's business.
 */
import { and, asc, eq, inArray, notInArray, type SQL, sql } from "drizzle-orm";
import { isDamage } from "../db/damaged_data.ts";
import { newId } from "../db/new_id.ts";
import type { Database, Transaction } from "../db/open_database.ts";
import { events, jobPrompts, type JobRow, jobs, metrics, rowNumber } from "../db/schema.ts";
import type { JobPlan } from "../contract/job_plan.ts";
import type { Progress } from "../contract/progress.ts";
import type { TrainingSummary } from "../contract/training_events.ts";
import { type ErrorRecord, UserError } from "../errors.ts";
import type { TrainingJobConfig } from "../contract/training_job.ts";
import { newWebhookSecret } from "../webhooks/sign_webhook.ts";
import { emitEvent } from "./emit_event.ts";
import { jobTime } from "./job_time.ts";
import { isFinal, type JobStatus, statesBefore } from "../contract/job_states.ts";

/** How often a job is begun again after the server died under it. */
export const MAX_INTERRUPTIONS = 1;

/** The columns that hold a configuration. */
export function configColumns(config: TrainingJobConfig) {
  const { prompts: _prompts, webhook, metadata, ...stored } = config;
  return {
    kind: config.kind,
    model: config.model,
    config: stored,
    metadata,
    webhook_url: webhook?.url ?? null,
    webhook_secret: webhook ? webhook.secret ?? newWebhookSecret() : null,
  };
}

/** Progress of a job that has done nothing yet. */
export function initialProgress(config: Pick<TrainingJobConfig, "epochs">, plan: JobPlan): Progress {
  return {
    epoch: 0,
    epochs: config.epochs,
    step: 0,
    steps: plan.steps,
    episodes: 0,
    tokens: 0,
    eta_seconds: null,
  };
}

/**
 * Adds a queued job; the caller's transaction may write more that belongs to the request.
 *
 * @param owner Id of the API key that asked for it; null where none is needed.
 */
export async function createJob(
  tx: Transaction,
  config: TrainingJobConfig,
  plan: JobPlan,
  owner: string | null = null,
): Promise<JobRow> {
  const [job] = await tx.insert(jobs).values({
    id: newId("job"),
    status: "queued",
    ...configColumns(config),
    plan,
    progress: initialProgress(config, plan),
    owner,
    created_at: new Date(),
  }).returning();
  await tx.insert(jobPrompts).values({ job_id: job!.id, prompts: config.prompts });
  await emitEvent(tx, job!, "training_job.queued");
  return job!;
}

/**
 * Takes the job that has waited longest; null when none waits. One transaction, so no job is taken twice. A job that
 * cannot be read is ended and the next one taken.
 *
 * @param unreadable Rows that are left alone, and to which those are added that could not be read.
 */
export async function claimJob(db: Database, unreadable = new Set<number>()): Promise<JobRow | null> {
  for (;;) {
    let number: number | undefined;
    try {
      return await db.write(async (tx) => {
        const [next] = await tx.select({ number: rowNumber(jobs) }).from(jobs)
          .where(and(eq(jobs.status, "queued"), notInArray(rowNumber(jobs), [...unreadable])))
          .orderBy(asc(rowNumber(jobs))).limit(1);
        number = next?.number;
        return number === undefined ? null : await claim(tx, number);
      });
    } catch (error) {
      if (number === undefined || !isDamage(error)) throw error;
      unreadable.add(number);
      await endDamagedJob(db, eq(rowNumber(jobs), number), `The training job in row ${number}`, error);
    }
  }
}

async function claim(tx: Transaction, number: number): Promise<JobRow> {
  const [{ id }] = await tx.select({ id: jobs.id }).from(jobs).where(eq(rowNumber(jobs), number)) as [JobRow];
  const now = await jobTime(tx, id);
  const [job] = await tx.update(jobs).set({
    status: "running",
    attempt: sql`${jobs.attempt} + 1`,
    started_at: sql`coalesce(${jobs.started_at}, ${now.getTime()})`,
  }).where(eq(jobs.id, id)).returning();
  return job!;
}

/** Ends a job that cannot be read, if that at least can be written. No webhook tells of it: its URL cannot be read. */
export async function endDamagedJob(db: Database, which: SQL, record: string, error: unknown): Promise<void> {
  const { code, message: detail } = db.damaged(record, error);
  try {
    await db.write(async (tx) => {
      const [{ id }] = await tx.select({ id: jobs.id }).from(jobs).where(which) as [JobRow];
      const now = await jobTime(tx, id);
      const error = { code, detail };
      await tx.update(jobs).set({ status: "failed", error, finished_at: now }).where(eq(jobs.id, id));
      const type = "training_job.failed";
      await tx.insert(events).values({
        id: newId("event"),
        job_id: id,
        type,
        data: { error },
        created_at: now,
      });
    });
  } catch (unwritable) {
    if (!isDamage(unwritable)) throw unwritable;
  }
}

/** Moves a job to `to` if the table allows it from where the job is; null otherwise. */
async function move(
  tx: Transaction,
  id: string,
  to: JobStatus,
  set: Partial<typeof jobs.$inferInsert> = {},
): Promise<JobRow | null> {
  const [job] = await tx.update(jobs).set({
    ...set,
    status: to,
    ...(isFinal(to) && { finished_at: await jobTime(tx, id) }),
  })
    .where(and(eq(jobs.id, id), inArray(jobs.status, statesBefore(to)))).returning();
  return job ?? null;
}

/**
 * Cancels a job that waits, or notes that a running one is to stop. Asking again while it stops changes nothing.
 *
 * @throws UserError `not_found`, or `wrong_state` when the job is over.
 */
export function requestCancel(db: Database, id: string): Promise<JobRow> {
  return db.write(async (tx) => {
    const [before] = await tx.select().from(jobs).where(eq(jobs.id, id));
    if (!before) throw new UserError("not_found", `No training job '${id}'`);
    if (before.status === "cancelling") return before;
    const cancelled = await move(
      tx,
      id,
      statesBefore("cancelling").includes(before.status) ? "cancelling" : "cancelled",
    );
    if (!cancelled) {
      throw new UserError(
        "wrong_state",
        `Cannot cancel the job as it has ended: its status is ${before.status}`,
      );
    }
    await emitEvent(tx, cancelled, `training_job.${cancelled.status as "cancelling" | "cancelled"}`);
    return cancelled;
  });
}

/** Ends a running job with all its steps done. A job that is being cancelled ends as cancelled. */
export function succeedJob(db: Database, id: string, summary: TrainingSummary): Promise<void> {
  return db.write(async (tx) => {
    const done = { progress: { ...summary.progress, eta_seconds: 0 } };
    const job = await move(tx, id, "succeeded", done);
    if (!job) return await cancelled(tx, id);
    const { metrics } = summary;
    await emitEvent(tx, job, "training_job.succeeded", { progress: job.progress, metrics }, {
      metrics,
      eta_seconds: 0,
    });
  });
}

/** Ends a running job because of an error. A job that is being cancelled ends as cancelled. */
export function failJob(db: Database, id: string, error: ErrorRecord): Promise<void> {
  return db.write(async (tx) => {
    const job = await move(tx, id, "failed", { error });
    if (!job) return await cancelled(tx, id);
    await emitEvent(tx, job, "training_job.failed", { error: { code: error.code, detail: error.detail } });
  });
}

/** Ends a job that is being cancelled. */
async function cancelled(tx: Transaction, id: string): Promise<void> {
  const job = await move(tx, id, "cancelled");
  if (job) await emitEvent(tx, job, "training_job.cancelled");
}

/**
 * Gives a job whose engine is gone back to the queue, to begin again. Its checkpoints stay; metrics would be
 * written twice, so those of the broken attempt go. A job that is being cancelled ends as cancelled.
 *
 * @param interrupted Whether the server died, which may happen `MAX_INTERRUPTIONS` times; then the job fails.
 */
export function requeueJob(db: Database, id: string, reason: string, interrupted: boolean): Promise<void> {
  return db.write(async (tx) => {
    const [before] = await tx.select().from(jobs).where(eq(jobs.id, id));
    if (!before) return;
    if (interrupted && before.interruptions >= MAX_INTERRUPTIONS && before.status !== "cancelling") {
      const detail = `${reason}, for the ${before.interruptions + 1}. time`;
      const error: ErrorRecord = { code: "engine_crashed", detail };
      const failed = await move(tx, id, "failed", { error, interruptions: before.interruptions + 1 });
      if (failed) await emitEvent(tx, failed, "training_job.failed", { error });
      return;
    }
    const job = await move(tx, id, "queued", {
      interruptions: before.interruptions + (interrupted ? 1 : 0),
      progress: initialProgress(before.config, before.plan),
      latest_metrics: null,
    });
    if (!job) return await cancelled(tx, id);
    await tx.delete(metrics).where(eq(metrics.job_id, id));
    await emitEvent(tx, job, "training_job.requeued", { reason, attempt: job.attempt });
  });
}
