/** The builder's own: numbers beside values, sizes that are known at run time, slices. */
import assert from "node:assert/strict";
import { Builder } from "../../../kernels/graph/builder.ts";
import { gradients } from "../../../kernels/graph/gradient.ts";
import { dimPart } from "../../../kernels/graph/value.ts";
import { runArtifact, scalar, vector } from "../run_artifact.ts";
import { runGraph } from "../run_graph.ts";

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
