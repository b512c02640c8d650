/** Rolling out on a real tiny model: every field of the rows against what the model itself says. */
import assert from "node:assert/strict";
import { rewardSchema } from "../../../../core/contract/reward_schema.ts";
import { makeReward } from "../../../../core/rewards/rewards.ts";
import { ppoSchema } from "../../../../core/contract/ppo_job.ts";
import { rollout } from "../../../../core/kinds/ppo/rollout.ts";
import type { RewardSample, Scorer } from "../../../../core/rewards/reward_source.ts";
import { within } from "../../../kernels/within.ts";
import { KINDS, makeJob } from "../../networks/make_learner.ts";
import { setUp } from "./training.ts";

const KEY = { seed: 4, step: 7, epoch: 2, policy_version: 7 };

/** A reward that keeps what it was shown; a sample scores its number of response tokens. */
function recording(): Scorer & { samples: RewardSample[] } {
  const samples: RewardSample[] = [];
  return {
    samples,
    score: (given) => {
      samples.push(...given);
      return Promise.resolve(Float32Array.from(given, ({ response_ids }) => response_ids.length));
    },
  };
}

/** Parts whose policy has token ids that end many responses early. */
async function parts(kind: keyof typeof KINDS, reward: Scorer) {
  const prompts = ["The quick", { text: "TL;DR: my", answer: "yes" }, "I", "Write a short summary of"];
  const set = await setUp(makeJob({ ...KINDS[kind], prompts }), { reward });
  return { ...set, stopTokenIds: new Set([2, ...Array.from({ length: 60 }, (_, id) => 200 + id)]) };
}

for (const kind of ["lora, separate", "full, shared"] as const) {
  Deno.test(`${kind}: rollout() measures what it sampled under policy, reference and critic`, async () => {
    const reward = recording();
    const given = await parts(kind, reward);
    const config = ppoSchema.parse({ max_new_tokens: 6, temperature: 0.7, bootstrap_truncated: true });
    const indices = [2, 0, 3, 1, 2, 0, 3, 1];
    const { rows, completions } = await rollout(given, config, indices, KEY);
    assert.deepEqual(rows.map(({ prompt_idx }) => prompt_idx), indices);
    assert.equal(new Set(rows.map(({ rollout_id }) => rollout_id)).size, 8);
    assert.ok(rows.some(({ terminated }) => terminated) && rows.some(({ terminated }) => !terminated));
    rows.forEach((row, index) => {
      assert.deepEqual([row.step, row.epoch, row.policy_version], [7, 2, 7]);
      assert.deepEqual(row.prompt_ids, given.prompts.at(row.prompt_idx)!.ids);
      const ids = Array.from(row.response_ids);
      const stop = ids.findIndex((id) => given.stopTokenIds.has(id));
      assert.equal(stop, row.terminated ? ids.length - 1 : -1);
      assert.equal(row.finish_reason, row.terminated ? "stop" : "length");
      if (!row.terminated) assert.equal(ids.length, 6);
      for (const key of ["logprobs", "ref_logprobs", "rollout_logprobs", "values"] as const) {
        assert.equal(row[key]!.length, ids.length, key);
      }
      within(row.rollout_logprobs, row.logprobs, 1e-4, "the sampler's logprobs");
      within(row.ref_logprobs, row.logprobs, 1e-6, "the reference's logprobs");
      assert.equal(row.raw_score, ids.length);
      const sample = reward.samples[index]!;
      assert.equal(sample.completion, completions[index]);
      assert.equal(sample.prompt, given.prompts.at(row.prompt_idx)!.text);
      assert.equal(sample.answer, row.prompt_idx === 1 ? "yes" : undefined);
      assert.equal(completions[index], given.tokenizer.decode(row.terminated ? ids.slice(0, -1) : ids));
    });
    // The same prompts again in one batch: other responses, for the random numbers are the row's.
    const responses = rows.map(({ response_ids }) => response_ids);
    assert.notDeepEqual(responses.slice(0, 4), responses.slice(4));
  });
}

Deno.test("more samples of a prompt leave the first as it was, and are others", async () => {
  const reward = recording();
  const given = await parts("lora, shared", reward);
  const indices = [2, 0, 3];
  const of = (rollouts_per_prompt: number) =>
    rollout(given, ppoSchema.parse({ max_new_tokens: 6, rollouts_per_prompt }), indices, KEY);
  const rowsOf = async (rollouts_per_prompt: number) => (await of(rollouts_per_prompt)).rows;
  const [single, many] = [await rowsOf(1), await rowsOf(4)];
  assert.deepEqual(
    many.map(({ prompt_idx, group, sample }) => [prompt_idx, group, sample]),
    indices.flatMap((prompt, group) => [0, 1, 2, 3].map((sample) => [prompt, group, sample])),
  );
  assert.equal(new Set(many.map(({ rollout_id }) => rollout_id)).size, 12);
  const asked = reward.samples.slice(3).map(({ prompt_idx }) => prompt_idx);
  assert.deepEqual(asked, many.map(({ prompt_idx }) => prompt_idx), "what the reward is told");
  const texts = (rows: typeof many) => rows.map(({ response_ids }) => response_ids.join());
  assert.deepEqual(texts(many.filter(({ sample }) => sample === 0)), texts(single));
  assert.deepEqual(texts(await rowsOf(2)), texts(many.filter(({ sample }) => sample < 2)));
  for (const group of [0, 1, 2]) {
    assert.ok(new Set(texts(many.filter((row) => row.group === group))).size > 1, `group ${group}`);
  }
  const run = indices.reduce((sum, index) => sum + given.prompts.at(index)!.ids.length, 0);
  assert.deepEqual((await of(4)).prefill, { run, saved: 3 * run });
  assert.deepEqual((await of(1)).prefill, { run, saved: 0 });
});

Deno.test("rollout() is a function of seed and step; a row bootstraps only when it is cut off and asked to", async () => {
  const given = await parts("lora, shared", recording());
  const { learner } = given;
  const head = learner.policy.parameters.values("score.weight");
  learner.policy.parameters.set("score.weight", head.slice().fill(0.1));
  const config = ppoSchema.parse({ max_new_tokens: 6, bootstrap_truncated: true });
  const ids = async (key: typeof KEY, bootstrap = true) =>
    (await rollout(given, { ...config, bootstrap_truncated: bootstrap }, [0, 1, 2, 3, 0, 1], key)).rows;
  const rows = await ids(KEY);
  assert.deepEqual(await ids(KEY), rows);
  const responses = (from: typeof rows) => from.map(({ response_ids }) => response_ids);
  assert.notDeepEqual(responses(await ids({ ...KEY, step: 8 })), responses(rows));
  assert.notDeepEqual(responses(await ids({ ...KEY, seed: 5 })), responses(rows));
  assert.ok(rows.some(({ terminated }) => terminated) && rows.some(({ terminated }) => !terminated));
  for (const row of rows) assert.equal(row.bootstrap_value === 0, row.terminated);
  for (const row of await ids(KEY, false)) assert.equal(row.bootstrap_value, 0);
});

Deno.test("a service is asked about rows that have ended while others are sampled; rows and scores stay as they are", async () => {
  const asked: number[] = [];
  let sampling = true;
  const source = async () =>
    await makeReward(rewardSchema.parse({ type: "http", url: "https://example.com/" }), {
      ask: ({ items }) => {
        if (sampling) asked.push(...items.map(({ prompt_idx }) => prompt_idx));
        const scores = items.map(({ completion }) => completion.length);
        return Promise.resolve({ type: "scored", scores, terms: {}, faults: [] });
      },
      model: () => Promise.reject(new Error("no models")),
    });
  const given = await parts("lora, shared", recording());
  const { policy } = given.learner;
  const respond = policy.respond.bind(policy);
  policy.respond = async (...args) => {
    const sampled = await respond(...args);
    sampling = false;
    return sampled;
  };
  const config = ppoSchema.parse({ max_new_tokens: 24 });
  const indices = [0, 1, 2, 3, 0, 1, 2, 3];
  const early = await rollout({ ...given, reward: await source() }, config, indices, KEY);
  const lengths = early.rows.map(({ response_ids }) => response_ids.length);
  assert.ok(new Set(lengths).size > 1, "rows end at different tokens");
  assert.ok(asked.length > 0, "some row was asked about before all had ended");
  const { score } = await source();
  const late = await rollout({ ...given, reward: { score } }, config, indices, KEY);
  assert.deepEqual({ ...early, seconds: {}, scored: { ...early.scored, seconds: {} } }, {
    ...{ ...late, seconds: {}, scored: { ...late.scored, seconds: {} } },
  });
  assert.equal(late.seconds.reward_wait >= late.seconds.reward, true);
});
