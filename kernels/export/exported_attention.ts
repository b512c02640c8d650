/**
 * Attention as exported graphs have it: the cache comes in and goes out as a whole, positions are given, and the
 * mask may have holes (rows padded on the left). Names and layouts are those of Hugging Face's ONNX exports.
 *
 * Legend: B rows, S new columns, T all columns, past T − S, N query heads, K kv heads, G = N/K, D head size.
 */
import type { Builder } from "../graph/builder.ts";
import { dimProduct, type Value } from "../graph/value.ts";
import type { ModelConfig } from "../models/model_config.ts";
import { numericsOf } from "../nn/numerics.ts";
import type { Attention } from "../nn/attend.ts";
import { inverseFrequencies } from "../nn/rotary_table.ts";

/** Inputs `attention_mask` [B,T], `position_ids` [B,S], `past_key_values.i.key|value` [B,K,past,D]. */
export interface ExportedAttention extends Attention {
  /** `present.i.key` and `.value` [B,K,T,D]. */
  readonly outputs: Record<string, Value>;
}

/** Finite, so that a row that sees nothing turns into numbers that nobody reads instead of NaN. */
const UNSEEN = -1e30;

export function exportedAttention(g: Builder, config: ModelConfig): ExportedAttention {
  const { num_attention_heads: N, num_key_value_heads: K, head_dim: D } = config;
  const G = N / K;
  const mask = g.input("attention_mask", "int64", ["B", "T"]);
  const places = g.input("position_ids", "int64", ["B", "S"]);
  const outputs: Record<string, Value> = {};
  const bias = maskBias();
  const rotation = config.rope && angles(config.rope);
  return { numerics: numericsOf("float32", "cpu"), attend, positions: () => places, outputs };

  function attend(layer: number, q: Value, k: Value, v: Value): Value {
    const queries = g.reshape(heads(q, N, true), ["B", K, dimProduct([G, "S"]), D]);
    const keys = cached(layer, "key", heads(k, K, true));
    const values = cached(layer, "value", heads(v, K, false));
    const scores = g.add(g.matmul(queries, keys, { transB: true, alpha: D ** -0.5 }), bias);
    const o = g.reshape(g.matmul(g.softmax(scores), values), ["B", N, "S", D]);
    return g.reshape(g.transpose(o, [0, 2, 1, 3]), ["B*S", N * D]);
  }

  /** [B,S,n·D] → [B,n,S,D], rotated to its positions. */
  function heads(x: Value, count: number, rotated: boolean): Value {
    const split = g.reshape(x, ["B", "S", count, D]);
    return g.transpose(rotated && rotation ? rotate(split, rotation) : split, [0, 2, 1, 3]);
  }

  /** The cache with the new columns behind it. */
  function cached(layer: number, part: "key" | "value", fresh: Value): Value {
    const past = g.input(`past_key_values.${layer}.${part}`, "float32", ["B", K, "past", D]);
    const all = g.concat([past, fresh], 2, "T");
    outputs[`present.${layer}.${part}`] = all;
    return all;
  }

  /** [B,1,G·S,T]: 0 where the key is no padding and not after the query. */
  function maskBias(): Value {
    const row = g.add(g.range("S"), g.sub(g.dim("T"), g.dim("S")));
    const before = g.lessOrEqual(g.reshape(g.range("T"), [1, "T"]), g.reshape(row, ["S", 1]));
    const real = g.greater(g.reshape(mask, ["B", 1, 1, "T"]), g.constant("int64", [], BigInt64Array.of(0n)));
    const seen = g.where(g.and(real, before), 0, UNSEEN); // [B,1,S,T]
    if (G === 1) return seen;
    return g.reshape(g.expand(seen, ["B", G, "S", "T"]), ["B", 1, dimProduct([G, "S"]), "T"]);
  }

  /** cos and sin of position times frequency, [B,S,1,D/2]: computed, as a table would be a file's largest part. */
  function angles(rope: NonNullable<ModelConfig["rope"]>): { cos: Value; sin: Value } {
    const frequencies = g.floats([...inverseFrequencies(rope.theta, D, rope.scaling)]);
    const angle = g.mul(g.reshape(g.cast(places, "float32"), ["B", "S", 1, 1]), frequencies);
    return { cos: g.cos(angle), sin: g.sin(angle) };
  }

  /** The halves (a, b) of each head → (a·cos − b·sin, b·cos + a·sin). */
  function rotate(x: Value, { cos, sin }: { cos: Value; sin: Value }): Value {
    const [a, b] = g.split(x, 3, [D / 2, D / 2]) as [Value, Value];
    const turned = [g.sub(g.mul(a, cos), g.mul(b, sin)), g.add(g.mul(b, cos), g.mul(a, sin))];
    return g.concat(turned, 3, D);
  }
}
