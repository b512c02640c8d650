/**
 * GPT-2: token ids to final hidden states. Learned positions instead of rotations, LayerNorm before each block, one
 * linear for queries, keys and values, biases everywhere, and weights that lie as [in,out]. Dropout, which its
 * config may name, does not exist here: training and sampling must be the same function.
 *
 * Legend: B rows, S columns, H hidden.
 */
import { dimProduct, type Value } from "../graph/value.ts";
import type { Family, LayerLinear, LayerOptions, TrunkParts } from "./family.ts";
import type { ModelConfig } from "./model_config.ts";

const EMBEDDING = "transformer.wte.weight";
const POSITIONS = "transformer.wpe.weight";
const LAYERS = "transformer.h";

function embed({ g, config, parameters, attention }: TrunkParts, ids: Value): Value {
  const { hidden_size: hidden, vocab_size, max_position_embeddings: context } = config;
  const tokens = g.gather(parameters.weight(EMBEDDING, [vocab_size, hidden]), ids, 0); // [B,S,H]
  const places = g.gather(parameters.weight(POSITIONS, [context, hidden]), attention.positions(ids), 0);
  const x = g.reshape(g.add(tokens, places), [dimProduct(ids.shape), hidden]);
  return g.cast(x, attention.numerics.activations);
}

/** h = x + c_proj(attention(ln_1(x))), x = h + c_proj(gelu_new(c_fc(ln_2(h)))). */
function layer(parts: TrunkParts, x: Value, { layer, batch: [B, S], needed }: LayerOptions): Value {
  const { g, config, parameters, attention } = parts;
  const { hidden_size: hidden } = config;
  return g.scope(`${LAYERS}.${layer}`, () => {
    const h = norm(parts, "ln_1", x);
    const attended = g.scope("attn", () => {
      return linear("c_proj", needed(attend(linear("c_attn", h, 3 * hidden))), hidden);
    });
    const y = g.add(needed(x), attended);
    const f = norm(parts, "ln_2", y);
    const mlp = g.scope(
      "mlp",
      () => linear("c_proj", g.gelu(linear("c_fc", f, config.intermediate_size)), hidden),
    );
    return g.checkpoint(g.add(y, mlp));
  });

  function attend(qkv: Value): Value {
    if (attention.attendJoined) return attention.attendJoined(layer, g.reshape(qkv, [B, S, 3 * hidden]));
    const [q, k, v] = g.split(qkv, 1, [hidden, hidden, hidden]).map((part) =>
      g.reshape(part, [B, S, hidden])
    );
    return attention.attend(layer, q!, k!, v!);
  }

  function linear(name: string, of: Value, outFeatures: number): Value {
    return parameters.linears(of, [{ name, outFeatures, bias: true, fanInFanOut: true }])[0]!;
  }
}

function norm({ g, config, parameters }: TrunkParts, name: string, of: Value): Value {
  const [weight, bias] = ["weight", "bias"].map((part) =>
    parameters.weight(`${name}.${part}`, [config.hidden_size])
  );
  return g.layerNorm(of, weight!, bias!, config.norm_eps);
}

function layerLinears({ hidden_size: hidden, intermediate_size: inner }: ModelConfig): LayerLinear[] {
  return [
    { path: "attn.c_attn", inFeatures: hidden, outFeatures: 3 * hidden, bias: true },
    { path: "attn.c_proj", inFeatures: hidden, outFeatures: hidden, bias: true },
    { path: "mlp.c_fc", inFeatures: hidden, outFeatures: inner, bias: true },
    { path: "mlp.c_proj", inFeatures: inner, outFeatures: hidden, bias: true },
  ];
}

export const GPT2: Family = {
  embed,
  layer,
  finalNorm: (parts, x) => parts.g.scope("transformer", () => norm(parts, "ln_f", x)),
  prefix: "transformer.",
  embedding: EMBEDDING,
  layers: LAYERS,
  linears: layerLinears,
  fanInFanOut: true,
};
