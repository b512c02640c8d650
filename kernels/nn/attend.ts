/** The two ways a trunk attends: over its own batch with gradients, or over a key-value cache while decoding. */
import type { Builder } from "../graph/builder.ts";
import { type Dim, dimProduct, type Value, WITHOUT } from "../graph/value.ts";
import type { ModelConfig } from "../models/model_config.ts";
import type { Dtype } from "../onnx/dtypes.ts";
import { FUSED_HEAD_MULTIPLE } from "../ops/attention.ts";
import { causalMasks } from "../ops/attention_blocks.ts";
import { type Numerics, numericsOf } from "./numerics.ts";

/** How a trunk attends and where its tokens stand. */
export interface Attention {
  readonly numerics: Numerics;
  /** q, k, v [B,S,·] after norms, before rotation → [B·S, N·D]. */
  attend(layer: number, q: Value, k: Value, v: Value): Value;
  /** The same of all three side by side, [B,S,·], where that is a node less. */
  attendJoined?(layer: number, qkv: Value): Value;
  /** The place of each of ids [B,S] in its row, i64 [S] or [B,S]: what learned positions are looked up by. */
  positions(ids: Value): Value;
}

/** Inputs `rope_cos` and `rope_sin` [context, D/2], made by `rotaryTable`; null for a model that rotates nothing. */
function rotaryInputs(g: Builder, config: ModelConfig, dtype: Dtype): { cos: Value; sin: Value } | null {
  if (!config.rope) return null;
  const table = (name: string) => g.cast(g.input(name, "float32", ["context", config.head_dim / 2]), dtype);
  return { cos: table("rope_cos"), sin: table("rope_sin") };
}

/** Stands for −∞ where a score is hidden: finite, so that no row can turn NaN. */
const HIDDEN: Record<Numerics["activations"], number> = { float32: -1e30, bfloat16: -1e30, float16: -6e4 };

/**
 * Causal attention over right-padded rows: by the runtime's own attention where that takes heads of this size, or in
 * `blocks` of queries. Where rows hold several sequences, `starts` i64 [B,S] has the first column of each column's own:
 * none sees those before it, and each counts its positions from there.
 */
export function causalAttention(
  g: Builder,
  config: ModelConfig,
  { numerics = numericsOf("float32", "cpu"), blocks = 1, starts = null }: {
    numerics?: Numerics;
    blocks?: number;
    starts?: Value | null;
  } = {},
): Attention {
  const { num_attention_heads: heads, num_key_value_heads: kvHeads, head_dim: D } = config;
  const rope = rotaryInputs(g, config, numerics.activations);
  const places = starts && g.sub(g.range(starts.shape[1]!), starts);
  const from = places ?? g.ints([0]);
  const attrs = { heads, kvHeads, scale: D ** -0.5 };
  const isFused = blocks === 1 && !starts && numerics.fusedAttention && D % FUSED_HEAD_MULTIPLE === 0;
  const over = isFused ? fused() : masked();
  return { numerics, attend, positions: (ids) => places ?? g.range(ids.shape[1]!) };

  function attend(_layer: number, q: Value, k: Value, v: Value): Value {
    const [B, S] = q.shape as [string, string];
    const rotate = (x: Value, heads: number) =>
      rope ? g.op("RotaryEmbedding", [x, from, rope.cos, rope.sin], { heads })[0]! : x;
    return g.reshape(over(rotate(q, heads), rotate(k, kvHeads), v), [`${B}*${S}`, heads * D]);
  }

  function fused() {
    const columns = once((S) => g.cast(g.reshape(g.dim(S), []), "int32"));
    const last = once((B, S) => g.expand(g.sub(columns(S), g.constant("int32", [], Int32Array.of(1))), [B]));
    return (q: Value, k: Value, v: Value) => {
      const [B, S] = q.shape as [string, string];
      return g.op("FusedCausalAttention", [q, k, v, last(B, S), columns(S)], attrs)[0]!;
    };
  }

  /** Of ordinary operators, in blocks of queries. Those that share a kv head lie next to each other: [B,K,S·G,D]. */
  function masked() {
    const G = heads / kvHeads;
    const masks = once((S) => {
      const made = causalMasks(g, S, blocks, HIDDEN[numerics.activations], starts);
      const seen = blocks > 1 && numerics.slowDenormals ? made.map(({ seen }) => seen) : [];
      return [...made.map(({ bias }) => bias), ...seen].map((mask) => g.cast(mask, numerics.activations));
    });
    return (q: Value, k: Value, v: Value) => {
      const [B, S] = q.shape as [string, string];
      const byKvHead = (x: Value, columns: Dim, each: number) =>
        g.reshape(
          g.transpose(g.reshape(x, [B, S, kvHeads, each * D]), [0, 2, 1, 3]),
          [B, kvHeads, columns, D],
        );
      const inputs = [byKvHead(q, dimProduct([G, S]), G), byKvHead(k, S, 1), byKvHead(v, S, 1)];
      const how = { scale: attrs.scale, blocks };
      const o = g.op("CausalAttention", [...inputs, ...masks(S)], how)[0]!;
      return g.transpose(g.reshape(o, [B, kvHeads, S, G * D]), [0, 2, 1, 3]);
    };
  }
}

/** What all layers share: made for the first one. */
function once<Key extends string[], Made>(make: (...key: Key) => Made): (...key: Key) => Made {
  const made = new Map<string, Made>();
  return (...key) => {
    const name = key.join();
    const known = made.get(name) ?? make(...key);
    made.set(name, known);
    return known;
  };
}

/** The cache a decoding graph carries: inputs `past_key.i`, `past_value.i` and the matching outputs. */
export interface CachedAttention extends Attention {
  /** Outputs by name (`present_key.0`, …), bound to the same memory as the inputs so that attention appends in place. */
  readonly outputs: Record<string, Value>;
}

/** The runtime's cached attention takes heads of 8·n numbers and rotates them by tables of 8·n columns. */
const HEAD_MULTIPLE = 16;

/** Size of a head in the cache: the model's own, made up with zeros to one the runtime accepts. */
export function cacheHeadSize({ head_dim }: ModelConfig): number {
  return Math.ceil(head_dim / HEAD_MULTIPLE) * HEAD_MULTIPLE;
}

/**
 * Attention over a cache [B,K,cache,cacheHeadSize] per layer; `last_position` i32 [B] says where each row's newest
 * token is.
 */
export function cachedAttention(
  g: Builder,
  config: ModelConfig,
  rows: string,
  numerics = numericsOf("float32", "cpu"),
): CachedAttention {
  const { num_attention_heads: heads, num_key_value_heads: kvHeads, head_dim: D } = config;
  const rope = rotaryInputs(g, config, "float32");
  const lastPosition = g.input("last_position", "int32", [rows]);
  const totalLength = g.input("total_length", "int32", []);
  const outputs: Record<string, Value> = {};
  const size = cacheHeadSize(config);
  // Zeros change no score. Where the rotation pairs the halves of a head, each half gets its own.
  const parts = rope ? 2 : 1;
  const extra = (size - D) / parts;
  const widen = (x: Value, count: number) => {
    if (extra === 0) return x;
    const [B, S] = x.shape as [string, string];
    // Not every provider pads numbers of half precision.
    const split = g.reshape(g.cast(x, "float32"), [B, S, count, parts, D / parts]);
    return g.reshape(g.pad(split, 4, 0, extra), [B, S, count * size]);
  };
  const narrow = (x: Value) => {
    if (extra === 0) return x;
    const [B, S] = x.shape as [string, string];
    return g.slice(g.reshape(x, [B, S, heads, parts, size / parts]), 4, 0, D / parts);
  };
  const tables = rope
    ? [rope.cos, rope.sin].map((table) =>
      g.cast(extra === 0 ? table : g.pad(table, 1, 0, extra), numerics.cache)
    )
    : [];
  const attendJoined = (layer: number, qkv: Value) => over(layer, [qkv, WITHOUT, WITHOUT], qkv);
  const takesJoined = g.fewRows && extra === 0;
  return { numerics, attend, ...(takesJoined && { attendJoined }), positions, outputs };

  function attend(layer: number, q: Value, k: Value, v: Value): Value {
    const wide = [widen(q, heads), widen(k, kvHeads), widen(v, kvHeads)].map((x) =>
      g.cast(x, numerics.cache)
    );
    return over(layer, wide, q);
  }

  /** @param of q, k and v, or all three in one and two left out; @param like has the rows, columns and dtype of the result */
  function over(layer: number, of: readonly Value[], like: Value): Value {
    const shape = [rows, kvHeads, "cache", size];
    const pastKey = g.input(`past_key.${layer}`, numerics.cache, shape);
    const pastValue = g.input(`past_value.${layer}`, numerics.cache, shape);
    const inputs = [...of, pastKey, pastValue, lastPosition, totalLength, ...tables];
    const [o, key, value] = g.op("GroupQueryAttention", inputs, {
      heads,
      kvHeads,
      scale: D ** -0.5,
      rotary: rope !== null,
    });
    outputs[`present_key.${layer}`] = key!;
    outputs[`present_value.${layer}`] = value!;
    const [B, S] = like.shape as [string, string];
    return g.reshape(g.cast(narrow(o!), like.dtype), [`${B}*${S}`, heads * D]);
  }

  // As the runtime rotates: many columns are a prompt from its start, one is a row's newest token.
  function positions(ids: Value): Value {
    const columns = ids.shape[1]!;
    const newest = g.reshape(g.cast(lastPosition, "int64"), [rows, 1]);
    const first = g.where(g.equal(g.dim(columns), g.ints([1])), newest, g.ints([0]));
    return g.add(g.range(columns), first);
  }
}
