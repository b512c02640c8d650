/** PPO learns: a bandit whose one right token is found, and a policy without reward that stays where it was. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { ADVANTAGE_METHODS, type AdvantageName } from "../../../../core/contract/advantage_methods.ts";
import { makeLearner } from "../../../../core/kinds/ppo/run.ts";
import { openSafetensors } from "../../../../core/formats/safetensors.ts";
import { writeSafetensors } from "../../../../core/formats/write_safetensors.ts";
import { BaseModel } from "../../../../core/weights/base_model.ts";
import { sourceOf } from "../../../../core/rewards/reward_source.ts";
import { writeRandomModel } from "../../../../tasks/random_model.ts";
import { inFolder } from "../../networks/in_folder.ts";
import { KINDS, makeJob } from "../../networks/make_learner.ts";
import { runtime } from "../../networks/tiny_models.ts";
import { setUp, trainAll } from "./training.ts";

const TOY = {
  model_type: "qwen3",
  vocab_size: 32,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 16,
  max_position_embeddings: 32,
  tie_word_embeddings: true,
  rms_norm_eps: 1e-6,
  rope_theta: 10000,
};
const PROMPT = Int32Array.of(3, 4, 5);
const RIGHT = 20;

/**
 * A random net of 32 tokens. Its embedding is scaled up: with a small one, frozen and behind a norm, no adapter could
 * make a logit large.
 */
async function writeToy(folder: string): Promise<void> {
  await writeRandomModel(folder, TOY, { classifier: false, seed: 1 });
  const source = await openSafetensors(folder);
  const tensors = Object.fromEntries(
    await Promise.all(
      source.names().map(async (name) => {
        const data = await source.readFloat32(name);
        const scale = name.includes("embed_tokens") ? 12 : 1;
        return [name, {
          dtype: "F32" as const,
          shape: source.info(name).shape,
          data: data.map((x) => scale * x),
        }];
      }),
    ),
  );
  source.close();
  await writeSafetensors(join(folder, "model.safetensors"), tensors, { format: "pt" });
}

const NETWORKS = {
  ...KINDS,
  "lora with dropout, separate": {
    ...KINDS["lora, separate"],
    trainable: { ...KINDS["lora, separate"].trainable, dropout: 0.1 },
  },
} as const;

/** Trains on one prompt of the toy; gives P(the right token) before and after it, what the critic
 * expects at last, each step's KL and the updates taken. */
async function bandit(
  folder: string,
  kind: keyof typeof NETWORKS,
  { reward, ...ppo }: {
    reward: number;
    kl_coef: number;
    learning_rate: number;
    max_new_tokens: number;
    advantage?: AdvantageName;
    rollouts_per_prompt?: number;
  },
) {
  const { advantage = "gae", rollouts_per_prompt = 1 } = ppo;
  const { critic } = ADVANTAGE_METHODS[advantage];
  await writeToy(folder);
  const job = makeJob({
    ...NETWORKS[kind],
    ...(!critic && { value: null }),
    prompts: ["the prompt"],
    epochs: 12,
    ppo: {
      ...ppo,
      batch_size: 64 / rollouts_per_prompt,
      missing_eos_penalty: 0,
      lr_scheduler: "constant",
      entropy_coef: 0,
    },
    seed: 3,
  });
  const source = sourceOf("given", {
    score: (samples) =>
      Promise.resolve(
        Float32Array.from(samples, ({ response_ids }) => response_ids[0] === RIGHT ? reward : 0),
      ),
  });
  const learner = await makeLearner(await BaseModel.open(runtime, folder), job);
  const probability = async () => {
    const sequences = [{ prompt_ids: PROMPT, response_ids: [RIGHT] }];
    return Math.exp((await learner.policy.analyze(sequences, { temperature: 1 })).logprobs[0]![0]!);
  };
  const before = await probability();
  const { steps } = await trainAll({
    learner,
    reward: source,
    tokenizer: { decode: (ids) => Array.from(ids).join(" ") },
    prompts: [{ ids: PROMPT, text: "the prompt" }],
    stopTokenIds: new Set(),
    plan: {
      steps: 12,
      steps_per_epoch: 1,
      prompt_tokens: { min: 3, mean: 3, max: 3 },
      trainable_parameters: 0,
      base_parameters: 0,
      estimate: { memory_bytes: 0 },
    },
  }, job);
  const states = [{ prompt_ids: PROMPT, response_ids: [RIGHT] }];
  const value = learner.critic ? (await learner.critic.network.analyze(states))[0]![0]! : null;
  return {
    before,
    after: await probability(),
    value,
    kl: steps.map((metrics) => metrics["objective/kl"]!),
    scores: steps.map((metrics) => metrics["objective/scores"]!),
    first: steps[0]!,
    updates: steps.reduce((sum, metrics) => sum + metrics.optimizer_steps!, 0),
  };
}

Deno.test("with rates left out the critic keeps up with its policy", () =>
  inFolder(async (folder) => {
    const { value, scores } = await bandit(folder, "lora, separate", {
      reward: 1,
      kl_coef: 0,
      learning_rate: 0.01,
      max_new_tokens: 1,
    });
    assert.ok(Math.abs(value! - scores.at(-1)!) < 0.2, `V is ${value}, the mean score ${scores.at(-1)}`);
  }));

for (const kind of ["lora, separate", "lora with dropout, separate", "full, shared"] as const) {
  Deno.test(`${kind}: the rewarded one of 32 tokens gets more than 0.9 within 50 updates`, () =>
    inFolder(async (folder) => {
      const { before, after, updates, scores } = await bandit(folder, kind, {
        reward: 1,
        kl_coef: 0,
        learning_rate: 0.01,
        max_new_tokens: 1,
      });
      assert.ok(updates <= 50);
      assert.ok(before < 0.05 && after > 0.9, `P was ${before} and is ${after}`);
      assert.ok(scores[0]! < 0.2 && scores.at(-1)! > 0.8);
    }));

  Deno.test(`${kind}: without reward the KL penalty keeps the policy at its reference`, () =>
    inFolder(async (folder) => {
      const { kl } = await bandit(folder, kind, {
        reward: 0,
        kl_coef: 0.1,
        learning_rate: 0.001,
        max_new_tokens: 4,
      });
      assert.ok(kl.every((value) => Math.abs(value) < 0.05), `KL is ${kl}`);
    }));
}

Deno.test("before anything has changed, each method's first step has ratio 1, nothing clipped and no KL", async () => {
  for (const [name, { critic, least_rollouts }] of Object.entries(ADVANTAGE_METHODS)) {
    const job = makeJob({
      trainable: KINDS["lora, separate"].trainable,
      ...(critic && { value: KINDS["lora, separate"].value }),
      ppo: {
        ...{ advantage: name as AdvantageName, rollouts_per_prompt: Math.max(2, least_rollouts) },
        ...{ batch_size: 2, max_new_tokens: 5, num_ppo_epochs: 1, kl_coef: 0.1 },
      },
      reward: { type: "length", unit: "characters", target: 20 },
    });
    const [first] = (await trainAll(await setUp(job), job)).steps;
    assert.ok(Math.abs(first!["val/ratio"]! - 1) < 1e-5, `${name}: ratio ${first!["val/ratio"]}`);
    assert.equal(first!["policy/clipfrac_avg"], 0, name);
    assert.ok(first!["policy/approxkl_avg"]! < 1e-8, name);
    assert.ok(Math.abs(first!["objective/kl"]!) < 1e-4, name);
    assert.ok(Math.abs(first!["loss/kl_avg"] ?? 0) < 1e-8, name);
    assert.equal(first!["episode"], 4, name);
    assert.ok(first!["policy/grad_norm"]! > 0, `${name} has something to learn`);
  }
});

for (const [name, { critic, least_rollouts }] of Object.entries(ADVANTAGE_METHODS)) {
  if (critic) continue;
  Deno.test(`${name}: the rewarded one of 32 tokens gets more than 0.9 within 50 updates, by no value network`, () =>
    inFolder(async (folder) => {
      const { before, after, updates, value, first } = await bandit(folder, "lora, separate", {
        ...{ reward: 1, kl_coef: 0.001, learning_rate: 0.01, max_new_tokens: 1 },
        advantage: name as AdvantageName,
        rollouts_per_prompt: least_rollouts === 1 ? 1 : 32,
      });
      assert.ok(updates <= 50);
      assert.ok(before < 0.05 && after > 0.9, `P was ${before} and is ${after}`);
      assert.equal(value, null);
      const ofValues = Object.keys(first).filter((metric) => /value|explained/.test(metric));
      assert.deepEqual(ofValues, []);
    }));

  Deno.test(`${name}: without reward the KL keeps the policy at its reference`, () =>
    inFolder(async (folder) => {
      const { kl } = await bandit(folder, "full, shared", {
        ...{ reward: 0, kl_coef: 0.1, learning_rate: 0.001, max_new_tokens: 4 },
        advantage: name as AdvantageName,
        rollouts_per_prompt: least_rollouts === 1 ? 1 : 8,
      });
      assert.ok(kl.every((value) => Math.abs(value) < 0.05), `KL is ${kl}`);
    }));
}
