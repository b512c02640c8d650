/**
 * A graph under construction: inputs, weights, constants, nodes, and the tape of what was applied, which the
 * gradient walk reads backwards. Knows no op by name except the few that make shape tensors.
 */
import {
  type Attribute,
  type EncodableNode,
  encodeModel,
  type NamedType,
  type WeightPlace,
} from "../onnx/encode.ts";
import { type Dtype, DTYPES, type FloatDtype } from "../onnx/dtypes.ts";
import { isHalf, toHalf } from "../onnx/halves.ts";
import type { OpRow } from "../ops/row.ts";
import { type OpAttrs, type OpName, OPS } from "../ops/table.ts";
import type { Builder } from "./builder.ts";
import { type Dim, dimFactors, dimPart, partOf, type Value } from "./value.ts";

/** One application of an op, as the gradient walk sees it. */
export interface TapeEntry {
  readonly op: OpName;
  readonly path: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attrs: OpAttrs[OpName];
}

/** A finished graph: the bytes a session is made from, and what it takes and gives. */
export interface Artifact {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly inputs: readonly NamedType[];
  readonly outputs: readonly NamedType[];
  /** Weights the session needs as shared initializers, by safetensors key. */
  readonly weights: readonly NamedType[];
  /** What is run, in the order of the message: cost.ts works from it. */
  readonly nodes: readonly ArtifactNode[];
  /** Names of nodes that compute shapes: they depend on nothing but sizes, so a device may leave them to the host. */
  readonly hostNodes: readonly string[];
}

/** A node with the outputs that somebody reads. */
export interface ArtifactNode {
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

interface Node {
  readonly name: string;
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly optionalFrom: number;
  readonly attributes: Record<string, Attribute>;
}

interface Constant extends Value {
  readonly bytes: Uint8Array;
}

/**
 * Nodes in an order that frees memory early. onnxruntime runs what the last node needs that nobody reads, then what
 * the one before it needs, and so on. Gradients of adapters are such nodes: were the first layer's the last, the whole
 * backward pass would run for it, and all that the others still have to read would stay in memory until then. So
 * those that are ready first go last.
 */
function earlyLeavesLast(nodes: readonly Node[]): Node[] {
  const makers = new Map(nodes.flatMap(({ outputs }, at) => outputs.map((output) => [output, at])));
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const isLeaf = ({ outputs }: Node) => !outputs.some((output) => read.has(output));
  const ready = ({ inputs }: Node) => Math.max(...inputs.map((input) => makers.get(input) ?? -1));
  const leaves = nodes.filter(isLeaf).sort((a, b) => ready(b) - ready(a));
  return [...nodes.filter((node) => !isLeaf(node)), ...leaves];
}

/** Nodes whose values follow from sizes and constants alone. */
function hostNodes(nodes: readonly Node[]): string[] {
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  const known = new Set<Value>();
  const isConstant = (value: Value) => !made.has(value) && "bytes" in value;
  return nodes.filter(({ op, inputs, outputs }) => {
    const onlySizes = op === "Shape" || inputs.every((input) => known.has(input) || isConstant(input));
    if (onlySizes) outputs.forEach((output) => known.add(output));
    return onlySizes;
  }).map(({ name }) => name);
}

/**
 * The type of a value as the message says it. onnxruntime plans ahead which value takes the memory of another of the same
 * size, and holds it in between. For the scores of a block of attention, whose last dimension is a part, that would be from
 * layer to layer for every block. So there the part is one of this scope, which nothing else has the size of.
 */
function described({ name, dtype, shape }: Value, node: string): NamedType {
  const last = shape.at(-1);
  if (typeof last !== "string" || !partOf(last)) return { name, dtype, shape };
  const scope = node.split(".").slice(0, -1).join(".");
  return { name, dtype, shape: [...shape.slice(0, -1), `${last} of ${scope}`] };
}

/** Weights never travel in the message; constants are for scalars, axes and small tables. */
const MAX_CONSTANT_BYTES = 4096;

export class Graph {
  readonly tape: TapeEntry[] = [];
  /** Values that a gradient pass keeps when it makes others anew, in order. */
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

  constructor(name: string) {
    this.#name = name;
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

  /** Marks a value from which what follows it can be made anew, such as a layer's output. Gives it back. */
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
      const border = (at: number) => this.dim(dimPart(whole, 0, at, of));
      const value = from > 0 ? this.op("Sub", [border(to), border(from)], {})[0]! : this.op(
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
    const renamed = new Map<Value, string>();
    const aliases: [string, Value][] = [];
    const fixed = new Set<Value>([...this.#inputs, ...this.#weights, ...this.#constants.values()]);
    for (const [name, value] of Object.entries(outputs)) {
      if (fixed.has(value) || value.name !== name) this.#refuse(name);
      if (fixed.has(value) || renamed.has(value)) aliases.push([name, value]);
      else renamed.set(value, name);
    }
    const needed = new Set<Value>(Object.values(outputs));
    const kept: Node[] = [];
    for (const node of this.#nodes.toReversed()) {
      if (!node.outputs.some((output) => needed.has(output))) continue;
      node.inputs.forEach((input) => needed.add(input));
      kept.push(node);
    }
    kept.reverse();
    const ordered = earlyLeavesLast(kept);
    const nameOf = (value: Value) => renamed.get(value) ?? value.name;
    const nodes: EncodableNode[] = ordered.map((node) => ({
      ...node,
      inputs: node.inputs.map(nameOf),
      // An empty name leaves an output out, where the op lets it.
      outputs: node.outputs.map((output, index) =>
        index < node.optionalFrom || needed.has(output) ? nameOf(output) : ""
      ),
    }));
    for (const [name, value] of aliases) {
      nodes.push({
        name,
        op: "Identity",
        domain: "",
        inputs: [nameOf(value)],
        outputs: [name],
        attributes: {},
      });
    }
    const inputs = this.#inputs.filter((input) => needed.has(input));
    const weights = this.#weights.filter((weight) => needed.has(weight));
    const placed = places?.(weights);
    const results = Object.entries(outputs).map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
    const run = ordered.map(({ op, inputs, outputs, optionalFrom, attributes }) => ({
      op,
      inputs,
      outputs: outputs.filter((output, index) => index < optionalFrom || needed.has(output)),
      attributes,
    }));
    const bytes = encodeModel({
      name: this.#name,
      inputs,
      outputs: results,
      constants: [...this.#constants.values()].filter((constant) => needed.has(constant)),
      weights: placed ? weights.map((weight, index) => ({ ...weight, place: placed[index]! })) : weights,
      nodes,
      described: ordered.flatMap((node, at) =>
        run[at]!.outputs.filter((value) => !renamed.has(value)).map((value) => described(value, node.name))
      ),
    });
    return {
      name: this.#name,
      bytes,
      inputs,
      outputs: results,
      weights,
      nodes: run,
      hostNodes: hostNodes(kept),
    };
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
