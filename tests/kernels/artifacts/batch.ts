/** Batches for whole artifacts: rows of tokens, packed as the graphs take them, and the inputs of the losses. */
import {
  GRADIENT,
  logitsArtifact,
  mergedArtifact,
  policyEvalArtifact,
  type Tuning,
  VALUE_HEAD,
} from "../../../kernels/artifacts.ts";
import { uniformAdapter } from "../../../kernels/models/adapter_spec.ts";
import type { ModelConfig } from "../../../kernels/models/model_config.ts";
import { DROPOUT_INPUTS, DROPOUT_KEYS } from "../../../kernels/nn/lora_dropout.ts";
import { rotaryTable } from "../../../kernels/nn/rotary_table.ts";
import { uniform } from "../../../core/rng.ts";
import { type Fixture, mergedWeights } from "../models/fixture.ts";
import { type Array_, type Result, runArtifact, scalar, vector } from "../run_artifact.ts";

export const EOS = 2;
const VOCABULARY = 320;
const CONTEXT = 64;

/** A model with an adapter: one of the fixtures, or one of any shape made by `randomModel`. */
export type Model = Pick<Fixture, "config" | "weights" | "lora" | "adapter" | "rope">;

/** The adapter of a model. */
export function loraOf({ adapter }: Model): Tuning {
  return { type: "lora", adapter };
}

/** The same, with dropout on its input by the keys of `batchOf` and `feedsOf`. */
export function droppedOf({ adapter }: Model): Tuning {
  return { type: "lora", adapter, dropout: true };
}

/** The tokens of a row; those from `prompt` on are actions. */
export interface Row {
  tokens: number[];
  prompt: number;
}

/** Numbers in [-1, 1) that a stream of its own makes for every `key`. */
export function noise(key: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Math.fround(2 * uniform(20, "data", 0, key, i) - 1));
}

/** A model of this shape whose weights (and adapter) are noise, of a size that keeps the logits alive. */
export function randomModel(config: ModelConfig): Model {
  const adapter = uniformAdapter(config, { r: 4, scale: 2 });
  const { weights } = logitsArtifact(config, { type: "none" });
  const { inputs } = mergedArtifact(config, adapter);
  const fill = (declared: typeof weights) =>
    Object.fromEntries(declared.map(({ name, shape }, index) => {
      const dims = shape as number[];
      const isNorm = /(norm|\.ln_\w)\.weight$/.test(name);
      const scale = isNorm ? 0.2 : /embed|\.w[tp]e/.test(name) ? 0.7 : 2 / Math.sqrt(dims.at(-1)!);
      const data = noise(1000 + index, dims.reduce((a, b) => a * b));
      return [name, { dims, data: data.map((x) => scale * x + Number(isNorm)) }];
    }));
  const rope = config.rope && rotaryTable(config.rope, config.head_dim, CONTEXT);
  const table = (data: Float32Array): Array_ => ({ dims: [CONTEXT, config.head_dim / 2], data });
  return {
    config,
    adapter,
    weights: fill(weights),
    lora: fill(inputs.filter(({ name }) => name.includes("lora_"))),
    rope: rope ? { rope_cos: table(rope.cos), rope_sin: table(rope.sin) } : {},
  };
}

/** Uneven rows that end with EOS, one of them nothing but EOS. */
export const ROWS: Row[] = [[5, 6], [9, 2], [3, 5], [7, 1]].map(([prompt, response], row) => ({
  prompt: prompt!,
  tokens: [
    ...noise(row, prompt! + response! - 1).map((x) => 3 + Math.floor((x + 1) / 2 * (VOCABULARY - 3))),
    EOS,
  ],
}));

/** How many actions rows have together. */
export function actions(rows: readonly Row[]): number {
  return rows.reduce((sum, { tokens, prompt }) => sum + tokens.length - prompt, 0);
}

export interface Padding {
  /** Columns; the longest row's by default. */
  width?: number;
  /** Id of the padding cell with this flat index. */
  pad?: (cell: number) => number;
}

/** Right-padded ids and packed actions, and keys for dropout that depend on a row and the place in it alone. */
export function batchOf(
  rows: readonly Row[],
  { width, pad = () => 0 }: Padding = {},
): Record<string, Array_> {
  const columns = width ?? Math.max(...rows.map(({ tokens }) => tokens.length));
  const ids = rows.flatMap(({ tokens }, row) =>
    Array.from({ length: columns }, (_, s) => tokens[s] ?? pad(row * columns + s))
  );
  const cells = rows.flatMap(({ tokens, prompt }, row) =>
    tokens.slice(prompt).map((token, t) => ({ position: row * columns + prompt + t - 1, token }))
  );
  return {
    ids: { dims: [rows.length, columns], data: ids },
    positions: vector(cells.map(({ position }) => position)),
    targets: vector(cells.map(({ token }) => token)),
    [DROPOUT_INPUTS.tokens]: {
      dims: [rows.length, columns, DROPOUT_KEYS.length],
      data: rows.flatMap(({ tokens, prompt }) =>
        noise(1000 * tokens[0]! + prompt, DROPOUT_KEYS.length * columns).map((x) => Math.floor(1024 * x))
      ),
    },
  };
}

/** Per-action inputs of both losses. */
export interface Experience {
  old_logprobs: number[];
  advantages: number[];
  old_values: number[];
  returns: number[];
  weights: number[];
}

/** Well inside and well outside a clip range of 0.2, so that a small step crosses no bound. */
const AWAY = [-0.1, 0.5, 0.1, -0.6, 0.05];

/** Experience of `rows`, some of it inside and some outside the clip ranges; weights of the token mean. */
export async function experienceOf(model: Model, tuning: Tuning, rows: readonly Row[]): Promise<Experience> {
  const count = actions(rows);
  const { logprobs, values } = await runArtifact(
    policyEvalArtifact(model.config, tuning, { entropy: true, values: true }),
    feedsOf(model, batchOf(rows)),
  );
  return {
    old_logprobs: logprobs!.data.map((logprob, i) => logprob + AWAY[i % 5]!),
    advantages: noise(101, count),
    old_values: values!.data.map((value, i) => value + AWAY[(i + 2) % 5]!),
    returns: noise(103, count).map((x) => 2 * x),
    weights: new Array<number>(count).fill(1 / count),
  };
}

/** Experience as inputs: all of it, or the actions from `from` to `to`. */
export function experienceInputs(
  experience: Experience,
  from = 0,
  to: number = experience.weights.length,
): Record<string, Array_> {
  return Object.fromEntries(
    Object.entries(experience).map((
      [name, data]: [string, number[]],
    ) => [name, vector(data.slice(from, to))]),
  );
}

/** Everything an artifact may ask for beside its batch: weights, adapter, value head, tables and loss constants. */
export function feedsOf(model: Model, more: Record<string, Array_> = {}): Record<string, Array_> {
  const hidden = model.config.hidden_size;
  const lora = { ...model.lora, ...more };
  return {
    ...model.weights,
    ...lora,
    ...mergedWeights({ ...model, lora }, Number(more.adapter_scale?.data[0] ?? 1)),
    ...model.rope,
    [VALUE_HEAD.weight]: { dims: [1, hidden], data: noise(104, hidden).map((x) => x / 4) },
    [VALUE_HEAD.bias]: vector([0.1]),
    ...Object.fromEntries([...model.adapter.keys()].map((module, index) => {
      const width = model.lora[`${module}.lora_A.weight`]!.dims[1]!;
      const keys = noise(5000 + index, DROPOUT_KEYS.length * width).map((x) => Math.floor(2048 * x) / 4096);
      return [DROPOUT_INPUTS.features(module), { dims: [DROPOUT_KEYS.length, width], data: keys }];
    })),
    [DROPOUT_INPUTS.rate]: scalar(0.375),
    adapter_scale: scalar(1),
    inverse_temperature: scalar(1 / 0.7),
    clip_low: scalar(0.8),
    clip_high: scalar(1.2),
    dual_clip: scalar(1e30),
    value_clip: scalar(0.2),
    value_coef: scalar(0.3),
    entropy_coef: scalar(0.05),
    ...more,
  };
}

/** Gradient outputs by parameter. */
export function gradientsOf(outputs: Record<string, Result>): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(outputs).filter(([name]) => name.startsWith(GRADIENT))
      .map(([name, { data }]) => [name.slice(GRADIENT.length), data]),
  );
}
