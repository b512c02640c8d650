import assert from "node:assert/strict";
import { UserError } from "../../../core/errors.ts";
import { type RewardConfig, type RewardInput, rewardSchema } from "../../../core/contract/reward_schema.ts";
import type { Scorer } from "../../../core/rewards/reward_source.ts";
import { rewardMetrics } from "../../../core/rewards/reward_metrics.ts";
import { makeReward } from "../../../core/rewards/rewards.ts";
import { reward, sample, scores } from "./score_texts.ts";

const KEYWORD: RewardInput = { type: "keywords", keywords: ["a"], bonus: 3 };

/** A reward model that gives every sample these scores, whatever it reads. */
const constant = (...given: number[]): Scorer => ({
  score: () => Promise.resolve(Float32Array.from(given)),
});

const modelScores = async (source: Scorer, samples = 1) => {
  const made = await makeReward({ type: "model", model: "rm" }, { model: () => source });
  return made.score(Array.from({ length: samples }, () => sample("a")));
};

Deno.test("sum, scale and clip do to the score what they say", async () => {
  const sum: RewardInput = {
    type: "sum",
    terms: [{ weight: 2, reward: KEYWORD }, { reward: { type: "json_valid" } }],
  };
  assert.deepEqual(await scores(sum, ["a", "1", "b"]), [6, 1, 0]);
  assert.deepEqual(await scores({ type: "scale", reward: KEYWORD, factor: -0.5, offset: 1 }, ["a", "b"]), [
    -0.5,
    1,
  ]);
  assert.deepEqual(await scores({ type: "clip", reward: KEYWORD, min: 0.5, max: 2 }, ["a", "b"]), [2, 0.5]);
  assert.deepEqual(await scores({ type: "clip", reward: sum, min: -1, max: 4 }, ["a"]), [4]);
});

Deno.test("a reward model is asked for by name, also from within", async () => {
  const asked: string[] = [];
  const config: RewardConfig = {
    type: "sum",
    terms: [{ weight: 1, reward: { type: "model", model: "rm-a" } }, {
      weight: 10,
      reward: { type: "model", model: "rm-b" },
    }],
  };
  const source = await makeReward(config, {
    model: (name) => {
      asked.push(name);
      return Promise.resolve(constant(asked.length));
    },
  });
  assert.deepEqual([...(await source.score([sample("x")])).scores], [21]);
  assert.deepEqual(asked, ["rm-a", "rm-b"]);
});

Deno.test("scores that are not finite, or not one for each completion, are refused", async () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    await assert.rejects(
      modelScores(constant(1, bad), 2),
      (error) =>
        error instanceof UserError && error.code === "reward_failed" &&
        error.message.includes("completion 1"),
    );
  }
  await assert.rejects(modelScores(constant(1), 2), /The model reward gave 1 scores for 2 completions/);
});

Deno.test("a clip does not hide that its reward is broken", async () => {
  const config = { type: "clip", reward: { type: "model", model: "rm" }, min: 0, max: 1 } as const;
  const source = await makeReward(config, { model: () => constant(Infinity) });
  await assert.rejects(source.score([sample("a")]), /The model reward gave Infinity/);
});

Deno.test("a sum tells what each term gave, by its name or its type, and the terms of a sum inside", async () => {
  const length: RewardInput = { type: "length", unit: "words", target: 2 };
  const source = await reward({
    type: "clip",
    max: 1,
    min: -1,
    reward: {
      type: "sum",
      terms: [
        { weight: 2, reward: KEYWORD },
        { weight: 0.5, reward: { type: "scale", factor: 10, reward: length } },
        { name: "length", reward: length },
        {
          weight: 0,
          name: "inner",
          reward: { type: "sum", terms: [{ reward: length }, { reward: length }] },
        },
      ],
    },
  });
  const { scores, terms, seconds } = await source.score([sample("a b"), sample("b")]);
  assert.deepEqual([...scores], [1, 1]);
  const told = Object.fromEntries(Object.entries(terms).map(([name, column]) => [name, [...column]]));
  assert.deepEqual(told, {
    "keywords": [3, 0],
    "length_2": [10, 5],
    "length": [1, 0.5],
    "inner": [2, 1],
    "inner.length": [1, 0.5],
    "inner.length_2": [1, 0.5],
  });
  assert.deepEqual(Object.keys(seconds), Object.keys(terms));
  assert.ok(Object.values(seconds).every((time) => time >= 0));
  const metrics = rewardMetrics({ terms, seconds });
  assert.equal(metrics["reward/length_2/mean"], 7.5);
  assert.equal(metrics["reward/length_2/std"], Math.sqrt(12.5));
  assert.equal(metrics["reward/keywords/seconds"], seconds.keywords);
});

Deno.test("a reward of one part is its only term", async () => {
  const plain = await (await reward(KEYWORD)).score([sample("a")]);
  assert.deepEqual(plain.terms, { keywords: plain.scores });
  const scaled = await (await reward({ type: "scale", factor: 2, reward: KEYWORD })).score([sample("a")]);
  assert.deepEqual(scaled.terms, { keywords: Float32Array.of(6) });
});

Deno.test("a name that two terms of a sum have is refused", () => {
  const terms = ["a", "b", "a"].map((name) => ({ name, reward: KEYWORD }));
  const { error } = rewardSchema.safeParse({ type: "sum", terms });
  assert.deepEqual(error?.issues.map(({ path }) => path.join(".")), ["terms.2.name"]);
});

Deno.test("an aborted signal ends scoring with its reason", async () => {
  const source = await reward({ type: "scale", reward: KEYWORD });
  const reason = new Error("stopped");
  await assert.rejects(source.score([sample("a")], AbortSignal.abort(reason)), reason);
});

Deno.test("no samples, no scores", async () => {
  assert.deepEqual(await scores(KEYWORD, []), []);
});
