/** Rewards that are asked for: batches, their order, and rows that have no score. */
import assert from "node:assert/strict";
import { type RewardInput, rewardSchema } from "../../../core/contract/reward_schema.ts";
import type { RewardQuestion, Scored } from "../../../core/contract/reward_question.ts";
import type { AskReward } from "../../../core/rewards/asked_reward.ts";
import { rewardMetrics } from "../../../core/rewards/reward_metrics.ts";
import { makeReward } from "../../../core/rewards/rewards.ts";
import { sample } from "./score_texts.ts";

const HTTP = { type: "http", url: "https://example.com/", batch_size: 2 } as const;
const SAMPLES = ["a", "b", "c", "d", "e"].map((text, row) => sample(text, { prompt_idx: row }));

const made = (input: RewardInput, ask?: AskReward) =>
  makeReward(rewardSchema.parse(input), { ask, model: () => Promise.reject(new Error("no models")) });

const scored = (scores: (number | null)[], more: Partial<Scored> = {}): Scored => ({
  ...{ type: "scored", scores, terms: {}, faults: [] },
  ...more,
});

const codes = ({ items }: RewardQuestion) => items.map(({ completion }) => completion.charCodeAt(0) - 96);

Deno.test("a batch is asked for in parts, and the scores are in its order whichever comes first", async () => {
  const questions: RewardQuestion[] = [];
  const first = Promise.withResolvers<void>();
  const source = await made({ type: "sum", terms: [{ reward: HTTP }] }, async (question) => {
    questions.push(question);
    if (question.items[0]!.prompt_idx === 0) await first.promise;
    if (question.items[0]!.prompt_idx === 4) first.resolve();
    return scored(codes(question));
  });
  const { scores, terms, faults } = await source.score(SAMPLES);
  assert.deepEqual([...scores], [1, 2, 3, 4, 5]);
  assert.deepEqual(questions.map(({ at, items }) => [at, items.length]), [
    ["terms.0.reward", 2],
    ["terms.0.reward", 2],
    ["terms.0.reward", 1],
  ]);
  assert.deepEqual(Object.keys(terms), ["http"]);
  assert.deepEqual(faults, { http: [] });
});

Deno.test("no more questions are open at a time than concurrency says", async () => {
  let open = 0, most = 0;
  const source = await made({ ...HTTP, batch_size: 1, concurrency: 2 }, async (question) => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setTimeout(resolve, 1));
    open--;
    return scored(codes(question));
  });
  await source.score(SAMPLES);
  assert.equal(most, 2);
});

const failing: AskReward = (question) =>
  Promise.resolve(
    question.items[0]!.prompt_idx === 2
      ? scored([3, null], { faults: [{ row: 1, message: "Expected a number, got null" }] })
      : scored(codes(question)),
  );

Deno.test("a row without a score ends scoring by its place in the batch, and what is still open", async () => {
  const aborted: unknown[] = [];
  const source = await made({ ...HTTP, concurrency: 3 }, (question, signal) => {
    if (question.items[0]!.prompt_idx !== 4) return failing(question, signal);
    return new Promise((_, reject) =>
      signal!.addEventListener("abort", () => {
        aborted.push(question.items[0]!.prompt_idx);
        reject(signal!.reason);
      })
    );
  });
  await assert.rejects(source.score(SAMPLES), {
    code: "reward_failed",
    message: "The http reward has no score for completion 3 of the batch: Expected a number, got null",
  });
  assert.deepEqual(aborted, [4]);
});

Deno.test("or it has the one that on_error names, and is counted", async () => {
  const batch = await (await made({ ...HTTP, on_error: -7 }, failing)).score(SAMPLES);
  assert.deepEqual([...batch.scores], [1, 2, 3, -7, 5]);
  assert.deepEqual(batch.faults, { http: [{ row: 3, message: "Expected a number, got null" }] });
  assert.equal(rewardMetrics(batch)["reward/http/failed"], 1);
});

Deno.test("what a service also says is a term of its own; rows that it says nothing of have no number", async () => {
  const source = await made(
    { type: "sum", terms: [{ name: "judge", weight: 2, reward: HTTP }] },
    (question) =>
      Promise.resolve(scored(codes(question), { terms: { kind: question.items.map(() => 0.5) } })),
  );
  const batch = await source.score(SAMPLES.slice(0, 3));
  assert.deepEqual([...batch.scores], [2, 4, 6]);
  assert.deepEqual([...batch.terms["judge.kind"]!], [0.5, 0.5, 0.5]);
  const some = await made(
    HTTP,
    (question) =>
      Promise.resolve(
        scored(codes(question), { terms: question.items.length > 1 ? { kind: [1, null] } : {} }),
      ),
  );
  const sparse = await some.score(SAMPLES.slice(0, 3));
  assert.deepEqual([...sparse.terms["http.kind"]!], [1, NaN, NaN]);
  const metrics = rewardMetrics(sparse);
  assert.equal(metrics["reward/http.kind/mean"], 1);
  assert.ok(!("reward/http.kind/seconds" in metrics));
});

Deno.test("an answer of another length is the answerer's bug, not scores", async () => {
  const source = await made({ ...HTTP, on_error: 0 }, () => Promise.resolve(scored([1])));
  await assert.rejects(source.score(SAMPLES), /Expected 2 scores of a question, got 1/);
});

Deno.test("where nobody can be asked, the reward says so", async () => {
  await assert.rejects((await made(HTTP)).score(SAMPLES), { code: "reward_failed" });
});

Deno.test("an abort ends the wait by its reason", async () => {
  const reason = new Error("stopped");
  const controller = new AbortController();
  const source = await made(HTTP, (_, signal) =>
    new Promise((_resolve, reject) => {
      signal!.addEventListener("abort", () => reject(signal!.reason));
      controller.abort(reason);
    }));
  await assert.rejects(source.score(SAMPLES, controller.signal), reason);
});

Deno.test("rows that have ended are asked about while others are sampled, and the scores are those of the whole", async () => {
  const answers = (question: RewardQuestion) =>
    scored(codes(question), { terms: { len: codes(question).map((code) => code === 2 ? null : 10 * code) } });
  const terms = [{ name: "http", reward: { ...HTTP, concurrency: 1 } }, {
    reward: { type: "length", target: 1 },
  }];
  const input = { type: "clip", min: 0, max: 4, reward: { type: "sum", terms } } as RewardInput;
  const whole = await (await made(input, (question) => Promise.resolve(answers(question)))).score(SAMPLES);

  const questions: number[][] = [];
  const first = Promise.withResolvers<void>();
  const source = await made(input, async (question) => {
    questions.push(codes(question));
    await first.promise;
    return answers(question);
  });
  assert.equal(source.waits, true, "a rule takes no time");
  using begun = source.begin!(5);
  begun.add(3, SAMPLES[3]!);
  begun.add(1, SAMPLES[1]!);
  await null;
  assert.deepEqual(
    questions,
    [[4]],
    "one question at a time, of an eighth of the rows while some are missing",
  );
  first.resolve();
  const early = await source.score(SAMPLES);
  assert.deepEqual(questions, [[4], [2], [1, 3], [5]], "then by the size that the reward says");
  assert.deepEqual({ ...early, seconds: {} }, { ...whole, seconds: {} });
  // The next batch begins anew.
  assert.deepEqual((await source.score(SAMPLES.slice(0, 2))).scores, whole.scores.slice(0, 2));
});

Deno.test("which rows are asked about together follows from the order of their ends, however long answers take", async () => {
  const samples = Array.from({ length: 32 }, (_, row) => sample("x".repeat(row), { prompt_idx: row }));
  const order = [5, 9, 3, 30, 1, 2, 17, 8, 22, 31];
  const asked = async (wait_ms: number) => {
    const questions: number[][] = [];
    const source = await made({ ...HTTP, batch_size: 20, concurrency: 2 }, async ({ items }) => {
      questions.push(items.map(({ prompt_idx }) => prompt_idx));
      await new Promise((resolve) => setTimeout(resolve, wait_ms));
      return scored(items.map(() => 1));
    });
    using begun = source.begin!(32);
    for (const row of order) {
      begun.add(row, samples[row]!);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    // The last end together, at the longest length.
    samples.forEach((one, row) => order.includes(row) || begun.add(row, one));
    await source.score(samples);
    return questions;
  };
  const questions = await asked(0);
  assert.deepEqual(questions.map(({ length }) => length), [4, 4, 20, 4]);
  assert.deepEqual(questions.slice(0, 2), [order.slice(0, 4), order.slice(4, 8)]);
  assert.deepEqual(await asked(50), questions, "also where all have ended before the first answer");
});

Deno.test("a row without a score that was asked about early fails the batch by its number, when that is whole", async () => {
  const source = await made(HTTP, ({ items }) =>
    Promise.resolve(
      items[0]!.prompt_idx === 4 ? scored([null], { faults: [{ row: 0, message: "no" }] }) : scored([1]),
    ));
  using begun = source.begin!(5);
  begun.add(2, SAMPLES[2]!);
  begun.add(4, SAMPLES[4]!);
  await new Promise((resolve) => setTimeout(resolve, 1));
  await assert.rejects(source.score(SAMPLES), /The http reward has no score for completion 4 of the batch/);
});

Deno.test("what was asked about early and nobody waits for is called off", async () => {
  let signal: AbortSignal | undefined;
  const source = await made(HTTP, (_, given) => {
    signal = given;
    return new Promise(() => {});
  });
  {
    using begun = source.begin!(5);
    begun.add(0, SAMPLES[0]!);
    await null;
    assert.equal(signal!.aborted, false);
  }
  assert.ok(signal!.aborted);
});

Deno.test("a reward with a model in it begins early and computes; one of rules alone does neither", async () => {
  const model = () => ({
    score: (samples: readonly unknown[]) => Promise.resolve(new Float32Array(samples.length)),
  });
  const of = (...rewards: unknown[]) =>
    makeReward(rewardSchema.parse({ type: "sum", terms: rewards.map((reward) => ({ reward })) }), { model });
  const mixed = await of(HTTP, { type: "model", model: "judge" });
  assert.deepEqual([mixed.waits, typeof mixed.begin], [false, "function"]);
  const rules = await of({ type: "length", target: 1 }, { type: "json_valid" });
  assert.deepEqual([rules.waits, rules.begin], [undefined, undefined]);
});
