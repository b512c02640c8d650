/**
 * Where a graph's parameters come from. One model function serves every artifact: frozen weights are shared
 * initializers, trainable ones are graph inputs, and an adapter's matrices are inputs beside a frozen weight.
 */
import type { Builder } from "../graph/builder.ts";
import type { Dim, Value } from "../graph/value.ts";
import type { AdapterSpec } from "../models/adapter_spec.ts";

export interface LinearModule {
  readonly name: string;
  readonly outFeatures: number;
  readonly bias: boolean;
  /** The weight is [in,out], as GPT-2's are; [out,in] by default. */
  readonly fanInFanOut?: boolean;
}

/** Shape of a linear's weight. */
export function weightShape<Size extends Dim>(
  inFeatures: Size,
  { outFeatures, fanInFanOut }: Pick<LinearModule, "outFeatures" | "fanInFanOut">,
): [Size | number, Size | number] {
  return fanInFanOut ? [inFeatures, outFeatures] : [outFeatures, inFeatures];
}

/** x times a linear's weight, [M,out]. */
function product(g: Builder, x: Value, w: Value, { name, fanInFanOut }: LinearModule): Value {
  return g.scope(name, () => g.matmul(x, w, { transB: !fanInFanOut }));
}

export interface Parameters {
  /** The weight of this name, with the builder's scopes in front. */
  weight(name: string, shape: readonly Dim[]): Value;
  /** x [M,in] through weight, adapter and bias → [M,out], for modules below the current scope that all read x. */
  linears(x: Value, modules: readonly LinearModule[]): Value[];
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

  linears(x: Value, modules: readonly LinearModule[]): Value[] {
    const { g } = this;
    const adapted = modules.filter(({ name }) => this.form === "merged" && this.adapter.has(g.path(name)));
    const together = adapted.length === 0 ? [] : this.#together(x, adapted);
    return modules.map((module) => {
      const y = adapted.includes(module) ? together[adapted.indexOf(module)]! : this.#alone(x, module);
      return module.bias ? g.add(y, this.weight(`${module.name}.bias`, [module.outFeatures])) : y;
    });
  }

  /** Adapters merged into their weights, for linears that share x. */
  #together(x: Value, modules: readonly LinearModule[]): Value[] {
    const { g } = this;
    const inputs = modules.flatMap((module) => {
      const { a, b, scale } = this.#lora(g.path(module.name), module.outFeatures, x.shape[1]!);
      return [this.weight(`${module.name}.weight`, weightShape(x.shape[1]!, module)), a, b, scale];
    });
    const scope = modules.map(({ name }) => name).join("+");
    const fanInFanOut = modules[0]!.fanInFanOut ?? false;
    const outputs = g.scope(scope, () => g.op("LoraLinears", [x, ...inputs], { fanInFanOut }));
    return outputs.slice(0, modules.length);
  }

  #alone(x: Value, linear: LinearModule): Value {
    const { g } = this;
    const { name, outFeatures } = linear;
    const shape = weightShape(x.shape[1]!, linear);
    const module = g.path(name);
    if (!this.adapter.has(module)) return product(g, x, this.weight(`${name}.weight`, shape), linear);
    if (this.form === "given") return product(g, x, g.input(`${module}.weight`, "float32", shape), linear);
    const { a, b, scale } = this.#lora(module, outFeatures, x.shape[1]!);
    const plain = product(g, x, this.weight(`${name}.weight`, shape), linear);
    return g.scope(name, () => {
      const low = g.mul(g.matmul(x, a, { transB: true }), scale);
      return g.add(plain, g.matmul(low, b, { transB: true }));
    });
  }

  #lora(module: string, outFeatures: number, inFeatures: Dim): { a: Value; b: Value; scale: Value } {
    const { r, scale } = this.adapter.get(module)!;
    return {
      a: this.#input(`${module}.lora_A.weight`, [r, inFeatures]),
      b: this.#input(`${module}.lora_B.weight`, [outFeatures, r]),
      scale: this.#scale(scale),
    };
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

  linears(x: Value, modules: readonly LinearModule[]): Value[] {
    return modules.map((module) => {
      const { name, outFeatures, bias } = module;
      const w = this.weight(`${name}.weight`, weightShape(x.shape[1]!, module));
      const y = product(this.g, x, w, module);
      return bias ? this.g.add(y, this.weight(`${name}.bias`, [outFeatures])) : y;
    });
  }
}
