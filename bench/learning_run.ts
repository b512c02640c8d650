/**
 * One job of `task bench --learning` in a process of its own: `learning_run.ts SPEC SEED [THREADS]` trains it and prints
 * one JSON line, the mean score and KL of every step. `peers/trl_learning.py` does the same with the same file.
 */
import { makeLearner } from "../core/kinds/ppo/run.ts";
import { BaseModel } from "../core/weights/base_model.ts";
import { RewardModel } from "../core/networks/reward_model.ts";
import { Runtime } from "../core/ort/runtime.ts";
import { ppoJobSchema } from "../core/contract/ppo_job.ts";
import { train } from "../core/kinds/ppo/trainer.ts";
import { modelReward } from "../core/rewards/model_reward.ts";
import { type RewardSource, ruleReward, sourceOf } from "../core/rewards/reward_source.ts";
import { makeReward } from "../core/rewards/rewards.ts";
import { loadTokenizer } from "../core/tokenizer/tokenizer.ts";
import type { LearningSpec } from "./learning_spec.ts";

/** What a run prints. */
export interface LearningRun {
  system: "proximal" | "trl";
  task: string;
  seed: number;
  scores: number[];
  kl: number[];
  seconds: number;
}

const round = (value: number) => Number(value.toFixed(4));

async function rewardOf(
  { job, reward_model, wanted }: LearningSpec,
  runtime: Runtime,
): Promise<RewardSource> {
  if (wanted === null) {
    return await makeReward(job.reward, {
      model: async () => modelReward(new RewardModel(await BaseModel.open(runtime, reward_model!)), null),
    });
  }
  const share = (ids: ArrayLike<number>) => Array.from(ids).filter((id) => id < wanted).length / ids.length;
  return sourceOf("share", ruleReward(({ response_ids }) => share(response_ids)));
}

async function run(spec: LearningSpec, seed: number, threads: number): Promise<LearningRun> {
  const { task, model, prompt_ids } = spec;
  const job = ppoJobSchema.parse({ ...spec.job, seed });
  const runtime = Runtime.open({ threads });
  const steps_per_epoch = Math.ceil(prompt_ids.length / job.ppo.batch_size);
  const parts = {
    learner: await makeLearner(await BaseModel.open(runtime, model), job),
    reward: await rewardOf(spec, runtime),
    tokenizer: spec.wanted === null ? await loadTokenizer(model) : { decode: () => "" },
    prompts: prompt_ids.map((ids) => ({ ids: Int32Array.from(ids), text: "" })),
    stopTokenIds: new Set([spec.eos_token_id]),
    plan: {
      steps: steps_per_epoch * job.epochs,
      steps_per_epoch,
      prompt_tokens: { min: 0, mean: 0, max: 0 },
      trainable_parameters: 0,
      base_parameters: 0,
      estimate: { memory_bytes: 0 },
    },
  };
  const scores: number[] = [], kl: number[] = [];
  const started = performance.now();
  for await (const event of train(parts, job)) {
    if (event.type !== "step") continue;
    scores.push(round(event.metrics["objective/scores"]!));
    kl.push(round(event.metrics["objective/kl"]!));
  }
  return {
    system: "proximal",
    task,
    seed,
    scores,
    kl,
    seconds: Math.round((performance.now() - started) / 1000),
  };
}

if (import.meta.main) {
  const [spec, seed, threads = "1"] = Deno.args as [string, string, string?];
  const line = await run(JSON.parse(await Deno.readTextFile(spec)), Number(seed), Number(threads));
  console.log(JSON.stringify(line));
}
