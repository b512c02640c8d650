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
