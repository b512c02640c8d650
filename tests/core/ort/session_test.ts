import assert from "node:assert/strict";
import { UserError } from "../../../core/errors.ts";
import { Runtime } from "../../../core/ort/runtime.ts";
import type { Session } from "../../../core/ort/session.ts";
import { Tensor } from "../../../core/ort/tensor.ts";
import { longRun, matmul, passThrough, scaled, sumAndDifference } from "./graphs.ts";

const runtime = Runtime.open();
const float = (dims: number[], values: number[]) =>
  Tensor.onHost(runtime, "float32", dims, new Float32Array(values));

/** About a second of work in steps of a few milliseconds. */
const LONG = { size: 512, count: 400 };

Deno.test("Session says what it takes and gives, in graph order", async () => {
  using session = await runtime.createSession(sumAndDifference());
  const dims = ["rows", 2];
  assert.deepEqual(session.inputs, [
    { name: "a", dtype: "float32", dims },
    { name: "b", dtype: "float32", dims },
  ]);
  assert.deepEqual(session.outputs.map(({ name }) => name), ["sum", "difference"]);
});

Deno.test("run() gives every output, or those that are fetched, for any size of a symbolic dimension", async () => {
  using session = await runtime.createSession(sumAndDifference());
  for (const rows of [1, 3, 0]) {
    using a = float([rows, 2], Array.from({ length: rows * 2 }, (_, i) => i));
    using b = float([rows, 2], Array.from({ length: rows * 2 }, () => 10));
    const outputs = await session.run({ a, b });
    assert.deepEqual(Object.keys(outputs), ["sum", "difference"]);
    assert.deepEqual(outputs.sum!.copy(), a.data.map((x) => x + 10));
    assert.deepEqual(outputs.difference!.dims, [rows, 2]);
    const fetched = await session.run({ b, a }, ["difference"]);
    assert.deepEqual(Object.keys(fetched), ["difference"]);
    assert.deepEqual(fetched.difference.copy(), a.data.map((x) => x - 10));
    for (const tensor of [...Object.values(outputs), fetched.difference]) tensor.dispose();
  }
});

Deno.test("run() refuses what does not fit before calling onnxruntime", async () => {
  using session = await runtime.createSession(sumAndDifference());
  using a = float([1, 2], [1, 2]);
  using flat = float([2], [1, 2]);
  using wide = float([1, 3], [1, 2, 3]);
  using ints = Tensor.onHost(runtime, "int32", [1, 2]);
  const refuses = (feeds: Record<string, Tensor>, message: string, fetches?: string[]) =>
    assert.rejects(() => session.run(feeds, fetches), { name: "TypeError", message });
  await refuses({ a }, "Cannot run the session: no tensor for b");
  await refuses({ a, b: a, c: a }, "Cannot use input 'c': the session has a, b");
  await refuses({ a, b: ints }, "Cannot use a int32 tensor as 'b': want float32");
  await refuses({ a, b: flat }, "Cannot use a tensor of [2] as 'b': want [rows,2]");
  await refuses({ a, b: wide }, "Cannot use a tensor of [1,3] as 'b': want [rows,2]");
  await refuses({ a, b: a }, "Cannot use output 'x': the session has sum, difference", ["x"]);
});

Deno.test("run() reports what only onnxruntime can see", async () => {
  using session = await runtime.createSession(sumAndDifference());
  using a = float([2, 2], [1, 2, 3, 4]);
  using b = float([3, 2], [1, 2, 3, 4, 5, 6]);
  await assert.rejects(() => session.run({ a, b }), {
    name: "OrtError",
    message: /^Cannot run the session: onnxruntime reports /,
  });
  const outputs = await session.run({ a, b: a });
  assert.deepEqual(outputs.sum!.copy(), new Float32Array([2, 4, 6, 8]));
});

Deno.test("runs may overlap, and dispose() waits for them", async () => {
  const session = await runtime.createSession(sumAndDifference());
  const runs = Array.from({ length: 20 }, async (_, i) => {
    const a = float([1, 2], [i, i]);
    const outputs = session.run({ a, b: a });
    a.dispose();
    return (await outputs).sum!.copy();
  });
  session.dispose();
  const sums = await Promise.all(runs);
  assert.deepEqual(sums.map(([first]) => first), Array.from({ length: 20 }, (_, i) => 2 * i));
  using a = float([1, 2], [0, 0]);
  const gone = { name: "TypeError", message: "Cannot use a session after it was disposed" };
  await assert.rejects(() => session.run({ a, b: a }), gone);
  assert.throws(() => session.bind(), gone);
  assert.throws(() => session.endProfiling(), gone);
});

Deno.test("the event loop ticks while a run is in flight", async () => {
  using session = await runtime.createSession(longRun(LONG.size, LONG.count));
  using x = Tensor.onHost(runtime, "float32", [LONG.size, LONG.size]);
  let [ticks, over] = [0, false];
  const run = session.run({ x }).then((outputs) => {
    over = true;
    for (const tensor of Object.values(outputs)) tensor.dispose();
  });
  while (!over) {
    ticks++;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await run;
  assert.ok(ticks > 2, `${ticks} ticks in a run`);
});

Deno.test("an aborted signal stops a run in the middle and leaves the session usable", async () => {
  using x = Tensor.onHost(runtime, "float32", [LONG.size, LONG.size]);
  const outcome = async (session: Session, signal?: AbortSignal) => {
    try {
      for (const tensor of Object.values(await session.run({ x }, undefined, { signal }))) tensor.dispose();
      return null;
    } catch (error) {
      return error;
    }
  };
  // A run that comes to its end gives its outputs, whatever the signal says by then: so this one is stopped before.
  using longer = await runtime.createSession(longRun(LONG.size, 40 * LONG.count));
  const controller = new AbortController();
  const stopping = outcome(longer, controller.signal);
  setTimeout(() => controller.abort());
  const stopped = await stopping;
  assert.ok(stopped instanceof UserError);
  assert.equal(stopped.code, "cancelled");
  assert.equal((stopped.cause as Error).name, "AbortError");

  using session = await runtime.createSession(longRun(LONG.size, LONG.count));
  const reason = new UserError("wrong_state", "The job was paused");
  assert.equal(await outcome(session, AbortSignal.abort(reason)), reason);
  assert.equal(await outcome(session, new AbortController().signal), null);
});

Deno.test("initializers replace external weights, and the session outlives its caller's tensors", async () => {
  const weight = float([2, 2], [1, 2, 3, 4]);
  using session = await runtime.createSession(matmul(2), { initializers: { weight } });
  weight.dispose();
  using x = float([1, 2], [10, 1]);
  const { y } = await session.run({ x });
  assert.deepEqual(y!.copy(), new Float32Array([13, 24]));
  y!.dispose();
});

Deno.test("initializers too large to be copied replace external weights too, from any working directory", async () => {
  const size = 200; // 160,000 bytes
  using weight = Tensor.onHost(runtime, "float32", [size, size]);
  for (let i = 0; i < size; i++) weight.data[i * size + i] = i;
  const before = Deno.cwd();
  const elsewhere = await Deno.makeTempDir();
  Deno.chdir(elsewhere);
  try {
    using session = await runtime.createSession(matmul(size), { initializers: { weight } });
    using x = Tensor.onHost(runtime, "float32", [1, size], new Float32Array(size).fill(2));
    const { y } = await session.run({ x });
    assert.deepEqual(y!.copy(), Float32Array.from({ length: size }, (_, i) => 2 * i));
    y!.dispose();
  } finally {
    Deno.chdir(before);
    await Deno.remove(elsewhere);
  }
});

Deno.test("createSession() refuses a missing, a mistyped, a disposed and a misplaced initializer", async () => {
  using weight = float([2, 2], [1, 2, 3, 4]);
  using ints = Tensor.onHost(runtime, "int32", [2, 2]);
  const load = (initializers: Record<string, Tensor>, on = runtime) =>
    on.createSession(matmul(2), { initializers });
  const refused = { name: "OrtError", message: /^Cannot create a session: .*weight/ };
  await assert.rejects(() => load({}), refused);
  await assert.rejects(() => load({ other: weight }), refused);
  await assert.rejects(() => load({ weight: ints }), { name: "OrtError" });
  ints.dispose();
  await assert.rejects(() => load({ weight: ints }), TypeError);
  using device = Runtime.open({ device: "allocated" });
  await assert.rejects(() => load({ weight: Tensor.onHost(device, "float32", [2, 2]) }, device), {
    name: "TypeError",
    message: "Cannot share initializer 'weight' on cpu: want it on allocated",
  });
});

Deno.test("a node may depend on nothing but a weight", async () => {
  using weight = float([2], [3, 4]);
  using session = await runtime.createSession(scaled(), { initializers: { weight } });
  using x = float([2], [1, 1]);
  const { y } = await session.run({ x });
  assert.deepEqual(y!.copy(), new Float32Array([10, 17]));
  y!.dispose();
});

Deno.test("an output that is an input by name keeps the memory they share", async () => {
  using session = await runtime.createSession(passThrough());
  let x: Tensor | undefined = float([2], [1, 2]);
  const outputs = await session.run({ x });
  using binding = session.bind().input("x", x).outputOnDevice("x").outputOnDevice("y");
  binding.runSync();
  const bound = binding.outputs();
  x.data[0] = 5;
  x.dispose();
  x = undefined;
  for (let i = 0; i < 200; i++) new Float32Array(1 << 18).fill(i); // make the collector run
  for (const { x: same, y: other } of [outputs, bound]) {
    assert.deepEqual(same!.copy(), new Float32Array([5, 2]));
    assert.deepEqual(other!.copy(), new Float32Array([2, 4]));
    same!.dispose();
    other!.dispose();
  }
});

Deno.test("every session option gives the same result", async () => {
  using weight = float([2, 2], [1, 2, 3, 4]);
  using x = float([1, 2], [10, 1]);
  const initializers = { weight };
  for (
    const options of [
      { arena: "own" },
      { arena: "none" },
      { memoryPattern: false },
      { prepacking: false },
      { config: { "session.set_denormal_as_zero": "1" } },
    ] as const
  ) {
    using session = await runtime.createSession(matmul(2), { initializers, ...options });
    const { y } = await session.run({ x });
    assert.deepEqual(y!.copy(), new Float32Array([13, 24]));
    y!.dispose();
  }
});

Deno.test("a deterministic runtime gives bitwise equal sums in every run", async () => {
  using exact = Runtime.open({ deterministic: true });
  const data = Float32Array.from({ length: 256 * 256 }, (_, i) => Math.sin(i));
  using weight = Tensor.onHost(exact, "float32", [256, 256], data);
  using session = await exact.createSession(matmul(256), { initializers: { weight } });
  const results: Float32Array[] = [];
  for (let i = 0; i < 5; i++) {
    const { y } = await session.run({ x: weight });
    results.push(y!.copy() as Float32Array);
    y!.dispose();
  }
  for (const result of results) assert.deepEqual(result, results[0]);
});

Deno.test("endProfiling() names a file with the nodes that ran", async () => {
  const folder = await Deno.makeTempDir();
  try {
    using session = await runtime.createSession(sumAndDifference(), { profile: `${folder}/run` });
    using a = float([1, 2], [1, 2]);
    for (const tensor of Object.values(await session.run({ a, b: a }))) tensor.dispose();
    const path = session.endProfiling();
    assert.ok(path.startsWith(`${folder}/run`));
    const events: { name: string }[] = JSON.parse(await Deno.readTextFile(path));
    assert.ok(events.some(({ name }) => name.startsWith("Add_0")));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("close() waits for what still stands on the runtime and refuses new work", async () => {
  const closing = Runtime.open();
  const x = Tensor.onHost(closing, "float32", [1, 2], new Float32Array([1, 2]));
  const session = await closing.createSession(sumAndDifference());
  closing.close();
  const { sum, difference } = await session.run({ a: x, b: x });
  assert.deepEqual(sum!.copy(), new Float32Array([2, 4]));
  const gone = { name: "TypeError", message: "Cannot use a runtime after it was disposed" };
  await assert.rejects(() => closing.createSession(sumAndDifference()), gone);
  assert.throws(() => closing.createPrepackedWeights(), gone);
  assert.throws(() => Tensor.onHost(closing, "float32", [1]), gone);
  for (const used of [session, x, sum!, difference!]) used.dispose();
});

Deno.test("sessions work beside the package's own addon, whoever comes first", async () => {
  const ours = `
    const runtime = Runtime.open();
    const session = await runtime.createSession(sumAndDifference());
    const a = Tensor.onHost(runtime, "float32", [1, 2], new Float32Array([1, 2]));
    console.log("ours", (await session.run({ a, b: a })).sum.copy().join());`;
  const theirs = `
    const addon = (await import("onnxruntime-node")).default;
    const t = new addon.Tensor("float32", new Float32Array([1, 2]), [1, 2]);
    const other = await addon.InferenceSession.create(sumAndDifference());
    console.log("theirs", (await other.run({ a: t, b: t })).sum.data.join());`;
  for (const [first, second] of [[ours, theirs], [theirs, ours]]) {
    const script = `
      import { Runtime } from "./core/ort/runtime.ts";
      import { Tensor } from "./core/ort/tensor.ts";
      import { sumAndDifference } from "./tests/core/ort/graphs.ts";
      ${first}${second}
      Deno.exit(0);`;
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", script],
      cwd: new URL("../../../", import.meta.url),
    }).output();
    const lines = new TextDecoder().decode(stdout).trim().split("\n").sort();
    assert.deepEqual(lines, ["ours 2,4", "theirs 2,4"]);
  }
});
