/**
 * Turns what a trainer yields into rows: the job's progress, metrics, checkpoints, feed and webhooks. An engine that
 * resumes says again what came after its checkpoint; everything is recorded once.
 */
import { and, desc, eq, inArray, sql } from "drizzle-orm";
import { join, relative, sep } from "node:path";
import { MEASURES } from "../metrics/measures.ts";
import { newId } from "../db/new_id.ts";
import type { Database, Transaction } from "../db/open_database.ts";
import {
  type CheckpointRow,
  checkpoints,
  events,
  type JobRow,
  jobs,
  metrics,
  rowNumber,
} from "../db/schema.ts";
import type { JobEventType } from "../contract/job_events.ts";
import type { Metrics, MetricScope } from "../contract/progress.ts";
import type { TrainingEvent, Warning } from "../contract/training_events.ts";
import { boundedSamples } from "./bounded_samples.ts";
import { checkpointsInUse } from "./checkpoints_in_use.ts";
import { emitEvent } from "./emit_event.ts";
import { hasEngine } from "../contract/job_states.ts";
import { isHeld, LeaseLost } from "./job_lease.ts";
import { jobTime } from "./job_time.ts";
import { checkpointView } from "./job_view.ts";
import { addRecords, readKeys, type RolloutKeys, writtenInVain } from "../records/add_records.ts";
import { bestBy } from "../contract/watched_metric.ts";
import { keepOf, retention } from "./retention.ts";

type EventOf<T extends TrainingEvent["type"]> = Extract<TrainingEvent, { type: T }>;

interface Place {
  dataDir: string;
  jobId: string;
  attempt: number;
  /** The last step that was recorded when the attempt began: what is said of steps up to it may be known. */
  knownStep: number;
}

/** Absolute paths of what nothing needs any more, to be removed once the rows are written. */
export interface Obsolete {
  /** Whole checkpoints, and files of records. */
  folders: string[];
  /** Checkpoints whose training state may go. */
  states: string[];
}

const NOTHING: Obsolete = { folders: [], states: [] };

type Recorder<T extends TrainingEvent["type"]> = (
  tx: Transaction,
  place: Place,
  event: EventOf<T>,
  job: JobRow,
  /** Of the rollouts that a step has written records of. */
  keys: RolloutKeys | null,
) => Promise<Obsolete | void>;

/** What each event does; the job's row is updated before its feed and webhook are written. */
const RECORDERS: { [T in TrainingEvent["type"]]: Recorder<T> } = {
  async started(tx, place, { plan, progress, resumed, damaged }, job) {
    const { jobId } = place;
    const passedOver = await rowsIn(tx, place, damaged);
    if (await isTold(tx, jobId, "training_job.started")) {
      const [from] = await rowsIn(tx, place, resumed ? [resumed.folder] : []);
      await emitEvent(tx, job, "training_job.attempt.started", {
        attempt: job.attempt,
        step: resumed?.step ?? 0,
        checkpoint: from && isPublic(from) ? from.id : null,
      });
    } else {
      const started = await update(tx, jobId, { plan, progress });
      await emitEvent(tx, started, "training_job.started", { attempt: job.attempt, plan }, {
        eta_seconds: progress.eta_seconds,
      });
    }
    for (const row of passedOver) {
      await tx.update(checkpoints).set({ resumable: 0 }).where(eq(checkpoints.id, row.id));
      const warning = damagedWarning(row, resumed?.step ?? 0);
      await emitEvent(tx, job, "training_job.warning", { ...warning }, { warning });
    }
  },

  async step(tx, { dataDir, jobId }, { progress, metrics: values, samples, records }, before, keys) {
    const { step } = progress;
    if (step <= before.progress.step) {
      return records && { folders: await writtenInVain(tx, dataDir, jobId, step), states: [] };
    }
    const job = await update(tx, jobId, { progress, latest_metrics: values });
    await insertMetrics(tx, jobId, "step", step, progress.epoch, values);
    await emitEvent(tx, job, "training_job.step.completed", {
      progress,
      metrics: values,
      samples: boundedSamples(samples),
    });
    if (!records || !keys) return;
    return { folders: await addRecords(tx, dataDir, job, { step, written: records, keys }), states: [] };
  },

  /** It has only come further, which whoever watches for stalls has seen. */
  async evaluating() {},

  async evaluation(tx, { jobId }, { step, progress, metrics: values, samples }, job) {
    if (await hasMetrics(tx, jobId, "evaluation", step)) return;
    await insertMetrics(tx, jobId, "evaluation", step, progress.epoch, values);
    const data = { step, epoch: progress.epoch, metrics: values, samples: boundedSamples(samples) };
    await emitEvent(tx, job, "training_job.evaluation.completed", data);
  },

  async epoch(tx, { jobId }, { epoch, progress, metrics: values }) {
    if (await hasMetrics(tx, jobId, "epoch", progress.step)) return;
    const job = await update(tx, jobId, { progress });
    await insertMetrics(tx, jobId, "epoch", progress.step, epoch, values);
    await emitEvent(tx, job, "training_job.epoch.completed", { epoch, progress, metrics: values }, {
      epoch,
      metrics: values,
      eta_seconds: progress.eta_seconds,
    });
  },

  async checkpoint(tx, place, { reason, epoch, step, folder, files, metrics: values }, before) {
    const { dataDir, jobId, attempt } = place;
    const below = belowData(dataDir, folder);
    const [known] = await tx.select().from(checkpoints).where(
      and(eq(checkpoints.job_id, jobId), eq(checkpoints.step, step), eq(checkpoints.reason, reason)),
    );
    // The one that is there stays, as somebody may have read it, unless nothing can be resumed from it.
    if (known?.resumable) return known.folder === below ? NOTHING : { folders: [folder], states: [] };
    if (known) {
      await tx.update(checkpoints).set({ attempt, folder: below, files, resumable: 1 })
        .where(eq(checkpoints.id, known.id));
      const obsolete = await retain(tx, place, before);
      return { ...obsolete, folders: [...obsolete.folders, join(dataDir, known.folder)] };
    }
    const id = newId("checkpoint");
    const [row] = await tx.insert(checkpoints).values({
      ...{ id, job_id: jobId, attempt, epoch, step, reason, folder: below, files, metrics: values },
      resumable: 1,
      created_at: await jobTime(tx, jobId),
    }).returning();
    if (!isPublic(row!)) return await retain(tx, place, before);
    const job = await update(tx, jobId, { checkpoint: id });
    const checkpoint = checkpointView(row!);
    await emitEvent(tx, job, "training_job.checkpoint.created", { checkpoint }, {
      epoch,
      checkpoint,
      metrics: values,
      eta_seconds: job.progress.eta_seconds,
    });
    return await retain(tx, place, job);
  },

  async warning(tx, { jobId, knownStep }, { code, detail, figures, step }, job) {
    if (step <= knownStep && await isWarned(tx, jobId, { code, step })) return;
    const warning = { code, detail, figures, step };
    await emitEvent(tx, job, "training_job.warning", warning, { warning });
  },
};

/**
 * Writes everything that follows from one event, or nothing of it.
 *
 * @returns folders that are obsolete now
 * @throws LeaseLost when the attempt is not this server's any more; Error when the job is not in a state that has an
 * engine: its engine should then be stopped.
 */
export async function recordEvent(db: Database, place: Place, event: TrainingEvent): Promise<Obsolete> {
  // Read beforehand: whoever writes to the database keeps others waiting.
  const keys = event.type === "step" && event.records && event.progress.step > place.knownStep
    ? await readKeys(place.dataDir, place.jobId, event.progress.step)
    : null;
  const { job, obsolete } = await db.write(async (tx) => {
    const job = await update(tx, place.jobId, {});
    if (!isHeld(job, db.owner, place.attempt)) throw new LeaseLost();
    const record = RECORDERS[event.type] as (...args: unknown[]) => Promise<Obsolete | void>;
    return { job, obsolete: await record(tx, place, event, job, keys) ?? NOTHING };
  });
  if (event.type === "step") measureStep(job.kind, event.metrics);
  return obsolete;
}

/** Steps that are done again after a resume are measured again: they take time and tokens. */
function measureStep(kind: string, metrics: Metrics): void {
  const { "time/step_s": seconds, tokens_per_second: rate } = metrics;
  if (typeof seconds !== "number") return;
  MEASURES.step_seconds.observe(seconds, [kind]);
  if (typeof rate === "number") MEASURES.trained_tokens_total.add([kind], Math.round(rate * seconds));
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

async function hasMetrics(
  tx: Transaction,
  job_id: string,
  scope: MetricScope,
  step: number,
): Promise<boolean> {
  const rows = await tx.select({ step: metrics.step }).from(metrics).where(
    and(eq(metrics.job_id, job_id), eq(metrics.scope, scope), eq(metrics.step, step)),
  );
  return rows.length > 0;
}

async function insertMetrics(
  tx: Transaction,
  job_id: string,
  scope: MetricScope,
  step: number,
  epoch: number,
  values: Metrics,
): Promise<void> {
  const created_at = await jobTime(tx, job_id);
  await tx.insert(metrics).values({ job_id, scope, step, epoch, metrics: values, created_at });
}

/** Removes the rows of checkpoints that the job's `keep` does not want, and marks those that lose their state. */
async function retain(tx: Transaction, { dataDir }: Place, { id, config }: JobRow): Promise<Obsolete> {
  const rows = await tx.select().from(checkpoints).where(eq(checkpoints.job_id, id))
    .orderBy(checkpoints.step, rowNumber(checkpoints));
  const keep = keepOf(config);
  const needed = keep ? await checkpointsInUse(tx, id) : new Map();
  const { dropped, stateless, best } = retention(rows, { keep, best: bestBy(config) }, needed);
  if (best) await tx.update(jobs).set({ best_checkpoint: best.id }).where(eq(jobs.id, id));
  const ids = (rows: CheckpointRow[]) => inArray(checkpoints.id, rows.map((row) => row.id));
  if (dropped.length > 0) await tx.delete(checkpoints).where(ids(dropped));
  if (stateless.length > 0) await tx.update(checkpoints).set({ resumable: 0 }).where(ids(stateless));
  const folders = (rows: CheckpointRow[]) => rows.map(({ folder }) => join(dataDir, folder));
  return { folders: folders(dropped), states: folders(stateless) };
}

/** Whether it is for anybody: one without files only resumes its own job. */
function isPublic({ files }: Pick<CheckpointRow, "files">): boolean {
  return files.length > 0;
}

/** The job's checkpoints that are in these folders, newest first. */
async function rowsIn(tx: Transaction, { dataDir, jobId }: Place, folders: readonly string[]) {
  if (folders.length === 0) return [];
  const below = folders.map((folder) => belowData(dataDir, folder));
  return await tx.select().from(checkpoints)
    .where(and(eq(checkpoints.job_id, jobId), inArray(checkpoints.folder, below)))
    .orderBy(desc(checkpoints.step), desc(rowNumber(checkpoints)));
}

function belowData(dataDir: string, folder: string): string {
  const below = relative(dataDir, folder);
  if (below.startsWith("..") || below.startsWith(sep)) {
    throw new RangeError(`Cannot record checkpoint as its folder is outside of the data folder: ${folder}`);
  }
  return below;
}

function damagedWarning({ id, step }: CheckpointRow, from: number): Warning {
  return {
    code: "damaged_checkpoint",
    detail:
      `The checkpoint '${id}' of step ${step} is damaged or of other files: the job continues from step ${from} instead`,
    figures: { step, resumed_step: from },
    step,
  };
}

async function isTold(tx: Transaction, jobId: string, type: JobEventType): Promise<boolean> {
  const rows = await tx.select({ seq: events.seq }).from(events)
    .where(and(eq(events.job_id, jobId), eq(events.type, type))).limit(1);
  return rows.length > 0;
}

async function isWarned(
  tx: Transaction,
  jobId: string,
  of: Pick<Warning, "code" | "step">,
): Promise<boolean> {
  const field = (name: string) =>
    sql`case when json_valid(${events.data}) then json_extract(${events.data}, ${`$.${name}`}) end`;
  const rows = await tx.select({ seq: events.seq }).from(events).where(and(
    eq(events.job_id, jobId),
    eq(events.type, "training_job.warning"),
    eq(field("code"), of.code),
    eq(field("step"), of.step),
  )).limit(1);
  return rows.length > 0;
}
