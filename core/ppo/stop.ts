/**
 * Where a sampled response ends. Decided from response tokens and the stop set alone: never from a padding id,
 * which may be a stop token too, and never from the prompt, which may contain one.
 */
import type { FinishReason } from "./experience.ts";

export interface ResponseSpan {
  /** Actions, the stop token included. */
  length: number;
  terminated: boolean;
  finish_reason: FinishReason;
}

/**
 * The response up to and including its first stop token, or all of `ids`.
 *
 * @param ids (T) sampled tokens of one row, possibly going on after the stop token
 */
export function responseSpan(ids: ArrayLike<number>, stopIds: ReadonlySet<number>): ResponseSpan {
  for (let t = 0; t < ids.length; t++) {
    if (stopIds.has(ids[t]!)) return { length: t + 1, terminated: true, finish_reason: "stop" };
  }
  return { length: ids.length, terminated: false, finish_reason: "length" };
}
