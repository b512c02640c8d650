/** PPO that trains some layers: what comes out of those below is computed once, and nothing else is different. */
import assert from "node:assert/strict";
import type { PpoJobConfig, PpoJobRequest } from "../../../../core/contract/ppo_job.ts";
import type { Metrics } from "../../../../core/contract/progress.ts";
import type { Scorer } from "../../../../core/rewards/reward_source.ts";
import { reproducible } from "../../../../core/train/metric_sums.ts";
import { within } from "../../../kernels/within.ts";
import { KINDS, makeJob } from "../../networks/make_learner.ts";
import { setUp, trainAll, watchTraining } from "./training.ts";

const PPO = {
  batch_size: 4,
  max_new_tokens: 7,
  learning_rate: 0.01,
  lr_scheduler: "constant",
  num_ppo_epochs: 2,
  bootstrap_truncated: true,
} as const;

const LAST = { last: 1 };
const ADAPTER = { type: "lora", r: 4, alpha: 8 } as const;

/** Jobs that begin above the first layer, in all that changes what a graph is asked. */
const JOBS: Record<string, Partial<PpoJobRequest> & { name?: string }> = {
  "LoRA, separate critic": {
    ...KINDS["lora, separate"],
    trainable: { ...ADAPTER, layers: LAST },
    ppo: PPO,
  },
  "GPT-2": { ...KINDS["lora, separate"], trainable: { ...ADAPTER, layers: LAST }, ppo: PPO, name: "gpt2" },
  "a critic of more layers": {
    trainable: { ...ADAPTER, layers: LAST },
    value: { ...KINDS["lora, separate"].value, layers: { last: 2 } },
    ppo: { ...PPO, micro_batch_size: 2 },
  },
  "a critic of all layers": {
    trainable: { ...ADAPTER, layers: [2] },
    value: { ...KINDS["lora, separate"].value, layers: null },
    ppo: PPO,
  },
  "LoRA, shared critic, entropy": {
    ...KINDS["lora, shared"],
    trainable: { ...ADAPTER, layers: [1, 2] },
    ppo: { ...PPO, entropy_coef: 0.01 },
  },
  "all weights of some layers": {
    ...KINDS["full, separate"],
    trainable: { type: "full", layers: LAST },
    ppo: { ...PPO, learning_rate: 1e-3 },
  },
  "all weights of a layer in the middle, shared critic": {
    ...KINDS["full, shared"],
    trainable: { type: "full", layers: [1] },
    ppo: { ...PPO, learning_rate: 1e-3 },
  },
  "dropout": {
    ...KINDS["lora, separate"],
    trainable: { ...ADAPTER, layers: LAST, dropout: 0.3 },
    ppo: PPO,
  },
  "int8 base": {
    ...KINDS["lora, separate"],
    trainable: { ...ADAPTER, layers: LAST },
    base_precision: "int8",
    ppo: PPO,
  },
  "GRPO, KL in the loss": {
    trainable: { ...ADAPTER, layers: LAST },
    ppo: { ...PPO, bootstrap_truncated: false, advantage: "grpo", rollouts_per_prompt: 2, batch_size: 2 },
  },
};

/** Tells responses apart, also those of one prompt. */
const REWARD: Scorer = {
  score: (samples) => Promise.resolve(Float32Array.from(samples, ({ response_ids }) => response_ids[0]! % 7)),
};

/** All that a run measures but times, and how it was cut. */
function figures(steps: readonly Metrics[]): [string, number][] {
  return steps.flatMap(({ padding_share: _, ...metrics }, step) =>
    Object.entries(reproducible(metrics)).map((
      [name, value],
    ): [string, number] => [`${name} of step ${step}`, value as number])
  );
}

for (const [what, { name, ...given }] of Object.entries(JOBS)) {
  Deno.test(`${what}: the same job with and without what is kept gives the same numbers`, async () => {
    const jobOf = (trunk_cache: boolean): PpoJobConfig =>
      makeJob({ epochs: 3, ...given, ppo: { ...given.ppo, trunk_cache } });
    const run = async (job: PpoJobConfig) => {
      const parts = await setUp(job, { name, reward: REWARD });
      const seen = watchTraining(parts);
      const { steps, warnings } = await trainAll(parts, job);
      assert.ok(!warnings.some(({ code }) => code === "identity_violated"), JSON.stringify(warnings));
      return { steps, seen, parts };
    };
    const [kept, anew] = [await run(jobOf(true)), await run(jobOf(false))];
    assert.ok(kept.seen.flat().every(({ hidden }) => hidden !== undefined && hidden.size > 0));
    assert.ok(anew.seen.flat().every(({ hidden }) => hidden === undefined));
    const [ours, theirs] = [figures(kept.steps), figures(anew.steps)];
    assert.deepEqual(ours.map(([name]) => name), theirs.map(([name]) => name));
    ours.forEach(([name, value], at) =>
      within([value], [theirs[at]![1]], 1e-6 * (1 + Math.abs(theirs[at]![1])), name)
    );
    assert.ok(kept.steps.at(-1)!["policy/grad_norm"]! > 0);
  });
}
