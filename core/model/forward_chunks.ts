/** Cuts sequences for evaluation without gradients: as many per run as fit a bound on the largest arrays. */
import type { TokenSequence } from "./token_batch.ts";

/** Bytes that logits and probabilities of one run may take together. */
const MAX_BYTES = 256 * 1024 * 1024;

/** Consecutive parts of `sequences`, in order; `width` is the widest per-token array (the vocabulary, or hidden). */
export function forwardChunks<Sequence extends TokenSequence>(
  sequences: readonly Sequence[],
  width: number,
): Sequence[][] {
  const maxTokens = Math.max(1, Math.floor(MAX_BYTES / (8 * width)));
  const chunks: Sequence[][] = [];
  let tokens = Infinity;
  for (const sequence of sequences) {
    if (tokens + sequence.response_ids.length > maxTokens) {
      chunks.push([]);
      tokens = 0;
    }
    chunks.at(-1)!.push(sequence);
    tokens += sequence.response_ids.length;
  }
  return chunks;
}
