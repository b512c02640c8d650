import assert from "node:assert/strict";
import { learningTable } from "../../bench/learning_docs.ts";
import { learningPicture } from "../../bench/learning_picture.ts";
import { difference, meanCurve, stepsTo, summarise } from "../../bench/learning_summary.ts";

const course = (...scores: number[]) => ({ scores, kl: scores.map((score) => 10 * score) });

Deno.test("runs are summed up by their means over steps and seeds, with the error of the mean", () => {
  const summary = summarise([course(0, 1, 2, 3, 4), course(2, 3, 4, 5, 6)], 3);
  assert.deepEqual(summary, {
    seeds: 2,
    score: 3,
    score_se: 1,
    last_score: 5,
    steps_to_threshold: 3,
    last_kl: 50,
    last_kl_se: 10,
  });
});

Deno.test("a threshold is reached by the first step at or above it, and never counts as one step more", () => {
  assert.deepEqual([0, 1, 1.5, 2].map((threshold) => stepsTo(threshold, [0, 2, 1])), [1, 2, 2, 2]);
  assert.equal(stepsTo(3, [0, 2, 1]), 4);
});

Deno.test("a difference's error is that of both means together", () => {
  const ours = summarise([course(1), course(7)], 0); // mean 4, error 3
  const theirs = summarise([course(2), course(10)], 0); // mean 6, error 4
  assert.deepEqual(difference(ours, theirs), { score: -2, score_se: 5, kl: -20, kl_se: 50 });
});

Deno.test("a picture has a line and its spread a system, within the panel", () => {
  const curves = [{ label: "a", runs: [[0, 1], [2, 3]] }, { label: "b", runs: [[1, 1], [1, 1]] }];
  const svg = learningPicture([{ title: "t", curves }]);
  assert.equal(svg.match(/<polyline/g)!.length, 2);
  assert.equal(svg.match(/<polygon/g)!.length, 2);
  const heights = [...svg.matchAll(/points="([^"]+)"/g)]
    .flatMap(([, points]) => points!.split(" ").map((point) => Number(point.split(",")[1])));
  assert.ok(heights.every((height) => height >= 44 && height <= 204), `${heights}`);
});

Deno.test("a table has a line for each system and task", () => {
  const [proximal, trl] = [summarise([course(1, 2)], 2), summarise([course(0, 1)], 2)];
  const lines = learningTable([{ task: "t", threshold: 2, proximal, trl }]).split("\n").slice(2);
  assert.deepEqual(lines, [
    "| t (2), here | 1 | 1.500 ± 0.000 | 2.0 | 2.00 | 20.00 ± 0.00 |",
    "| t, TRL | 1 | 0.500 ± 0.000 | 3.0 | 1.00 | 10.00 ± 0.00 |",
  ]);
});

Deno.test("a curve over seeds is the mean of its runs at each step", () => {
  assert.deepEqual(meanCurve([[1, 2, 3], [3, 2, 5]]), [2, 2, 4]);
  assert.deepEqual(meanCurve([]), []);
});
