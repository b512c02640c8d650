/** The most likely tokens of a distribution, as the graphs give them (`topLogprobs`). */
import { topOf } from "../../kernels/nn/top_logprobs.ts";

/** The likeliest first. */
export interface TopTokens {
  readonly ids: readonly number[];
  readonly logprobs: readonly number[];
}

/** Numbers of a distribution in the output `top` of graphs over that vocabulary. */
export function topWidth(vocabSize: number): number {
  return 2 * topOf(vocabSize);
}

/** Those of the distribution whose `width` numbers begin at `start`. */
export function topTokens(top: Float32Array, start: number, width: number): TopTokens {
  const middle = start + width / 2;
  return {
    logprobs: Array.from(top.subarray(start, middle)),
    ids: Array.from(top.subarray(middle, start + width)),
  };
}
