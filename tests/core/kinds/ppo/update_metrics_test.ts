import assert from "node:assert/strict";
import {
  addStats,
  exceedsTargetKl,
  UpdateMetrics,
  type UpdateStats,
} from "../../../../core/kinds/ppo/update_metrics.ts";

const stats = (tokens: number, given: Partial<UpdateStats>): UpdateStats => ({
  tokens,
  policy_loss_sum: 0,
  approxkl_sum: 0,
  clipfrac_sum: 0,
  entropy_sum: 0,
  ratio_sum: tokens,
  value_loss_sum: 0,
  value_clipfrac_sum: 0,
  k3_sum: 0,
  ...given,
});

const stepped = (policy_grad_norm: number | null, value_grad_norm: number | null, skipped = false) => ({
  policy_grad_norm,
  value_grad_norm,
  lr: 1e-5,
  skipped,
});

function finish(parts: UpdateStats[]) {
  const metrics = new UpdateMetrics();
  parts.forEach((part) => metrics.addMicroBatch(part));
  return metrics.finish();
}

Deno.test("averages are over tokens: a short micro-batch counts for its tokens only", () => {
  const metrics = finish([stats(4, { policy_loss_sum: 10 }), stats(2, { policy_loss_sum: 30 })]);
  assert.ok(Math.abs(metrics["loss/policy_avg"]! - 6.6666667) < 1e-6);
});

Deno.test("every sum ends in its own metric", () => {
  const metrics = finish([stats(2, {
    policy_loss_sum: 2,
    approxkl_sum: 4,
    clipfrac_sum: 1,
    entropy_sum: 6,
    ratio_sum: 2.2,
    value_loss_sum: 8,
    value_clipfrac_sum: 2,
    k3_sum: 10,
  })]);
  assert.deepEqual(metrics, {
    "loss/policy_avg": 1,
    "loss/value_avg": 4,
    "policy/approxkl_avg": 2,
    "policy/clipfrac_avg": 0.5,
    "policy/entropy_avg": 3,
    "policy/k3_avg": 5,
    "policy/grad_norm": 0,
    "value/grad_norm": 0,
    "val/clipfrac_avg": 1,
    "val/ratio": 1.1,
    "val/ratio_var": 0,
    "lr": 0,
    "optimizer_steps": 0,
    "skipped_steps": 0,
    "early_stop_epoch": 0,
  });
});

Deno.test("the averages do not depend on how a mini-batch was cut", () => {
  const parts = [stats(3, { k3_sum: 0.3 }), stats(5, { k3_sum: 0.1 }), stats(1, { k3_sum: 0.9 })];
  const [whole, cut] = [finish([addStats(parts)]), finish(parts)];
  assert.equal(whole["policy/k3_avg"], cut["policy/k3_avg"]);
});

Deno.test("val/ratio_var is the variance of the micro-batches' mean ratios", () => {
  const metrics = finish([stats(4, { ratio_sum: 4.4 }), stats(2, { ratio_sum: 1.8 })]);
  assert.ok(Math.abs(metrics["val/ratio_var"]! - 0.02) < 1e-12);
});

Deno.test("gradient norms are averaged over the steps taken, skipped ones are counted", () => {
  const metrics = new UpdateMetrics();
  metrics.addMicroBatch(stats(1, {}));
  metrics.addOptimizerStep(stepped(null, 4));
  metrics.addOptimizerStep(stepped(3, 2));
  metrics.addOptimizerStep(stepped(NaN, NaN, true));
  metrics.stopEarly(1);
  const result = metrics.finish();
  assert.deepEqual(
    [
      result["policy/grad_norm"],
      result["value/grad_norm"],
      result["optimizer_steps"],
      result["skipped_steps"],
    ],
    [3, 3, 2, 1],
  );
  assert.deepEqual([result["lr"], result["early_stop_epoch"]], [1e-5, 2]);
});

Deno.test("exceedsTargetKl() compares the mini-batch's mean k3 with 1.5 times the target", () => {
  const miniBatch = [stats(4, { k3_sum: 0.04 }), stats(1, { k3_sum: 0.04 })];
  assert.equal(exceedsTargetKl(miniBatch, 0.01), true);
  assert.equal(exceedsTargetKl(miniBatch, 0.011), false);
});

Deno.test("finish() refuses updates without tokens", () => {
  assert.throws(() => new UpdateMetrics().finish(), RangeError);
});
