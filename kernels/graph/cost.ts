/**
 * What running an artifact costs, worked out from its nodes: how much its values take while it runs, and how many
 * floating-point operations its products are. Weights, inputs and what is bound to outputs are the caller's.
 */
import { DTYPES } from "../onnx/dtypes.ts";
import type { Artifact, ArtifactNode } from "./artifact.ts";
import { type Dim, dimFactors, dimPart, partOf, type TensorType, type Value } from "./value.ts";

/** The run-time sizes of the symbols in shapes. */
export type Sizes = Readonly<Record<string, number>>;

/** @throws {RangeError} naming a symbol that has no size */
export function sizeOf(shape: readonly Dim[], sizes: Sizes): number {
  return shape.reduce<number>((size, dim) => {
    const { number, symbols } = dimFactors(dim);
    return symbols.reduce((product, symbol) => product * symbolSize(symbol, sizes), size * number);
  }, 1);
}

function symbolSize(symbol: string, sizes: Sizes): number {
  const part = partOf(symbol);
  if (part) return Number(dimPart(symbolSize(part.symbol, sizes), part.from, part.to, part.of));
  const [name, more = 0] = symbol.split("+"); // N+1 is a symbol too
  const value = sizes[name!];
  if (value === undefined) throw new RangeError(`Cannot tell a size: '${name}' has none`);
  return value + Number(more);
}

/** Ops whose output is their first input's memory under another shape. */
const ALIASES: ReadonlySet<string> = new Set(["Reshape", "Identity"]);

/**
 * The most that values between inputs and outputs take at a time, in bytes. Nodes run in the runtime's order and a
 * value is freed after the last that reads it; that some ops write over their input is left out.
 */
export function peakBytes({ nodes }: Artifact, sizes: Sizes): number {
  const { shapes, steps } = lifetimesOf(nodes);
  const taken = shapes.map(({ shape, dtype }) => sizeOf(shape, sizes) * DTYPES[dtype].bytes);
  let bytes = 0, peak = 0;
  for (const { made, freed } of steps) {
    for (const shape of made) bytes += taken[shape]!;
    peak = Math.max(peak, bytes);
    for (const shape of freed) bytes -= taken[shape]!;
  }
  return peak;
}

/** When values come and go, whatever their sizes: numbers of shapes, for each node in the order that they run in. */
interface Lifetimes {
  readonly shapes: readonly TensorType[];
  readonly steps: readonly { readonly made: readonly number[]; readonly freed: readonly number[] }[];
}

/** Kept with a graph, which is asked for many sizes: a large one has thousands of nodes. */
const lifetimes = new WeakMap<readonly ArtifactNode[], Lifetimes>();

function lifetimesOf(nodes: readonly ArtifactNode[]): Lifetimes {
  const known = lifetimes.get(nodes) ?? findLifetimes(nodes);
  lifetimes.set(nodes, known);
  return known;
}

function findLifetimes(nodes: readonly ArtifactNode[]): Lifetimes {
  const order = runOrder(nodes);
  const roots = new Map<Value, Value>();
  const rootOf = (value: Value) => roots.get(value) ?? value;
  for (const { op, inputs, outputs: [made] } of order) {
    if (ALIASES.has(op)) roots.set(made!, rootOf(inputs[0]!));
  }
  const lastRead = new Map<Value, number>();
  order.forEach(({ inputs }, at) => inputs.forEach((input) => lastRead.set(rootOf(input), at)));
  const shapes: TensorType[] = [];
  const numbers = new Map<string, number>();
  const shapeOf = ({ dtype, shape }: Value): number => {
    const key = `${dtype} ${shape.join()}`;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, shapes.length);
    return shapes.push({ dtype, shape }) - 1;
  };
  const live = new Map<Value, number>();
  const steps = order.map(({ inputs, outputs }, at) => {
    const made = outputs.filter((output) => !roots.has(output));
    for (const output of made) live.set(output, shapeOf(output));
    const over = [...inputs.map(rootOf), ...outputs].filter((value) => (lastRead.get(value) ?? at) <= at);
    const freed = over.flatMap((value) => {
      const shape = live.get(value);
      live.delete(value);
      return shape === undefined ? [] : [shape];
    });
    return { made: made.map(shapeOf), freed };
  });
  return { shapes, steps };
}

/**
 * Nodes as the runtime runs them: from the last node that nobody reads back to what it needs, the later made of two
 * inputs first; then from the one before it, and so on.
 */
export function runOrder(nodes: readonly ArtifactNode[]): ArtifactNode[] {
  const makers = new Map(nodes.flatMap((node, at) => node.outputs.map((output) => [output, at])));
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const stack = nodes.flatMap(({ outputs }, at) => outputs.some((output) => read.has(output)) ? [] : [at]);
  const order: ArtifactNode[] = [];
  const entered = new Set<number>(), left = new Set<number>();
  while (stack.length > 0) {
    const at = stack.at(-1)!;
    if (entered.has(at)) {
      stack.pop();
      if (!left.has(at)) order.push(nodes[at]!);
      left.add(at);
      continue;
    }
    entered.add(at);
    const needs = nodes[at]!.inputs.map((input) => makers.get(input)).filter((need) => need !== undefined);
    stack.push(...needs.filter((need) => !entered.has(need)).sort((a, b) => a - b));
  }
  return order;
}

/** The inner size of each kind of product: an output element is a sum of that many terms. */
const INNER: Readonly<Record<string, (node: ArtifactNode, sizes: Sizes) => number>> = {
  MatMul: ({ inputs: [a] }, sizes) => sizeOf([a!.shape.at(-1)!], sizes),
  FusedMatMul: transposable,
  Gemm: transposable,
  MatMulIntegerToFloat: ({ inputs: [a] }, sizes) => sizeOf([a!.shape.at(-1)!], sizes),
};

function transposable({ inputs: [a], attributes: { transA } }: ArtifactNode, sizes: Sizes): number {
  return sizeOf([a!.shape.at(transA === 1 ? -2 : -1)!], sizes);
}

/** A matrix product [m, k] × [k, n], and how many of them there are: those of a batch stand for one with all its rows. */
export interface ProductShape {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly count: number;
}

/** The matrix products that a graph runs, those of equal sizes together. */
export function productShapes({ nodes }: Artifact, sizes: Sizes): ProductShape[] {
  const shapes = new Map<string, ProductShape>();
  for (const node of nodes) {
    const inner = INNER[node.op];
    if (!inner) continue;
    const { shape } = node.outputs[0]!;
    const n = sizeOf(shape.slice(-1), sizes);
    const [m, k] = [sizeOf(shape, sizes) / n, inner(node, sizes)];
    const key = `${m} ${k} ${n}`;
    shapes.set(key, { m, k, n, count: (shapes.get(key)?.count ?? 0) + 1 });
  }
  return [...shapes.values()];
}

/** Floating-point operations of all matrix products: a multiplication and an addition for each term. */
export function productFlops(artifact: Artifact, sizes: Sizes): number {
  return flopsOf(productShapes(artifact, sizes));
}

/** The same, of products by their sizes. */
export function flopsOf(shapes: readonly ProductShape[]): number {
  return shapes.reduce((sum, { m, k, n, count }) => sum + 2 * m * k * n * count, 0);
}
