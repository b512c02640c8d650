/**
 * Whole PPO steps of one workload in a process of its own, so that its peak memory is its own:
 * `ppo_step.ts SIZE [--steps N] [--device cuda] [--base-precision int8] [--rollout-precision int8]
 * [--dropout 0.1] [--each-step]` prints one JSON line, and with `--each-step` one for each step as soon as it is done.
 * Random weights, LoRA, a separate value network, a learned reward model of the same shape, responses always of full
 * length, as the peers' scripts do it.
 */
import { parseArgs } from "node:util";
import { placeOf } from "../core/device_name.ts";
import { inexactInt8 } from "../core/weights/int8_products.ts";
import { Runtime } from "../core/ort/runtime.ts";
import type { PpoJobRequest } from "../core/contract/ppo_job.ts";
import { flopsOf, productShapes } from "../kernels/graph/cost.ts";
import { frozenLayers } from "../kernels/models/trained_layers.ts";
import { builtGraphs } from "../core/run/built_graphs.ts";
import { batchSizes } from "../core/run/token_batch.ts";
import { matmulBound, matmulRate } from "./matmul_bound.ts";
import { randomModels } from "./random_models.ts";
import { median, memory, openWorkload } from "./workload_run.ts";
import { type WorkloadName, WORKLOADS } from "./workloads.ts";

const { values: options, positionals: [size = "tiny"] } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: "string", default: "4" },
    threads: { type: "string", default: "2" },
    device: { type: "string", default: "cpu" },
    "base-precision": { type: "string" },
    "rollout-precision": { type: "string" },
    dropout: { type: "string", default: "0" },
    layers: { type: "string" },
    "each-step": { type: "boolean", default: false },
  },
});
const { B, P, R, ...workload } = WORKLOADS[size as WorkloadName];
const micro_batch_size = "micro" in workload ? workload.micro : null;
const steps = Number(options.steps);
const layers = options.layers === undefined ? null : { last: Number(options.layers) };

const folder = await Deno.makeTempDir({ prefix: "proximal-bench-" });
try {
  const folders = await randomModels(size, folder);
  const runtime = Runtime.open({
    library: Deno.env.get("ORT_LIBRARY") || undefined,
    threads: Number(options.threads),
    device: options.device === "allocated" ? "allocated" : placeOf(options.device),
    tf32: true,
    inexactInt8: inexactInt8(Deno.env.get("INEXACT_INT8")),
  });
  const { job, learner, cost, events } = await openWorkload(runtime, folders, { B, P, R }, {
    steps,
    base_precision: options["base-precision"] as PpoJobRequest["base_precision"],
    rollout_precision: options["rollout-precision"] as PpoJobRequest["rollout_precision"],
    trainable: { type: "lora", dropout: Number(options.dropout), layers },
    ppo: { micro_batch_size },
  });
  const policyTrain = learner.policy.train.bind(learner.policy);
  const policyTimes: number[] = [];
  learner.policy.train = async (...args) => {
    const start = performance.now();
    const result = await policyTrain(...args);
    policyTimes.push(performance.now() - start);
    return result;
  };

  const measured: Record<string, number>[] = [];
  for await (const event of events()) {
    if (event.type !== "step") continue;
    const metrics = event.metrics as Record<string, number>;
    measured.push(metrics);
    if (!options["each-step"]) continue;
    const told = ["time/", "rollout_tok", "tokens_per_second", "memory/", "objective/", "policy/grad_norm"];
    const named = Object.entries(metrics).filter(([name]) => told.some((start) => name.startsWith(start)));
    console.log(JSON.stringify({ step: measured.length, size, ...Object.fromEntries(named) }));
  }
  // The first step builds its graphs; the rest are what a job is made of.
  const steady = measured.slice(1);
  const middle = (name: string) => median(steady.map((metrics) => metrics[name]!));
  const round = (value: number, digits = 4) => Number(value.toFixed(digits));
  const phases = ["rollout", "reward", "analyze", "train"];
  const { peak } = await memory();
  const bound = await matmulBound(runtime);
  const { policy, trunk } = learner;
  const update = builtGraphs.policyTraining(policy.base.config, policy.tuning, {
    ...{ values: false, entropyBonus: false, accumulate: true },
    from: trunk ? frozenLayers(policy.base.config, policy.tuning) : 0,
  });
  const rows = micro_batch_size ?? B;
  const updateProducts = productShapes(update, batchSizes({ rows, columns: P + R - 1, actions: R }));
  const updateBound = await matmulRate(runtime, updateProducts);
  console.log(JSON.stringify({
    system: "proximal",
    size,
    lora: true,
    dropout: Number(options.dropout),
    layers,
    base_precision: learner.policy.base.precision,
    rollout_precision: job.rollout_precision ?? learner.policy.base.precision,
    B,
    P,
    R,
    steps,
    per_step_s: measured.map((metrics) => round(metrics["time/step_s"]!)),
    median_step_s: round(middle("time/step_s")),
    phase_s: Object.fromEntries(phases.map((phase) => [phase, round(middle(`time/${phase}_s`))])),
    rollout_tok_s: round(middle("rollout_tokens_per_second"), 1),
    policy_update_ms: round(median(policyTimes), 1),
    rollout_gap_mean_abs: round(middle("rollout_gap/mean_abs"), 6),
    action_tok_s: round(middle("tokens_per_second"), 1),
    ...(runtime.device && {
      device: runtime.device.description,
      device_peak_mb: Math.round(runtime.device.memory().peak / 2 ** 20),
    }),
    peak_rss_mb: Math.round(peak / 2 ** 20),
    step_gflop: Math.round(cost.step_flops / 1e9),
    bound_gflop_per_s: Math.round(bound / 1e9),
    matmul_bound_share: round(cost.step_flops / bound / middle("time/step_s"), 3),
    // Of the update's own products by themselves, and what of the update's time they would take so.
    update_gflop: Math.round(flopsOf(updateProducts) / 1e9),
    update_products_gflop_per_s: Math.round(updateBound / 1e9),
    update_bound_share: round(flopsOf(updateProducts) / updateBound / (median(policyTimes) / 1000), 3),
    step_bound_share: round(cost.step_flops / updateBound / middle("time/step_s"), 3),
  }));
} finally {
  await Deno.remove(folder, { recursive: true });
}
