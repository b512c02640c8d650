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
import type { Metrics, Progress } from "../contract/progress.ts";
import { StepAbandoned } from "../step_abandoned.ts";
import { bestBy, type EarlyStopConfig, modeOf, type Watching } from "../contract/watched_metric.ts";
import { judge, type Judged } from "./judged.ts";
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
  /** Of an evaluation after the last step; empty where there was none. */
  evaluation?: Metrics;
  /** How the metric has gone that says which checkpoint is the best, since the first step. */
  best?: Judged | null;
  /** How that has gone which the job stops by, the evaluation before the first step included. */
  stop?: Judged | null;
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

/** What the policy of a step is like, measured beside the training, which it changes nothing of. */
export interface Evaluation {
  /** Whether it is made after this step; before the first, as step 0, it always is. */
  due(step: number): boolean;
  /** Measures the policy as it is, telling of its progress. */
  run(
    step: number,
    signal: AbortSignal,
  ): AsyncGenerator<Extract<TrainingEvent, { type: "evaluating" }>, Evaluated>;
}

/** What an evaluation comes to. */
export interface Evaluated {
  metrics: Metrics;
  samples: Sample[];
  /** How long it took. */
  seconds: number;
}

/** A kind's job, as the loop sees it. */
export interface Course<S extends Counters> {
  plan: Pick<JobPlan, "steps" | "steps_per_epoch">;
  epochs: number;
  start: LoopState<S>;
  step(state: S, options: StepOptions): Promise<Stepped<S>>;
  /** @param last of the last step */
  epochMetrics(sums: MetricSums, last: Metrics): Metrics;
  /** Why no more steps are to be done after a state; null to go on. */
  stopped?(state: S): Stopped | null;
  evaluation?: Evaluation;
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
  save(at: LoopState<S>, why: { epoch: number; reason: CheckpointReason }, metrics: Metrics): Saving;
}

export interface TrainSignals {
  /** Ends training at once, by its reason. */
  signal?: AbortSignal;
  /** Ends training after the step that runs, by a checkpoint. */
  pause?: AbortSignal;
  /** What decides when to stop early, and which checkpoint is the best. */
  watching?: Watching;
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
 * What a job says before its first step.
 *
 * @param found The checkpoint that it continues from, where there is one.
 */
export function startedEvent(
  { plan, epochs }: { plan: JobPlan; epochs: number },
  { state }: LoopState<Counters>,
  { found, damaged }: { found: { folder: string } | null; damaged: string[] },
): Extract<TrainingEvent, { type: "started" }> {
  return {
    type: "started",
    plan,
    progress: progressOf({ plan, epochs }, state, null),
    resumed: found && { step: state.step, folder: found.folder },
    damaged,
  };
}

/**
 * Runs all steps that are left. A checkpoint is written while the next step samples, and its event comes when it is on the
 * disk: before the next step's. Throws the signal's reason when aborted, and what a step or a checkpoint throws; whatever
 * else was under way has ended then.
 */
export async function* runSteps<S extends Counters>(
  course: Course<S>,
  { signal, pause, watching }: TrainSignals = {},
): AsyncGenerator<TrainingEvent, TrainingSummary> {
  const { plan: { steps, steps_per_epoch }, checkpoints, start } = course;
  const best = watching ? bestBy(watching) : null;
  const early_stop = watching?.early_stop ?? null;
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
  const save = (reason: CheckpointReason, metrics: Metrics) => {
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
  const stopped = () => course.stopped?.(at.state) ?? stoppedBy(early_stop, at);
  const dueReason = (isBest: boolean): CheckpointReason | null => {
    if (!checkpoints) return null;
    if (pause?.aborted) return written === at.state.step ? null : "pause";
    const every = checkpoints.every_steps;
    if (every && at.state.step % every === 0) return "steps";
    return isBest ? "best" : null;
  };
  const soFar = (): Metrics => ({ ...course.epochMetrics(at.sums, at.metrics), ...at.evaluation });
  async function* evaluated(): AsyncGenerator<TrainingEvent, Evaluated | "abandoned" | null> {
    const { step } = at.state;
    if (!course.evaluation || (step > 0 && !course.evaluation.due(step))) return null;
    try {
      const result = yield* course.evaluation.run(step, stop);
      signal?.throwIfAborted();
      return result;
    } catch (thrown) {
      if (thrown instanceof StepAbandoned && pause?.aborted) return "abandoned";
      throw thrown;
    }
  }
  const evaluation = ({ metrics, samples }: Evaluated): TrainingEvent => (
    { type: "evaluation", step: at.state.step, progress: progress(), metrics, samples }
  );
  /** Judges what was measured after a step. Says whether it is the best so far, by something to tell it from others. */
  const judgeBy = (measured: Metrics): boolean => {
    const { step } = at.state;
    const value = best && measured[best.metric];
    if (best && step > 0) at = { ...at, best: judge(at.best ?? null, value ?? undefined, step, best) };
    if (early_stop) {
      const { metric, min_delta, mode } = early_stop;
      const by = { mode: mode ?? modeOf(metric), min_delta };
      at = { ...at, stop: judge(at.stop ?? null, measured[metric], step, by) };
    }
    return typeof value === "number" && at.best?.step === step;
  };

  try {
    if (at.state.step === 0 && !pause?.aborted) {
      const baseline = yield* evaluated();
      if (baseline === "abandoned") return { progress: progress(), metrics: at.metrics, paused: true };
      if (baseline) {
        judgeBy(baseline.metrics);
        yield evaluation(baseline);
      }
    }
    while (at.state.step < steps && !stopped()) {
      signal?.throwIfAborted();
      if (pause?.aborted) {
        const due = dueReason(false);
        if (due) save(due, soFar());
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
      const before = { progress: progress(), metrics: at.metrics };
      at = { ...at, state: next, sums: addMetrics(at.sums, metrics), metrics, evaluation: {} };
      const measured = yield* evaluated();
      // The policy has been changed, and what it came to is not known: whoever resumes does the step again.
      if (measured === "abandoned") return { ...before, paused: true };
      seconds += timed.seconds + (measured?.seconds ?? 0);
      if (measured) {
        at = { ...at, metrics: { ...metrics, ...measured.metrics }, evaluation: measured.metrics };
      }
      yield { type: "step", progress: progress(), metrics: at.metrics, samples, ...(records && { records }) };
      for (const warning of warnings) yield { type: "warning", ...warning };
      if (measured) yield evaluation(measured);
      if (next.step % steps_per_epoch === 0) {
        const means = soFar();
        at = { ...at, sums: {} };
        judgeBy(means);
        yield { type: "epoch", epoch: progress().epoch, progress: progress(), metrics: means };
        save("epoch", means);
      } else {
        const due = dueReason(judgeBy(measured?.metrics ?? {})) ?? (checkpoints && stopped() ? "stop" : null);
        if (due) save(due, soFar());
      }
    }
    if (writing) yield await writing;
    const reason = at.state.step < steps ? stopped() : null;
    return {
      ...{ progress: progress(), metrics: at.metrics },
      ...(reason && { stopped: reason }),
      ...(course.result && { result: course.result(at.state) }),
    };
  } finally {
    over.abort();
    await Promise.allSettled([running, writing]);
  }
}

/** Why a job that has come to `at` does no more steps; null where it does. */
function stoppedBy(
  early_stop: EarlyStopConfig | null,
  { stop }: Pick<LoopState<Counters>, "stop">,
): Stopped | null {
  if (!early_stop || !stop || stop.since < early_stop.patience) return null;
  const { metric, patience } = early_stop;
  const was = stop.step === 0 ? "before the first step" : `after step ${stop.step}`;
  return {
    code: "early_stop",
    detail: `${metric} was best ${was}, ${
      Number(stop.best.toPrecision(6))
    }, and no better ${patience} times in a row since`,
  };
}
