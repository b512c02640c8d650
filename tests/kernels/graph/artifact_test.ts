/** Finished graphs: what is kept, what outputs are called, what the message says. */
import assert from "node:assert/strict";
import { Builder } from "../../../kernels/graph/builder.ts";
import { dimPart } from "../../../kernels/graph/value.ts";
import { ModelProto } from "../../../kernels/onnx/schema.ts";
import { runArtifact, scalar, vector } from "../run_artifact.ts";
import { matrix, runGraph } from "../run_graph.ts";

// deno-lint-ignore no-explicit-any -- the message has no static type
type Message = any;

function decode(bytes: Uint8Array): Message {
  return ModelProto.toObject(ModelProto.decode(bytes), { longs: Number }).graph;
}

Deno.test("finish() keeps only what the outputs need", async () => {
  const g = new Builder("test");
  const x = g.input("x", "float32", ["N", 3]);
  const unused = g.input("unused", "float32", ["N"]);
  const weight = g.weight("weight", [3]);
  const other = g.weight("other", [3]);
  g.mul(g.exp(unused), g.scalar(17));
  g.add(other, 1);
  const artifact = g.finish({ y: g.add(g.mul(x, 2), weight) });
  assert.deepEqual(artifact.inputs.map(({ name }) => name), ["x"]);
  assert.deepEqual(artifact.weights.map(({ name }) => name), ["weight"]);
  const graph = decode(artifact.bytes);
  assert.deepEqual(graph.node.map(({ op_type }: Message) => op_type), ["Mul", "Add"]);
  assert.deepEqual(graph.input.map(({ name }: Message) => name), ["x"]);
  assert.equal(graph.initializer.length, 2);
  const { y } = await runArtifact(artifact, { x: matrix([[1, 2, 3]]), weight: vector([10, 20, 30]) });
  assert.deepEqual(y!.data, [12, 24, 36]);
});

Deno.test("finish() can give an input, a constant, and one value under two names", async () => {
  const outputs = await runGraph({ x: vector([1, 2]) }, (g, { x }) => {
    const y = g.exp(g.mul(x, 0));
    return { same: x, one: g.scalar(4), first: y, second: y };
  });
  assert.deepEqual(
    Object.entries(outputs).map(([name, { data }]) => [name, data]),
    [["same", [1, 2]], ["one", [4]], ["first", [1, 1]], ["second", [1, 1]]],
  );
});

Deno.test("finish() can be asked twice: for values alone, then with what was added since", async () => {
  const g = new Builder("test");
  const x = g.input("x", "float32", []);
  const y = g.mul(x, 3);
  const first = g.finish({ y });
  const second = g.finish({ y, z: g.add(y, 1) });
  assert.deepEqual((await runArtifact(first, { x: scalar(2) })).y!.data, [6]);
  const { y: again, z } = await runArtifact(second, { x: scalar(2) });
  assert.deepEqual([again!.data, z!.data], [[6], [7]]);
});

Deno.test("A node whose optional outputs alone are read still gives its first one a name", async () => {
  const { y } = await runGraph({ x: matrix([[3, 4]]), w: vector([1, 1]) }, (g, { x, w }) => ({
    y: g.op("SimplifiedLayerNormalization", [x, w], { epsilon: 0 })[1]!,
  }));
  assert.ok(Math.abs(y!.data[0]! - 1 / Math.sqrt(12.5)) < 1e-6);
});

Deno.test("An op with several required outputs runs when only one is read", async () => {
  const { largest, where, part } = await runGraph({ x: matrix([[3, 9, 1, 7]]) }, (g, { x }) => ({
    largest: g.topK(x, g.ints([2]), 2)[0]!,
    where: g.topK(x, g.ints([1]), 1)[1]!,
    part: g.split(x, 1, [1, 2, 1])[1]!,
  }));
  assert.deepEqual([largest!.data, where!.data, part!.data], [[9, 7], [1], [9, 1]]);
});

Deno.test("finish() refuses an output with the name of another value", () => {
  const g = new Builder("test");
  const x = g.input("x", "float32", []);
  const y = g.exp(x);
  const taken: Record<string, typeof x>[] = [{ x: y }, { x }, { Exp: g.neg(y) }];
  for (const outputs of taken) {
    assert.throws(() => g.finish(outputs), {
      name: "RangeError",
      message: /already has a value named '(x|Exp)'/,
    });
  }
  assert.deepEqual(g.finish({ Exp: y }).outputs.map(({ name }) => name), ["Exp"]);
});

Deno.test("The message says the types of all values", () => {
  const g = new Builder("types");
  const x = g.input("x", "float32", ["N", 3]);
  const { value_info } = decode(g.finish({ y: g.exp(g.reshape(x, ["3*N"])) }).bytes);
  assert.deepEqual(value_info.map(({ name, type }: Message) => [name, type.tensor_type.shape.dim]), [
    ["Reshape", [{ dim_param: "3*N" }]],
  ]);
});

Deno.test("What a scope's values have as a part in last place is named after the scope", () => {
  const g = new Builder("scores");
  const x = g.input("x", "float32", ["S", 2]);
  const half = dimPart("S", 0, 1, 2);
  const scores = (scope: string) =>
    g.scope(scope, () => {
      const keys = g.between(x, 0, g.ints([0]), g.dim(half), half);
      return g.exp(g.matmul(x, keys, { transB: true }));
    });
  const sum = g.reduceSum(g.add(scores("one"), scores("two")), [0, 1], false);
  const { value_info } = decode(g.finish({ sum }).bytes);
  const last = (name: string) =>
    value_info.find((value: Message) => value.name === name).type.tensor_type.shape.dim.at(-1);
  assert.deepEqual(last("one.FusedMatMul"), { dim_param: "S[0:1/2] of one" });
  assert.deepEqual(last("one.Exp"), { dim_param: "S[0:1/2] of one" });
  assert.deepEqual(last("two.Exp"), { dim_param: "S[0:1/2] of two" });
  assert.deepEqual(last("one.Slice"), { dim_value: 2 });
});
