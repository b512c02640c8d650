/** Cuts sequences for evaluation without gradients: as many per run as fit a bound on the largest arrays. */
import { cutIntoLanes, inTurn } from "./lanes.ts";
import type { TokenSequence } from "./token_batch.ts";

/** Bytes that logits and probabilities of one run may take together. */
const MAX_BYTES = 256 * 1024 * 1024;

/**
 * Tokens, padding included, that go through the layers of a model in lanes in one run: prompts count here, however
 * short the responses.
 */
const LANE_CELLS = 16_384;

/** The same for larger models, whose products are at full speed with fewer. What a run frees, training runs can use. */
const LARGE_CELLS = 512;

/** Tokens, padding included, that one run without gradients takes of a model in so many lanes. */
export function forwardCells(lanes: number): number {
  return lanes > 1 ? LANE_CELLS : LARGE_CELLS;
}

/**
 * Consecutive parts of `sequences`, in order, of at most `maxCells` tokens; `width` is the widest per-token array (the
 * vocabulary, or hidden).
 */
export function forwardChunks<Sequence extends TokenSequence>(
  sequences: readonly Sequence[],
  width: number,
  maxCells = LANE_CELLS,
): Sequence[][] {
  const maxTokens = Math.max(1, Math.floor(MAX_BYTES / (8 * width)));
  const chunks: Sequence[][] = [];
  let chunk: Sequence[] = [];
  let tokens = 0, columns = 0;
  for (const sequence of sequences) {
    const length = sequence.prompt_ids.length + sequence.response_ids.length;
    const cells = (chunk.length + 1) * Math.max(columns, length);
    if (chunk.length === 0 || tokens + sequence.response_ids.length > maxTokens || cells > maxCells) {
      chunk = [];
      chunks.push(chunk);
      tokens = columns = 0;
    }
    chunk.push(sequence);
    tokens += sequence.response_ids.length;
    columns = Math.max(columns, length);
  }
  return chunks;
}

/** The most rows in such a part when each has `columns` tokens, `actions` of them from its response. */
export function forwardRows(width: number, lanes: number, columns: number, actions: number): number {
  const byTokens = Math.floor(MAX_BYTES / (8 * width) / actions);
  return Math.max(1, Math.min(byTokens, Math.floor(forwardCells(lanes) / columns)));
}

/** Runs `sequences` in such parts, in `lanes` side by side, and gives the parts' results in order. */
export function forwardRuns<Sequence extends TokenSequence, Result>(
  sequences: readonly Sequence[],
  width: number,
  lanes: number,
  run: (part: Sequence[]) => Promise<Result>,
): Promise<Result[]> {
  const parts = forwardChunks(sequences, width, forwardCells(lanes)).flatMap((chunk) =>
    cutIntoLanes(chunk, lanes)
  );
  return inTurn(parts, lanes, run);
}
