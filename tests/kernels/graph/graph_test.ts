/** What goes into a graph: names, constants, and errors that say where. */
import assert from "node:assert/strict";
import { Builder } from "../../../kernels/graph/builder.ts";
import { scalar } from "../run_artifact.ts";
import { runGraph } from "../run_graph.ts";

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
