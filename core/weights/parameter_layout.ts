/**
 * A base model with something trainable on it: an adapter, or all its weights, and perhaps a value head. Knows how
 * those parameters are laid out and started, and which sessions its graphs run in; policy.ts and value_network.ts
 * say what the graphs are for.
 */
import { SCORE_HEAD, type Tuning, VALUE_HEAD } from "../../kernels/artifacts.ts";
import { Builder } from "../../kernels/graph/builder.ts";
import { type AdapterSpec, uniformAdapter } from "../../kernels/models/adapter_spec.ts";
import { embedding, HEAD, lmHead } from "../../kernels/models/families.ts";
import { linears } from "../../kernels/models/linears.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import { layerOf } from "../../kernels/models/trained_layers.ts";
import { trunk } from "../../kernels/models/trunk.ts";
import { causalAttention } from "../../kernels/nn/attend.ts";
import { InputParameters, type Precision } from "../../kernels/nn/parameters.ts";
import { type Layers, layersOf } from "../contract/layers.ts";
import { fillUniform } from "../rng.ts";
import type { BaseModel } from "./base_model.ts";
import { ModelWeights } from "./model_weights.ts";
import { type ParameterGroup, ParameterSet, type ParameterShape } from "./parameter_set.ts";

/** Parameter groups by what their learning rate and decay are for. */
export const GROUPS = {
  adapter: "adapter",
  matrices: "matrices",
  vectors: "vectors",
  head: "head",
  headBias: "head_bias",
} as const;

/** Row numbers of the parameter initialisation's random streams: adapters of a job must differ. */
const INIT_ROLE = { policy: 0, value: 1, reward: 2 } as const;

/**
 * What is laid out behind the trunk: nothing, a value head (a weight and a bias), or a classifier's head, which has no bias
 * and stands where the language model's would.
 */
export type HeadLayout = boolean | "score";

export type Trainable =
  & (
    | { type: "lora"; r: number; alpha: number; target_modules: "all-linear" | readonly string[] }
    | { type: "full" }
  )
  & { layers?: Layers | null };

/** What the graphs of `trainable` on this model are built with. */
export function tuningOf(config: ModelConfig, trainable: Trainable): Tuning {
  const layers = layersOf(config.num_hidden_layers, trainable.layers);
  if (trainable.type === "full") return { type: "full", ...(layers && { layers }) };
  const { r, alpha, target_modules } = trainable;
  const targets = target_modules === "all-linear" ? undefined : target_modules;
  return { type: "lora", adapter: uniformAdapter(config, { r, scale: alpha / r }, { targets, layers }) };
}

/** A tuning as this base's graphs are built: for its device, in its precision or another. What is trained is float32. */
export function heldBy(base: BaseModel, tuning: Tuning, precision: Precision = base.precision): Tuning {
  return { ...tuning, precision, target: base.runtime.target };
}

/** Every weight of the model by name and shape, as its graph asks for them. */
export function weightShapes(config: ModelConfig): ParameterShape[] {
  const g = new Builder("weights");
  const parameters = new InputParameters(g);
  const ids = g.input("ids", "int64", ["B", "S"]);
  const rows = g.input("positions", "int64", ["N"]);
  trunk(g, config, parameters, { ids }, rows, causalAttention(g, config));
  embedding(config, parameters);
  lmHead(config, parameters);
  return [...parameters.trainable].map(([name, { shape }]) => ({ name, shape: shape as readonly number[] }));
}

function adapterShapes(config: ModelConfig, adapter: AdapterSpec): ParameterShape[] {
  return linears(config).flatMap(({ module, inFeatures, outFeatures }) => {
    const lora = adapter.get(module);
    if (!lora) return [];
    return [
      { name: `${module}.lora_A.weight`, shape: [lora.r, inFeatures] },
      { name: `${module}.lora_B.weight`, shape: [outFeatures, lora.r] },
    ];
  });
}

/** The parameter layout of `tuning` on this model. Biases and norms have groups of their own: decay spares them. */
export function parameterGroups(
  config: ModelConfig,
  tuning: Tuning,
  options: { head: HeadLayout },
): ParameterGroup[] {
  const groups: ParameterGroup[] = [];
  if (tuning.type === "lora") {
    groups.push({ name: GROUPS.adapter, parameters: adapterShapes(config, tuning.adapter) });
  }
  if (tuning.type === "full") {
    const layers = tuning.layers && new Set<number | null>(tuning.layers);
    const weights = weightShapes(config).filter(({ name }) =>
      layers ? layers.has(layerOf(config, name)) : options.head !== "score" || name !== HEAD
    );
    groups.push({ name: GROUPS.matrices, parameters: weights.filter(({ shape }) => shape.length > 1) });
    groups.push({ name: GROUPS.vectors, parameters: weights.filter(({ shape }) => shape.length === 1) });
  }
  if (options.head) {
    groups.push({
      name: GROUPS.head,
      parameters: [{ name: SCORE_HEAD, shape: [1, config.hidden_size] }],
    });
  }
  if (options.head === true) {
    groups.push({ name: GROUPS.headBias, parameters: [{ name: VALUE_HEAD.bias, shape: [1] }] });
  }
  return groups;
}

/** How many numbers are trained with `tuning` on this model. */
export function parameterCount(
  config: ModelConfig,
  tuning: Tuning,
  options: { head: HeadLayout },
): number {
  return numbers(parameterGroups(config, tuning, options).flatMap(({ parameters }) => parameters));
}

/** Bytes of a `ParameterSet` of that layout, but for the gaps between its parts. */
export function parameterBytes(
  config: ModelConfig,
  tuning: Tuning,
  options: { head: HeadLayout },
): number {
  return 4 * parameterCount(config, tuning, options);
}

/** How many numbers a model's own weights are. */
export function weightCount(config: ModelConfig): number {
  return numbers(weightShapes(config));
}

function numbers(shapes: readonly ParameterShape[]): number {
  return shapes.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

/**
 * Parameters at their start: adapters with A ~ U(±1/√in) and B = 0, so the network equals its base; full weights
 * as the folder has them; a head at zero.
 */
export async function initialParameters(
  base: BaseModel,
  tuning: Tuning,
  options: { head: HeadLayout; seed: number; role: keyof typeof INIT_ROLE },
): Promise<ParameterSet> {
  const parameters = new ParameterSet(base.runtime, parameterGroups(base.config, tuning, options));
  if (tuning.type === "full") {
    await readFullWeights(base.folder, base.config, parameters);
    await base.checkVersion();
  }
  parameters.names.filter((name) => name.endsWith(".lora_A.weight")).forEach((name, index) => {
    const bound = 1 / Math.sqrt(parameters.shape(name)[1]!);
    const key = { seed: options.seed, stream: "init" as const, step: INIT_ROLE[options.role], row: index };
    const values = parameters.values(name);
    fillUniform(values, -bound, bound, key);
    parameters.set(name, values);
  });
  return parameters;
}

/** Reads all of `parameters` but a head of ours from a folder of this model. @throws {UserError} `damaged_model` */
export async function readFullWeights(
  folder: string,
  config: ModelConfig,
  parameters: ParameterSet,
): Promise<void> {
  using weights = await ModelWeights.open(folder, config);
  const names = parameters.names.filter((name) => name !== SCORE_HEAD && name !== VALUE_HEAD.bias);
  weights.check(names.map((name) => ({ name, shape: parameters.shape(name) })));
  for (const name of names) parameters.set(name, await weights.readFloat32(name));
}
