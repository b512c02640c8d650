/**
 * A graph under construction: inputs, weights, constants, nodes, and the tape of what was applied, which the
 * gradient walk reads backwards. Knows no op by name except the few that make shape tensors.
 */
import type { NamedType, WeightPlace } from "../onnx/encode.ts";
import { type Dtype, DTYPES, type FloatDtype } from "../onnx/dtypes.ts";
import { isHalf, toHalf } from "../onnx/half_precision.ts";
import type { OpRow } from "../ops/op_row.ts";
import { type OpAttrs, type OpName, OPS } from "../ops/table.ts";
import { type Artifact, makeArtifact } from "./artifact.ts";
import type { Builder } from "./builder.ts";
import type { Constant, Node } from "./node.ts";
import { type Dim, dimFactors, dimPart, partOf, type Value } from "./value.ts";

/** One application of an op, as the gradient walk sees it. */
export interface TapeEntry {
  readonly op: OpName;
  readonly path: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attrs: OpAttrs[OpName];
}

/** Weights never travel in the message; constants are for scalars, axes and small tables. */
const MAX_CONSTANT_BYTES = 4096;

export class Graph {
  readonly tape: TapeEntry[] = [];
  /** Values that a gradient pass keeps when it recomputes others, in order. */
  readonly checkpoints = new Set<Value>();
  readonly #name: string;
  readonly #inputs: Value[] = [];
  readonly #weights: Value[] = [];
  readonly #constants = new Map<string, Constant>();
  readonly #nodes: Node[] = [];
  readonly #names = new Set<string>();
  readonly #scopes: string[] = [];
  readonly #dims = new Map<Dim, Value>();
  #composites = 0;
  /**
   * Whether a run has few rows, as when tokens are decoded: a node costs more than what it computes then, so that fewer
   * are worth an array more. Such a graph is run as it is, without gradients.
   */
  readonly fewRows: boolean;

  constructor(name: string, { fewRows = false }: { fewRows?: boolean } = {}) {
    this.#name = name;
    this.fewRows = fewRows;
  }

  /**
   * Declares an input. Its symbols are what `dim` can give the run-time value of. Throws a RangeError when the
   * name is taken: what a session is fed goes by name.
   */
  input(name: string, dtype: Dtype, shape: readonly Dim[]): Value {
    const value = { name: this.#claim(name), dtype, shape };
    this.#inputs.push(value);
    return value;
  }

  /** Declares a weight that sessions share, by its safetensors key. Throws a RangeError when the name is taken. */
  weight(name: string, shape: readonly Dim[], dtype: Dtype = "float32"): Value {
    const value = { name: this.#claim(name), dtype, shape };
    this.#weights.push(value);
    return value;
  }

  /** Runs `body` with `scope` in front of the names of what it makes. */
  scope<Result>(scope: string, body: () => Result): Result {
    this.#scopes.push(scope);
    try {
      return body();
    } finally {
      this.#scopes.pop();
    }
  }

  /** Marks a value from which what follows it can be recomputed, such as a layer's output. Gives it back. */
  checkpoint(value: Value): Value {
    this.checkpoints.add(value);
    return value;
  }

  /** The current scopes and `name`, joined by dots. */
  path(name: string): string {
    return [...this.#scopes, name].join(".");
  }

  /**
   * Applies an op: infers the types of its outputs, appends its node (a composite's nodes) and records it on the
   * tape. Throws the row's RangeError with the node's path and the input shapes.
   */
  op<Name extends OpName>(name: Name, inputs: readonly Value[], attrs: OpAttrs[Name]): Value[] {
    const row = OPS[name] as unknown as OpRow<OpAttrs[Name]>;
    const path = this.path(name);
    const outputs = this.#guard(path, inputs, () => {
      const types = row.infer(inputs, attrs);
      if (row.lower) {
        this.#composites++;
        try {
          return row.lower(this as unknown as Builder, inputs, attrs);
        } finally {
          this.#composites--;
        }
      }
      const nodeName = this.#unique(path);
      const made = types.map((type, index) => ({
        name: index === 0 ? nodeName : this.#unique(`${nodeName}:${index}`),
        dtype: type.dtype,
        shape: type.shape,
      }));
      this.#nodes.push({
        name: nodeName,
        op: name,
        domain: row.domain ?? "",
        inputs,
        outputs: made,
        optionalFrom: row.optionalFrom ?? made.length,
        attributes: row.onnx?.(attrs) ?? {},
      });
      return made;
    });
    if (this.#composites === 0) this.tape.push({ op: name, path, inputs, outputs, attrs });
    return outputs;
  }

  /** What `parts` are all parts of, in order, where one split made them; else null. */
  splitOf(parts: readonly Value[]): Value | null {
    const node = this.#nodes.find(({ op, outputs }) => op === "Split" && outputs[0] === parts[0]);
    const isWhole = node?.outputs.length === parts.length &&
      parts.every((part, i) => part === node.outputs[i]);
    return isWhole ? node.inputs[0]! : null;
  }

  /** A constant of rank 0. */
  scalar(value: number, dtype: FloatDtype = "float32"): Value {
    const data = isHalf(dtype) ? toHalf(Float32Array.of(value), dtype) : DTYPES[dtype].view.of(value);
    return this.constant(dtype, [], data);
  }

  /** A float32 constant of rank 1. */
  floats(values: readonly number[]): Value {
    return this.constant("float32", [values.length], Float32Array.from(values));
  }

  /** An int64 constant of rank 1. */
  ints(values: readonly number[]): Value {
    return this.constant("int64", [values.length], BigInt64Array.from(values.map(BigInt)));
  }

  /** A constant; equal constants are one value. Throws a RangeError when it is too big to be one. */
  constant(dtype: Dtype, shape: readonly number[], data: ArrayBufferView): Value {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
    if (bytes.length > MAX_CONSTANT_BYTES) {
      throw new RangeError(
        `Constants hold at most ${MAX_CONSTANT_BYTES} bytes: current value is ${bytes.length}`,
      );
    }
    const key = `${dtype}|${shape}|${bytes}`;
    const known = this.#constants.get(key);
    if (known) return known;
    const value = { name: this.#unique(`constant_${this.#constants.size}`, false), dtype, shape, bytes };
    this.#constants.set(key, value);
    return value;
  }

  /** The run-time size of a dimension, i64 [1]. Symbols are read off the first input that has them. */
  dim(dim: Dim): Value {
    const known = this.#dims.get(dim);
    if (known) return known;
    const { number, symbols } = dimFactors(dim);
    const parts = symbols.map((symbol) => this.#symbol(symbol));
    if (number !== 1 || parts.length === 0) parts.unshift(this.ints([number]));
    const value = parts.reduce((a, b) => this.op("Mul", [a, b], {})[0]!);
    this.#dims.set(dim, value);
    return value;
  }

  #symbol(symbol: string): Value {
    const known = this.#dims.get(symbol);
    if (known) return known;
    const part = partOf(symbol);
    if (part) {
      const { symbol: whole, from, to, of } = part;
      const boundary = (at: number) => this.dim(dimPart(whole, 0, at, of));
      const value = from > 0 ? this.op("Sub", [boundary(to), boundary(from)], {})[0]! : this.op(
        "Div",
        [this.op("Mul", [this.dim(whole), this.ints([to])], {})[0]!, this.ints([of])],
        {},
      )[0]!;
      this.#dims.set(symbol, value);
      return value;
    }
    for (const input of this.#inputs) {
      const axis = input.shape.indexOf(symbol);
      if (axis < 0) continue;
      const value = this.op("Shape", [input], { start: axis, end: axis + 1 })[0]!;
      this.#dims.set(symbol, value);
      return value;
    }
    throw new RangeError(`No input has a dimension '${symbol}'`);
  }

  /**
   * Ends the graph: keeps what the outputs need, in an order that frees memory early, and encodes it. Output names are the
   * keys of `outputs`, in order. Throws a RangeError for one that is the name of another value.
   *
   * @param places Where each of the weights that are left will be found; without it sessions are given them.
   */
  finish(
    outputs: Readonly<Record<string, Value>>,
    places?: (weights: readonly NamedType[]) => readonly WeightPlace[],
  ): Artifact {
    const given = new Set<Value>([...this.#inputs, ...this.#weights, ...this.#constants.values()]);
    for (const [name, value] of Object.entries(outputs)) {
      if (given.has(value) || value.name !== name) this.#refuse(name);
    }
    return makeArtifact({
      name: this.#name,
      inputs: this.#inputs,
      weights: this.#weights,
      constants: [...this.#constants.values()],
      nodes: this.#nodes,
      outputs,
      places,
    });
  }

  #claim(name: string): string {
    this.#refuse(name);
    this.#names.add(name);
    return name;
  }

  #refuse(name: string): void {
    if (this.#names.has(name)) throw new RangeError(`The graph already has a value named '${name}'`);
  }

  #unique(name: string, scoped = true): string {
    if (scoped && !this.#names.has(name)) {
      this.#names.add(name);
      return name;
    }
    for (let count = 1;; count++) {
      const candidate = `${name}_${count}`;
      if (this.#names.has(candidate)) continue;
      this.#names.add(candidate);
      return candidate;
    }
  }

  #guard<Result>(path: string, inputs: readonly Value[], body: () => Result): Result {
    try {
      return body();
    } catch (cause) {
      if (!(cause instanceof RangeError) || cause.message.startsWith("At ")) throw cause;
      const shapes = inputs.map((input) => `[${input.shape}]`).join(", ");
      throw new RangeError(`At ${path}(${shapes}): ${cause.message}`, { cause });
    }
  }
}
