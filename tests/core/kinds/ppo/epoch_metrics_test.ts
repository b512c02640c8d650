import assert from "node:assert/strict";
import type { Metrics } from "../../../../core/contract/progress.ts";
import { epochMetrics } from "../../../../core/kinds/ppo/epoch_metrics.ts";
import { addMetrics } from "../../../../core/train/metric_sums.ts";

const sums = (...steps: Metrics[]) => steps.reduce(addMetrics, {});
const step = (value: number) => ({
  "loss/policy_avg": value,
  "loss/value_avg": 2 * value,
  "objective/kl": 3 * value,
  "objective/scores": 4 * value,
});

Deno.test("an epoch has its steps' means and the four metrics of the callbacks", () => {
  assert.deepEqual(epochMetrics(sums(step(1), { ...step(3), "time/train_s": 5 })), {
    ...step(2),
    "time/train_s": 5,
    policy_loss: 2,
    value_loss: 4,
    kl_div: 6,
    avg_reward: 8,
  });
});

Deno.test("epochMetrics() refuses an epoch without steps or without what it promises", () => {
  assert.throws(() => epochMetrics({}), RangeError);
  assert.throws(() => epochMetrics(sums({ "objective/kl": 1 })), /Steps have no metric loss\/policy_avg/);
});
