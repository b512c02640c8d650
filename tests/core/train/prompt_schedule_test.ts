import assert from "node:assert/strict";
import { promptOrder, stepPrompts, stepsPerEpoch } from "../../../core/train/prompt_schedule.ts";

Deno.test("an epoch visits every prompt, and its last step is filled from the start of the order", () => {
  const order = promptOrder(5, 0, 10);
  assert.equal(stepsPerEpoch(10, 4), 3);
  const steps = [0, 1, 2].map((step) => stepPrompts(order, step, 4));
  assert.ok(steps.every((step) => step.length === 4));
  assert.deepEqual(steps.flat(), [...order, ...order.slice(0, 2)]);
  assert.deepEqual([...order].sort((a, b) => a - b), Array.from({ length: 10 }, (_, i) => i));
});

Deno.test("a batch larger than the prompts repeats them evenly", () => {
  const step = stepPrompts(promptOrder(5, 0, 3), 0, 7);
  assert.equal(stepsPerEpoch(3, 7), 1);
  const counts = [0, 1, 2].map((prompt) => step.filter((index) => index === prompt).length);
  assert.deepEqual(counts.sort(), [2, 2, 3]);
});

Deno.test("each epoch and seed has an order of its own", () => {
  const orders = [promptOrder(5, 0, 20), promptOrder(5, 1, 20), promptOrder(6, 0, 20)].map(String);
  assert.equal(new Set(orders).size, 3);
  assert.equal(String(promptOrder(5, 0, 20)), orders[0]);
});
