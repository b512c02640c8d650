/**
 * Where a graph's parameters come from. One model function serves every artifact: frozen weights are shared
 * initializers, trainable ones are graph inputs, and an adapter's matrices are inputs beside a frozen weight.
 */
import type { Builder } from "../graph/builder.ts";
import type { Dim, Value } from "../graph/value.ts";
import type { Dtype } from "../onnx/dtypes.ts";
import { type HalfDtype, isHalf } from "../onnx/half_precision.ts";
import type { AdapterSpec } from "../models/adapter_spec.ts";
import type { LoraDropout } from "./lora_dropout.ts";

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

/** A name for what is done to several linears at once. */
function scopeOf(modules: readonly LinearModule[]): string {
  return modules.map(({ name }) => name).join(JOINED);
}

/** x times a linear's weight, [M,out]. */
function product(g: Builder, x: Value, w: Value, { name, fanInFanOut }: LinearModule): Value {
  return g.scope(name, () => g.matmul(x, g.cast(w, x.dtype), { transB: !fanInFanOut }));
}

function withBias(g: Builder, y: Value, bias: Value): Value {
  return g.add(y, g.cast(bias, y.dtype));
}

export interface Parameters {
  /** The weight of this name, with the builder's scopes in front. */
  weight(name: string, shape: readonly Dim[]): Value;
  /** x [M,in] through weight, adapter and bias → [M,out], for modules below the current scope that all read x. */
  linears(x: Value, modules: readonly LinearModule[]): Value[];
  /** What can be trained, by name, in the order it was asked for. */
  readonly trainable: ReadonlyMap<string, Value>;
  /** What matrices are multiplied as. */
  readonly precision: Precision;
}

/**
 * How a graph applies an adapter. `merged`: it was added to the weights before, and the graph takes those as inputs
 * (`mergedArtifact` makes them). `added`: to the activations, so that the weights stay constants.
 */
export type LoraForm = "merged" | "added";

/** Prefix of the name that a merged weight has as an input, before the weight's own. */
export const MERGED = "merged.";

/**
 * What an int8 matrix is held as: the same codes, from −127 to 127, as they are or around 128. Which of the two a
 * CPU multiplies fast, and which exactly, is for whoever runs the graph to say.
 */
export type Int8Dtype = "int8" | "uint8";

/**
 * What the frozen matrices of a model's layers are held and multiplied as, and with int8 the head's too. The rest stays
 * float32. With 16 bits, what flows between a layer's operators is of half precision as well, also where the matrices are
 * trained and therefore float32.
 */
export type Precision = "float32" | Int8Dtype | HalfDtype;

export function isInt8(precision: Precision): precision is Int8Dtype {
  return precision === "int8" || precision === "uint8";
}

/** What is behind a weight's name when it is asked for as int8: W [out,in], whichever way round the file has it. */
export const INT8 = {
  /** `Int8Dtype` [in,out]: Wᵀ over the scale of each output, rounded. */
  codes: ".int8",
  /** float32 [out]: the largest absolute weight of each output, over 127. */
  scale: ".int8_scale",
  /** `Int8Dtype` [out,in]: W over the scale of each input, rounded. For the backward pass. */
  back: ".int8_back",
  /** float32 [in]: the largest absolute weight of each input, over 127. */
  backScale: ".int8_back_scale",
} as const;

/** Between the names of linears whose codes lie side by side as those of one. */
export const JOINED = "+";

/** Codes [in,out] and scale [out] of an int8 weight for the way there, by its full name. */
export function int8Codes(
  g: Builder,
  path: string,
  [inFeatures, outFeatures]: readonly [Dim, Dim],
  dtype: Int8Dtype,
): Value[] {
  return [
    g.weight(path + INT8.codes, [inFeatures, outFeatures], dtype),
    g.weight(path + INT8.scale, [outFeatures]),
  ];
}

/** The four tensors of an int8 weight that is trained through. */
function int8Weight(g: Builder, path: string, size: readonly [Dim, Dim], dtype: Int8Dtype): Value[] {
  const [inFeatures, outFeatures] = size;
  return [
    ...int8Codes(g, path, size, dtype),
    g.weight(path + INT8.back, [outFeatures, inFeatures], dtype),
    g.weight(path + INT8.backScale, [inFeatures]),
  ];
}

/** Every weight a shared initializer; linears in `adapter` carry its matrices as inputs. */
export class FrozenParameters implements Parameters {
  readonly trainable = new Map<string, Value>();
  readonly adapter: AdapterSpec;
  readonly form: LoraForm;
  readonly precision: Precision;
  readonly #joined: boolean;
  readonly #dropout: LoraDropout | undefined;
  readonly #weights = new Map<string, Value>();
  readonly #scales = new Map<number, Value>();
  #gate: Value | undefined;

  constructor(
    readonly g: Builder,
    { adapter = new Map(), form = "added", precision = "float32", joined = false, dropout }: {
      adapter?: AdapterSpec;
      form?: LoraForm;
      precision?: Precision;
      /** Whether int8 codes of linears that read the same input are held as one matrix. Nothing is trained through them. */
      joined?: boolean;
      /** Of the adapters' input; with it they are `added`. */
      dropout?: LoraDropout;
    } = {},
  ) {
    this.adapter = adapter;
    this.form = form;
    this.precision = precision;
    this.#joined = joined;
    this.#dropout = dropout;
  }

  weight(name: string, shape: readonly Dim[], dtype: Dtype = "float32"): Value {
    const path = this.g.path(name);
    const known = this.#weights.get(path);
    if (known) return known;
    const value = this.g.weight(path, shape, dtype);
    this.#weights.set(path, value);
    return value;
  }

  linears(x: Value, modules: readonly LinearModule[]): Value[] {
    const { g } = this;
    const adapted = modules.filter(({ name }) => this.adapter.has(g.path(name)));
    const outputs = new Map<LinearModule, Value>();
    const give = (of: readonly LinearModule[], values: readonly Value[]) =>
      of.forEach((module, i) => outputs.set(module, values[i]!));
    if (this.form === "merged") {
      const bare = modules.filter((module) => !adapted.includes(module));
      give(bare, this.#plain(x, bare));
      if (adapted.length > 0) give(adapted, this.#merged(x, adapted));
    } else {
      give(modules, this.#plain(x, modules));
      if (adapted.length > 0) {
        give(adapted, this.#added(x, adapted, adapted.map((module) => outputs.get(module)!)));
      }
    }
    return modules.map((module) => {
      const y = outputs.get(module)!;
      return module.bias ? withBias(g, y, this.weight(`${module.name}.bias`, [module.outFeatures])) : y;
    });
  }

  /** Without adapters. */
  #plain(x: Value, modules: readonly LinearModule[]): Value[] {
    const { g, precision } = this;
    const inFeatures = x.shape[1]!;
    if (isInt8(precision) && modules.length > 0) {
      return this.#int8(x, modules, precision);
    }
    return modules.map((linear) => {
      const dtype = isHalf(x.dtype) ? x.dtype : "float32";
      const weight = this.weight(`${linear.name}.weight`, weightShape(inFeatures, linear), dtype);
      return product(g, x, weight, linear);
    });
  }

  #int8(x: Value, modules: readonly LinearModule[], dtype: Int8Dtype): Value[] {
    const { g } = this;
    const [inFeatures, scope] = [x.shape[1]!, scopeOf(modules)];
    const path = (name: string) => g.path(`${name}.weight`);
    if (this.#joined) {
      const widths = modules.map(({ outFeatures }) => outFeatures);
      const width = widths.reduce((sum, one) => sum + one, 0);
      const weight = int8Codes(g, path(scope), [inFeatures, width], dtype);
      return g.scope(scope, () => g.op("JoinedInt8Linears", [x, ...weight], { widths }));
    }
    const weights = modules.flatMap(({ name, outFeatures }) =>
      int8Weight(g, path(name), [inFeatures, outFeatures], dtype)
    );
    return g.scope(scope, () => g.op("Int8Linears", [x, ...weights], {}));
  }

  /** Weights that their adapters were merged into, for linears that share x. */
  #merged(x: Value, modules: readonly LinearModule[]): Value[] {
    const { g } = this;
    const inFeatures = x.shape[1]!;
    const inputs = modules.flatMap((module) => [
      g.input(`${MERGED}${g.path(module.name)}.weight`, "float32", weightShape(inFeatures, module)),
      ...this.#lora(module, inFeatures),
    ]);
    const fanInFanOut = modules[0]!.fanInFanOut ?? false;
    return g.scope(scopeOf(modules), () => g.op("LoraLinears", [x, ...inputs], { fanInFanOut }));
  }

  /** Adapters added to what their linears gave. */
  #added(x: Value, modules: readonly LinearModule[], plain: readonly Value[]): Value[] {
    const dropout = this.#dropout;
    if (!dropout) return this.#addedTo(x, modules, plain);
    return modules.flatMap((module, i) =>
      this.#addedTo(dropout.apply(x, this.g.path(module.name)), [module], [plain[i]!])
    );
  }

  /** The same for adapters that see the same x. */
  #addedTo(x: Value, modules: readonly LinearModule[], plain: readonly Value[]): Value[] {
    const { g } = this;
    const inputs = modules.flatMap((module, i) => [plain[i]!, ...this.#lora(module, x.shape[1]!)]);
    const outputs = g.scope(`${scopeOf(modules)}.lora`, () => g.op("AddedAdapters", [x, ...inputs], {}));
    return outputs.slice(0, modules.length);
  }

  /** A, B and scale of a module's adapter. */
  #lora({ name, outFeatures }: LinearModule, inFeatures: Dim): Value[] {
    const module = this.g.path(name);
    const { r, scale } = this.adapter.get(module)!;
    return [
      this.#input(`${module}.lora_A.weight`, [r, inFeatures]),
      this.#input(`${module}.lora_B.weight`, [outFeatures, r]),
      this.#scale(scale),
    ];
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
    const plain = this.g.mul(this.#gate, scale);
    const value = this.#dropout?.scaled(plain) ?? plain;
    this.#scales.set(scale, value);
    return value;
  }
}

/** Every weight a graph input: full fine-tuning. A weight used twice (tied embeddings) is one input. */
export class InputParameters implements Parameters {
  readonly trainable = new Map<string, Value>();
  readonly precision = "float32";

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
      return bias ? withBias(this.g, y, this.weight(`${name}.bias`, [outFeatures])) : y;
    });
  }
}

/** Weights that are trained as graph inputs, all others shared initializers: full fine-tuning of some layers. */
export class PartlyFrozenParameters implements Parameters {
  readonly #g: Builder;
  readonly #inputs: InputParameters;
  readonly #frozen: FrozenParameters;
  readonly #isTrained: (path: string) => boolean;

  /** @param isTrained whether the weight of this full name is; the linears of a block are all or none */
  constructor(
    g: Builder,
    { isTrained, precision }: { isTrained: (path: string) => boolean; precision?: Precision },
  ) {
    this.#g = g;
    this.#inputs = new InputParameters(g);
    this.#frozen = new FrozenParameters(g, { precision });
    this.#isTrained = isTrained;
  }

  get trainable(): ReadonlyMap<string, Value> {
    return this.#inputs.trainable;
  }

  get precision(): Precision {
    return this.#frozen.precision;
  }

  weight(name: string, shape: readonly Dim[]): Value {
    return this.#of(name).weight(name, shape);
  }

  linears(x: Value, modules: readonly LinearModule[]): Value[] {
    return this.#of(modules[0]!.name).linears(x, modules);
  }

  #of(name: string): Parameters {
    return this.#isTrained(this.#g.path(name)) ? this.#inputs : this.#frozen;
  }
}
