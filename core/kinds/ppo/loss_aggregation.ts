/** How much each token counts in the loss of an optimizer step (ppo-spec §9): a row a way to add them up. */
import type { LossAggregation } from "../../contract/advantage_methods.ts";

/** What an optimizer step is made of, all its micro-batches together. */
export interface StepSize {
  /** Action tokens. */
  tokens: number;
  /** Responses. */
  rows: number;
  /** Longest that a response may be, in tokens. */
  maxTokens: number;
}

/** Weight of each token of a response of `length` tokens. */
export type TokenWeight = (length: number) => number;

/** The loss is Σ weight·token loss, so that it does not depend on how the step is cut into micro-batches. */
export const LOSS_WEIGHTS: Readonly<Record<LossAggregation, (step: StepSize) => TokenWeight>> = {
  token_mean: ({ tokens }) => () => 1 / tokens,
  sequence_mean: ({ rows }) => (length) => 1 / (rows * length),
  sequence_sum: ({ rows }) => () => 1 / rows,
  constant: ({ rows, maxTokens }) => () => 1 / (rows * maxTokens),
};
