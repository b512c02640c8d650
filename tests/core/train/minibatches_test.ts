import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import {
  byLength,
  exactDiv,
  microBatches,
  miniBatches,
  tokenCount,
} from "../../../core/train/minibatches.ts";

const KEY = { seed: 7, step: 3, ppo_epoch: 0 };

Deno.test("mini-batches hold every row exactly once", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 6 }), (size, count) => {
    const batches = miniBatches(size * count, count, KEY);
    assert.equal(batches.length, count);
    assert.ok(batches.every((batch) => batch.length === size));
    assert.deepEqual(batches.flat().sort((a, b) => a - b), Array.from({ length: size * count }, (_, i) => i));
  }));
});

Deno.test("the order depends on seed, step and PPO epoch, and on nothing else", () => {
  const order = (change: Partial<typeof KEY>) => miniBatches(32, 1, { ...KEY, ...change }).join();
  assert.equal(order({}), order({}));
  assert.equal(new Set([order({}), order({ seed: 8 }), order({ step: 4 }), order({ ppo_epoch: 1 })]).size, 4);
});

Deno.test("optimizer steps of an update are PPO epochs times mini-batches, whatever the micro-batch size", () => {
  for (const size of [null, 1, 2, 4]) {
    let optimizerSteps = 0, rows = 0;
    for (let ppo_epoch = 0; ppo_epoch < 3; ppo_epoch++) {
      for (const miniBatch of miniBatches(8, 2, { ...KEY, ppo_epoch })) {
        for (const microBatch of microBatches(miniBatch, size)) rows += microBatch.length;
        optimizerSteps++;
      }
    }
    assert.deepEqual([optimizerSteps, rows], [6, 24]);
  }
});

Deno.test("micro-batches keep the mini-batch's order", () => {
  assert.deepEqual(microBatches([5, 1, 4, 2], 2), [[5, 1], [4, 2]]);
  assert.deepEqual(microBatches([5, 1, 4, 2], null), [[5, 1, 4, 2]]);
});

Deno.test("exactDiv() refuses what does not divide", () => {
  assert.equal(exactDiv(8, 2, "batch"), 4);
  for (const [whole, parts] of [[8, 3], [8, 0], [0, 4], [2, 4]] as const) {
    assert.throws(() => exactDiv(whole, parts, "batch"), RangeError);
  }
  assert.throws(() => miniBatches(8, 3, KEY), /Cannot split rollouts 8 into 3 equal parts/);
});

Deno.test("dividing sums by the mini-batch's tokens averages over tokens, not over micro-batches", () => {
  const losses = [[1, 2, 3, 4], [10, 20]];
  const step = tokenCount(losses.map((row) => ({ response_ids: row })));
  const total = losses.reduce((loss, row) => loss + row.reduce((sum, x) => sum + x, 0) / step, 0);
  assert.ok(Math.abs(total - 6.6666667) < 1e-6);
});

Deno.test("byLength() puts the longest first, those of one length in the order they had", () => {
  const rows = ["ab", "c", "def", "gh", "ijk"];
  assert.deepEqual(byLength(rows, ({ length }) => length), ["def", "ijk", "ab", "gh", "c"]);
  assert.deepEqual(rows, ["ab", "c", "def", "gh", "ijk"]);
});
