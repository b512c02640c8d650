/**
 * Causal attention of ordinary operators, in blocks of queries that are computed one after another: each sees the keys up to
 * its own end, so that no array of all scores exists and half of what causality hides is not computed.
 *
 * Legend: B rows, S columns, K kv heads, G query heads of each, d numbers a head. Queries that share a kv head lie next to
 * each other: [B,K,S·G,d].
 */
import type { Builder } from "../graph/builder.ts";
import { type Dim, dimFactors, dimPart, dimProduct, type Value } from "../graph/value.ts";

/** Gradients of queries, keys and values; null = not wanted. */
export type Gradients = [Value | null, Value | null, Value | null];

/**
 * Gradients of o = p·v, p = softmax(scale·q·kᵀ): q, o and dO [B,K,rows,d], k and v [B,K,keys,d], p [B,K,rows,keys]. With
 * `rowSum` = Σ dO·o of each row, ds = p·(dO·vᵀ − rowSum).
 */
export function attentionGradients(
  g: Builder,
  { q, k, v, p, dO, rowSum }: Record<"q" | "k" | "v" | "p" | "dO" | "rowSum", Value>,
  scale: number,
  wants: readonly boolean[],
): Gradients {
  const ds = g.mul(p, g.sub(g.matmul(dO, v, { transB: true }), rowSum));
  return [
    wants[0] ? g.matmul(ds, k, { alpha: scale }) : null,
    wants[1] ? g.matmul(ds, q, { transA: true, alpha: scale }) : null,
    wants[2] ? g.matmul(p, dO, { transA: true }) : null,
  ];
}

/** A block of queries, and all keys before its end. */
interface Block {
  readonly index: number;
  readonly queries: Dim;
  /** Queries times heads. */
  readonly rows: Dim;
  readonly keys: Dim;
}

/** What attends to what: q [B,K,S·G,d], k [B,K,S,d], and for each block its masks. */
export interface BlockedAttention {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
  /**
   * [queries,1,keys] each, or [B,1,queries,1,keys] where rows differ: 0 where the query sees the key, else far below zero.
   */
  readonly biases: readonly Value[];
  /** The same in ones and zeros, for a processor on which what a softmax leaves of a hidden score is slow; or none. */
  readonly seen: readonly Value[];
  readonly scale: number;
}

/** Throws a RangeError where a block would be empty, as far as can be told before the run. */
export function checkBlocks(S: Dim, count: number): void {
  if (typeof S === "number" && S < count) {
    throw new RangeError(`Each of ${count} blocks needs a query: there are ${S}`);
  }
}

/**
 * What each block of S columns sees, [queries,1,keys]: `seen` bool, and `bias` float32, 0 there and `hidden` elsewhere. With
 * `starts` i64 [B,S], the first column that each query sees, they are [B,1,queries,1,keys].
 */
export function causalMasks(
  g: Builder,
  S: Dim,
  count: number,
  hidden: number,
  starts: Value | null = null,
): { seen: Value; bias: Value }[] {
  const columns = g.range(S);
  const boundary = (at: number) => g.dim(dimPart(S, 0, at, count));
  return Array.from({ length: count }, (_, index) => {
    const queries = dimPart(S, index, index + 1, count);
    const keys = dimPart(S, 0, index + 1, count);
    const part = (of: Value, axis: number) =>
      count === 1 ? of : g.between(of, axis, boundary(index), boundary(index + 1), queries);
    const own = part(columns, 0);
    const before = count === 1 ? columns : g.between(columns, 0, boundary(0), boundary(index + 1), keys);
    const places = g.reshape(before, [1, 1, keys]);
    const notAfter = g.greaterOrEqual(g.reshape(own, [queries, 1, 1]), places);
    const first = starts && g.reshape(part(starts, 1), [starts.shape[0]!, 1, queries, 1, 1]);
    const seen = first ? g.and(notAfter, g.greaterOrEqual(places, first)) : notAfter;
    return { seen, bias: g.where(seen, 0, hidden) };
  });
}

function groupsOf({ q, k }: BlockedAttention): number {
  const [rows, S] = [q.shape[2]!, k.shape[2]!];
  return typeof S === "number" ? Number(rows) / S : dimFactors(rows).number;
}

function blocksOf(attention: BlockedAttention): Block[] {
  const S = attention.k.shape[2]!;
  const count = attention.biases.length;
  return attention.biases.map((_, index) => {
    const queries = dimPart(S, index, index + 1, count);
    const rows = dimProduct([groupsOf(attention), queries]);
    return { index, queries, rows, keys: dimPart(S, 0, index + 1, count) };
  });
}

/** The blocks' parts of a value [B,K,S·G,·]. */
function cutRows(g: Builder, of: Value, blocks: readonly Block[]): Value[] {
  return blocks.length === 1 ? [of] : g.split(of, 2, blocks.map(({ rows }) => rows));
}

/** The first `keys` of a value [B,K,S,·], up to `end`. */
function upTo(g: Builder, of: Value, keys: Dim, end: Value): Value {
  return of.shape[2] === keys ? of : g.between(of, 2, g.ints([0]), end, keys);
}

/** A block's probabilities [B,K,rows,keys]. */
function probabilities(g: Builder, attention: BlockedAttention, block: Block, q: Value, k: Value): Value {
  const { biases, seen, scale } = attention;
  const scores = g.matmul(q, k, { transB: true, alpha: scale });
  const [B, K] = scores.shape as [Dim, Dim];
  const byHead = g.reshape(scores, [B, K, block.queries, groupsOf(attention), block.keys]);
  const p = g.softmax(g.add(byHead, biases[block.index]!));
  const mask = seen[block.index];
  return g.reshape(mask ? g.mul(p, mask) : p, scores.shape);
}

/** o [B,K,S·G,d], and the probabilities of each block. */
export function attendInBlocks(g: Builder, attention: BlockedAttention): { o: Value; p: Value[] } {
  const { q, k, v } = attention;
  const blocks = blocksOf(attention);
  const p: Value[] = [];
  const parts = cutRows(g, q, blocks).map((part, index) => {
    const block = blocks[index]!;
    const end = g.dim(block.keys);
    p.push(probabilities(g, attention, block, part, upTo(g, k, block.keys, end)));
    return g.matmul(p[index]!, upTo(g, v, block.keys, end));
  });
  return { o: parts.length === 1 ? parts[0]! : g.concat(parts, 2, q.shape[2]!), p };
}

/**
 * Gradients with every block's probabilities recomputed, last block first.
 *
 * The runtime runs what is needed, not what comes first: it would compute the probabilities of all blocks for the keys before
 * it turned to any queries. So where a block ends is read off the shapes of the gradients of the block after it: those have
 * been computed then.
 */
export function blockGradients(
  g: Builder,
  attention: BlockedAttention,
  { dO, rowSum }: Record<"dO" | "rowSum", Value>,
  wants: readonly boolean[],
): Gradients {
  const { k, v, scale } = attention;
  const S = k.shape[2]!;
  const blocks = blocksOf(attention);
  const [q, dOs, rowSums] = [attention.q, dO, rowSum].map((of) => cutRows(g, of, blocks));
  const whole: Value[][] = [[], [], []];
  /** Of keys and values before the blocks that are done. */
  const open: (Value | null)[] = [null, null, null];
  let end = g.dim(S);
  for (const block of blocks.toReversed()) {
    const { index, queries, keys } = block;
    const part = { q: q![index]!, k: upTo(g, k, keys, end), v: upTo(g, v, keys, end) };
    const p = probabilities(g, attention, block, part.q, part.k);
    const all = { ...part, p, dO: dOs![index]!, rowSum: rowSums![index]! };
    const ends: Value[] = [];
    attentionGradients(g, all, scale, wants).forEach((gradient, of) => {
      if (!gradient) return;
      const sum = open[of] ? g.add(open[of], gradient) : gradient;
      if (of === 0 || index === 0) {
        whole[of]!.unshift(sum);
        if (of === 0) ends.push(g.sub(end, queriesOf(sum)));
        return;
      }
      const [before, own] = g.split(sum, 2, [dimPart(S, 0, index, blocks.length), queries]);
      whole[of]!.unshift(own!);
      open[of] = before!;
      ends.push(length(before!));
    });
    if (index > 0) end = ends.reduce((a, b) => g.min(a, b));
  }
  return whole.map((parts, of) =>
    parts.length === 0 ? null : g.concat(parts, 2, of === 0 ? attention.q.shape[2]! : S)
  ) as Gradients;

  /** How many queries [·,·,S·G,·] is of. */
  function queriesOf(of: Value): Value {
    return g.op("Div", [length(of), g.ints([groupsOf(attention)])], {})[0]!;
  }

  function length(of: Value): Value {
    return g.op("Shape", [of], { start: 2, end: 3 })[0]!;
  }
}
