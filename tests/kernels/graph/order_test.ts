/** Which nodes are run, and in which order. */
import assert from "node:assert/strict";
import type { Node } from "../../../kernels/graph/node.ts";
import { earlyLeavesLast, hostNodes, neededNodes } from "../../../kernels/graph/order.ts";
import type { Value } from "../../../kernels/graph/value.ts";

const value = (name: string): Value => ({ name, dtype: "float32", shape: [2] });

/** A node of one output, which has its name. */
function node(name: string, inputs: Value[], op = "Add"): Node {
  return { name, op, domain: "", inputs, outputs: [value(name)], optionalFrom: 1, attributes: {} };
}

const made = ({ outputs }: Node) => outputs[0]!;
const names = (nodes: readonly Node[]) => nodes.map(({ name }) => name);

Deno.test("neededNodes() keeps what outputs depend on, in the order that it was made in", () => {
  const x = value("x");
  const a = node("a", [x]), b = node("b", [made(a)]), unread = node("unread", [made(a)]);
  const c = node("c", [made(b), x]);
  const { nodes, needed } = neededNodes([a, b, unread, c], [made(c)]);
  assert.deepEqual(names(nodes), ["a", "b", "c"]);
  assert.deepEqual([...needed].map(({ name }) => name).sort(), ["a", "b", "c", "x"]);
});

Deno.test("earlyLeavesLast() moves nodes that nothing reads to the end, those that are ready first last", () => {
  const x = value("x");
  const a = node("a", [x]), of_a = node("of_a", [made(a)]);
  const b = node("b", [made(a)]), of_b = node("of_b", [made(b)]);
  const c = node("c", [made(b)]), of_c = node("of_c", [made(c), made(a)]);
  const order = earlyLeavesLast([a, of_a, b, of_b, c, of_c]);
  assert.deepEqual(names(order), ["a", "b", "c", "of_c", "of_b", "of_a"]);
});

Deno.test("hostNodes() are those that sizes and constants alone go into", () => {
  const x = value("x");
  const two = { ...value("two"), bytes: new Uint8Array(8) };
  const size = node("size", [x], "Shape"), half = node("half", [made(size), two], "Div");
  const part = node("part", [x, made(half)], "Slice"), constant = node("constant", [two, two]);
  assert.deepEqual(hostNodes([size, half, part, constant]), ["size", "half", "constant"]);
});
