/** Workers: how a batch is cut, and that cutting it changes no result but by rounding. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Builder } from "../../../kernels/graph/builder.ts";
import {
  cutEvenly,
  inRounds,
  runWorkers,
  tileRows,
  workerOptions,
  workersOfBatch,
  workersOfDecode,
} from "../../../core/run/workers.ts";
import { BaseModel } from "../../../core/weights/base_model.ts";
import { initialParameters, tuningOf } from "../../../core/weights/parameter_layout.ts";
import { Optimizer } from "../../../core/networks/optimizer.ts";
import type { SamplingRequest } from "../../../core/decode/sampling_request.ts";
import { Policy } from "../../../core/networks/policy.ts";
import type { Binding } from "../../../core/ort/binding.ts";
import { Tensor } from "../../../core/ort/tensor.ts";
import { Runtime } from "../../../core/ort/runtime.ts";
import { uniform } from "../../../core/rng.ts";

const runtime = Runtime.open({ threads: 2 });
const folder = fileURLToPath(new URL("../../../models/tiny", import.meta.url));
const LOSS = {
  temperature: 1,
  clip_epsilon: 0.2,
  clip_epsilon_high: null,
  dual_clip: null,
  cliprange_value: 0.2,
  vf_coef: 0.1,
  entropy_coef: 0,
};

Deno.test("a small model's workers have four rows each, a large one's about the same to do", () => {
  const small = { workers: 2, small: true };
  assert.deepEqual([1, 7, 8, 32].map((rows) => workersOfBatch(rows, small)), [1, 1, 2, 2]);
  const large = { workers: 4, small: false };
  assert.deepEqual([1, 3, 4, 5, 6, 7, 8, 9, 32].map((rows) => workersOfBatch(rows, large)), [
    ...[1, 4, 4, 1, 4, 4, 4, 4, 4],
  ]);
  assert.equal(workersOfBatch(1, { workers: 1, small: false }), 1);
});

Deno.test("workers of a decode may each read all weights where these are few bytes", () => {
  const large = { workers: 4, small: false };
  assert.equal(workersOfDecode(32, large, 400e6), 1);
  assert.equal(workersOfDecode(32, large, 100e6), 4);
  assert.equal(workersOfDecode(8, large, 100e6), 2);
  assert.equal(workersOfDecode(32, { workers: 4, small: true }, 60e6), 4);
});

Deno.test("a single run of a large model shares its operators among all threads", () => {
  const large = { workers: 4, small: false }, small = { workers: 4, small: true };
  assert.deepEqual(workerOptions(0, 1, large), {});
  assert.deepEqual(workerOptions(1, 4, large), { worker: "any", threads: 1 });
  assert.deepEqual(workerOptions(1, 4, large, true), { worker: 1, threads: 1, arena: "own" });
  assert.deepEqual(workerOptions(1, 4, small), { worker: 1, threads: 1, arena: "own" });
  assert.deepEqual(workerOptions(0, 1, small), { worker: 0, threads: 1, arena: "own" });
  assert.deepEqual(workerOptions(0, 1, { workers: 1, small: true }), {});
});

Deno.test("tileRows() holds the bound on an activation, and is one row at least", () => {
  assert.equal(tileRows(384, 80), 4); // 4·80·384 float32 numbers are 0.47 MiB
  assert.equal(tileRows(384, 90), 3); // 4 rows would be 0.53 MiB
  assert.equal(tileRows(1_000_000, 80), 1);
});

Deno.test("cutEvenly() keeps the order and balances", () => {
  const rows = Array.from({ length: 11 }, (_, row) => row);
  assert.deepEqual(cutEvenly(rows, 2), [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9, 10]]);
  assert.deepEqual(cutEvenly(rows, 1), [rows]);
  assert.deepEqual(cutEvenly(rows, 4).flat(), rows);
});

Deno.test("inRounds() runs one part of each worker at a time and gives the results worker by worker", async () => {
  const rounds: number[][] = [];
  const results = await inRounds([[1, 2, 3], [4, 5]], (round) => {
    rounds.push(round.map(({ part }) => part));
    return Promise.resolve(round.map(({ part, worker }) => [part, worker]));
  });
  assert.deepEqual(rounds, [[1, 4], [2, 5], [3]]);
  assert.deepEqual(results, [[1, 0], [2, 0], [3, 0], [4, 1], [5, 1]]);
});

/** Adds 1 to x [n]. */
async function adder(n: number): Promise<{ binding: Binding; y: Tensor }> {
  const g = new Builder("adder");
  const session = await runtime.createSession(
    g.finish({ y: g.add(g.input("x", "float32", ["n"]), 1) }).bytes,
  );
  const y = Tensor.zerosOnDevice(runtime, "float32", [n]);
  return {
    binding: session.bind().input("x", Tensor.zerosOnDevice(runtime, "float32", [n])).output("y", y),
    y,
  };
}

Deno.test("runWorkers() waits for every worker before it throws", async () => {
  for (const here of [true, false]) {
    const [wrong, right] = [await adder(3), await adder(1 << 20)];
    wrong.binding.output("y", Tensor.zerosOnDevice(runtime, "float32", [2])); // not the shape of x
    const bindings = here ? [right.binding, wrong.binding] : [wrong.binding, right.binding];
    await assert.rejects(runWorkers(bindings, { here, signal: undefined }), /shape|[Ss]ize/);
    assert.ok((right.y.data as Float32Array).every((value) => value === 1));
    for (const { binding } of [wrong, right]) binding.dispose();
  }
});

/** A policy on the embedded model in workers, or in one. */
async function policyOf(workers: number): Promise<{ policy: Policy; optimizer: Optimizer }> {
  const base = await BaseModel.open(runtime, folder);
  Object.defineProperty(base, "workers", { value: workers });
  const tuning = tuningOf(base.config, { type: "lora", r: 4, alpha: 8, target_modules: "all-linear" });
  const parameters = await initialParameters(base, tuning, { head: false, seed: 1, role: "policy" });
  parameters.flat.data.forEach((value, i) =>
    parameters.flat.data[i] = value + 0.02 * (uniform(1, "data", 0, 0, i) - 0.5)
  );
  const policy = new Policy(base, tuning, parameters, { reference: "base", shared: false });
  const adam = { adam_beta1: 0.9, adam_beta2: 0.999, adam_eps: 1e-8, max_grad_norm: null };
  return { policy, optimizer: await Optimizer.create(runtime, parameters, adam) };
}

function rows(count: number): SamplingRequest[] {
  return Array.from({ length: count }, (_, row) => ({
    prompt_ids: Array.from(
      { length: 3 + row },
      (_, s) => 3 + Math.floor(1500 * uniform(2, "data", 0, row, s)),
    ),
    max_new_tokens: 6,
    temperature: 1,
    top_k: 0,
    top_p: 1,
    uniform: (position) => uniform(3, "sample", 0, row, position),
    stop_token_ids: new Set<number>(),
  }));
}

Deno.test("two workers sample the tokens of one, and give its logprobs, statistics and gradients", async () => {
  const [one, two] = [await policyOf(1), await policyOf(2)];
  const asked = rows(9);
  const sampled = await one.policy.respond(asked);
  assert.deepEqual(
    (await two.policy.respond(asked)).map((row) => row.response_ids),
    sampled.map((row) => row.response_ids),
  );
  const sequences = asked.map(({ prompt_ids }, row) => ({
    prompt_ids,
    response_ids: sampled[row]!.response_ids,
  }));
  const logprobs = (await one.policy.analyze(sequences, { temperature: 1 })).logprobs;
  const inLanes = (await two.policy.analyze(sequences, { temperature: 1 })).logprobs;
  logprobs.forEach((row, i) =>
    row.forEach((value, t) => assert.ok(Math.abs(value - inLanes[i]![t]!) < 1e-5))
  );

  const examples = sequences.map((sequence, row) => ({
    ...sequence,
    logprobs: logprobs[row]!,
    advantages: logprobs[row]!.map((_, t) => uniform(4, "data", 0, row, t) - 0.5),
    values: logprobs[row]!.map(() => 0),
    returns: logprobs[row]!.map(() => 0),
  }));
  for (const first of [true, false]) {
    const options = { tokenWeight: () => 1 / (2 * 54), first };
    const stats = (await one.policy.train(examples, LOSS, one.optimizer, options)).read();
    const laneStats = (await two.policy.train(examples, LOSS, two.optimizer, options)).read();
    for (const [name, value] of Object.entries(stats)) {
      const actual = laneStats[name as keyof typeof laneStats] as number;
      assert.ok(
        Math.abs(actual - value) < 1e-4 * (1 + Math.abs(value)),
        `${name}: ${actual} instead of ${value}`,
      );
    }
    one.optimizer.gradients.flat.data.forEach((value, i) => {
      assert.ok(Math.abs(value - two.optimizer.gradients.flat.data[i]!) < 1e-6);
    });
  }
});
