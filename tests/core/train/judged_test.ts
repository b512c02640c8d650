import assert from "node:assert/strict";
import { bestBy, modeOf } from "../../../core/contract/watched_metric.ts";
import { judge, type Judged } from "../../../core/train/judged.ts";

/** The state after each figure. */
function course(values: (number | null | undefined)[], by: Parameters<typeof judge>[3]): (Judged | null)[] {
  let judged: Judged | null = null;
  return values.map((value, at) => judged = judge(judged, value, at + 1, by));
}

Deno.test("judge() counts the figures since the best, and one that is not there not at all", () => {
  assert.deepEqual(
    course([1, 3, 2, undefined, 3, 4], { mode: "max" }).map((one) => [one!.best, one!.step, one!.since]),
    [
      ...[[1, 1, 0], [3, 2, 0], [3, 2, 1], [3, 2, 1], [3, 2, 2], [4, 6, 0]],
    ],
  );
  assert.deepEqual(course([3, 1, 2], { mode: "min" }).map((one) => one!.since), [0, 0, 1]);
});

Deno.test("judge() calls better what is so by more than min_delta; NaN and infinity never are", () => {
  assert.deepEqual(course([1, 1.5, 1.6], { mode: "max", min_delta: 0.5 }).map((one) => one!.since), [
    0,
    1,
    0,
  ]);
  assert.deepEqual(course([1, 0.5, 0.4], { mode: "min", min_delta: 0.5 }).map((one) => one!.since), [
    0,
    1,
    0,
  ]);
  assert.deepEqual(course([NaN, null, 1, Infinity, NaN], { mode: "max" }).map((one) => one?.since), [
    ...[undefined, undefined, 0, 1, 2],
  ]);
});

Deno.test("bestBy() is keep's metric, else the one that the job stops by; less of a loss, a perplexity and a KL is better", () => {
  const early_stop = { metric: "eval/avg_reward", patience: 1, min_delta: 0, mode: null };
  assert.equal(bestBy({ kind: "ppo" }), null);
  assert.deepEqual(bestBy({ kind: "ppo", early_stop, keep: { best_by: null } }), {
    metric: "eval/avg_reward",
    mode: "max",
  });
  assert.deepEqual(bestBy({ kind: "ppo", early_stop: { ...early_stop, mode: "min" } })!.mode, "min");
  assert.deepEqual(bestBy({ kind: "ppo", early_stop, keep: { best_by: "held_out/loss" } }), {
    ...{ metric: "held_out/loss", mode: "min" },
  });
  for (const name of ["loss", "held_out/perplexity", "eval/kl", "kl_div"]) assert.equal(modeOf(name), "min");
});
