import assert from "node:assert/strict";
import { UserError } from "../../../core/errors.ts";
import type { RewardConfig, RewardInput } from "../../../core/contract/reward_schema.ts";
import type { RewardSource } from "../../../core/rewards/reward_source.ts";
import { makeReward } from "../../../core/rewards/rewards.ts";
import { reward, sample, scores } from "./score_texts.ts";

const KEYWORD: RewardInput = { type: "keywords", keywords: ["a"], bonus: 3 };

/** A reward model that gives every sample these scores, whatever it reads. */
const constant = (...given: number[]): RewardSource => ({
  score: () => Promise.resolve(Float32Array.from(given)),
});

const modelScores = async (source: RewardSource, samples = 1) => {
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
  assert.deepEqual([...await source.score([sample("x")])], [21]);
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

Deno.test("an aborted signal ends scoring with its reason", async () => {
  const source = await reward({ type: "scale", reward: KEYWORD });
  const reason = new Error("stopped");
  await assert.rejects(source.score([sample("a")], AbortSignal.abort(reason)), reason);
});

Deno.test("no samples, no scores", async () => {
  assert.deepEqual(await scores(KEYWORD, []), []);
});
