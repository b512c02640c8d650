/**
 * Where a graph's parameters come from. One model function serves every artifact: frozen weights are shared
 * initializers, trainable ones are graph inputs, and an adapter's matrices are inputs beside a frozen weight.
 */
import type { Builder } from "../graph/builder.ts";
import type { Dim, Value } from "../graph/value.ts";
import type { AdapterSpec, LoraModule } from "../models/adapter_spec.ts";

export interface Parameters {
  /** The weight of this name, with the builder's scopes in front. */
  weight(name: string, shape: readonly Dim[]): Value;
  /** x [M,in] · weightᵀ (+ adapter) (+ bias) → [M,out], for the module `name` below the current scope. */
  linear(x: Value, name: string, outFeatures: number, bias: boolean): Value;
  /** What can be trained, by name, in the order it was asked for. */
  readonly trainable: ReadonlyMap<string, Value>;
}

/**
 * How a graph applies an adapter. `merged`: to the weight, once a run, which is cheap beside many rows. `added`: to
 * the activations, so that the weight stays a constant. `given`: it was merged before, and the linear's weight is
 * an input (`mergedArtifact` makes it).
 */
export type LoraForm = "merged" | "added" | "given";

/** Every weight a shared initializer; linears in `adapter` carry its matrices as inputs. */
export class FrozenParameters implements Parameters {
  readonly trainable = new Map<string, Value>();
  readonly #weights = new Map<string, Value>();
  readonly #scales = new Map<number, Value>();
  #gate: Value | undefined;

  constructor(
    readonly g: Builder,
    readonly adapter: AdapterSpec = new Map(),
    readonly form: LoraForm = "merged",
  ) {}

  weight(name: string, shape: readonly Dim[]): Value {
    const path = this.g.path(name);
    const known = this.#weights.get(path);
    if (known) return known;
    const value = this.g.weight(path, shape);
    this.#weights.set(path, value);
    return value;
  }

  linear(x: Value, name: string, outFeatures: number, bias: boolean): Value {
    const { g } = this;
    const inFeatures = x.shape[1]!;
    const module = g.path(name);
    const lora = this.adapter.get(module);
    const y = lora && this.form === "given"
      ? g.matmul(x, g.input(`${module}.weight`, "float32", [outFeatures, inFeatures]), { transB: true })
      : this.#adapted(x, name, lora, this.weight(`${name}.weight`, [outFeatures, inFeatures]));
    return bias ? g.add(y, this.weight(`${name}.bias`, [outFeatures])) : y;
  }

  #adapted(x: Value, name: string, lora: LoraModule | undefined, w: Value): Value {
    const { g } = this;
    if (!lora) return g.scope(name, () => g.matmul(x, w, { transB: true }));
    const module = g.path(name);
    const a = this.#input(`${module}.lora_A.weight`, [lora.r, w.shape[1]!]);
    const b = this.#input(`${module}.lora_B.weight`, [w.shape[0]!, lora.r]);
    const scale = this.#scale(lora.scale);
    return g.scope(name, () => {
      if (this.form === "merged") return g.op("LoraLinear", [x, w, a, b, scale], {})[0]!;
      const low = g.mul(g.matmul(x, a, { transB: true }), scale);
      return g.add(g.matmul(x, w, { transB: true }), g.matmul(low, b, { transB: true }));
    });
  }

  #input(name: string, shape: readonly Dim[]): Value {
    const value = this.g.input(name, "float32", shape);
    this.trainable.set(name, value);
    return value;
  }

  /** `adapter_scale` (1 on, 0 = the reference) times the module's own scale. */
  #scale(scale: number): Value {
    this.#gate ??= this.g.input("adapter_scale", "float32", []);
    const known = this.#scales.get(scale);
    if (known) return known;
    const value = this.g.mul(this.#gate, scale);
    this.#scales.set(scale, value);
    return value;
  }
}

/** Every weight a graph input: full fine-tuning. A weight used twice (tied embeddings) is one input. */
export class InputParameters implements Parameters {
  readonly trainable = new Map<string, Value>();

  constructor(readonly g: Builder) {}

  weight(name: string, shape: readonly Dim[]): Value {
    const path = this.g.path(name);
    const known = this.trainable.get(path);
    if (known) return known;
    const value = this.g.input(path, "float32", shape);
    this.trainable.set(path, value);
    return value;
  }

  linear(x: Value, name: string, outFeatures: number, bias: boolean): Value {
    const w = this.weight(`${name}.weight`, [outFeatures, x.shape[1]!]);
    const y = this.g.scope(name, () => this.g.matmul(x, w, { transB: true }));
    return bias ? this.g.add(y, this.weight(`${name}.bias`, [outFeatures])) : y;
  }
}
