/**
 * Whole PPO steps of one workload in a process of its own, so that its peak memory is its own:
 * `ppo_step.ts SIZE [--steps N] [--base-precision int8] [--rollout-precision int8]` prints one JSON line. Random weights, LoRA, a separate value network, a learned
 * reward model of the same shape, responses always of full length, as the peers' scripts do it.
 */
import { parseArgs } from "node:util";
import { join } from "node:path";
import { makeLearner } from "../core/engine/train_job.ts";
import { BaseModel } from "../core/model/base_model.ts";
import { RewardModel } from "../core/model/reward_model.ts";
import { Runtime } from "../core/ort/runtime.ts";
import { ppoJobSchema } from "../core/ppo/config.ts";
import { train } from "../core/ppo/trainer.ts";
import { modelReward } from "../core/rewards/model_reward.ts";
import { uniform } from "../core/rng.ts";
import { writeRandomModel } from "../tasks/random_model.ts";
import { type WorkloadName, WORKLOADS } from "./workloads.ts";

const { values: options, positionals: [size = "tiny"] } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: "string", default: "4" },
    threads: { type: "string", default: "2" },
    "base-precision": { type: "string" },
    "rollout-precision": { type: "string" },
  },
});
const { config, B, P, R } = WORKLOADS[size as WorkloadName];
const steps = Number(options.steps);

const folder = await Deno.makeTempDir({ prefix: "proximal-bench-" });
try {
  const names = { policy: join(folder, "policy"), reward: join(folder, "reward") };
  await writeRandomModel(names.policy, config, { classifier: false, seed: 0 });
  await writeRandomModel(names.reward, config, { classifier: true, seed: 1 });

  const runtime = Runtime.open({ threads: Number(options.threads) });
  const job = ppoJobSchema.parse({
    kind: "ppo",
    model: size,
    prompts: Array.from({ length: B * steps }, () => "ids are given below"),
    ppo: { batch_size: B, max_new_tokens: R, missing_eos_penalty: 0 },
    reward: { type: "model", model: "reward" },
    base_precision: options["base-precision"],
    rollout_precision: options["rollout-precision"],
  });
  const base = await BaseModel.open(runtime, names.policy, { precision: job.base_precision });
  const learner = await makeLearner(base, job);
  const policyTrain = learner.policy.train.bind(learner.policy);
  const policyTimes: number[] = [];
  learner.policy.train = async (...args) => {
    const start = performance.now();
    const result = await policyTrain(...args);
    policyTimes.push(performance.now() - start);
    return result;
  };
  const token = (row: number, column: number) =>
    4 + Math.floor(uniform(1, "data", 0, row, column) * (config.vocab_size - 4));
  const events = train({
    learner,
    reward: modelReward(new RewardModel(await BaseModel.open(runtime, names.reward)), null),
    tokenizer: { decode: () => "" },
    prompts: job.prompts.map((_, row) => ({
      ids: Int32Array.from({ length: P }, (_, s) => token(row, s)),
      text: "",
    })),
    stopTokenIds: new Set(),
    plan: {
      steps,
      steps_per_epoch: steps,
      prompt_tokens: { min: P, mean: P, max: P },
      trainable_parameters: 0,
      base_parameters: 0,
      estimate: { memory_bytes: 0 },
    },
    save: () => Promise.resolve({ folder: "", files: [] }),
  }, job);

  const measured: Record<string, number>[] = [];
  for await (const event of events) {
    if (event.type === "step") measured.push(event.metrics);
  }
  // The first step builds its graphs; the rest are what a job is made of.
  const steady = measured.slice(1);
  const median = (name: string) => {
    const sorted = steady.map((metrics) => metrics[name]!).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)]!;
  };
  const round = (value: number, digits = 4) => Number(value.toFixed(digits));
  const phases = ["rollout", "reward", "analyze", "train"];
  const status = await Deno.readTextFile("/proc/self/status").catch(() => "");
  console.log(JSON.stringify({
    system: "proximal",
    size,
    lora: true,
    base_precision: job.base_precision,
    rollout_precision: job.rollout_precision ?? job.base_precision,
    B,
    P,
    R,
    steps,
    per_step_s: measured.map((metrics) => round(metrics["time/step_s"]!)),
    median_step_s: round(median("time/step_s")),
    phase_s: Object.fromEntries(phases.map((phase) => [phase, round(median(`time/${phase}_s`))])),
    rollout_tok_s: round(median("rollout_tokens_per_second"), 1),
    policy_update_ms: round(policyTimes.toSorted((a, b) => a - b)[policyTimes.length >> 1]!, 1),
    rollout_gap_mean_abs: round(median("rollout_gap/mean_abs"), 6),
    action_tok_s: round(median("tokens_per_second"), 1),
    peak_rss_mb: Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024),
  }));
} finally {
  await Deno.remove(folder, { recursive: true });
}
