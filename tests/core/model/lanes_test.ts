/** Lanes: how a batch is cut, and that cutting it changes no result but by rounding. */
import assert from "node:assert/strict";
import { cutIntoBites, cutIntoLanes, inTurn, sideBySide } from "../../../core/model/lanes.ts";
import { BaseModel } from "../../../core/model/base_model.ts";
import { initialParameters, tuningOf } from "../../../core/model/network.ts";
import { Optimizer } from "../../../core/model/optimizer.ts";
import type { DecodeRow } from "../../../core/model/decoding.ts";
import { Policy } from "../../../core/model/policy.ts";
import { Runtime } from "../../../core/ort/runtime.ts";
import { uniform } from "../../../core/rng.ts";

const runtime = Runtime.open({ threads: 2 });
const folder = new URL("../../../models/tiny", import.meta.url).pathname;
const LOSS = {
  temperature: 1,
  clip_epsilon: 0.2,
  clip_epsilon_high: null,
  dual_clip: null,
  cliprange_value: 0.2,
  vf_coef: 0.1,
  entropy_coef: 0,
};

Deno.test("cutIntoLanes() keeps the order, balances, and leaves few rows together", () => {
  const rows = Array.from({ length: 11 }, (_, row) => row);
  assert.deepEqual(cutIntoLanes(rows, 2), [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9, 10]]);
  assert.deepEqual(cutIntoLanes(rows, 1), [rows]);
  assert.equal(cutIntoLanes(rows.slice(0, 7), 4).length, 1);
  assert.deepEqual(cutIntoLanes(rows, 16).flat(), rows);
});

Deno.test("cutIntoBites() keeps the order, balances, and holds the bound on an activation", () => {
  const rows = (count: number, length: number) =>
    Array.from({ length: count }, () => ({ prompt_ids: [1], response_ids: new Array(length - 1).fill(2) }));
  const sizes = (count: number, length: number, width: number) =>
    cutIntoBites(rows(count, length), width).map((bite) => bite.length);
  assert.deepEqual(sizes(16, 80, 384), [8, 8]); // 8·80·384 float32 numbers are 0.94 MiB
  assert.deepEqual(sizes(16, 90, 384), [5, 5, 6]); // 8 rows would be 1.05 MiB
  assert.deepEqual(sizes(3, 80, 1_000_000), [1, 1, 1]);
  assert.deepEqual(sizes(0, 80, 384), []);
  const given = rows(11, 100);
  assert.deepEqual(cutIntoBites(given, 384).flat(), given);
});

Deno.test("sideBySide() waits for every part before it throws", async () => {
  let finished = false;
  const slow = async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    finished = true;
  };
  await assert.rejects(
    sideBySide([0, 1], (part) => part === 0 ? Promise.reject(new Error("first")) : slow()),
    /first/,
  );
  assert.ok(finished);
});

Deno.test("inTurn() runs at most that many at once and keeps the order", async () => {
  let running = 0, most = 0;
  const results = await inTurn([5, 1, 4, 2, 3], 2, async (part) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, part));
    running--;
    return part * 10;
  });
  assert.deepEqual(results, [50, 10, 40, 20, 30]);
  assert.equal(most, 2);
});

/** A policy on the embedded model in lanes, or in one. */
async function policyOf(lanes: number): Promise<{ policy: Policy; optimizer: Optimizer }> {
  const base = await BaseModel.open(runtime, folder);
  Object.defineProperty(base, "lanes", { value: lanes });
  const tuning = tuningOf(base.config, { type: "lora", r: 4, alpha: 8, target_modules: "all-linear" });
  const parameters = await initialParameters(base, tuning, { head: false, seed: 1, role: "policy" });
  parameters.flat.data.forEach((value, i) =>
    parameters.flat.data[i] = value + 0.02 * (uniform(1, "data", 0, 0, i) - 0.5)
  );
  const policy = new Policy(base, tuning, parameters, { reference: "base", shared: false });
  const adam = { adam_beta1: 0.9, adam_beta2: 0.999, adam_eps: 1e-8, max_grad_norm: null };
  return { policy, optimizer: await Optimizer.create(runtime, parameters, adam) };
}

function rows(count: number): DecodeRow[] {
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

Deno.test("two lanes sample the tokens of one, and give its logprobs, statistics and gradients", async () => {
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
    const options = { stepTokens: 2 * 54, first };
    const stats = await one.policy.train(examples, LOSS, one.optimizer, options);
    const laneStats = await two.policy.train(examples, LOSS, two.optimizer, options);
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
