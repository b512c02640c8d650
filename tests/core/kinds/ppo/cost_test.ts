/** Estimates: by hand where that can be done, against a measured process, and refusals that say what would fit. */
import assert from "node:assert/strict";
import { fittingCost } from "../../../../core/kinds/require_memory.ts";
import type { CostShape } from "../../../../core/kinds/kind.ts";
import { ppoCost, type PpoShape } from "../../../../core/kinds/ppo/cost.ts";
import { SMALLER_PPO } from "../../../../core/kinds/ppo/smaller.ts";
import { UserError } from "../../../../core/errors.ts";
import { parseConfig } from "../../../../core/formats/read_config.ts";
import type { PpoJobRequest } from "../../../../core/contract/ppo_job.ts";
import { WORKLOADS } from "../../../../bench/workloads.ts";
import { makeJob } from "../../networks/make_learner.ts";

function shape(size: keyof typeof WORKLOADS): CostShape & PpoShape {
  const { config, P } = WORKLOADS[size];
  const architectures = [config.model_type === "qwen3" ? "Qwen3ForCausalLM" : "LlamaForCausalLM"];
  const { model } = parseConfig({ ...config, architectures });
  return { model, rewards: [{ model, tuning: { type: "none" } }], longestPrompt: P, threads: 2 };
}

function workload(size: keyof typeof WORKLOADS, given: Partial<PpoJobRequest> = {}) {
  const { B, R } = WORKLOADS[size];
  return makeJob({
    trainable: { type: "lora" },
    value: { type: "separate" },
    ...given,
    ppo: { batch_size: B, max_new_tokens: R, ...given.ppo },
  });
}

Deno.test("ppoCost() counts weights once, their reordered copy once, what is trained four times, and gradients for each worker", () => {
  const { memory } = ppoCost(workload("135m"), shape("135m"));
  const layers = 30 * (576 * 576 * 2 + 2 * 576 * 192 + 3 * 576 * 1536);
  const head = 49152 * 576;
  assert.equal(memory.weights, 4 * (layers + head + 61 * 576));
  assert.equal(memory.reordered, 4 * (layers + head));
  assert.equal(memory.reward_models, memory.weights + 4 * 576);
  const adapter = 30 * 16 * (2 * (576 + 576) + 2 * (576 + 192) + 3 * (576 + 1536));
  assert.equal(memory.trained, 4 * (4 + 1) * (2 * adapter + 577));
  assert.equal(memory.cache, 4 * 2 * 30 * 3 * 64 * (64 + 50) * 8);
});

Deno.test("ppoCost() counts rollouts, not prompts, and no value network where there is none", () => {
  const bytes = (ppo: PpoJobRequest["ppo"], value?: null) =>
    ppoCost(workload("135m", { ppo, ...(value === null && { value }) }), shape("135m"));
  const [one, four] = [1, 4].map((rollouts_per_prompt) => bytes({ rollouts_per_prompt }));
  const { B, P } = WORKLOADS["135m"];
  const prompts = 4 * 2 * 30 * 3 * 64 * P * B;
  assert.equal(
    four!.memory.cache,
    4 * one!.memory.cache + prompts,
    "prompts are run apart from what follows",
  );
  // Each prompt is run once for its rollouts, which are trained on like those of as many prompts.
  const [apart, shared] = [bytes({ batch_size: 8 }), bytes({ batch_size: 2, rollouts_per_prompt: 4 })];
  assert.equal(shared.memory.cache, apart.memory.cache + 2 * prompts / B);
  assert.equal(shared.memory.trained, apart.memory.trained);
  const layers = 30 * (576 * 576 * 2 + 2 * 576 * 192 + 3 * 576 * 1536);
  const saved = (apart.step_flops - shared.step_flops) / (2 * layers * 6 * P);
  assert.ok(saved > 0.9 && saved < 1.2, `${saved} of the products of six prompts' layers`);
  const without = bytes({ advantage: "reinforce++" }, null);
  assert.ok(without.memory_bytes < one!.memory_bytes && without.step_flops < one!.step_flops);
  // Half of what is trained was the value network's, but for its head.
  const head = 4 * (4 + 1) * 577;
  assert.equal(without.memory.trained, (one!.memory.trained - head) / 2);
});

Deno.test("ppoCost() counts the products of a step as its shapes have them", () => {
  const { step_flops } = ppoCost(workload("135m"), shape("135m"));
  const { B, P, R } = WORKLOADS["135m"];
  const layers = 30 * (576 * 576 * 2 + 2 * 576 * 192 + 3 * 576 * 1536), head = 49152 * 576;
  const tokens = B * (P + R - 1);
  // Two operations for each weight and token: prompts and tokens sampled, the reward, policy, reference and critic
  // measured, and four passes over both networks forward and back. Adapters, attention and rows left out are a tenth.
  const forward = 2 * tokens * layers, measured = 2 * B * R * head;
  const sampling = 2 * B * (P + R) * layers + 2 * B * R * head;
  const training = 4 * (2 * 2 * forward + 2 * measured);
  const expected = sampling + 4 * forward + 2 * measured + training;
  assert.ok(Math.abs(step_flops / expected - 1) < 0.1, `${step_flops} and ${expected}`);
});

Deno.test("ppoCost() falls with the bits of the base, less with those of rollouts, and with smaller runs", () => {
  const bytes = (given: Partial<PpoJobRequest> = {}) =>
    ppoCost(workload("135m", given), shape("135m")).memory_bytes;
  const [float32, rollouts, base] = [{}, { rollout_precision: "int8" }, { base_precision: "int8" }]
    .map((given) => bytes(given as Partial<PpoJobRequest>));
  assert.ok(base! < rollouts! && rollouts! < 0.95 * float32!, `${base}, ${rollouts}, ${float32}`);
  assert.ok(bytes({ ppo: { micro_batch_size: 1 } }) < bytes());
  assert.ok(bytes({ trainable: { type: "full" } }) > 1.5 * bytes());
});

Deno.test("A job that does not fit is refused with the figures and with what would", () => {
  const job = workload("135m"), at = shape("135m");
  const need = ppoCost(job, at).memory_bytes;
  assert.equal(fittingCost(job, (job) => ppoCost(job, at), SMALLER_PPO, need).memory_bytes, need);
  const thrown = (available: number) => {
    try {
      fittingCost(job, (job) => ppoCost(job, at), SMALLER_PPO, available);
    } catch (error) {
      return error as UserError;
    }
    throw new Error("Expected a refusal");
  };
  const near = thrown(need - 1e6);
  assert.ok(near instanceof UserError);
  assert.equal(near.code, "job_too_large");
  assert.match(
    near.message,
    /needs about [\d.]+ GB \(.*weights 0\.54 GB.*activations.*\), and there are [\d.]+ GB/,
  );
  const paths = near.errors.map(({ path }) => path);
  assert.ok(paths.includes("base_precision") && paths.includes("ppo.micro_batch_size"), String(paths));
  const far = thrown(2 ** 28);
  assert.deepEqual(far.errors.map(({ path }) => path), ["model"]);
  assert.match(far.message, /smaller model/);
});

Deno.test("ppoCost() works out once what differs only in what costs nothing", () => {
  const at = shape("135m");
  const cost = ppoCost(workload("135m"), at);
  assert.equal(
    ppoCost(workload("135m", { prompts: ["others"], seed: 7, metadata: { a: "b" }, epochs: 9 }), at),
    cost,
  );
  assert.notDeepEqual(ppoCost(workload("135m"), { ...at, longestPrompt: at.longestPrompt + 1 }), cost);
  assert.notDeepEqual(ppoCost(workload("135m", { value: { type: "shared" } }), at), cost);
});

Deno.test("ppoCost() counts dropout's keys of features, and its masks among the activations", () => {
  const dropping = (dropout: number) =>
    ppoCost(workload("135m", { trainable: { type: "lora", dropout } }), shape("135m"));
  const [plain, dropped] = [dropping(0), dropping(0.1)];
  // Eight numbers for each input of each adapted layer, of the policy and of the critic.
  const inputs = 30 * (6 * 576 + 1536);
  assert.equal(dropped.memory.trained, plain.memory.trained + 2 * 4 * 8 * inputs);
  assert.ok(dropped.memory.activations > plain.memory.activations);
  assert.ok(dropped.step_flops > plain.step_flops && dropped.step_flops < 1.2 * plain.step_flops);
  assert.deepEqual([dropped.memory.weights, dropped.memory.cache], [
    plain.memory.weights,
    plain.memory.cache,
  ]);
});
