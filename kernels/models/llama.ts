/**
 * The Llama-like family (llama, smollm, qwen2, qwen3): token ids to final hidden states. What differs between its
 * members (biases, q/k norms, head size) is data in the config. Rows are padded on the right, so a causal mask
 * is the only mask: padding comes after every real token and no real token sees it.
 *
 * Legend: B rows, S columns, H hidden, N query heads, K kv heads, G = N/K, D head size.
 */
import { dimProduct, type Value } from "../graph/value.ts";
import type { Family, LayerLinear, LayerOptions, TrunkParts } from "./family.ts";
import type { ModelConfig } from "./model_config.ts";

const EMBEDDING = "model.embed_tokens.weight";
const LAYERS = "model.layers";

function embed({ g, config, parameters, attention }: TrunkParts, ids: Value): Value {
  const { hidden_size: hidden } = config;
  const tokens = g.reshape(ids, [dimProduct(ids.shape)]);
  const embedded = g.gather(parameters.weight(EMBEDDING, [config.vocab_size, hidden]), tokens, 0); // [B·S,H]
  return g.cast(embedded, attention.numerics.activations);
}

/** h = x + o_proj(attention(norm(x))), x = h + down(silu(gate(norm(h)))·up(norm(h))). */
function layer(parts: TrunkParts, x: Value, { layer, batch: [B, S], needed }: LayerOptions): Value {
  const { g, config, parameters, attention } = parts;
  const { hidden_size: hidden, head_dim: d } = config;
  return g.scope(`${LAYERS}.${layer}`, () => {
    const h = norm(parts, "input_layernorm", x);
    const attended = g.scope("self_attn", () => {
      const kvWidth = config.num_key_value_heads * d;
      const [qs, ks, vs] = linears(h, config.bias.qkv, {
        q_proj: config.num_attention_heads * d,
        k_proj: kvWidth,
        v_proj: kvWidth,
      });
      return linears(needed(attend(qs!, ks!, vs!)), config.bias.o, { o_proj: hidden })[0]!;
    });
    const y = g.add(needed(x), attended);
    const f = norm(parts, "post_attention_layernorm", y);
    const mlp = g.scope("mlp", () => {
      const inner = config.intermediate_size;
      const [gate, up] = linears(f, config.bias.mlp, { gate_proj: inner, up_proj: inner });
      return linears(g.op("SwiGlu", [gate!, up!], {})[0]!, config.bias.mlp, { down_proj: hidden })[0]!;
    });
    return g.checkpoint(g.add(y, mlp));
  });

  function attend(q: Value, k: Value, v: Value): Value {
    const { num_attention_heads: count, num_key_value_heads: kvCount } = config;
    const joined = attention.attendJoined && !config.qk_norm ? g.splitOf([q, k, v]) : null;
    if (joined) return attention.attendJoined!(layer, g.reshape(joined, [B, S, (count + 2 * kvCount) * d]));
    const value = g.reshape(v, [B, S, kvCount * d]);
    return attention.attend(layer, heads("q_norm", q, count), heads("k_norm", k, kvCount), value);
  }

  /** Linears that read the same input, by name and width. */
  function linears(of: Value, bias: boolean, widths: Record<string, number>): Value[] {
    const modules = Object.entries(widths).map(([name, outFeatures]) => ({ name, outFeatures, bias }));
    return parameters.linears(of, modules);
  }

  /** A projection as heads, normed per head where the family does that, as [B,S,n·D]. */
  function heads(normName: string, projected: Value, count: number): Value {
    if (!config.qk_norm) return g.reshape(projected, [B, S, count * d]);
    const normed = norm(parts, normName, g.reshape(projected, [B, S, count, d]));
    return g.reshape(normed, [B, S, count * d]);
  }
}

function norm({ g, config, parameters }: TrunkParts, name: string, of: Value): Value {
  return g.rmsNorm(of, parameters.weight(`${name}.weight`, [of.shape.at(-1)!]), config.norm_eps);
}

function layerLinears(config: ModelConfig): LayerLinear[] {
  const { hidden_size: hidden, intermediate_size: inner, head_dim: d, bias } = config;
  const q = config.num_attention_heads * d;
  const kv = config.num_key_value_heads * d;
  return [
    { path: "self_attn.q_proj", inFeatures: hidden, outFeatures: q, bias: bias.qkv },
    { path: "self_attn.k_proj", inFeatures: hidden, outFeatures: kv, bias: bias.qkv },
    { path: "self_attn.v_proj", inFeatures: hidden, outFeatures: kv, bias: bias.qkv },
    { path: "self_attn.o_proj", inFeatures: q, outFeatures: hidden, bias: bias.o },
    { path: "mlp.gate_proj", inFeatures: hidden, outFeatures: inner, bias: bias.mlp },
    { path: "mlp.up_proj", inFeatures: hidden, outFeatures: inner, bias: bias.mlp },
    { path: "mlp.down_proj", inFeatures: inner, outFeatures: hidden, bias: bias.mlp },
  ];
}

export const LLAMA: Family = {
  embed,
  layer,
  finalNorm: (parts, x) => parts.g.scope("model", () => norm(parts, "norm", x)),
  prefix: "model.",
  embedding: EMBEDDING,
  layers: LAYERS,
  linears: layerLinears,
  fanInFanOut: false,
};
