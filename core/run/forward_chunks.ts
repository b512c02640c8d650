/** Cuts sequences for evaluation without gradients: as many per run as fit a bound on the largest arrays. */
import type { Target } from "../../kernels/nn/numerics.ts";
import { type BatchRow, rowSize } from "./token_batch.ts";

/**
 * What one run may take. `bytes`: logits and probabilities together. `cells`: tokens, padding included, that go through
 * the layers; prompts count here, however short the responses.
 */
export interface ForwardBounds {
  readonly bytes: number;
  readonly cells: number;
}

/** A CPU's products are at full speed with few tokens, and small arrays stay near; a GPU has room, and idles between runs. */
export const FORWARD_BOUNDS: Record<Target, ForwardBounds> = {
  cpu: { bytes: 2 ** 27, cells: 512 },
  cuda: { bytes: 2 ** 33, cells: 2 ** 17 },
};

/** Bounds of runs that may take a share of what they otherwise would. */
export function forwardBounds(target: Target, share = 1): ForwardBounds {
  const { bytes, cells } = FORWARD_BOUNDS[target];
  return { bytes: share * bytes, cells: share * cells };
}

/**
 * Consecutive parts of `sequences`, in order, within the bounds; `width` is the widest per-token array (the vocabulary,
 * or hidden).
 */
export function forwardChunks<Sequence extends BatchRow>(
  sequences: readonly Sequence[],
  width: number,
  { bytes, cells: maxCells }: ForwardBounds,
): Sequence[][] {
  const maxTokens = Math.max(1, Math.floor(bytes / (8 * width)));
  const chunks: Sequence[][] = [];
  let chunk: Sequence[] = [];
  let tokens = 0, columns = 0;
  for (const sequence of sequences) {
    const { tokens: length, actions } = rowSize(sequence);
    const cells = (chunk.length + 1) * Math.max(columns, length);
    if (chunk.length === 0 || tokens + actions > maxTokens || cells > maxCells) {
      chunk = [];
      chunks.push(chunk);
      tokens = columns = 0;
    }
    chunk.push(sequence);
    tokens += actions;
    columns = Math.max(columns, length);
  }
  return chunks;
}

/** The most rows in such a part when each has `columns` tokens, `actions` of them from its response. */
export function forwardRows(
  width: number,
  { bytes, cells }: ForwardBounds,
  columns: number,
  actions: number,
): number {
  return Math.max(1, Math.min(Math.floor(bytes / (8 * width) / actions), Math.floor(cells / columns)));
}
