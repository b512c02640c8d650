import assert from "node:assert/strict";
import { Runtime } from "../../../core/ort/runtime.ts";
import { Tensor } from "../../../core/ort/tensor.ts";
import type { SessionOptions } from "../../../core/ort/session_options.ts";
import { matmul, sumAndDifference } from "./graphs.ts";

const MB = 1 << 20;
const runtime = Runtime.open();
const resident = () => Deno.memoryUsage().rss;
const unexpected = () => assert.fail("the call must fail");

/**
 * Asserts that resident memory does not grow by `limit` bytes in `rounds` of `round`, after as many to warm up. What leaks
 * grows every time; what the garbage collector has not come to yet, once.
 */
async function assertNoGrowth(limit: number, rounds: number, round: () => Promise<void>): Promise<void> {
  const grown: number[] = [];
  for (let tries = 0; tries < 4; tries++) {
    const before = resident();
    for (let i = 0; i < rounds; i++) await round();
    grown.push((resident() - before) / MB);
    if (tries > 0 && grown[tries]! < limit / MB) return;
  }
  assert.fail(`grew by ${grown.map((mb) => mb.toFixed(1))} MB`);
}

Deno.test("1,000 sessions with runs, bindings and outputs leave nothing behind", async () => {
  const bytes = sumAndDifference();
  const size = 64 * 1024; // rows; outputs are 512 KB each, so one kept in a hundred would show
  using a = Tensor.onHost(runtime, "float32", [size, 2]);
  await assertNoGrowth(16 * MB, 1000, async () => {
    using session = await runtime.createSession(bytes);
    for (const tensor of Object.values(await session.run({ a, b: a }))) tensor.dispose();
    using row = a.view([1, 2], 2);
    using binding = session.bind().input("a", row).input("b", row).outputOnDevice("sum");
    binding.runSync();
    binding.outputs().sum!.dispose();
  });
});

Deno.test("failed calls leave nothing behind", async () => {
  using session = await runtime.createSession(sumAndDifference());
  using a = Tensor.onHost(runtime, "float32", [2, 2]);
  using b = Tensor.onHost(runtime, "float32", [3, 2]);
  const garbage = new Uint8Array(64).fill(255);
  await assertNoGrowth(8 * MB, 1000, async () => {
    await session.run({ a, b }).then(unexpected, () => {});
    await runtime.createSession(garbage).then(unexpected, () => {});
    await session.run({ a, b: a }, undefined, { signal: AbortSignal.abort() }).then(unexpected, () => {});
    const controller = new AbortController();
    const run = session.run({ a, b: a }, undefined, { signal: controller.signal });
    controller.abort(); // sometimes before the run's end, sometimes after
    await run.then((outputs) => Object.values(outputs).forEach((tensor) => tensor.dispose()), () => {});
  });
});

Deno.test("sessions that share prepacked weights agree and hold them once", async () => {
  const size = 4096; // 64 MB of weights
  const weight = Tensor.onHost(runtime, "float32", [size, size]);
  for (let i = 0; i < weight.size; i++) weight.data[i] = Math.sin(i);
  const x = Tensor.onHost(
    runtime,
    "float32",
    [2, size],
    new Float32Array(2 * size).map((_, i) => Math.cos(i)),
  );
  const prepacked = runtime.createPrepackedWeights();
  const results: Float32Array[] = [];
  const sessions: { dispose(): void }[] = [];
  const cost = async (options: SessionOptions) => {
    const before = resident();
    const session = await runtime.createSession(matmul(size), { initializers: { weight }, ...options });
    const { y } = await session.run({ x });
    results.push(y!.copy() as Float32Array);
    y!.dispose();
    sessions.push(session);
    return (resident() - before) / MB;
  };
  await cost({ prepacked });
  const shared = await cost({ prepacked });
  const own = await cost({});
  const none = await cost({ prepacking: false });
  assert.ok(shared < 32, `a second session over the container took ${shared.toFixed(1)} MB`);
  assert.ok(own > 48, `the measure must see 64 MB, saw ${own.toFixed(1)} MB`);
  assert.ok(none < 32, `a session without prepacking took ${none.toFixed(1)} MB`);
  assert.deepEqual(results[1], results[0]);
  assert.deepEqual(results[2], results[0]);
  for (const held of [...sessions, prepacked, weight, x]) held.dispose();
});
