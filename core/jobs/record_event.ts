/** Turns what a trainer yields into rows: the job's progress, metrics, checkpoints, feed and webhooks. */
import { and, eq } from "drizzle-orm";
import { relative, sep } from "node:path";
import { newId } from "../db/new_id.ts";
import type { Database, Transaction } from "../db/open_database.ts";
import { checkpoints, type JobRow, jobs, metrics } from "../db/schema.ts";
import type { MetricsRecord } from "../contract/progress.ts";
import type { TrainingEvent } from "../contract/training_events.ts";
import { boundedSamples } from "./bounded_samples.ts";
import { emitEvent } from "./emit_event.ts";
import { hasEngine } from "../contract/job_states.ts";
import { jobTime } from "./job_time.ts";
import { checkpointView } from "./job_view.ts";

type EventOf<T extends TrainingEvent["type"]> = Extract<TrainingEvent, { type: T }>;

interface Place {
  dataDir: string;
  jobId: string;
  attempt: number;
}

/** What each event does; the job's row is updated before its feed and webhook are written. */
const RECORDERS: {
  [T in TrainingEvent["type"]]: (tx: Transaction, place: Place, event: EventOf<T>) => Promise<void>;
} = {
  async started(tx, { jobId }, { plan, progress }) {
    const job = await update(tx, jobId, { plan, progress });
    await emitEvent(tx, job, "training_job.started", { attempt: job.attempt, plan }, {
      eta_seconds: progress.eta_seconds,
    });
  },

  async step(tx, { jobId }, { progress, metrics: values, samples }) {
    const job = await update(tx, jobId, { progress, latest_metrics: values });
    await insertMetrics(tx, jobId, "step", progress.step, progress.epoch, values);
    await emitEvent(tx, job, "training_job.step.completed", {
      progress,
      metrics: values,
      samples: boundedSamples(samples),
    });
  },

  async epoch(tx, { jobId }, { epoch, progress, metrics: values }) {
    const job = await update(tx, jobId, { progress });
    await insertMetrics(tx, jobId, "epoch", progress.step, epoch, values);
    await emitEvent(tx, job, "training_job.epoch.completed", { epoch, progress, metrics: values }, {
      epoch,
      metrics: values,
      eta_seconds: progress.eta_seconds,
    });
  },

  async checkpoint(tx, { jobId, dataDir, attempt }, { epoch, step, folder, files, metrics: values }) {
    const below = relative(dataDir, folder);
    if (below.startsWith("..") || below.startsWith(sep)) {
      throw new RangeError(`Cannot record checkpoint as its folder is outside of the data folder: ${folder}`);
    }
    const id = newId("checkpoint");
    const [row] = await tx.insert(checkpoints).values({
      ...{ id, job_id: jobId, attempt, epoch, step, folder: below, files, metrics: values },
      created_at: await jobTime(tx, jobId),
    }).returning();
    const job = await update(tx, jobId, { checkpoint: id });
    const checkpoint = checkpointView(row!);
    await emitEvent(tx, job, "training_job.checkpoint.created", { checkpoint }, {
      epoch,
      checkpoint,
      metrics: values,
      eta_seconds: job.progress.eta_seconds,
    });
  },

  async warning(tx, { jobId }, { code, detail, figures, step }) {
    const job = await update(tx, jobId, {});
    const warning = { code, detail, figures, step };
    await emitEvent(tx, job, "training_job.warning", warning, { warning });
  },
};

/**
 * Writes everything that follows from one event, or nothing of it.
 *
 * @throws Error when the job is not in a state that has an engine; its engine should then be stopped.
 */
export function recordEvent(db: Database, place: Place, event: TrainingEvent): Promise<void> {
  return db.write((tx) => (RECORDERS[event.type] as (...args: unknown[]) => Promise<void>)(tx, place, event));
}

async function update(tx: Transaction, id: string, set: Partial<typeof jobs.$inferInsert>): Promise<JobRow> {
  const [job] = Object.keys(set).length > 0
    ? await tx.update(jobs).set(set).where(eq(jobs.id, id)).returning()
    : await tx.select().from(jobs).where(eq(jobs.id, id));
  if (!job || !hasEngine(job.status)) {
    throw new Error(`Cannot record event as the job has no engine: its status is ${job?.status}`);
  }
  return job;
}

async function insertMetrics(
  tx: Transaction,
  job_id: string,
  scope: "step" | "epoch",
  step: number,
  epoch: number,
  values: MetricsRecord,
): Promise<void> {
  await tx.delete(metrics).where(
    and(eq(metrics.job_id, job_id), eq(metrics.scope, scope), eq(metrics.step, step)),
  );
  await tx.insert(metrics).values({
    job_id,
    scope,
    step,
    epoch,
    metrics: values,
    created_at: await jobTime(tx, job_id),
  });
}
