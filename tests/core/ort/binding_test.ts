import assert from "node:assert/strict";
import { Runtime } from "../../../core/ort/runtime.ts";
import { Tensor } from "../../../core/ort/tensor.ts";
import { counter, longRun, sumAndDifference } from "./graphs.ts";

const runtime = Runtime.open();
const float = (dims: number[], values: number[]) =>
  Tensor.onHost(runtime, "float32", dims, new Float32Array(values));

Deno.test("one tensor bound as input and output carries state from run to run", async () => {
  using session = await runtime.createSession(counter());
  using count = Tensor.onHost(runtime, "int64", []);
  using step = Tensor.onHost(runtime, "int64", [], new BigInt64Array([3n]));
  using binding = session.bind().input("count", count).input("step", step).output("next", count);
  await binding.run();
  binding.runSync();
  assert.deepEqual(count.data, new BigInt64Array([6n]));
  step.data[0] = 10n;
  await binding.run();
  assert.deepEqual(count.data, new BigInt64Array([16n]));
});

Deno.test("a name bound again takes the new tensor, and bound tensors may be disposed", async () => {
  using session = await runtime.createSession(sumAndDifference());
  const [a, b, other] = [float([1, 2], [1, 2]), float([1, 2], [10, 20]), float([1, 2], [100, 200])];
  using sum = float([1, 2], [0, 0]);
  using binding = session.bind().input("a", a!).input("b", b!).output("sum", sum);
  binding.runSync();
  assert.deepEqual(sum.copy(), new Float32Array([11, 22]));
  binding.input("b", other!);
  for (const tensor of [a, b, other]) tensor!.dispose();
  binding.runSync();
  assert.deepEqual(sum.copy(), new Float32Array([101, 202]));
});

Deno.test("outputs() gives what onnxruntime allocated, anew in every run and for every shape", async () => {
  using session = await runtime.createSession(sumAndDifference());
  using difference = float([1, 2], [0, 0]);
  using first = float([1, 2], [1, 2]);
  using binding = session.bind().input("a", first).input("b", first);
  binding.output("difference", difference).outputOnDevice("sum");
  await binding.run();
  const one = binding.outputs();
  assert.deepEqual(Object.keys(one), ["sum"]);

  using second = float([2, 2], [1, 2, 3, 4]);
  using wider = float([2, 2], [9, 9, 9, 9]);
  binding.input("a", second).input("b", second).output("difference", wider);
  binding.runSync();
  const two = binding.outputs();
  assert.deepEqual(two.sum!.dims, [2, 2]);
  assert.deepEqual(two.sum!.copy(), new Float32Array([2, 4, 6, 8]));
  assert.deepEqual(wider.copy(), new Float32Array(4));
  assert.deepEqual(one.sum!.copy(), new Float32Array([2, 4]), "an earlier output is not overwritten");
  for (const tensor of [one.sum!, two.sum!]) tensor.dispose();
});

Deno.test("an output can go from a tensor to onnxruntime's choice and back", async () => {
  using session = await runtime.createSession(sumAndDifference());
  using a = float([1, 2], [1, 2]);
  using sum = float([1, 2], [0, 0]);
  using binding = session.bind().input("a", a).input("b", a).output("sum", sum).outputOnDevice("sum");
  binding.runSync();
  const { sum: allocated } = binding.outputs();
  assert.deepEqual(allocated!.copy(), new Float32Array([2, 4]));
  assert.deepEqual(sum.copy(), new Float32Array([0, 0]));
  allocated!.dispose();
  binding.output("sum", sum);
  binding.runSync();
  assert.deepEqual(sum.copy(), new Float32Array([2, 4]));
  assert.deepEqual(binding.outputs(), {});
});

Deno.test("a binding refuses unknown names, tensors that do not fit, and runs with nothing bound", async () => {
  using session = await runtime.createSession(sumAndDifference());
  using a = float([1, 2], [1, 2]);
  using flat = float([2], [1, 2]);
  using ints = Tensor.onHost(runtime, "int32", [1, 2]);
  using binding = session.bind();
  assert.throws(() => binding.input("c", a), /^TypeError: Cannot use input 'c': the session has a, b$/);
  assert.throws(() => binding.output("a", a), /Cannot use output 'a': the session has sum, difference$/);
  assert.throws(() => binding.outputOnDevice("a"), TypeError);
  assert.throws(() => binding.input("a", ints), /int32 tensor as 'a': want float32$/);
  assert.throws(() => binding.output("sum", flat), /\[2\] as 'sum': want \[rows,2\]$/);
  binding.input("a", a);
  assert.throws(() => binding.runSync(), /Cannot run the binding: nothing is bound to b$/);
  binding.input("b", a);
  await assert.rejects(() => binding.run(), /Cannot run the binding: no output is bound$/);
});

Deno.test("a binding in flight cannot be touched, can be cancelled, and runs again", async () => {
  using session = await runtime.createSession(longRun(512, 400));
  using x = Tensor.onHost(runtime, "float32", [512, 512]);
  using y = Tensor.onHost(runtime, "float32", [512, 512]);
  using binding = session.bind().input("x", x).output("y400", y);
  const controller = new AbortController();
  const run = binding.run({ signal: controller.signal });
  const busy = { name: "TypeError", message: "Cannot use a binding while its run is in flight" };
  assert.throws(() => binding.input("x", x), busy);
  assert.throws(() => binding.runSync(), busy);
  assert.throws(() => binding.outputs(), busy);
  await assert.rejects(() => binding.run(), busy);
  controller.abort();
  await assert.rejects(run, { code: "cancelled" });
  await binding.run();
});

Deno.test("a disposed binding throws, and dispose() during a run waits for it", async () => {
  using session = await runtime.createSession(longRun(128, 50));
  using x = Tensor.onHost(runtime, "float32", [128, 128]);
  using y = Tensor.onHost(runtime, "float32", [128, 128]);
  const binding = session.bind().input("x", x).output("y50", y);
  const run = binding.run();
  binding.dispose();
  await run;
  const gone = { name: "TypeError", message: "Cannot use a binding after it was disposed" };
  assert.throws(() => binding.runSync(), gone);
  assert.throws(() => binding.input("x", x), gone);
  assert.throws(() => binding.outputs(), gone);
  binding.dispose();
});
