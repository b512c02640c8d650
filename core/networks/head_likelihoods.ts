/** From hidden states to log-probabilities, of given tokens and of the most likely ones: the head by itself, slice by slice. */
import type { Tuning } from "../../kernels/artifacts.ts";
import { Tensor } from "../ort/tensor.ts";
import { builtGraphs } from "../run/built_graphs.ts";
import { Feeds } from "../run/feeds.ts";
import { evaluate } from "../run/graph_runner.ts";
import type { SessionCache } from "../run/session_cache.ts";
import { type TopTokens, topTokens, topWidth } from "../run/top_tokens.ts";
import type { SharedRow } from "../run/token_batch.ts";
import type { ParameterSet } from "../weights/parameter_set.ts";

/** Of each of some tokens. */
export interface Likelihoods {
  logprobs: number[];
  /** The likeliest first; a given token that is among them has the same number there. */
  top: TopTokens[];
}

/** Hidden states that the head runs over at once. */
const SLICE = 64;

/** A slice, as `evaluate` cuts and counts its rows. */
interface Slice extends SharedRow {
  /** float32 (n, H) */
  readonly hidden: Float32Array;
  /** (n) */
  readonly targets: readonly number[];
}

/**
 * @param hidden float32 (N, H): of the token before each target
 * @param options `tuning` is none where the weights are the base's, or full
 */
export async function headLikelihoods(
  sessions: SessionCache,
  hidden: { values: Float32Array; width: number },
  targets: readonly number[],
  { tuning, parameters, temperature, signal }: {
    tuning: Tuning;
    parameters: ParameterSet;
    temperature: number;
    signal?: AbortSignal;
  },
): Promise<Likelihoods> {
  const { base } = sessions;
  const { vocab_size } = base.config;
  const slices = Array.from({ length: Math.ceil(targets.length / SLICE) }, (_, index): Slice => {
    const [from, to] = [index * SLICE, Math.min((index + 1) * SLICE, targets.length)];
    return {
      ...{ tokens: to - from, actions: to - from, parts: [] },
      hidden: hidden.values.subarray(from * hidden.width, to * hidden.width),
      targets: targets.slice(from, to),
    };
  });
  const evaluation = {
    name: "top_logprobs",
    artifact: () => builtGraphs.topLogprobs(base.config, tuning),
    parameters: [parameters],
    prepare: (rows: readonly Slice[]) => {
      const ids = rows.flatMap((row) => row.targets);
      const states = new Float32Array(ids.length * hidden.width);
      let at = 0;
      for (const { hidden } of rows) {
        states.set(hidden, at);
        at += hidden.length;
      }
      const tensor = Tensor.onHost(base.runtime, "float32", [ids.length, hidden.width], states);
      const feeds = new Feeds(base.runtime)
        .tensor("hidden", tensor)
        .integers("targets", ids)
        .scalar("inverse_temperature", 1 / temperature);
      return { feeds, columns: 1 };
    },
    width: vocab_size,
  };
  const found: Likelihoods = { logprobs: [], top: [] };
  const width = topWidth(vocab_size);
  for (const { outputs } of await evaluate(sessions, evaluation, slices, { signal })) {
    const { logprobs, top } = outputs as { logprobs: Float32Array; top: Float32Array };
    found.logprobs.push(...logprobs);
    for (let at = 0; at < logprobs.length; at++) found.top.push(topTokens(top, at * width, width));
  }
  return found;
}
