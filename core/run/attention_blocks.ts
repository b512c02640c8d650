/** Into how many blocks of queries attention is cut: by the columns of a batch alone, so that a job repeats. */
import type { Target } from "../../kernels/nn/numerics.ts";

/**
 * Up to how many columns attention is not cut, and how many a block has then. On a CPU small blocks are faster, as their
 * scores stay near; on a GPU each is some thirty kernels more a layer, and what counts is the memory.
 */
const COLUMNS: Record<Target, { whole: number; block: number }> = {
  cpu: { whole: 256, block: 128 },
  cuda: { whole: 512, block: 512 },
};

/** The time to load a graph grows with its blocks, their use hardly: more only keep a block's scores within this size. */
const ENOUGH = 8;
const MOST_COLUMNS = 1024;

/** A power of two, so that batches of many lengths share few graphs, each to load and to keep. */
export function attentionBlocks(columns: number, target: Target): number {
  const { whole, block } = COLUMNS[target];
  if (columns <= whole) return 1;
  return Math.max(Math.min(ENOUGH, blocksOf(columns, block)), blocksOf(columns, MOST_COLUMNS));
}

/** As few blocks as have `most` columns at most. */
function blocksOf(columns: number, most: number): number {
  return 2 ** Math.ceil(Math.log2(columns / most));
}
