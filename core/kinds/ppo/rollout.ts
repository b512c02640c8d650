/** Rolling out one step's prompts: sample, score, and measure every action under policy, reference and critic. */
import { prefillTokens } from "../../decode/prompt_groups.ts";
import type { SamplingRequest } from "../../decode/sampling_request.ts";
import { finishedSample } from "../../rewards/finished_sample.ts";
import { termsOf } from "../../rewards/terms_of.ts";
import type {
  RewardBeginning,
  RewardSample,
  RewardSource,
  RewardStats,
  ScoredBatch,
} from "../../rewards/reward_source.ts";
import { ALONE, type Replicas, shareOf } from "../../replicas/replicas.ts";
import { uniform } from "../../rng.ts";
import type { RunOptions } from "../../run/graph_runner.ts";
import type { TextTokenizer } from "../../tokenizer/tokenizer.ts";
import type { PpoConfig } from "../../contract/ppo_job.ts";
import type { Metrics } from "../../contract/progress.ts";
import type { Experience } from "./experience.ts";
import type { RowSource } from "../../train/row_source.ts";
import type { HiddenStates, TokenSequence } from "../../run/token_batch.ts";
import { type Learner, valuesOf, withBootstrap } from "./learner.ts";
import type { RolloutSampler } from "./server_rollouts.ts";
import type { Prompt } from "../../tokenizer/prompt.ts";

export interface RolloutParts {
  learner: Learner;
  reward: RewardSource;
  tokenizer: Pick<TextTokenizer, "decode">;
  prompts: RowSource<Prompt>;
  /** Indices of the prompts that are trained on; without it, all. */
  trained?: readonly number[] | null;
  stopTokenIds: ReadonlySet<number>;
  /** Samples in place of the policy's decoder, where a server does. */
  server?: RolloutSampler | null;
  /** Those that train together, each rolling out its share of the rows; all end with all rows. */
  replicas?: Replicas;
}

export interface RolloutKey {
  seed: number;
  step: number;
  epoch: number;
  policy_version: number;
}

/** Rows with everything but what the rewards decide, the text of each completion, and seconds by phase. */
export interface Rollout {
  rows: Omit<Experience, "score" | "kl" | "rewards" | "advantages" | "returns">[];
  /** The text of the prompt of each row. */
  prompts: string[];
  completions: string[];
  /** What the reward said of them. */
  scored: ScoredBatch;
  /** What else there is to measure where a server sampled. */
  server: Metrics;
  /** Prompt tokens that were run, and those that were not, as another row of the same prompt had been. */
  prefill: { run: number; saved: number };
  /** Of `reward`, from when all rows were sampled, `reward_wait` is what nothing else was done in. */
  seconds: { rollout: number; reward: number; reward_wait: number; analyze: number };
}

export interface RolloutOptions {
  signal?: AbortSignal;
  /** Of the reward, as the step before left them. */
  stats?: RewardStats;
  /** Told of all rows' prompts once the first token is sampled: what sampling needs is loaded then. */
  onSampling?: (prompts: readonly Prompt[]) => void;
}

/** Rolls out the prompts at `indices`, `rollouts_per_prompt` rows each, those of a prompt beside each other. */
export async function rollout(
  parts: RolloutParts,
  config: PpoConfig,
  indices: readonly number[],
  key: RolloutKey,
  { signal, stats = {}, onSampling }: RolloutOptions = {},
): Promise<Rollout> {
  const { learner, reward, tokenizer, stopTokenIds, replicas = ALONE } = parts;
  const { temperature } = config;
  const asked = indices.flatMap((prompt_idx, group) =>
    Array.from({ length: config.rollouts_per_prompt }, (_, sample) => ({ prompt_idx, group, sample }))
  );
  const prompts = asked.map(({ prompt_idx }) => parts.prompts.at(prompt_idx)!);
  const clock = stopwatch();
  const { mine, offset } = shareOf(prompts, replicas);
  const samples = new Map<number, RewardSample>();
  /** What the reward is told of a row, whose text is read once. */
  const sampleOf = (row: number, ids: readonly number[], terminated: boolean): RewardSample => {
    const { prompt_idx } = asked[row]!;
    const sample = samples.get(row) ??
      finishedSample(tokenizer, { prompt_idx, prompt: prompts[row]! }, ids, terminated);
    samples.set(row, sample);
    return sample;
  };
  // Rows that have ended are asked about while others are sampled, where others score them.
  using begun = replicas.size === 1 ? reward.begin?.(prompts.length, signal) : undefined;
  const sampling = onSampling && once(() => onSampling(prompts));
  if (parts.server) sampling?.();
  const remote = parts.server
    ? await parts.server.sample(
      indices.map((index) => parts.prompts.at(index)!),
      { ...config, seed: key.seed, step: key.step },
      {
        signal,
        onRow: (row, { response_ids, finish_reason }) =>
          begun?.add(row, sampleOf(row, response_ids, finish_reason === "stop")),
      },
    )
    : null;
  const own = remote?.sampled ?? (mine.length === 0 ? [] : await learner.policy.respond(
    mine.map(({ ids }, at): SamplingRequest => ({
      prompt_ids: ids,
      max_new_tokens: config.max_new_tokens,
      temperature,
      top_k: config.top_k,
      top_p: config.top_p,
      uniform: (position) => {
        const { group, sample } = asked[offset + at]!;
        return uniform(key.seed, "sample", key.step, group, position, sample);
      },
      stop_token_ids: stopTokenIds,
      onToken: tellAll([
        sampling,
        begun && telling(begun, (ids, terminated) => sampleOf(at, ids, terminated), at),
      ]),
    })),
    { signal },
  ));
  const sampled = await replicas.gather(own);
  const rolloutSeconds = clock();

  const sequences = sampled.map(({ response_ids }, row) => ({
    prompt_ids: prompts[row]!.ids,
    response_ids: Int32Array.from(response_ids),
    row,
  }));
  const terminated = sampled.map(({ finish_reason }) => finish_reason === "stop");
  const all = sampled.map(({ response_ids }, row) => sampleOf(row, response_ids, terminated[row]!));
  const completions = all.map(({ completion }) => completion);
  const scoring = timed(() => reward.score(all, signal, stats));
  if (!reward.waits) await scoring.result;
  let rewardWait = clock();

  const bootstrap = terminated.map((ended) => !ended && config.bootstrap_truncated);
  const { mine: share, offset: first } = shareOf(sequences, replicas);
  const known = await withHidden(learner, share, shareOf(bootstrap, replicas).mine, signal);
  const measured = await replicas.gather(
    await measure(learner, known, shareOf(bootstrap, replicas).mine, {
      ...{ temperature, step: key.step, signal },
    }),
  );
  // What a server says of its logits is compared with ours of the same.
  const raw = parts.server?.config.logprobs === "raw" && temperature !== 1
    ? (await learner.policy.analyze(known, { temperature: 1, step: key.step, signal })).logprobs
    : null;
  const analyzeSeconds = clock();
  const scored = await scoring.result;
  rewardWait += clock();

  const rows = sequences.map((sequence, row) => ({
    ...sequence,
    rollout_id: `${key.step + 1}-${row}`,
    ...asked[row]!,
    step: key.step,
    epoch: key.epoch,
    policy_version: key.policy_version,
    terminated: terminated[row]!,
    finish_reason: sampled[row]!.finish_reason,
    raw_score: scored.scores[row]!,
    terms: termsOf(scored, row),
    rollout_logprobs: told(sampled[row]!.logprobs, raw?.[row] ?? measured[row]!.logprobs),
    ...(raw && { raw_logprobs: raw[row]! }),
    ...measured[row]!,
    // What comes out of the frozen layers stays in the process that it was computed in.
    ...(known[row - first]?.hidden && { hidden: known[row - first]!.hidden }),
  }));
  return {
    rows,
    prompts: prompts.map(({ text }) => text),
    completions,
    scored,
    server: remote
      ? { "rollouts/retokenized_frac": remote.retokenized / rows.length, "time/adapter_s": remote.adapter_s }
      : {},
    prefill: remote ? { run: 0, saved: 0 } : prefillTokens(sampled),
    seconds: {
      rollout: rolloutSeconds,
      reward: scoring.seconds(),
      reward_wait: rewardWait,
      analyze: analyzeSeconds,
    },
  };
}

/** Who is told of tokens. */
type OnToken = NonNullable<SamplingRequest["onToken"]>;

/** Those that there are of these, as one. */
function tellAll(told: readonly (OnToken | undefined)[]): OnToken | undefined {
  const present = told.filter((each) => each !== undefined);
  return present.length === 0 ? undefined : (...token) => present.forEach((each) => each(...token));
}

/** `work`, done when it is first called. */
function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    work();
  };
}

/** What the sampler said of each token, and our own number where it said nothing, so that no gap is there. */
function told(logprobs: readonly number[], ours: Float32Array): Float32Array {
  return Float32Array.from(logprobs, (logprob, at) => Number.isNaN(logprob) ? ours[at]! : logprob);
}

/** Tells of a row once its last token is sampled. */
function telling(
  begun: RewardBeginning,
  sampleOf: (ids: readonly number[], terminated: boolean) => RewardSample,
  row: number,
): OnToken {
  const ids: number[] = [];
  return (token, _logprob, finish_reason) => {
    ids.push(token);
    if (finish_reason !== null) begun.add(row, sampleOf(ids, finish_reason === "stop"));
  };
}

/** Work, and how long it took once it is done. What it throws is whoever awaits it to hear. */
function timed<Result>(work: () => Promise<Result>): { result: Promise<Result>; seconds(): number } {
  const start = performance.now();
  let end = start;
  const result = work().finally(() => end = performance.now());
  result.catch(() => {});
  return { result, seconds: () => (end - start) / 1000 };
}

/** What a row is trained by, before its rewards. */
type Measured = Pick<Experience, "logprobs" | "ref_logprobs" | "values" | "bootstrap_value">;

/** Every action of the rows under policy, reference and critic. */
async function measure(
  learner: Learner,
  rows: readonly TokenSequence[],
  bootstrap: readonly boolean[],
  { temperature, ...run }: RunOptions & { temperature: number },
): Promise<Measured[]> {
  if (rows.length === 0) return [];
  // What the update will be measured against, with the masks that it will have: the sampler and the reference have none.
  const policy = await learner.policy.analyze(rows, { temperature, ...run });
  const { signal } = run;
  const reference = await learner.policy.analyze(rows, { temperature, reference: true, signal });
  const { values, bootstrapValues } = await valuesOf(learner, rows, bootstrap, temperature, run);
  return rows.map((_, row) => ({
    logprobs: policy.logprobs[row]!,
    ref_logprobs: reference.logprobs[row]!,
    values: values && values[row]!,
    bootstrap_value: bootstrapValues[row]!,
  }));
}

/** The sequences with the hidden states that the networks begin with, where they are kept. */
async function withHidden<Sequence extends TokenSequence>(
  { trunk }: Learner,
  sequences: readonly Sequence[],
  bootstrap: readonly boolean[],
  signal: AbortSignal | undefined,
): Promise<readonly (Sequence & { hidden?: HiddenStates })[]> {
  if (!trunk) return sequences;
  const found = await trunk.run(withBootstrap(sequences, bootstrap), { signal });
  return sequences.map((sequence, row) => ({ ...sequence, hidden: found[row]!.hidden }));
}

/** Seconds since the last call. */
export function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const seconds = (now - last) / 1000;
    last = now;
    return seconds;
  };
}
