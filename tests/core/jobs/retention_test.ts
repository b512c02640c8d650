import assert from "node:assert/strict";
import type { KeepConfig } from "../../../core/contract/job.ts";
import { bestBy } from "../../../core/contract/watched_metric.ts";
import { retention } from "../../../core/jobs/retention.ts";

const FILES = [{ name: "model.safetensors", bytes: 1, sha256: "0" }];
const row = (step: number, metrics = {}, resumable = 0, files = FILES) => ({
  ...{ id: `ckpt_${step}`, step, metrics, resumable, files },
});
const asked = (keep: KeepConfig) => ({ keep, best: bestBy({ kind: "ppo", keep }) });
const steps = (rows: { step: number }[]) => rows.map(({ step }) => step);

Deno.test("retention() keeps all without keep, and training state in the newest two that have it", () => {
  const rows = [row(1, {}, 1), row(2, {}, 1), row(3), row(4, {}, 1)];
  const { dropped, stateless } = retention(rows, { keep: null, best: null }, new Set());
  assert.deepEqual([steps(dropped), steps(stateless)], [[], [1]]);
});

Deno.test("retention() keeps what has no files while it can be resumed from, and no longer", () => {
  const rows = [row(1, {}, 1, []), row(2, {}, 1, []), row(3, {}, 1, [])];
  const { dropped, stateless } = retention(rows, { keep: null, best: null }, new Set());
  assert.deepEqual([steps(dropped), steps(stateless)], [[1], []]);
});

Deno.test("retention() keeps the last, the best, what can be resumed from and what others need", () => {
  const values = [3, 9, 1, 9, 2, 4];
  const rows = values.map((value, at) => row(at + 1, { score: value, loss: value }));
  const dropped = (last: number, best_by: string | null, needed: string[] = []) =>
    steps(retention(rows, asked({ last, best_by }), new Set(needed)).dropped);
  assert.deepEqual(dropped(1, null), [1, 2, 3, 4, 5]);
  assert.deepEqual(dropped(3, null), [1, 2, 3]);
  assert.deepEqual(dropped(1, "score"), [1, 2, 3, 5], "of equal ones the latest");
  assert.deepEqual(dropped(1, "loss"), [1, 2, 4, 5], "less is better");
  assert.deepEqual(dropped(1, "none of that name"), [1, 2, 3, 4, 5]);
  assert.deepEqual(dropped(99, null), []);
  assert.deepEqual(dropped(1, null, ["ckpt_2"]), [1, 3, 4, 5]);
  const resumable = rows.map((one, at) => at === 1 || at === 3 || at === 5 ? { ...one, resumable: 1 } : one);
  assert.deepEqual(steps(retention(resumable, asked({ last: 1, best_by: null }), new Set()).dropped), [
    1,
    2,
    3,
    5,
  ]);
});
