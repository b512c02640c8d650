/** What a job may be judged by is what it measures: names that are said before it runs are those of its epochs then. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { rewardModelJobSchema } from "../../../core/contract/reward_model_job.ts";
import { sftJobSchema } from "../../../core/contract/sft_job.ts";
import type { JobFolders } from "../../../core/contract/protocol.ts";
import type { PpoJobRequest } from "../../../core/contract/ppo_job.ts";
import { type EngineJob, kindOf } from "../../../core/kinds/kinds.ts";
import { planJob } from "../../../core/kinds/plan_job.ts";
import { trainJob } from "../../../core/kinds/train_job.ts";
import { reproducible } from "../../../core/train/metric_sums.ts";
import { inFolder } from "../networks/in_folder.ts";
import { KINDS, makeJob } from "../networks/make_learner.ts";
import { fixtureFolder, runtime } from "../networks/tiny_models.ts";

const FOLDERS: JobFolders = { model: fixtureFolder("qwen3"), rewards: {} };
const LORA = { trainable: { type: "lora", r: 4, alpha: 8 } } as const;
const ppo = (given: Partial<PpoJobRequest> = {}) =>
  makeJob({
    ...KINDS["lora, separate"],
    ...given,
    ppo: { batch_size: 2, max_new_tokens: 4, num_ppo_epochs: 1, ...given.ppo },
  });
const SUM: PpoJobRequest["reward"] = {
  type: "clip",
  ...{ min: -1, max: 1 },
  reward: {
    type: "sum",
    terms: [
      { reward: { type: "length", target: 3 } },
      { name: "mine", reward: { type: "sum", terms: [{ reward: { type: "json_valid" } }] } },
    ],
  },
};
const EXAMPLES = ["The quick", "brown fox", "jumps over"].map((prompt) => ({ prompt, completion: "dog" }));
const PAIRS = EXAMPLES.map(({ prompt }) => ({ prompt, chosen: "dog", rejected: "cat" }));
const sft = { kind: "sft", model: "m", examples: EXAMPLES, ...LORA, sft: { batch_size: 2 } };
const rewardModel = {
  kind: "reward_model",
  model: "m",
  preferences: PAIRS,
  ...LORA,
  reward_model: { batch_size: 2 },
};

const JOBS: Record<string, EngineJob> = {
  "PPO with a critic, a sum and evaluations": ppo({ reward: SUM, evaluate: { prompts: ["a", "b"] } }),
  "PPO without a critic, by groups": ppo({
    value: null,
    ppo: { advantage: "grpo", rollouts_per_prompt: 2, kl_in: "loss", kl_estimator: "k3" },
  }),
  "PPO with a shared critic": ppo({ ...KINDS["lora, shared"] }),
  "sft with examples held out": sftJobSchema.parse({ ...sft, held_out: 1 }),
  "sft": sftJobSchema.parse(sft),
  "a reward model": rewardModelJobSchema.parse({ ...rewardModel, held_out: 1 }),
  "a reward model that nothing is held out for": rewardModelJobSchema.parse({
    ...rewardModel,
    held_out: 0,
    reward_model: { batch_size: 2, normalize: false },
  }),
};

for (const [name, job] of Object.entries(JOBS)) {
  Deno.test(`${name}: its epochs have the metrics that it may be judged by, and no others`, () =>
    inFolder(async (output) => {
      const { names, open } = kindOf(job).metrics(job);
      assert.equal(new Set(names).size, names.length, "each once");
      for await (
        const event of trainJob(runtime, { job, folders: { ...FOLDERS, output: join(output, "out") } })
      ) {
        if (event.type !== "epoch") continue;
        const measured = Object.keys(reproducible(event.metrics));
        const known = measured.filter((metric) => !open.some((start) => metric.startsWith(start)));
        assert.deepEqual(known.sort(), names.toSorted());
      }
    }));
}

Deno.test("a metric that a job does not have is refused, with those that it has", async () => {
  const refused = async (given: Partial<PpoJobRequest>, path: string, message: RegExp) =>
    await assert.rejects(
      planJob(ppo(given), FOLDERS),
      (thrown: { errors: { path: string }[]; message: string }) => {
        assert.equal(thrown.errors[0]!.path, path);
        assert.match(thrown.message, message);
        return true;
      },
    );
  await refused({ keep: { best_by: "reward" } }, "keep.best_by", /among .*avg_reward.*: it has no 'reward'/);
  await refused({ keep: { best_by: "eval/avg_reward" } }, "keep.best_by", /no 'eval\/avg_reward'/);
  await refused({ early_stop: { metric: "held_out/loss" } }, "early_stop.metric", /no 'held_out\/loss'/);
  // Equal jobs must keep the same checkpoints.
  await refused({ keep: { best_by: "tokens_per_second" } }, "keep.best_by", /no 'tokens_per_second'/);
  const evaluate = { prompts: ["a"] };
  await planJob(
    ppo({ evaluate, keep: { best_by: "eval/avg_reward" }, early_stop: { metric: "kl_div" } }),
    FOLDERS,
  );
  await planJob(ppo({ evaluate, reward: SUM, keep: { best_by: "eval/reward/mine.json_valid" } }), FOLDERS);
});
