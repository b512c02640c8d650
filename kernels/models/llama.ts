/**
 * The Llama-like family (llama, smollm, qwen2, qwen3): token ids to final hidden states. What differs between its
 * members (biases, q/k norms, head size) is data in the config. Rows are padded on the right, so a causal mask
 * is the only mask: padding comes after every real token and no real token sees it.
 *
 * Legend: B rows, S columns, H hidden, N query heads, K kv heads, G = N/K, D head size.
 */
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/value.ts";
import type { Parameters } from "../nn/parameters.ts";
import type { ModelConfig } from "./model_config.ts";

/** Attention over the batch itself: q, k, v [B,S,·] after norms, before rotation → [B·S, N·D]. */
export type Attend = (layer: number, q: Value, k: Value, v: Value) => Value;

/**
 * Final-normed hidden states [N,H] of ids [B,S] at `rows` [N], distinct flat indices b·S + s. The last layer needs
 * keys and values of every column but everything after its attention only at those rows, so they are picked there.
 */
export function llamaTrunk(
  g: Builder,
  config: ModelConfig,
  parameters: Parameters,
  ids: Value,
  rows: Value,
  attend: Attend,
): Value {
  const { hidden_size: hidden, head_dim: d } = config;
  const [B, S] = ids.shape as [string, string];
  const tokens = g.reshape(ids, [`${B}*${S}`]);
  let x = g.gather(embedding(config, parameters), tokens, 0); // [B·S,H]
  const last = config.num_hidden_layers - 1;
  for (let layer = 0; layer <= last; layer++) {
    const needed = (of: Value) => layer === last ? g.pickRows(of, rows) : of;
    x = g.scope(`model.layers.${layer}`, () => {
      const h = norm("input_layernorm", x);
      const attended = g.scope("self_attn", () => {
        const kvWidth = config.num_key_value_heads * d;
        const [qs, ks, vs] = linears(h, config.bias.qkv, {
          q_proj: config.num_attention_heads * d,
          k_proj: kvWidth,
          v_proj: kvWidth,
        });
        const q = heads("q_norm", qs!, config.num_attention_heads);
        const k = heads("k_norm", ks!, config.num_key_value_heads);
        const o = attend(layer, q, k, g.reshape(vs!, [B, S, kvWidth]));
        return linears(needed(o), config.bias.o, { o_proj: hidden })[0]!;
      });
      const y = g.add(needed(x), attended);
      const f = norm("post_attention_layernorm", y);
      const mlp = g.scope("mlp", () => {
        const inner = config.intermediate_size;
        const [gate, up] = linears(f, config.bias.mlp, { gate_proj: inner, up_proj: inner });
        return linears(g.op("SwiGlu", [gate!, up!], {})[0]!, config.bias.mlp, { down_proj: hidden })[0]!;
      });
      return g.add(y, mlp);
    });
  }
  return g.scope("model", () => norm("norm", x));

  function norm(name: string, of: Value): Value {
    return g.rmsNorm(of, parameters.weight(`${name}.weight`, [of.shape.at(-1)!]), config.norm_eps);
  }

  /** Linears that read the same input, by name and width. */
  function linears(of: Value, bias: boolean, widths: Record<string, number>): Value[] {
    const modules = Object.entries(widths).map(([name, outFeatures]) => ({ name, outFeatures, bias }));
    return parameters.linears(of, modules);
  }

  /** A projection as heads, normed per head where the family does that, as [B,S,n·D]. */
  function heads(normName: string, projected: Value, count: number): Value {
    if (!config.qk_norm) return g.reshape(projected, [B, S, count * d]);
    return g.reshape(norm(normName, g.reshape(projected, [B, S, count, d])), [B, S, count * d]);
  }
}

/** The embedding matrix [V,H]. */
export function embedding(config: ModelConfig, parameters: Parameters): Value {
  return parameters.weight("model.embed_tokens.weight", [config.vocab_size, config.hidden_size]);
}

/** The matrix of the language-model head [V,H]: the embedding itself when tied. */
export function lmHead(config: ModelConfig, parameters: Parameters): Value {
  return config.tie_word_embeddings
    ? embedding(config, parameters)
    : parameters.weight("lm_head.weight", [config.vocab_size, config.hidden_size]);
}
