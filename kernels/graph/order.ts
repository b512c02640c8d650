/** Which of a graph's nodes are run, in which order, and which of them compute nothing but shapes. */
import type { Node } from "./node.ts";
import type { Value } from "./value.ts";

/** The nodes that `outputs` depend on, in the order they were made, and every value that these or a caller reads. */
export function neededNodes(
  nodes: readonly Node[],
  outputs: readonly Value[],
): { nodes: Node[]; needed: Set<Value> } {
  const needed = new Set<Value>(outputs);
  const kept: Node[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    node.inputs.forEach((input) => needed.add(input));
    kept.push(node);
  }
  return { nodes: kept.reverse(), needed };
}

/**
 * Nodes in an order that frees memory early. onnxruntime runs what the last node needs that nobody reads, then what
 * the one before it needs, and so on. Gradients of adapters are such nodes: were the first layer's the last, the whole
 * backward pass would run for it, and all that the others still have to read would stay in memory until then. So
 * those that are ready first go last.
 */
export function earlyLeavesLast(nodes: readonly Node[]): Node[] {
  const makers = new Map(nodes.flatMap(({ outputs }, at) => outputs.map((output) => [output, at])));
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const isLeaf = ({ outputs }: Node) => !outputs.some((output) => read.has(output));
  const ready = ({ inputs }: Node) => Math.max(...inputs.map((input) => makers.get(input) ?? -1));
  const leaves = nodes.filter(isLeaf).sort((a, b) => ready(b) - ready(a));
  return [...nodes.filter((node) => !isLeaf(node)), ...leaves];
}

/** Nodes whose values follow from sizes and constants alone. */
export function hostNodes(nodes: readonly Node[]): string[] {
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  const known = new Set<Value>();
  const isConstant = (value: Value) => !made.has(value) && "bytes" in value;
  return nodes.filter(({ op, inputs, outputs }) => {
    const onlySizes = op === "Shape" || inputs.every((input) => known.has(input) || isConstant(input));
    if (onlySizes) outputs.forEach((output) => known.add(output));
    return onlySizes;
  }).map(({ name }) => name);
}
