/**
 * PPO's training: its steps under the loop that all kinds share. An async generator of events that obeys an AbortSignal
 * between runs; it writes no row and knows no job or URL.
 */
import type { JobPlan } from "../../contract/job_plan.ts";
import {
  type Sample,
  STEP_SAMPLES,
  type TrainingEvent,
  type TrainingSummary,
  type Warning,
} from "../../contract/training_events.ts";
import type { PpoJobConfig } from "../../contract/ppo_job.ts";
import {
  type Checkpoints,
  type Course,
  type Evaluation,
  type LoopState,
  startedEvent,
  type TrainSignals,
} from "../../train/step_loop.ts";
import { runReplicated, type Together } from "../../train/replicated_course.ts";
import { epochMetrics } from "./epoch_metrics.ts";
import { type GoBack, guardedStep } from "./guarded_step.ts";
import { firstState, type PpoState, type PpoStepped } from "./ppo_step.ts";
import type { RolloutParts } from "./rollout.ts";
import type { StepRecorder } from "./step_recorder.ts";

export interface TrainerParts extends RolloutParts, Together {
  plan: JobPlan;
  /** Writes the records of steps; without it, none are. */
  recorder?: StepRecorder | null;
  /** Of the policy on the way. */
  evaluation?: Evaluation | null;
  /** How checkpoints are written; without it, none are. */
  checkpoints?: Checkpoints<PpoState>;
  /** Without it, a guard that has a job go back cannot be had. */
  goBack?: GoBack;
  /** What is known of earlier attempts: the checkpoint to continue from, which the learner has been set to. */
  earlier?: {
    resumed: { step: number; folder: string; at: LoopState<PpoState> } | null;
    damaged: string[];
  };
}

/** Known before anything is sampled. */
const NO_STOP_TOKENS: Warning = {
  code: "no_stop_tokens",
  detail:
    "The model names no end-of-sequence id: every response runs to ppo.max_new_tokens. Name one in ppo.stop_token_ids",
  figures: {},
  step: 1,
};

/**
 * Trains for all epochs of `job`, or what is left of them. Throws the signal's reason when aborted, and an Error when an
 * invariant that holds in every correct run fails in the first step.
 */
export async function* train(
  parts: TrainerParts,
  job: PpoJobConfig,
  signals: TrainSignals = {},
): AsyncGenerator<TrainingEvent, TrainingSummary> {
  const { plan, checkpoints, earlier = { resumed: null, damaged: [] } } = parts;
  const { resumed, damaged } = earlier;
  const course: Course<PpoState> = {
    plan,
    epochs: job.epochs,
    start: resumed?.at ?? { state: firstState(job), sums: {}, metrics: {} },
    stopped: ({ guard }) => guard?.stopped ?? null,
    step: async (state, options) => {
      const stepped = await guardedStep(parts, job, state, options);
      const records = await parts.recorder?.record(stepped.next.step, stepped);
      return { ...stepped, samples: samples(stepped), records };
    },
    epochMetrics,
    evaluation: parts.evaluation ?? undefined,
    checkpoints,
  };
  yield startedEvent({ plan, epochs: job.epochs }, course.start, { found: resumed, damaged });
  if (!resumed && parts.stopTokenIds.size === 0) yield { type: "warning", ...NO_STOP_TOKENS };
  return yield* runReplicated(course, signals, parts);
}

function samples({ rows, prompts, completions }: PpoStepped): Sample[] {
  return rows.slice(0, STEP_SAMPLES).map((row, index) => ({
    prompt: prompts[index]!,
    completion: completions[index]!,
    score: row.score,
  }));
}
