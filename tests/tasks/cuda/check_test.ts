/** `task cuda:check` where there is no GPU: the same code on memory that JavaScript cannot look into. */
import assert from "node:assert/strict";
import { check } from "../../../tasks/cuda/check.ts";
import { compare, type Measured } from "../../../tasks/cuda/parity.ts";
import { watchGpu } from "../../../tasks/cuda/watch_gpu.ts";

Deno.test("cuda:check runs to its end, and finds a device that computes as the CPU does to be right", async () => {
  const lines: Record<string, unknown>[] = [];
  const options = { device: "allocated", models: ["gpt2"], bench: ["tiny"], steps: "2" };
  assert.equal(await check(options, (line) => lines.push(line)), true);
  const of = (kind: string) => lines.filter((line) => line.check === kind);
  assert.equal(of("device")[0]!.device, "allocated");
  assert.equal(of("providers").length, 2 * 7);
  assert.deepEqual(of("parity").map(({ precision }) => precision), ["float32", "float16"]);
  const [bench] = of("bench") as [{ device_peak_mb: number; rollout_tok_s: number }];
  assert.ok(bench!.device_peak_mb > 0 && bench!.rollout_tok_s > 0);
  assert.deepEqual(lines.at(-1), { check: "all", ok: true });
});

Deno.test("a bench that fails makes the check fail, with what it said", async () => {
  const lines: Record<string, unknown>[] = [];
  const options = { device: "cpu", models: [], bench: ["no such size"], steps: "2" };
  assert.equal(await check(options, (line) => lines.push(line)), false);
  assert.match(String(lines.find((line) => line.check === "bench")!.error), /error/);
});

Deno.test("compare() passes what rounding explains, and fails each number that it does not", () => {
  const measured = (change: Partial<Measured> = {}): Measured => ({
    logprobs: [-1, -2],
    entropy: [1, 2],
    gradient: Float32Array.of(1, 2, 3),
    grad_norm: 2,
    parameters: Float32Array.of(1, 2),
    decoded: [[1, 2], [3]],
    decode_gap: 0,
    ...change,
  });
  const near = measured({
    logprobs: [-1.0001, -2],
    gradient: Float32Array.of(1, 2.001, 3),
    decode_gap: 0.01,
  });
  const { ok, same_tokens } = compare(near, measured(), "float32");
  assert.ok(ok && same_tokens);
  const wrong: Partial<Measured>[] = [
    { logprobs: [-1.1, -2] },
    { entropy: [1, NaN] },
    { gradient: Float32Array.of(1, -2, 3) },
    { grad_norm: 2.1 },
    { parameters: Float32Array.of(1, 2.1) },
    { decode_gap: 1 },
    { decoded: [[1, 2], [3, 4]] },
  ];
  for (const change of wrong) {
    assert.equal(compare(measured(change), measured(), "float32").ok, false, JSON.stringify(change));
  }
  assert.ok(compare(measured({ logprobs: [-1.1, -2] }), measured(), "bfloat16").ok);
});

Deno.test("watchGpu() gives nothing where there is no nvidia-smi or no such GPU", async () => {
  assert.equal(await watchGpu(63).stop(), null);
});
