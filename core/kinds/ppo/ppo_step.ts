/**
 * One step of PPO, from a state to the next: roll out, reward, estimate advantages, update, measure. The state is a plain
 * value; the tensors that go with it, parameters and moments, are changed in place.
 */
import type { Metrics } from "../../contract/progress.ts";
import type { Warning } from "../../contract/training_events.ts";
import { dropoutOf } from "../../contract/job.ts";
import type { PpoJobConfig } from "../../contract/ppo_job.ts";
import type { Device } from "../../ort/device.ts";
import { promptOrder, stepPrompts, stepsPerEpoch } from "../../train/prompt_schedule.ts";
import type { Counters, StepOptions } from "../../train/step_loop.ts";
import { ADVANTAGE_METHODS } from "../../contract/advantage_methods.ts";
import { ADVANTAGES } from "./advantage_methods.ts";
import type { Experience } from "./experience.ts";
import { ExperienceBuffer } from "./experience_buffer.ts";
import {
  describeViolation,
  firstMicroBatchViolations,
  firstStepViolations,
  rewardViolations,
} from "./invariants.ts";
import { tokenKl } from "./kl.ts";
import { type GuardFigures, type GuardState, UNGUARDED } from "./guard.ts";
import { klLossOf } from "./kl_loss_of.ts";
import { nextKlCoef } from "./kl_controller.ts";
import { loadSessions } from "./load_sessions.ts";
import { type Rollout, rollout, type RolloutParts, stopwatch } from "./rollout.ts";
import { rolloutMetrics } from "./rollout_metrics.ts";
import { ALONE } from "../../replicas/replicas.ts";
import { replicaMetrics } from "../../replicas/replica_metrics.ts";
import { EMPTY_STATS, type RunningStats } from "../../running_stats.ts";
import { shapeScores } from "./score_shaping.ts";
import { NOTHING_SEEN, type StepFigures, stepFigures, type WatchState, watchStep } from "./step_watch.ts";
import type { RewardStats, ScoredBatch } from "../../rewards/reward_source.ts";
import { rewardMetrics } from "../../rewards/reward_metrics.ts";
import { tokenRewards } from "./token_rewards.ts";
import type { Prompt } from "../../tokenizer/prompt.ts";
import { update } from "./update.ts";
import { whiten } from "./whiten.ts";

/** What changes from step to step beside parameters and moments. Random numbers are drawn by seed and step alone. */
export interface PpoState extends Counters {
  kl_coef: number;
  score_stats: RunningStats;
  /** Of what of the reward is normalised. */
  reward_stats: RewardStats;
  watch: WatchState;
  /** Of a job that has a guard. */
  guard?: GuardState;
}

/** Where a job begins. */
export function firstState({ ppo }: PpoJobConfig): PpoState {
  const { kl_coef, guard } = ppo;
  return {
    step: 0,
    episodes: 0,
    tokens: 0,
    kl_coef,
    score_stats: EMPTY_STATS,
    reward_stats: {},
    watch: NOTHING_SEEN,
    ...(guard && { guard: UNGUARDED }),
  };
}

export interface PpoStepped {
  /** What the experience buffer held. */
  rows: Experience[];
  /** The texts of each row's prompt and response. */
  prompts: string[];
  completions: string[];
  metrics: Metrics;
  warnings: Warning[];
  /** What a guard looks at. */
  judged: GuardFigures;
  next: PpoState;
  seconds: number;
}

/** Bytes of rollouts one step may hold; a batch that does not fit is refused, not cut. */
const BUFFER_BYTES = 2 * 1024 ** 3;

/**
 * The step after `state`. Throws the signal's reason when aborted, and an Error when an invariant that holds in every
 * correct run fails in the first step that a process takes: of a job that resumes too, but for what holds only where the
 * job began.
 */
export async function ppoStep(
  parts: RolloutParts,
  job: PpoJobConfig,
  state: PpoState,
  { first, signal, free }: StepOptions,
): Promise<PpoStepped> {
  const { ppo, seed } = job;
  const { step } = state;
  const { base } = parts.learner.policy;
  const count = parts.trained?.length ?? parts.prompts.length;
  const perEpoch = stepsPerEpoch(count, ppo.batch_size);
  const updatesPerStep = ppo.num_ppo_epochs * ppo.num_mini_batches;
  const clock = stopwatch();
  base.computed.forget(); // an evaluation's, which a job that resumes may not have seen

  // Random numbers are drawn by epochs and steps from 0; whatever leaves here counts from 1.
  const epoch = Math.floor(step / perEpoch);
  const order = promptOrder(seed, epoch, count);
  const indices = stepPrompts(order, step % perEpoch, ppo.batch_size)
    .map((index) => parts.trained?.[index] ?? index);
  const policy_version = step;
  const kl = klLossOf(ppo, state.kl_coef);
  await using underway = new AsyncDisposableStack();
  const load = (prompts: readonly Prompt[]) => {
    const lengths = prompts.map(({ ids }) => ids.length);
    // What could not be loaded is asked for again by what needs it, which says why it cannot be.
    const loaded = loadSessions(parts.learner, lengths, ppo, { step, signal, kl, replicas: parts.replicas })
      .catch(() => {});
    underway.defer(() => loaded);
  };
  const rolledOut = await rollout(parts, ppo, indices, { seed, step, epoch, policy_version }, {
    ...{ signal, stats: state.reward_stats },
    ...(first && { onSampling: load }),
  });
  const { rows, scoreStats, unwhitened } = reward(rolledOut, job, state);
  const buffer = new ExperienceBuffer({ max_bytes: BUFFER_BYTES, overflow: "reject" });
  rows.forEach((row) => buffer.store(row));
  const klInReward = ppo.kl_in === "reward";
  const rolloutPart = rolloutMetrics(rows, state.kl_coef, { klInReward, unwhitened });
  const zeroHead = job.value !== null && job.checkpoint === null;
  const violations = [
    ...(ppo.whiten_rewards ? [] : rewardViolations(rows, klInReward ? state.kl_coef : 0)),
    ...(step === 0
      ? firstStepViolations(rolloutPart, rows, { fromReference: equalsReference(job), zeroHead })
      : []),
  ];

  await free;
  const trained = stopwatch();
  const batch = buffer.sampleBatch(rows.length, { policy_version, seed, step, round: 0 });
  const updated = await update(parts.learner, batch, ppo, job.value, {
    seed,
    step,
    optimizerStep: step * updatesPerStep,
    optimizerSteps: perEpoch * job.epochs * updatesPerStep,
    kl,
    lrScale: state.guard?.lr_scale,
  }, { signal, replicas: parts.replicas });
  violations.push(...firstMicroBatchViolations(updated.firstMicroBatch, base.arithmetic));
  if (first && violations.length > 0) throw new Error(violations.map(describeViolation).join("; "));
  const updates = updated.metrics.finish();
  const { entropy_sum, tokens } = updated.firstMicroBatch;
  const figures = stepFigures(rows, {
    grouped: ADVANTAGE_METHODS[ppo.advantage].least_rollouts > 1,
    entropy: entropy_sum / tokens,
    grad_norm: step < ppo.critic_warmup_steps || updates.optimizer_steps === 0
      ? null
      : updates["policy/grad_norm"]!,
    temperature: ppo.temperature,
    target: ppo.kl_controller.type === "adaptive" ? ppo.kl_controller.target : null,
    skipped: updated.skipped,
    violations,
    ...unscoredRows(rolledOut.scored),
    rollout_gap: parts.server ? rolloutPart["rollout_gap/mean_abs"]! : null,
  });

  const phases = { ...rolledOut.seconds, train: trained() };
  const seconds = clock();
  const metrics = {
    ...rolloutPart,
    ...rolledOut.server,
    ...rewardMetrics(rolledOut.scored),
    ...updates,
    "episode": state.episodes + rows.length,
    "eps": rows.length / seconds,
    ...Object.fromEntries(Object.entries(phases).map(([phase, value]) => [`time/${phase}_s`, value])),
    "time/step_s": seconds,
    "tokens_per_second": buffer.tokens / seconds,
    "rollout_tokens_per_second": buffer.tokens / phases.rollout,
    "rollout/prefill_tokens": rolledOut.prefill.run,
    "rollout/prefill_tokens_saved": rolledOut.prefill.saved,
    "padding_share": base.computed.paddingShare,
    "memory/rss_bytes": Deno.memoryUsage().rss,
    ...deviceMemory(base.runtime.device),
    ...replicaMetrics(parts.replicas ?? ALONE),
  };
  const { warnings, next: watch } = watchStep(state.watch, figures, step + 1);
  const next = {
    step: step + 1,
    episodes: state.episodes + rows.length,
    tokens: state.tokens + buffer.tokens,
    kl_coef: nextKlCoef(ppo.kl_controller, state.kl_coef, rolloutPart["objective/kl"]!, rows.length),
    score_stats: scoreStats,
    reward_stats: rolledOut.scored.stats ?? {},
    watch,
  };
  const { prompts, completions } = rolledOut;
  const judged = { kl: figures.kl, entropy: figures.entropy, score: rolloutPart["objective/scores"]! };
  // Nobody needs hidden states any more, and while the next step is sampled they would stay for it.
  const finished = buffer.rows.map(({ hidden: _, ...row }) => row);
  return { judged, rows: finished, prompts, completions, metrics, warnings, next, seconds };
}

/** How many rows some part of the reward gave no score, and why the first has none. */
function unscoredRows({ faults = {} }: ScoredBatch): Pick<StepFigures, "unscored" | "fault"> {
  const all = Object.values(faults).flat();
  return { unscored: new Set(all.map(({ row }) => row)).size, fault: all[0]?.message ?? null };
}

/** Whether a job's policy measures as its reference before it is trained: dropout changes nothing while every B is 0. */
function equalsReference({ trainable, checkpoint, adapter }: PpoJobConfig): boolean {
  return dropoutOf(trainable) === 0 || (checkpoint === null && adapter === null);
}

/** From raw scores to advantages and returns: shape, KL penalty, (whiten), estimate, whiten (ppo-spec §5 to §8, §14). */
function reward(
  { rows }: Rollout,
  { ppo }: PpoJobConfig,
  state: PpoState,
): { rows: Experience[]; scoreStats: RunningStats; unwhitened: Float32Array[] } {
  const ends = rows.map(({ response_ids, terminated }) => ({ length: response_ids.length, terminated }));
  const { scores, stats } = shapeScores(rows.map(({ raw_score }) => raw_score), ends, ppo, state.score_stats);
  const kl = rows.map(({ logprobs, ref_logprobs }) => tokenKl(ppo.kl_estimator, logprobs, ref_logprobs));
  const klCoef = ppo.kl_in === "reward" ? state.kl_coef : 0;
  const plain = rows.map((_, row) => tokenRewards(scores[row]!, kl[row]!, klCoef));
  const rewards = ppo.whiten_rewards ? whiten(plain, { shiftMean: false }) : plain;
  const values = rows.map((row) => row.values);
  const { advantages: unwhitened, returns } = ADVANTAGES[ppo.advantage]({
    rewards,
    scores,
    groups: rows.map(({ group }) => group),
    values: values.every((row) => row !== null) ? values : null,
    bootstrapValues: rows.map(({ bootstrap_value }) => bootstrap_value),
  }, ppo);
  const advantages = ppo.whiten_advantages ? whiten(unwhitened) : unwhitened;
  return {
    rows: rows.map((row, index) => ({
      ...row,
      score: scores[index]!,
      kl: kl[index]!,
      rewards: rewards[index]!,
      advantages: advantages[index]!,
      returns: returns && returns[index]!,
    })),
    scoreStats: stats,
    unwhitened,
  };
}

/** What a device's memory holds, in the metrics of a step; nothing for the host's own. */
function deviceMemory(device: Device | null): Metrics {
  if (!device) return {};
  const { used, peak } = device.memory();
  return { "memory/device_bytes": used, "memory/device_peak_bytes": peak };
}
