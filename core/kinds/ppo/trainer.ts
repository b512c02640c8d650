/**
 * The PPO loop: roll out, reward, estimate advantages, update, report. An async generator of events that obeys an
 * AbortSignal between runs; it writes no row and knows no job or URL.
 */
import type { Device } from "../../ort/device.ts";
import type { CheckpointFile } from "../../contract/checkpoint.ts";
import {
  type CheckpointReason,
  STEP_SAMPLES,
  type TrainingEvent,
  type TrainingSummary,
  type Warning,
} from "../../contract/training_events.ts";
import type { JobPlan } from "../../contract/job_plan.ts";
import type { Metrics, Progress } from "../../contract/progress.ts";
import { gae } from "./advantages.ts";
import type { TrainingJobConfig } from "../../contract/training_job.ts";
import { epochMetrics } from "./epoch_metrics.ts";
import type { Experience } from "./experience.ts";
import { ExperienceBuffer } from "./experience_buffer.ts";
import {
  describeViolation,
  firstMicroBatchViolations,
  firstStepViolations,
  rewardViolations,
} from "./invariants.ts";
import { tokenKl } from "./kl.ts";
import { nextKlCoef } from "./kl_controller.ts";
import { promptOrder, stepPrompts, stepsPerEpoch } from "../../train/prompt_schedule.ts";
import { type Rollout, rollout, type RolloutParts, stopwatch } from "./rollout.ts";
import { rolloutMetrics } from "./rollout_metrics.ts";
import { EMPTY_STATS, type RunningStats } from "./running_stats.ts";
import { shapeScores } from "./score_shaping.ts";
import { stepFigures, StepWatch } from "./step_watch.ts";
import { tokenRewards } from "./token_rewards.ts";
import { update } from "./update.ts";
import { whiten } from "./whiten.ts";

/** What changes from step to step beside the parameters and optimizers: a checkpoint's facts. */
export interface TrainerState {
  /** Steps done, so the number of the last. */
  step: number;
  episodes: number;
  tokens: number;
  kl_coef: number;
  score_stats: RunningStats;
}

export interface TrainerParts extends RolloutParts {
  plan: JobPlan;
  /** Writes a checkpoint in or after an epoch, counted from 1, and says where it is. */
  save(
    state: TrainerState,
    why: { epoch: number; reason: CheckpointReason },
    metrics: Metrics,
  ): Promise<{ folder: string; files: CheckpointFile[] }>;
}

/** Known before anything is sampled. */
const NO_STOP_TOKENS: Warning = {
  code: "no_stop_tokens",
  detail:
    "The model names no end-of-sequence id: every response runs to ppo.max_new_tokens. Name one in ppo.stop_token_ids",
  figures: {},
  step: 1,
};

/** Bytes of rollouts one step may hold; a batch that does not fit is refused, not cut. */
const BUFFER_BYTES = 2 * 1024 ** 3;

export interface TrainSignals {
  /** Ends training at once, by its reason. */
  signal?: AbortSignal;
  /** Ends training after the step that runs, by a checkpoint. */
  pause?: AbortSignal;
}

/**
 * Trains for all epochs of `job`. Throws the signal's reason when aborted, and an Error when an invariant that
 * holds in every correct run fails in the first step.
 */
export async function* train(
  parts: TrainerParts,
  job: TrainingJobConfig,
  { signal, pause }: TrainSignals = {},
): AsyncGenerator<TrainingEvent, TrainingSummary> {
  const { ppo, seed } = job;
  const { policy } = parts.learner;
  const perEpoch = stepsPerEpoch(parts.prompts.length, ppo.batch_size);
  const steps = perEpoch * job.epochs;
  const updatesPerStep = ppo.num_ppo_epochs * ppo.num_mini_batches;
  const buffer = new ExperienceBuffer({ max_bytes: BUFFER_BYTES, overflow: "reject" });
  let state: TrainerState = {
    step: 0,
    episodes: 0,
    tokens: 0,
    kl_coef: ppo.kl_coef,
    score_stats: EMPTY_STATS,
  };
  let elapsed = 0;
  let metrics: Metrics = {};
  const watch = new StepWatch();
  const progress = (): Progress => ({
    epoch: Math.ceil(state.step / perEpoch),
    epochs: job.epochs,
    step: state.step,
    steps,
    episodes: state.episodes,
    tokens: state.tokens,
    eta_seconds: state.step === 0 ? null : elapsed / state.step * (steps - state.step),
  });

  const checkpoint = async function* (reason: CheckpointReason, metrics: Metrics) {
    const epoch = progress().epoch;
    const { folder, files } = await parts.save(state, { epoch, reason }, metrics);
    yield { type: "checkpoint" as const, reason, epoch, step: state.step, folder, files, metrics };
  };

  yield { type: "started", plan: parts.plan, progress: progress(), resumed: null, damaged: [] };
  if (pause?.aborted) return { progress: progress(), metrics, paused: true };
  if (parts.stopTokenIds.size === 0) yield { type: "warning", ...NO_STOP_TOKENS };
  // Random numbers are drawn by epochs and steps from 0; whatever leaves here counts from 1.
  for (let epoch = 0; epoch < job.epochs; epoch++) {
    const order = promptOrder(seed, epoch, parts.prompts.length);
    const stepMetrics: Metrics[] = [];
    for (let stepInEpoch = 0; stepInEpoch < perEpoch; stepInEpoch++) {
      signal?.throwIfAborted();
      const clock = stopwatch();
      const { step } = state;
      const policy_version = step;
      const indices = stepPrompts(order, stepInEpoch, ppo.batch_size);
      const rolledOut = await rollout(parts, ppo, indices, { seed, step, epoch, policy_version }, signal);
      const { rows, scoreStats } = reward(rolledOut, job, state);
      buffer.clear();
      rows.forEach((row) => buffer.store(row));
      const rolloutPart = rolloutMetrics(rows, state.kl_coef);
      const violations = [
        ...(ppo.whiten_rewards ? [] : rewardViolations(rows, state.kl_coef)),
        ...(step === 0
          ? firstStepViolations(rolloutPart, rows, { fromReference: true, zeroHead: job.checkpoint === null })
          : []),
      ];

      const trained = stopwatch();
      const batch = buffer.sampleBatch(rows.length, { policy_version, seed, step, round: 0 });
      const updated = await update(parts.learner, batch, ppo, job.value, {
        seed,
        step,
        optimizerStep: step * updatesPerStep,
        optimizerSteps: steps * updatesPerStep,
      }, signal);
      violations.push(...firstMicroBatchViolations(updated.firstMicroBatch, policy.base.arithmetic));
      if (step === 0 && violations.length > 0) throw new Error(violations.map(describeViolation).join("; "));
      const updates = updated.metrics.finish();
      const { entropy_sum, tokens } = updated.firstMicroBatch;
      const figures = stepFigures(rows, {
        entropy: entropy_sum / tokens,
        grad_norm: step < ppo.critic_warmup_steps || updates.optimizer_steps === 0
          ? null
          : updates["policy/grad_norm"]!,
        temperature: ppo.temperature,
        target: ppo.kl_controller.type === "adaptive" ? ppo.kl_controller.target : null,
        skipped: updated.skipped,
        violations,
      });

      const seconds = { ...rolledOut.seconds, train: trained() };
      const stepSeconds = clock();
      elapsed += stepSeconds;
      metrics = {
        ...rolloutPart,
        ...updates,
        "episode": state.episodes + rows.length,
        "eps": rows.length / stepSeconds,
        ...Object.fromEntries(Object.entries(seconds).map(([phase, value]) => [`time/${phase}_s`, value])),
        "time/step_s": stepSeconds,
        "tokens_per_second": buffer.tokens / stepSeconds,
        "rollout_tokens_per_second": buffer.tokens / seconds.rollout,
        "memory/rss_bytes": Deno.memoryUsage().rss,
        ...deviceMemory(policy.base.runtime.device),
      };
      state = {
        step: step + 1,
        episodes: state.episodes + rows.length,
        tokens: state.tokens + buffer.tokens,
        kl_coef: nextKlCoef(ppo.kl_controller, state.kl_coef, rolloutPart["objective/kl"]!, rows.length),
        score_stats: scoreStats,
      };
      stepMetrics.push(metrics);
      yield { type: "step", progress: progress(), metrics, samples: samples(parts, rows, rolledOut) };
      for (const warning of watch.see(figures, state.step)) yield { type: "warning", ...warning };
      if (state.step % perEpoch === 0) continue;
      if (pause?.aborted) {
        yield* checkpoint("pause", epochMetrics(stepMetrics));
        return { progress: progress(), metrics, paused: true };
      }
      if (job.checkpoint_every_steps !== null && state.step % job.checkpoint_every_steps === 0) {
        yield* checkpoint("steps", epochMetrics(stepMetrics));
      }
    }
    const means = epochMetrics(stepMetrics);
    yield { type: "epoch", epoch: epoch + 1, progress: progress(), metrics: means };
    yield* checkpoint("epoch", means);
    if (pause?.aborted && state.step < steps) return { progress: progress(), metrics, paused: true };
  }
  return { progress: progress(), metrics };
}

/** From raw scores to advantages and returns: shape, KL penalty, (whiten), GAE, whiten (ppo-spec §5 to §8). */
function reward(
  { rows }: Rollout,
  { ppo }: TrainingJobConfig,
  state: TrainerState,
): { rows: Experience[]; scoreStats: RunningStats } {
  const ends = rows.map(({ response_ids, terminated }) => ({ length: response_ids.length, terminated }));
  const { scores, stats } = shapeScores(rows.map(({ raw_score }) => raw_score), ends, ppo, state.score_stats);
  const kl = rows.map(({ logprobs, ref_logprobs }) => tokenKl(ppo.kl_estimator, logprobs, ref_logprobs));
  const plain = rows.map((_, row) => tokenRewards(scores[row]!, kl[row]!, state.kl_coef));
  const rewards = ppo.whiten_rewards ? whiten(plain, { shiftMean: false }) : plain;
  const estimates = rows.map(({ values, bootstrap_value }, row) =>
    gae(rewards[row]!, values, { gamma: ppo.gamma, lam: ppo.lam, bootstrapValue: bootstrap_value })
  );
  const raw = estimates.map(({ advantages }) => advantages);
  const advantages = ppo.whiten_advantages ? whiten(raw) : raw;
  return {
    rows: rows.map((row, index) => ({
      ...row,
      score: scores[index]!,
      kl: kl[index]!,
      rewards: rewards[index]!,
      advantages: advantages[index]!,
      returns: estimates[index]!.returns,
    })),
    scoreStats: stats,
  };
}

function samples(parts: TrainerParts, rows: readonly Experience[], { completions }: Rollout) {
  return rows.slice(0, STEP_SAMPLES).map((row, index) => ({
    prompt: parts.prompts[row.prompt_idx]!.text,
    completion: completions[index]!,
    score: row.score,
  }));
}

/** What a device's memory holds, in the metrics of a step; nothing for the host's own. */
function deviceMemory(device: Device | null): Metrics {
  if (!device) return {};
  const { used, peak } = device.memory();
  return { "memory/device_bytes": used, "memory/device_peak_bytes": peak };
}
