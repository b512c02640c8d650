/**
 * The loop that every kind of job runs under: steps over one counter, the ends of epochs, checkpoints, pauses, and the
 * events of all that. What a step does is the kind's; it goes from one state to the next, and a state is a plain value, so
 * a job that begins with a stored one goes on as if it had never ended.
 */
import type { CheckpointFile, CheckpointReason } from "../contract/checkpoint.ts";
import type {
  Sample,
  Stopped,
  TrainingEvent,
  TrainingSummary,
  Warning,
} from "../contract/training_events.ts";
import type { JobPlan } from "../contract/job_plan.ts";
import type { StepRecords } from "../contract/records.ts";
import type { Metrics, MetricsRecord, Progress } from "../contract/progress.ts";
import { StepAbandoned } from "./step_abandoned.ts";
import { addMetrics, type MetricSums } from "./metric_sums.ts";

/** What every kind counts; the rest of its state is the kind's own. */
export interface Counters {
  /** Steps done, so the number of the last. */
  step: number;
  episodes: number;
  tokens: number;
}

/** Where a job is between two steps, beside its tensors. */
export interface LoopState<S extends Counters> {
  state: S;
  /** Of the steps of an epoch that has not ended. */
  sums: MetricSums;
  /** Of the last step. */
  metrics: Metrics;
}

export interface StepOptions {
  /** Whether it is the first since the process began. */
  first: boolean;
  signal: AbortSignal;
  /** Until it settles, the last checkpoint is being read: no parameter and no moment may change. */
  free: Promise<unknown>;
}

/** What a step comes to. */
export interface Stepped<S extends Counters> {
  next: S;
  metrics: Metrics;
  samples: Sample[];
  warnings: Warning[];
  /** What was written of its rollouts. */
  records?: StepRecords;
  /** How long it took. */
  seconds: number;
}

/** A checkpoint that is being written. */
export interface Saving {
  /** Settles when all that a step changes has been read, whether or not it could be written. */
  read: Promise<unknown>;
  /** The checkpoint, when it is on the disk. */
  saved: Promise<{ folder: string; files: CheckpointFile[] }>;
}

/** A kind's job, as the loop sees it. */
export interface Course<S extends Counters> {
  plan: Pick<JobPlan, "steps" | "steps_per_epoch">;
  epochs: number;
  start: LoopState<S>;
  step(state: S, options: StepOptions): Promise<Stepped<S>>;
  /** @param last of the last step */
  epochMetrics(sums: MetricSums, last: Metrics): MetricsRecord;
  /** Why no more steps are to be done after a state; null to go on. */
  stopped?(state: S): Stopped | null;
  /** What the job comes to, once all steps are done. */
  result?(state: S): TrainingSummary["result"];
  /** Without it, none are written. */
  checkpoints?: Checkpoints<S>;
}

export interface Checkpoints<S extends Counters> {
  /** Every how many steps one is written, beside the ends of epochs. */
  every_steps: number | null;
  /** Throws when none could be written: called before each step. */
  ready(): Promise<void>;
  save(at: LoopState<S>, why: { epoch: number; reason: CheckpointReason }, metrics: MetricsRecord): Saving;
}

export interface TrainSignals {
  /** Ends training at once, by its reason. */
  signal?: AbortSignal;
  /** Ends training after the step that runs, by a checkpoint. */
  pause?: AbortSignal;
}

type CheckpointEvent = Extract<TrainingEvent, { type: "checkpoint" }>;

/** Where a job is, after the steps that `counters` say. */
export function progressOf(
  { plan: { steps, steps_per_epoch }, epochs }: Pick<Course<Counters>, "plan" | "epochs">,
  { step, episodes, tokens }: Counters,
  eta_seconds: number | null,
): Progress {
  return { epoch: Math.ceil(step / steps_per_epoch), epochs, step, steps, episodes, tokens, eta_seconds };
}

/**
 * Runs all steps that are left. A checkpoint is written while the next step samples, and its event comes when it is on the
 * disk: before the next step's. Throws the signal's reason when aborted, and what a step or a checkpoint throws; whatever
 * else was under way has ended then.
 */
export async function* runSteps<S extends Counters>(
  course: Course<S>,
  { signal, pause }: TrainSignals = {},
): AsyncGenerator<TrainingEvent, TrainingSummary> {
  const { plan: { steps, steps_per_epoch }, checkpoints, start } = course;
  const over = new AbortController();
  const stop = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
  let at = start;
  let seconds = 0;
  let written = start.state.step;
  let writing: Promise<CheckpointEvent> | null = null;
  let free: Promise<unknown> = Promise.resolve();
  let running: Promise<Stepped<S>> | undefined;

  // Of the steps of this process: how fast another was, on a machine that may have been another, says little.
  const progress = () => {
    const taken = at.state.step - start.state.step;
    return progressOf(course, at.state, taken === 0 ? null : seconds / taken * (steps - at.state.step));
  };
  const save = (reason: CheckpointReason, metrics: MetricsRecord) => {
    if (!checkpoints) return;
    const { epoch, step } = progress();
    const { read, saved } = checkpoints.save(at, { epoch, reason }, metrics);
    writing = saved.then(({ folder, files }) => (
      { type: "checkpoint", reason, epoch, step, folder, files, metrics }
    ));
    writing.catch(() => {});
    free = read;
    written = step;
  };
  const stopped = () => course.stopped?.(at.state) ?? null;
  const dueReason = (): CheckpointReason | null => {
    if (!checkpoints) return null;
    if (pause?.aborted) return written === at.state.step ? null : "pause";
    const every = checkpoints.every_steps;
    return every && at.state.step % every === 0 ? "steps" : null;
  };

  try {
    while (at.state.step < steps && !stopped()) {
      signal?.throwIfAborted();
      if (pause?.aborted) {
        const due = dueReason();
        if (due) save(due, course.epochMetrics(at.sums, at.metrics));
        if (writing) yield await writing;
        return { progress: progress(), metrics: at.metrics, paused: true };
      }
      await checkpoints?.ready();
      running = course.step(at.state, { first: at === start, signal: stop, free });
      running.catch(() => {});
      if (writing) yield await writing;
      writing = null;
      const stepped = await running.catch((thrown) => {
        if (!(thrown instanceof StepAbandoned && pause?.aborted)) throw thrown;
        return null; // it has changed nothing, and whoever resumes takes it again
      });
      if (!stepped) continue;
      const { next, metrics, samples, warnings, records, ...timed } = stepped;
      signal?.throwIfAborted();
      seconds += timed.seconds;
      at = { state: next, sums: addMetrics(at.sums, metrics), metrics };
      yield { type: "step", progress: progress(), metrics, samples, ...(records && { records }) };
      for (const warning of warnings) yield { type: "warning", ...warning };
      if (next.step % steps_per_epoch === 0) {
        const means = course.epochMetrics(at.sums, at.metrics);
        at = { ...at, sums: {} };
        yield { type: "epoch", epoch: progress().epoch, progress: progress(), metrics: means };
        save("epoch", means);
      } else {
        const due = dueReason() ?? (checkpoints && stopped() ? "stop" : null);
        if (due) save(due, course.epochMetrics(at.sums, at.metrics));
      }
    }
    if (writing) yield await writing;
    return {
      ...{ progress: progress(), metrics: at.metrics },
      ...(at.state.step < steps && stopped() && { stopped: stopped()! }),
      ...(course.result && { result: course.result(at.state) }),
    };
  } finally {
    over.abort();
    await Promise.allSettled([running, writing]);
  }
}
