/** Tensors on a place that JavaScript cannot look into: what a GPU demands, on memory that every machine has. */
import assert from "node:assert/strict";
import { Runtime } from "../../../core/ort/runtime.ts";
import { Tensor } from "../../../core/ort/tensor.ts";
import { matmul, sumAndDifference } from "./graphs.ts";

const runtime = Runtime.open({ device: "allocated" });

Deno.test("a tensor on a device is zeros, takes what is written and gives it back as a copy", () => {
  using tensor = Tensor.zerosOnDevice(runtime, "float32", [2, 3]);
  assert.equal(tensor.place, "allocated");
  assert.deepEqual([...tensor.read()], [0, 0, 0, 0, 0, 0]);
  tensor.write(Float32Array.of(1, 2, 3, 4, 5, 6));
  tensor.write(Float32Array.of(9), 4);
  const copy = tensor.read();
  copy[0] = 100;
  assert.deepEqual([...tensor.read()], [1, 2, 3, 4, 9, 6]);
  using part = tensor.view([3], 1);
  part.clear();
  assert.deepEqual([...tensor.read()], [1, 0, 0, 0, 9, 6]);
});

for (const place of ["cpu", "allocated"] as const) {
  Deno.test(`${place}: blocks are copied in order, a block to each step, and nothing beside them`, () => {
    using runtime = Runtime.open({ device: place });
    using tensor = Tensor.onDevice(
      runtime,
      "float32",
      [3, 4],
      Float32Array.from({ length: 12 }, (_, i) => i),
    );
    using wider = Tensor.zerosOnDevice(runtime, "float32", [2, 5]);
    const rows = { count: 2, blocks: 2, fromStep: 4 };
    wider.copyFrom(tensor, [{ ...rows, from: 5, to: 1, toStep: 5 }]);
    assert.deepEqual([...wider.copy()], [0, 5, 6, 0, 0, 0, 9, 10, 0, 0]);
    // The second copy moves what the first has put there.
    const one = { count: 3, blocks: 1, fromStep: 3, toStep: 3 };
    tensor.copyFrom(tensor, [{ ...one, from: 8, to: 4 }, { ...one, from: 4, to: 0 }]);
    assert.deepEqual([...tensor.copy()], [8, 9, 10, 3, 8, 9, 10, 7, 8, 9, 10, 11]);
    wider.copyFrom(tensor, [{ ...rows, from: 0, to: 0, count: 0, toStep: 5 }]);
    for (
      const wrong of [{ from: 7 }, { to: 4, toStep: 5 }, { from: -1 }, { count: 5 }, { toStep: 1 }, { to: 9 }]
    ) {
      const copy = { ...rows, from: 0, to: 0, toStep: 5, ...wrong };
      assert.throws(() => wider.copyFrom(tensor, [copy]), RangeError, JSON.stringify(wrong));
    }
    assert.deepEqual([...wider.copy()], [0, 5, 6, 0, 0, 0, 9, 10, 0, 0]);
  });
}

Deno.test("looking into a tensor on a device throws, and so does writing outside it", () => {
  using tensor = Tensor.zerosOnDevice(runtime, "int64", [4]);
  assert.throws(() => tensor.data, /Cannot look into a tensor on allocated/);
  assert.throws(() => tensor.write(new BigInt64Array(5)), RangeError);
  assert.throws(() => tensor.write(new BigInt64Array(1), 4), RangeError);
  using none = Tensor.zerosOnDevice(runtime, "float32", [0]);
  assert.equal(none.read().length, 0);
  none.write(new Float32Array(0));
  none.clear();
});

Deno.test("a view on a device shares its memory and outlives the tensor it was made from", () => {
  const before = runtime.device!.memory().used;
  const tensor = Tensor.onDevice(runtime, "float32", [4], Float32Array.of(1, 2, 3, 4));
  const view = tensor.view([2], 2);
  tensor.dispose();
  assert.throws(() => tensor.read(), TypeError);
  view.write(Float32Array.of(7));
  assert.deepEqual([...view.read()], [7, 4]);
  assert.equal(runtime.device!.memory().used, before + 16);
  view.dispose();
  assert.equal(runtime.device!.memory().used, before);
});

Deno.test("a binding reads and writes device tensors in place, and leaves outputs there when asked", async () => {
  using session = await runtime.createSession(sumAndDifference());
  using a = Tensor.onDevice(runtime, "float32", [1, 2], Float32Array.of(5, 6));
  using b = Tensor.onDevice(runtime, "float32", [1, 2], Float32Array.of(1, 2));
  using binding = session.bind().input("a", a).input("b", b).output("sum", a);
  binding.outputOnDevice("difference", "allocated");
  await binding.run();
  assert.deepEqual([...a.read()], [6, 8]);
  using difference = binding.outputs().difference!;
  assert.equal(difference.place, "allocated");
  assert.throws(() => difference.data, TypeError);
  assert.deepEqual([...difference.read()], [4, 4]);
});

Deno.test("a large weight on the device is shared; a small one must be where optimizations see it", async () => {
  const size = 256; // 256 KiB
  using weight = Tensor.onDevice(
    runtime,
    "float32",
    [size, size],
    Float32Array.from({ length: size ** 2 }, (_, i) => Math.sin(i)),
  );
  using session = await runtime.createSession(matmul(size), { initializers: { weight }, prepacking: false });
  using x = Tensor.onHost(runtime, "float32", [1, size], new Float32Array(size).fill(1));
  const first = await session.run({ x });
  weight.write(new Float32Array(size ** 2));
  const { y } = await session.run({ x });
  assert.ok(first.y!.data.some((value) => value !== 0));
  assert.ok(y!.data.every((value) => value === 0), "the session reads the very memory that was written");
});

Deno.test("memory of another device than the runtime's cannot be named", async () => {
  using session = await runtime.createSession(sumAndDifference());
  using binding = session.bind();
  assert.throws(() => binding.outputOnDevice("sum", "cuda:0"), /the runtime's device is allocated/);
});
