/**
 * Samples prompts from a policy, scores what it says, and measures how far it is from its reference. It changes nothing
 * and draws random numbers of its own, keyed by seed, prompt and sample: the same for every policy and whenever it is asked,
 * so that two policies, or one before and after training, are compared on equal terms.
 */
import type { FrozenTrunk } from "../networks/frozen_trunk.ts";
import type { Policy } from "../networks/policy.ts";
import { finishedSample } from "../rewards/finished_sample.ts";
import { termsOf } from "../rewards/terms_of.ts";
import type { RewardSource } from "../rewards/reward_source.ts";
import { ALONE, type Replicas, shareOf } from "../replicas/replicas.ts";
import { uniform } from "../rng.ts";
import type { TokenSequence } from "../run/token_batch.ts";
import type { Prompt } from "../tokenizer/prompt.ts";
import type { TextTokenizer } from "../tokenizer/tokenizer.ts";

export interface EvaluatorParts {
  /** Its reference is what KL is measured to. */
  policy: Pick<Policy, "respond" | "analyze">;
  /** The frozen layers below both, computed once for the two where it is given. */
  trunk?: FrozenTrunk | null;
  reward: RewardSource;
  tokenizer: Pick<TextTokenizer, "decode">;
  stopTokenIds: ReadonlySet<number>;
  /** Those that evaluate together, each its share of the rows. */
  replicas?: Replicas;
}

/** How completions are drawn. */
export interface GenerationSettings {
  max_new_tokens: number;
  /** 0 is greedy. */
  temperature: number;
  /** 0 is off. */
  top_k: number;
  /** 1 is off. */
  top_p: number;
}

export interface EvaluationSettings {
  samples_per_prompt: number;
  /** How many completions are sampled at once; all by default. */
  rows_at_once?: number;
  generation: GenerationSettings;
  seed: number;
}

/** A prompt to evaluate, and its number, which its random numbers are found by. */
export interface NumberedPrompt {
  prompt_idx: number;
  prompt: Prompt;
}

/** One completion and all that is measured of it. */
export interface Evaluated {
  prompt_idx: number;
  /** Which of the prompt's, from 0. */
  sample: number;
  prompt: string;
  completion: string;
  /** The response without its stop token. */
  body_ids: number[];
  /** Tokens of the response, its stop token included. */
  tokens: number;
  /** Whether a stop token ended it. */
  terminated: boolean;
  /** As the reward gave it. */
  score: number;
  /** Of each part of the reward that gave it a number, by name. */
  terms: Record<string, number>;
  /** Σ of log-probabilities under the policy less those under its reference (k1), in nats. */
  kl: number;
  /** Σ over its tokens of the distribution's entropy, in nats. */
  entropy: number;
}

export class Evaluator {
  readonly #parts: EvaluatorParts;

  constructor(parts: EvaluatorParts) {
    this.#parts = parts;
  }

  /**
   * `samples_per_prompt` completions of each prompt, those of one prompt together. Log-probabilities and entropies are those at the temperature that was sampled at (at 1 where that is greedy), before top_k and top_p.
   *
   * @throws {UserError} `reward_failed`
   * @throws the signal's reason once it is aborted
   */
  async evaluate(
    prompts: readonly NumberedPrompt[],
    { samples_per_prompt, rows_at_once = Infinity, generation, seed }: EvaluationSettings,
    signal?: AbortSignal,
  ): Promise<Evaluated[]> {
    const rows = prompts.flatMap(({ prompt_idx, prompt }) =>
      Array.from({ length: samples_per_prompt }, (_, sample) => ({ prompt_idx, prompt, sample }))
    );
    const evaluated: Evaluated[] = [];
    for (let first = 0; first < rows.length; first += rows_at_once) {
      const some = rows.slice(first, first + rows_at_once);
      evaluated.push(...await this.#evaluate(some, generation, seed, signal));
    }
    return evaluated;
  }

  async #evaluate(
    rows: readonly (NumberedPrompt & { sample: number })[],
    { max_new_tokens, temperature, top_k, top_p }: GenerationSettings,
    seed: number,
    signal: AbortSignal | undefined,
  ): Promise<Evaluated[]> {
    const { policy, reward, tokenizer, stopTokenIds, replicas = ALONE } = this.#parts;
    const { mine } = shareOf(rows, replicas);
    const said = mine.length === 0 ? [] : await policy.respond(
      mine.map(({ prompt_idx, prompt, sample }) => ({
        ...{ max_new_tokens, temperature, top_k, top_p },
        prompt_ids: prompt.ids,
        uniform: (position: number) => uniform(seed, "evaluate", sample, prompt_idx, position),
        stop_token_ids: stopTokenIds,
      })),
      { signal },
    );
    const sampled = await replicas.gather(said);
    const samples = rows.map((row, at) => {
      const { response_ids, finish_reason } = sampled[at]!;
      return finishedSample(tokenizer, row, response_ids, finish_reason === "stop");
    });
    const scored = await reward.score(samples, signal);
    const share = shareOf(samples, replicas).mine;
    const measured = await replicas.gather(await this.#measure(share, temperature || 1, signal));
    return samples.map(({ prompt, completion, response_ids, terminated }, row) => ({
      prompt_idx: rows[row]!.prompt_idx,
      sample: rows[row]!.sample,
      prompt,
      completion,
      body_ids: [...(terminated ? response_ids.subarray(0, -1) : response_ids)],
      tokens: response_ids.length,
      terminated,
      score: scored.scores[row]!,
      terms: termsOf(scored, row),
      ...measured[row]!,
    }));
  }

  async #measure(
    rows: readonly TokenSequence[],
    temperature: number,
    signal: AbortSignal | undefined,
  ): Promise<Pick<Evaluated, "kl" | "entropy">[]> {
    if (rows.length === 0) return [];
    const { policy, trunk } = this.#parts;
    const sequences = trunk ? await trunk.run(rows, { signal }) : rows;
    const own = await policy.analyze(sequences, { temperature, signal, entropy: true });
    const reference = await policy.analyze(sequences, { temperature, signal, reference: true });
    return rows.map((_, row) => ({
      kl: sum(own.logprobs[row]!.map((logprob, at) => logprob - reference.logprobs[row]![at]!)),
      entropy: sum(own.entropy![row]!),
    }));
  }
}

/** In double. */
function sum(values: Float32Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
