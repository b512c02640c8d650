import assert from "node:assert/strict";
import { epochMetrics } from "../../../../core/kinds/ppo/epoch_metrics.ts";

const step = (value: number) => ({
  "loss/policy_avg": value,
  "loss/value_avg": 2 * value,
  "objective/kl": 3 * value,
  "objective/scores": 4 * value,
});

Deno.test("an epoch has its steps' means and the four metrics of the callbacks", () => {
  assert.deepEqual(epochMetrics([step(1), { ...step(3), "time/train_s": 5 }]), {
    ...step(2),
    "time/train_s": 5,
    policy_loss: 2,
    value_loss: 4,
    kl_div: 6,
    avg_reward: 8,
  });
});

Deno.test("epochMetrics() refuses an epoch without steps or without what it promises", () => {
  assert.throws(() => epochMetrics([]), RangeError);
  assert.throws(() => epochMetrics([{ "objective/kl": 1 }]), /Steps have no metric loss\/policy_avg/);
});
