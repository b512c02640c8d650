/** What an evaluation adds up, by hand on a few rows and by its properties on many. */
import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import { distinct } from "../../../core/evaluate/distinct.ts";
import type { Evaluated } from "../../../core/evaluate/evaluator.ts";
import { evaluationMetrics, evaluationResult } from "../../../core/evaluate/result.ts";
import { addEvaluated, DISTINCT_TOKENS, emptyTally, RESULT_SAMPLES } from "../../../core/evaluate/tally.ts";

function row(prompt_idx: number, sample: number, score: number, given: Partial<Evaluated> = {}): Evaluated {
  const text = `${prompt_idx}.${sample}`;
  return {
    ...{ prompt_idx, sample, score, prompt: `p${prompt_idx}`, completion: text, body_ids: [1, 2] },
    ...{ tokens: 3, terminated: true, terms: { length: score }, kl: 0.5, entropy: 3 },
    ...given,
  };
}

Deno.test("distinct() is different n-grams by all of them, none across two texts", () => {
  const texts = [[1, 2, 1, 2], [2, 1], []];
  assert.equal(distinct(texts, 1), 2 / 6);
  assert.equal(distinct(texts, 2), 2 / 4); // (1,2) (2,1) (1,2) | (2,1)
  assert.equal(distinct([[5], []], 2), 0);
  assert.equal(distinct([], 1), 0);
  assert.equal(distinct([[2 ** 25, 2 ** 25 + 1], [2 ** 25 + 1, 2 ** 25]], 2), 1);
});

Deno.test("a result by hand: means over prompts, pairs won, lost and tied, texts side by side", () => {
  // Prompt means 2 and 5: mean 3.5, standard error 1.5, t of one degree 12.7062047.
  const rows = [
    row(0, 0, 1),
    row(0, 1, 3),
    row(1, 0, 4, { tokens: 1, terminated: false, kl: 2 }),
    row(1, 1, 6),
  ];
  const others = [row(0, 0, 1), row(0, 1, 2), row(1, 0, 5), row(1, 1, 5, { body_ids: [7] })];
  const tally = addEvaluated(emptyTally({ against: true }), rows, others);
  const result = evaluationResult(tally);
  const near = (actual: number | null | undefined, expected: number) =>
    assert.ok(Math.abs(actual! - expected) < 1e-6, `${actual}, not ${expected}`);
  assert.deepEqual([result.n, result.prompts], [4, 2]);
  near(result.reward.mean, 3.5);
  near(result.reward.ci95![0], 3.5 - 12.7062047 * 1.5);
  near(result.reward.against, 3.25);
  near(result.reward.difference!.mean, 0.25); // of prompts 0.5 and 0
  near(result.reward.difference!.ci95![1], 0.25 + 12.7062047 * 0.25);
  assert.deepEqual([result.win_rate, result.wins, result.ties, result.losses], [0.5, 2, 1, 1]);
  near(result.terms.length!.mean, 3.5);
  near(result.terms.length!.against, 3.25);
  near(result.kl, 3.5 / 4);
  near(result.entropy, 12 / 10);
  near(result.length, 10 / 4);
  near(result.finish_share, 3 / 4);
  near(result.distinct_1, 2 / 8);
  near(result.against!.distinct_1, 3 / 7);
  assert.deepEqual(result.samples, [
    { prompt: "p0", completion: "0.0", against: "0.0", score: 1, against_score: 1 },
    { prompt: "p1", completion: "1.0", against: "1.0", score: 4, against_score: 5 },
  ]);
  const metrics = evaluationMetrics(tally);
  near(metrics["eval/avg_reward"], 3.5);
  near(metrics["eval/avg_reward_ci95"], 12.7062047 * 1.5);
  near(metrics["eval/reward/length"], 3.5);
  near(metrics["eval/win_rate"], 0.5);
  near(metrics["eval/tie_rate"], 0.25);
  near(metrics["eval/against/avg_reward"], 3.25);
});

Deno.test("a policy by itself has nothing to be compared with, and one prompt no interval", () => {
  const result = evaluationResult(addEvaluated(emptyTally({ against: false }), [row(0, 0, 2)], null));
  assert.deepEqual(result.reward, { mean: 2, ci95: null, against: null, difference: null });
  assert.deepEqual([result.win_rate, result.wins, result.ties, result.losses, result.against], [
    ...[null, null, null, null, null],
  ]);
  assert.deepEqual(result.samples, [{
    prompt: "p0",
    completion: "0.0",
    against: null,
    score: 2,
    against_score: null,
  }]);
  assert.throws(() => evaluationResult(emptyTally({ against: false })), RangeError);
});

const scores = fc.array(
  fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 2 }),
  {
    ...{ minLength: 1, maxLength: 12 },
  },
);

Deno.test("whatever the batches: the same tally; a policy against itself only ties; sides swapped, signs swap", () => {
  fc.assert(fc.property(scores, scores, fc.integer({ min: 1, max: 12 }), (first, second, size) => {
    const prompts = Math.min(first.length, second.length);
    const rows = (of: number[][]) =>
      of.slice(0, prompts).map((samples, prompt) => samples.map((score, at) => row(prompt, at, score)));
    const [a, b] = [rows(first), rows(second)];
    const tally = (a: Evaluated[][], b: Evaluated[][], size: number) => {
      let sum = emptyTally({ against: true });
      for (let at = 0; at < a.length; at += size) {
        sum = addEvaluated(sum, a.slice(at, at + size).flat(), b.slice(at, at + size).flat());
      }
      return sum;
    };
    assert.deepEqual(tally(a, b, size), tally(a, b, prompts));
    // As JSON keeps it, which is how a job that resumes has it.
    assert.deepEqual(
      JSON.parse(JSON.stringify(tally(a, b, size))),
      JSON.parse(JSON.stringify(tally(a, b, 1))),
    );
    const itself = evaluationResult(tally(a, a, size));
    assert.deepEqual([itself.wins, itself.ties, itself.losses], [0, itself.n, 0]);
    assert.equal(itself.reward.difference!.mean, 0);
    const [one, other] = [evaluationResult(tally(a, b, size)), evaluationResult(tally(b, a, size))];
    assert.deepEqual([one.wins, one.ties, one.losses], [other.losses, other.ties, other.wins]);
    assert.equal(one.wins! + one.ties! + one.losses!, one.n);
    assert.ok(Math.abs(one.reward.difference!.mean + other.reward.difference!.mean) < 1e-9);
    const { mean, ci95 } = one.reward;
    if (ci95) assert.ok(ci95[0] <= mean && mean <= ci95[1]);
    // An interval of pairs is no wider than what they vary by: equal shifts leave none.
    const shifted = a.map((samples) => samples.map((one) => ({ ...one, score: one.score + 1 })));
    const { difference } = evaluationResult(tally(shifted, a, size)).reward;
    if (difference!.ci95) assert.ok(difference!.ci95[1] - difference!.ci95[0] < 1e-9);
    assert.equal(evaluationResult(tally(shifted, a, size)).win_rate, 1);
  }));
});

Deno.test("what is kept is bounded: samples, the length of texts, and the tokens that variety is of", () => {
  const many = Array.from({ length: 200 }, (_, prompt) =>
    row(prompt, 0, 1, {
      prompt: "x".repeat(5000),
      completion: "😀".repeat(5000),
      body_ids: Array.from({ length: 1000 }, (_, at) => at),
    }));
  const tally = addEvaluated(emptyTally({ against: false }), many, null);
  assert.equal(tally.shown.length, RESULT_SAMPLES);
  assert.ok(
    tally.shown.every(({ prompt, completion }) => prompt.length <= 1000 && completion.length <= 1000),
  );
  assert.ok(tally.shown.every(({ completion }) => completion.isWellFormed()));
  assert.equal(tally.policy.bodies.flat().length, DISTINCT_TOKENS);
  const more = addEvaluated(tally, many, null);
  assert.equal(more.policy.bodies.flat().length, DISTINCT_TOKENS);
  assert.equal(more.policy.samples, 400);
});
