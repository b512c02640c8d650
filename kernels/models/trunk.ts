/**
 * A model from its tokens to what a head reads, whole or in two parts: layers that nothing trains give the same hidden
 * states all through a job, so what is trained can begin with those (the frozen trunk).
 */
import type { Builder } from "../graph/builder.ts";
import { type Dim, dimProduct, type Value } from "../graph/value.ts";
import type { Attention } from "../nn/attend.ts";
import type { Parameters } from "../nn/parameters.ts";
import { familyOf } from "./families.ts";
import type { TrunkParts } from "./family.ts";
import type { ModelConfig } from "./model_config.ts";

/** Where a trunk begins: with token ids i64 [B,S], or with what goes into one of its layers, float32 [B,S,H]. */
export type TrunkInput = { readonly ids: Value } | { readonly hidden: Value; readonly layer: number };

/**
 * Final-normed hidden states [N,H] at `rows` [N], distinct flat indices b·S + s. The last layer needs keys and values of
 * every column but everything after its attention only at those rows, so they are picked there.
 */
export function trunk(
  g: Builder,
  config: ModelConfig,
  parameters: Parameters,
  input: TrunkInput,
  rows: Value,
  attention: Attention,
): Value {
  const parts = { g, config, parameters, attention };
  const family = familyOf(config);
  const last = config.num_hidden_layers - 1;
  let { x, first, batch } = begun(parts, input);
  for (let layer = first; layer <= last; layer++) {
    const needed = (of: Value) => layer === last ? g.pickRows(of, rows) : of;
    x = family.layer(parts, x, { layer, batch, needed });
  }
  return g.cast(family.finalNorm(parts, x), "float32");
}

/** What goes into each of `layers`, ascending and none of them the first: float32 [B,S,H], by layer. */
export function hiddenStates(
  g: Builder,
  config: ModelConfig,
  parameters: Parameters,
  ids: Value,
  layers: readonly number[],
  attention: Attention,
): Map<number, Value> {
  const parts = { g, config, parameters, attention };
  const family = familyOf(config);
  const found = new Map<number, Value>();
  let { x, batch } = begun(parts, { ids });
  for (let layer = 0; layer < layers.at(-1)!; layer++) {
    x = family.layer(parts, x, { layer, batch, needed: (of) => of });
    if (!layers.includes(layer + 1)) continue;
    found.set(layer + 1, g.reshape(g.cast(x, "float32"), [...batch, config.hidden_size]));
  }
  return found;
}

/** What goes into the first layer that is built, [B·S,H]. */
function begun(
  parts: TrunkParts,
  input: TrunkInput,
): { x: Value; first: number; batch: readonly [Dim, Dim] } {
  const { g, config, attention } = parts;
  if ("ids" in input) {
    const [B, S] = input.ids.shape as [Dim, Dim];
    return { x: familyOf(config).embed(parts, input.ids), first: 0, batch: [B, S] };
  }
  const [B, S] = input.hidden.shape as [Dim, Dim, Dim];
  const x = g.reshape(input.hidden, [dimProduct([B, S]), config.hidden_size]);
  return { x: g.cast(x, attention.numerics.activations), first: input.layer, batch: [B, S] };
}
