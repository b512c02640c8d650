/** Graphs: pruning, names, constants, run-time sizes, and errors that say where. */
import assert from "node:assert/strict";
import { Builder } from "../../../kernels/graph/builder.ts";
import { gradients } from "../../../kernels/graph/gradient.ts";
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

Deno.test("Names are unique and carry the scopes they were made in", () => {
  const g = new Builder("test");
  const x = g.input("x", "float32", []);
  const made = g.scope("a", () => [g.exp(x), g.exp(x), g.scope("b", () => g.exp(x))]);
  const names = [...made, g.exp(x)].map(({ name }) => name);
  assert.deepEqual(names, ["a.Exp", "a.Exp_1", "a.b.Exp", "Exp"]);
  assert.throws(() =>
    g.scope("c", () => {
      throw new Error("inside");
    }), /inside/);
  assert.equal(g.path("x"), "x");
});

Deno.test("Equal constants are one value, whatever made them; others are not", () => {
  const g = new Builder("test");
  assert.equal(g.scalar(1), g.scalar(1));
  assert.equal(g.ints([1, 2]), g.ints([1, 2]));
  assert.notEqual(g.floats([1]), g.scalar(1));
  assert.notEqual(g.scalar(0), g.scalar(-0));
});

Deno.test("A number beside a float is of its dtype, and keeps the digits that has", async () => {
  for (
    const [dtype, step] of [["float64", 2 ** -52], ["float32", 2 ** -23], ["float16", 2 ** -10]] as const
  ) {
    const { y } = await runGraph({ x: scalar(1) }, (g, { x }) => {
      const y = g.sub(g.add(g.cast(x, dtype), step), 1);
      assert.equal(y.dtype, dtype);
      return { y: g.cast(y, "float32") };
    });
    assert.deepEqual(y!.data, [step]);
  }
});

Deno.test("A constant keeps its value when the array it was made from changes", async () => {
  const data = Float32Array.of(5);
  const { y } = await runGraph({ x: scalar(1) }, (g, { x }) => {
    const constant = g.constant("float32", [], data);
    data[0] = 9;
    return { y: g.mul(x, constant) };
  });
  assert.deepEqual(y!.data, [5]);
});

Deno.test("constant() refuses what belongs in a weight", () => {
  const g = new Builder("test");
  assert.equal(g.floats(new Array<number>(1024).fill(0)).shape[0], 1024);
  assert.throws(() => g.floats(new Array<number>(1025).fill(0)), {
    name: "RangeError",
    message: "Constants hold at most 4096 bytes: current value is 4100",
  });
});

Deno.test("dim() computes sizes and their products from whatever comes in", async () => {
  for (const [B, S] of [[2, 3], [1, 1], [5, 7]] as const) {
    const g = new Builder("test");
    const x = g.input("x", "float32", ["B", 4, "S"]);
    const reshaped = g.reshape(g.transpose(x, [0, 2, 1]), ["B*S", 4]);
    const back = g.transpose(g.reshape(reshaped, ["B", "S", 4]), [0, 2, 1]);
    const artifact = g.finish({
      b: g.dim("B"),
      number: g.dim(6),
      all: g.dim("4*B*S"),
      zeros: g.zeros(["S", "B"]),
      range: g.range("B*S"),
      count: g.elementCount(x, [0, 1]),
      back,
    });
    const data = Array.from({ length: B * 4 * S }, (_, i) => i);
    const outputs = await runArtifact(artifact, { x: { dims: [B, 4, S], data } });
    assert.deepEqual([outputs.b!.data, outputs.number!.data, outputs.all!.data], [[B], [6], [4 * B * S]]);
    assert.deepEqual(outputs.zeros!.dims, [S, B]);
    assert.deepEqual(outputs.range!.data, Array.from({ length: B * S }, (_, i) => i));
    assert.deepEqual(outputs.count!.data, [4 * B]);
    assert.deepEqual(outputs.back!.data, data);
  }
});

Deno.test("dim() of a symbol no input has is an error", () => {
  const g = new Builder("test");
  g.input("x", "float32", ["B"]);
  assert.throws(() => g.dim("T"), /No input has a dimension 'T'/);
});

Deno.test("input() and weight() refuse a name twice", () => {
  const g = new Builder("test");
  g.input("x", "float32", []);
  g.weight("w", [2]);
  for (const name of ["x", "w"]) {
    assert.throws(() => g.input(name, "float32", []), {
      name: "RangeError",
      message: new RegExp(`'${name}'`),
    });
    assert.throws(() => g.weight(name, []), { name: "RangeError", message: new RegExp(`'${name}'`) });
  }
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

const MISFITS: [string, (g: Builder) => unknown, RegExp][] = [
  [
    "Add",
    (g) => g.add(g.input("a", "float32", ["B", 3]), g.input("b", "float32", ["B", 4])),
    /^At layer\.attention\.Add\(\[B,3\], \[B,4\]\): Cannot broadcast .* axis 1 is 3 and 4$/,
  ],
  [
    "MatMul",
    (g) => g.matmul(g.input("a", "float32", ["B", 3]), g.input("b", "float32", [4, 5])),
    /^At layer\.attention\.MatMul\(\[B,3\], \[4,5\]\): .* inner sizes are 3 and 4$/,
  ],
  [
    "FusedMatMul",
    (g) => g.matmul(g.input("a", "float32", [2, 3]), g.input("b", "float32", [3, 2]), { transB: true }),
    /^At layer\.attention\.FusedMatMul\(\[2,3\], \[3,2\]\)/,
  ],
  [
    "Reshape",
    (g) => g.reshape(g.input("a", "float32", ["B", 6]), ["B", 4]),
    /^At layer\.attention\.Reshape\(.*element counts differ$/,
  ],
  [
    "ReduceSum",
    (g) => g.reduceSum(g.input("a", "float32", ["B"]), [1], false),
    /^At layer\.attention\.ReduceSum\(\[B\], \[1\]\): Axis must be in \[-1, 1\)/,
  ],
  [
    "SwiGlu, from the op inside it",
    (g) => g.op("SwiGlu", [g.input("a", "float32", ["N", 3]), g.input("b", "float32", ["N", 2])], {}),
    /^At layer\.attention\.Mul\(\[N,3\], \[N,2\]\)/,
  ],
];

for (const [name, build, message] of MISFITS) {
  Deno.test(`Shapes that do not fit ${name} are an error that says where`, () => {
    const g = new Builder("test");
    assert.throws(() => g.scope("layer", () => g.scope("attention", () => build(g))), {
      name: "RangeError",
      message,
    });
  });
}

Deno.test("dim() and between() give parts of a size that is known at run time only", async () => {
  const g = new Builder("parts");
  const x = g.input("x", "float32", ["S"]);
  const artifact = g.finish(Object.fromEntries([0, 1, 2].map((part) => {
    const boundary = (at: number) => g.dim(dimPart("S", 0, at, 3));
    const size = dimPart("S", part, part + 1, 3);
    const cut = g.between(x, 0, boundary(part), boundary(part + 1), size);
    return [`part${part}`, g.add(cut, g.reshape(g.cast(g.dim(size), "float32"), []))];
  })));
  const parts = (data: number[]) => runArtifact(artifact, { x: vector(data) });
  const seven = await parts([10, 20, 30, 40, 50, 60, 70]);
  assert.deepEqual(Object.values(seven).map(({ data }) => data), [[12, 22], [32, 42], [53, 63, 73]]);
  const two = await parts([10, 20]);
  assert.deepEqual(Object.values(two).map(({ data }) => data), [[], [11], [21]]);
});

Deno.test("A slice between bounds that nobody knows beforehand has no gradient", () => {
  const g = new Builder("slice");
  const x = g.input("x", "float32", ["S"]);
  const half = g.between(x, 0, g.ints([0]), g.dim(dimPart("S", 0, 1, 2)), dimPart("S", 0, 1, 2));
  assert.throws(() => gradients(g, g.reduceSum(half, [0], false), [x]), /Only a slice between fixed bounds/);
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
