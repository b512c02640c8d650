/** Tensor types with symbolic dimensions: the vocabulary of the builder, the op table and the gradient walk. */
import type { Dtype } from "../onnx/dtypes.ts";

/**
 * A dimension: a number, or a symbol such as `B`. Products of symbols are written `B*S` with factors in
 * alphabetical order, so equal dimensions are equal strings.
 */
export type Dim = number | string;

export interface TensorType {
  readonly dtype: Dtype;
  readonly shape: readonly Dim[];
}

/** A named tensor of a graph. Identity is by reference; names are unique in their graph. */
export interface Value extends TensorType {
  readonly name: string;
}

/** In place of an optional input that a node goes without. */
export const WITHOUT: Value = { name: "", dtype: "float32", shape: [] };

/** Number and symbols of a dimension: `6*B*S` → [6, ["B", "S"]]. */
function factors(dim: Dim): [number, string[]] {
  if (typeof dim === "number") return [dim, []];
  let number = 1;
  const symbols: string[] = [];
  for (const factor of dim.split("*")) {
    if (/^\d+$/.test(factor)) number *= Number(factor);
    else symbols.push(factor);
  }
  return [number, symbols];
}

function fromFactors(number: number, symbols: string[]): Dim {
  if (symbols.length === 0 || number === 0) return number;
  return [...(number === 1 ? [] : [String(number)]), ...symbols.sort()].join("*");
}

/** Product of dimensions, in canonical form. */
export function dimProduct(dims: readonly Dim[]): Dim {
  const parts = dims.map(factors);
  return fromFactors(
    parts.reduce((product, [number]) => product * number, 1),
    parts.flatMap(([, symbols]) => symbols),
  );
}

/** Symbols of a dimension that is a product, with its numeric factor. */
export function dimFactors(dim: Dim): { number: number; symbols: string[] } {
  const [number, symbols] = factors(dim);
  return { number, symbols };
}

/** A symbol that stands for a part of another: `S[1:3/4]`. */
const PART = /^(\w+)\[(\d+):(\d+)\/(\d+)\]$/;

/** From the boundary `from` to the boundary `to` of `of` nearly equal parts of what `symbol` stands for. */
export interface DimPart {
  readonly symbol: string;
  readonly from: number;
  readonly to: number;
  readonly of: number;
}

/** Where the boundary `at` of `of` nearly equal parts of `size` is. */
function boundary(size: number, at: number, of: number): number {
  return Math.floor(size * at / of);
}

/** The size of some of `of` nearly equal parts of a dimension. Throws a RangeError for a product of symbols. */
export function dimPart(dim: Dim, from: number, to: number, of: number): Dim {
  if (from === to) return 0;
  if (from === 0 && to === of) return dim;
  if (typeof dim === "number") return boundary(dim, to, of) - boundary(dim, from, of);
  if (!/^\w+$/.test(dim)) throw new RangeError(`Only a symbol has parts: current value is '${dim}'`);
  return `${dim}[${from}:${to}/${of}]`;
}

/** What a symbol is a part of; null for one that stands for itself. */
export function partOf(symbol: string): DimPart | null {
  const [, whole, ...numbers] = PART.exec(symbol) ?? [];
  if (!whole) return null;
  const [from, to, of] = numbers.map(Number) as [number, number, number];
  return { symbol: whole, from, to, of };
}

export function sameShape(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** The shape two operands broadcast to (NumPy rules). Throws a RangeError when they do not. */
export function broadcastShape(a: readonly Dim[], b: readonly Dim[]): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - (rank - a.length)] ?? 1;
    const right = b[axis - (rank - b.length)] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw new RangeError(`Cannot broadcast [${a}] with [${b}]: axis ${axis} is ${left} and ${right}`);
  });
}

/** A negative axis counted from the end. */
export function normalizeAxis(axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis;
  if (at < 0 || at >= rank) {
    throw new RangeError(`Axis must be in [-${rank}, ${rank}): current value is ${axis}`);
  }
  return at;
}
