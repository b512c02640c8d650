/**
 * `replica_costs.ts`: what a PPO step of our workloads tells other processes, counted from the job's parameters and
 * batches, and what share of a step is left for work with N machines and several networks (docs/scale.md has the tables).
 * Seconds of a step by one machine are docs/performance.md's; those of full fine-tuning follow by operations.
 *
 * A sum of S bytes moves 2 (N - 1) / N S bytes through each machine's port, in 2 (N - 1) messages one after another: the
 * ring of MPICH and NCCL; other algorithms need fewer messages and as many bytes. Nothing is overlapped with work.
 */
import { ppoJobSchema } from "../core/contract/ppo_job.ts";
import { parseConfig } from "../core/formats/read_config.ts";
import { ppoCost } from "../core/kinds/ppo/cost.ts";
import { parameterCount, tuningOf } from "../core/weights/parameter_layout.ts";
import { WORKLOADS } from "./workloads.ts";

/** Seconds of a LoRA step on two cores of an EPYC (docs/performance.md). */
const STEP_S = { tiny: 0.99, "135m": 30.7, "0.6b": 65.7 };
const GIGABITS = [1, 10, 25, 100];
const MACHINES = [2, 4, 8, 16, 32, 64];
/** Of a link's rate that one stream of TCP comes to, and what each message costs beside. */
const LINK_SHARE = 0.9;
const MESSAGE_S = 30e-6;

interface Told {
  /** Bytes of gradients added up in a step, by each process. */
  summed: number;
  /** Sums in a step. */
  sums: number;
  /** Bytes of rows that are told, in all. */
  gathered: number;
  flops: number;
}

function toldBy(size: keyof typeof STEP_S, type: "lora" | "full"): Told {
  const { B, P, R, config } = WORKLOADS[size];
  const { model } = parseConfig({
    ...config,
    architectures: [config.model_type === "llama" ? "LlamaForCausalLM" : "Qwen3ForCausalLM"],
  });
  const job = ppoJobSchema.parse({
    ...{ kind: "ppo", model: "m", prompts: ["p"], reward: { type: "length", target: 1 } },
    ...{ trainable: { type }, ppo: { batch_size: B, max_new_tokens: R } },
  });
  const { value, ppo } = job;
  const critic = value?.type === "separate"
    ? parameterCount(model, tuningOf(model, { ...value, type: "lora" }), { head: true })
    : 0;
  const policy = parameterCount(model, tuningOf(model, job.trainable), { head: value?.type === "shared" });
  const updates = ppo.num_ppo_epochs * ppo.num_mini_batches;
  // Ids, and of each action eight numbers: log-probabilities, values, rewards, advantages.
  const row = 4 * (P + R) + 4 * 8 * R;
  return {
    summed: 4 * (policy + critic) * updates,
    sums: updates * (critic > 0 ? 2 : 1),
    gathered: row * B,
    flops: ppoCost(job, { model, rewards: [], longestPrompt: P, threads: 2 }).step_flops,
  };
}

/** Of a step by N machines with as many rows each as one has alone, the share that is work. */
function efficiency(
  step_s: number,
  { summed, sums, gathered }: Told,
  machines: number,
  gigabits: number,
): number {
  const rate = gigabits * 1e9 / 8 * LINK_SHARE;
  const moved = 2 * (machines - 1) / machines * summed + (machines - 1) * gathered;
  const told_s = moved / rate + (sums * 2 * (machines - 1) + 4 * machines) * MESSAGE_S;
  return step_s / (step_s + told_s);
}

for (const size of Object.keys(STEP_S) as (keyof typeof STEP_S)[]) {
  const lora = toldBy(size, "lora");
  for (const type of ["lora", "full"] as const) {
    const told = toldBy(size, type);
    const step_s = STEP_S[size] * told.flops / lora.flops;
    console.log(JSON.stringify({
      ...{ size, type, step_s: Number(step_s.toFixed(2)), summed_mb: Number((told.summed / 1e6).toFixed(2)) },
      ...{ sums: told.sums, gathered_kb: Number((told.gathered / 1e3).toFixed(1)) },
    }));
    for (const gigabits of GIGABITS) {
      const shares = MACHINES.map((
        machines,
      ) => [machines, efficiency(step_s, told, machines, gigabits).toFixed(3)]);
      console.log(JSON.stringify({ size, type, gigabits, ...Object.fromEntries(shares) }));
    }
  }
}
