import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import { type Dtype, DTYPES } from "../../../kernels/onnx/dtypes.ts";
import { Runtime } from "../../../core/ort/runtime.ts";
import { Tensor } from "../../../core/ort/tensor.ts";
import { identity, sumAndDifference } from "./graphs.ts";

const runtime = Runtime.open();

Deno.test("Tensor.onHost() wraps the array itself and fills zeros without one", () => {
  const data = new Float32Array([1, 2, 3, 4, 5, 6]);
  using tensor = Tensor.onHost(runtime, "float32", [2, 3], data);
  data[4] = 50;
  assert.equal(tensor.data[4], 50);
  assert.equal(tensor.data.buffer, data.buffer);
  assert.equal(tensor.size, 6);
  using zeros = Tensor.onHost(runtime, "int64", [2]);
  assert.deepEqual(zeros.data, new BigInt64Array([0n, 0n]));
});

Deno.test("Tensor.onHost() over part of an array sees that part only", () => {
  const whole = Float32Array.from({ length: 10 }, (_, i) => i);
  using tensor = Tensor.onHost(runtime, "float32", [3], whole.subarray(4, 7));
  assert.deepEqual(tensor.copy(), new Float32Array([4, 5, 6]));
});

Deno.test("Tensor.onHost() refuses data of another type, another size, and dimensions that are no sizes", () => {
  const wrong = new Int32Array(2) as unknown as Float32Array;
  assert.throws(() => Tensor.onHost(runtime, "float32", [2], wrong), {
    name: "TypeError",
    message: "Cannot make a float32 tensor from 'Int32Array': want Float32Array",
  });
  assert.throws(() => Tensor.onHost(runtime, "float32", [2, 2], new Float32Array(3)), {
    name: "TypeError",
    message: "Cannot make a tensor of [2,2] from 3 elements: want 4",
  });
  assert.throws(() => Tensor.onHost(runtime, "float32", [-1]), RangeError);
  assert.throws(() => Tensor.onHost(runtime, "float32", [1.5]), RangeError);
});

Deno.test("Tensor.onHost() with more zeros than there is memory says how much was asked for", () => {
  assert.throws(
    () => Tensor.onHost(runtime, "float32", [2 ** 40]),
    { name: "UserError", code: "out_of_memory", message: "Cannot make a tensor of 4194304 MiB" },
  );
});

Deno.test("Tensor.allocate() is zero, can be written and viewed, and gives its memory back when it is disposed", () => {
  const rss = () => Deno.memoryUsage().rss;
  const before = rss();
  for (let round = 0; round < 8; round++) {
    using tensor = Tensor.allocate(runtime, "float32", [4, 2 ** 22]);
    assert.ok(tensor.data.every((value) => value === 0));
    tensor.data.fill(round + 1);
    using part = tensor.view([2], 2 ** 22);
    assert.deepEqual([...part.data], [round + 1, round + 1]);
  }
  assert.ok(rss() - before < 256e6, "eight times 64 MiB are gone");
  using empty = Tensor.allocate(runtime, "int64", [0, 3]);
  assert.equal(empty.data.length, 0);
  assert.throws(() => Tensor.allocate(runtime, "float32", [-1]), RangeError);
  assert.throws(() => Tensor.allocate(runtime, "float32", [2 ** 44]), { code: "out_of_memory" });
});

Deno.test("a tensor of every dtype and shape survives a run unchanged", async () => {
  const dtypes = Object.keys(DTYPES) as Dtype[];
  const sessions = new Map(
    await Promise.all(
      dtypes.map(async (dtype) => [dtype, await runtime.createSession(identity(dtype))] as const),
    ),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...dtypes),
      fc.tuple(fc.nat(4), fc.nat(4), fc.nat(4)),
      fc.nat(255),
      async (dtype, dims, seed) => {
        using x = Tensor.onHost(runtime, dtype, dims);
        const bytes = new Uint8Array(x.data.buffer, x.data.byteOffset, x.data.byteLength);
        for (let i = 0; i < bytes.length; i++) bytes[i] = dtype === "bool" ? (i + seed) & 1 : i * 31 + seed;
        const { y } = await sessions.get(dtype)!.run({ x });
        using output = y!;
        assert.equal(output.dtype, dtype);
        assert.deepEqual(output.dims, dims);
        const copy = output.copy();
        assert.deepEqual(new Uint8Array(copy.buffer, copy.byteOffset, copy.byteLength), bytes);
      },
    ),
    { numRuns: 100 },
  );
  for (const session of sessions.values()) session.dispose();
});

Deno.test("view() shares memory both ways, nests, and outlives its parent", () => {
  const parent = Tensor.onHost(runtime, "int32", [3, 4], Int32Array.from({ length: 12 }, (_, i) => i));
  using row = parent.view([2, 2], 4);
  assert.deepEqual(row.data, new Int32Array([4, 5, 6, 7]));
  row.data[0] = 40;
  assert.equal(parent.data[4], 40);
  using middle = row.view([2], 1);
  middle.clear();
  assert.deepEqual(parent.data, new Int32Array([0, 1, 2, 3, 40, 0, 0, 7, 8, 9, 10, 11]));
  using last = row.view([1], 3);
  parent.dispose();
  assert.deepEqual(last.copy(), new Int32Array([7]));
});

Deno.test("view() of an output of a run keeps its memory after the output is disposed", async () => {
  using session = await runtime.createSession(sumAndDifference());
  using a = Tensor.onHost(runtime, "float32", [2, 2], new Float32Array([1, 2, 3, 4]));
  const { sum, difference } = await session.run({ a, b: a });
  difference!.dispose();
  using second = sum!.view([2], 2);
  sum!.dispose();
  for (let i = 0; i < 20; i++) {
    for (const tensor of Object.values(await session.run({ a, b: a }))) tensor.dispose();
  }
  assert.deepEqual(second.copy(), new Float32Array([6, 8]));
});

Deno.test("view() refuses a part that is not inside the tensor", () => {
  using tensor = Tensor.onHost(runtime, "float32", [4]);
  for (const [dims, offset] of [[[5], 0], [[2], 3], [[1], -1], [[1], 0.5]] as const) {
    assert.throws(() => tensor.view(dims, offset), RangeError);
  }
  using empty = tensor.view([0], 4);
  assert.equal(empty.data.length, 0);
});

Deno.test("a disposed tensor cannot be read, viewed or fed, and disposing it again does nothing", async () => {
  using session = await runtime.createSession(identity("float32"));
  const x = Tensor.onHost(runtime, "float32", [1, 1, 1]);
  x.dispose();
  x.dispose();
  const gone = { name: "TypeError", message: "Cannot use a tensor after it was disposed" };
  assert.throws(() => x.data, gone);
  assert.throws(() => x.copy(), gone);
  assert.throws(() => x.view([1]), gone);
  await assert.rejects(() => session.run({ x }), gone);
  using binding = session.bind();
  assert.throws(() => binding.input("x", x), gone);
});
