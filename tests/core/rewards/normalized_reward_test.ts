/** A reward in units of its own spread, batch by batch, against the statistics of all at once. */
import assert from "node:assert/strict";
import { type RewardInput, rewardSchema } from "../../../core/contract/reward_schema.ts";
import { moments, variance } from "../../../core/moments.ts";
import { makeReward } from "../../../core/rewards/rewards.ts";
import { within } from "../../kernels/within.ts";
import { reward, sample } from "./score_texts.ts";

const LENGTH: RewardInput = { type: "length", unit: "words", target: 1, penalty: 2 };
const NORMAL: RewardInput = { type: "normalize", reward: LENGTH };
const texts = (...lengths: number[]) => lengths.map((words) => sample(Array(words).fill("a").join(" ")));
/** What `LENGTH` gives to a text of so many words. */
const raw = (words: number) => 1 - 2 * Math.abs(words - 1);

Deno.test("scores are by the mean and the deviation of all so far, this batch included", async () => {
  const source = await reward(NORMAL);
  const batches = [[1, 2, 3], [5, 1], [2], [9, 9, 4, 1]];
  let stats = {};
  const seen: number[] = [];
  for (const batch of batches) {
    seen.push(...batch.map(raw));
    const all = moments([seen]);
    const { scores, stats: next } = await source.score(texts(...batch), undefined, stats);
    const deviation = Math.sqrt(variance(all, 1));
    within(scores, batch.map((words) => (raw(words) - all.mean) / deviation), 1e-5, "scores");
    stats = next!;
  }
  assert.deepEqual(Object.keys(stats), [""]);
});

Deno.test("the statistics given are left as they were, and go on from plain data", async () => {
  const source = await reward(NORMAL);
  const { stats: first } = await source.score(texts(1, 2, 3), undefined, {});
  const before = JSON.stringify(first);
  const second = await source.score(texts(4, 2), undefined, first);
  assert.equal(JSON.stringify(first), before);
  assert.deepEqual(
    await source.score(texts(4, 2), undefined, JSON.parse(before)).then(({ scores }) => scores),
    second.scores,
  );
});

Deno.test("clip bounds what is far out, and equal scores are not blown up", async () => {
  const source = await reward({ ...NORMAL, clip: 0.5 });
  const { scores } = await source.score(texts(1, 50, 2, 2), undefined, {});
  assert.ok(Math.max(...scores.map(Math.abs)) === 0.5);
  const equal = await (await reward(NORMAL)).score(texts(2, 2, 2), undefined, {});
  assert.deepEqual([...equal.scores], [0, 0, 0]);
  assert.deepEqual([...(await (await reward(NORMAL)).score(texts(7), undefined, {})).scores], [0]);
});

Deno.test("without statistics a score is as it is", async () => {
  const { scores, stats } = await (await reward(NORMAL)).score(texts(1, 3));
  assert.deepEqual([...scores], [raw(1), raw(3)]);
  assert.equal(stats, undefined);
});

Deno.test("terms of a sum have statistics of their own; their columns are what is weighed", async () => {
  const sum: RewardInput = { type: "sum", terms: [{ weight: 3, reward: NORMAL }, { reward: NORMAL }] };
  const source = await reward(sum);
  const { scores, terms, stats } = await source.score(texts(1, 3), undefined, {});
  assert.deepEqual(Object.keys(stats!), ["terms.0.reward", "terms.1.reward"]);
  assert.deepEqual(Object.keys(terms), ["length", "length_2"]);
  within(scores, terms.length!.map((score) => 4 * score), 1e-6, "sum");
});

Deno.test("a part that fails keeps nothing", async () => {
  const config = rewardSchema.parse({ type: "normalize", reward: { type: "model", model: "r" } });
  const source = await makeReward(config, {
    model: () => ({ score: () => Promise.resolve(Float32Array.of(NaN)) }),
  });
  const stats = {};
  await assert.rejects(source.score(texts(1), undefined, stats), { code: "reward_failed" });
  assert.deepEqual(stats, {});
});
