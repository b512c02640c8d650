/**
 * What running an artifact costs, worked out from its nodes: how much its values take while it runs, and how many
 * floating-point operations its products are. Weights, inputs and what is bound to outputs are the caller's.
 */
import { DTYPES } from "../onnx/dtypes.ts";
import type { Artifact, ArtifactNode } from "./artifact.ts";
import { type Dim, dimFactors, dimPart, partOf, type Value } from "./value.ts";

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
  const order = runOrder(nodes);
  const roots = new Map<Value, Value>();
  const rootOf = (value: Value) => roots.get(value) ?? value;
  for (const { op, inputs, outputs: [made] } of order) {
    if (ALIASES.has(op)) roots.set(made!, rootOf(inputs[0]!));
  }
  const lastRead = new Map<Value, number>();
  order.forEach(({ inputs }, at) => inputs.forEach((input) => lastRead.set(rootOf(input), at)));
  const live = new Map<Value, number>();
  let bytes = 0, peak = 0;
  order.forEach((node, at) => {
    for (const output of node.outputs) {
      if (roots.has(output)) continue;
      const size = sizeOf(output.shape, sizes) * DTYPES[output.dtype].bytes;
      live.set(output, size);
      bytes += size;
    }
    peak = Math.max(peak, bytes);
    for (const value of [...node.inputs.map(rootOf), ...node.outputs]) {
      if ((lastRead.get(value) ?? at) > at) continue;
      bytes -= live.get(value) ?? 0;
      live.delete(value);
    }
  });
  return peak;
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

/** Floating-point operations of all matrix products: a multiplication and an addition for each term. */
export function productFlops({ nodes }: Artifact, sizes: Sizes): number {
  return nodes.reduce((sum, node) => {
    const inner = INNER[node.op];
    return inner ? sum + 2 * sizeOf(node.outputs[0]!.shape, sizes) * inner(node, sizes) : sum;
  }, 0);
}
