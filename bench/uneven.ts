/**
 * `uneven.ts [SIZE] [--rows 16] [--least 32] [--most 512]`: policy updates on rows of uneven lengths beside rows of equal
 * lengths with as many tokens, as one JSON line.
 */
import { parseArgs } from "node:util";
import { makeLearner } from "../core/kinds/ppo/run.ts";
import { ppoJobSchema } from "../core/contract/ppo_job.ts";
import type { PolicyExample } from "../core/networks/policy.ts";
import { Runtime } from "../core/ort/runtime.ts";
import { uniform } from "../core/rng.ts";
import { BaseModel } from "../core/weights/base_model.ts";
import { randomModels } from "./random_models.ts";
import { median } from "./workload_run.ts";

const { values: options, positionals: [size = "tiny"] } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: "string", default: "16" },
    least: { type: "string", default: "32" },
    most: { type: "string", default: "512" },
    runs: { type: "string", default: "3" },
    threads: { type: "string", default: "2" },
  },
});
const [rows, least, most, runs] = [options.rows, options.least, options.most, options.runs].map(Number) as [
  number,
  number,
  number,
  number,
];
const folder = await Deno.makeTempDir({ prefix: "proximal-bench-" });
try {
  const runtime = Runtime.open({ threads: Number(options.threads) });
  const { policy: model } = await randomModels(size, folder, { names: ["policy"] });
  const base = await BaseModel.open(runtime, model);
  const job = ppoJobSchema.parse({
    kind: "ppo",
    model,
    prompts: ["-"],
    reward: { type: "length", target: 1 },
  });
  const { policy, policyOptimizer } = await makeLearner(base, job);
  const { vocab_size } = base.config;
  /** A third of it is a prompt. */
  const rowOf = (length: number, row: number): PolicyExample => {
    const ids = Int32Array.from(
      { length },
      (_, s) => 4 + Math.floor(uniform(1, "data", 0, row, s) * (vocab_size - 4)),
    );
    const prompt_ids = ids.subarray(0, Math.max(1, Math.floor(length / 3)));
    const response_ids = ids.subarray(prompt_ids.length);
    const numbers = new Float32Array(response_ids.length);
    return {
      prompt_ids,
      response_ids,
      logprobs: numbers.fill(-9),
      advantages: numbers,
      values: null,
      returns: null,
    };
  };
  const uneven = Array.from(
    { length: rows },
    (_, row) => least + Math.floor(uniform(2, "data", 0, row, 0) * (most - least + 1)),
  );
  const mean = Math.round(uneven.reduce((sum, length) => sum + length, 0) / rows);
  const batches = { uneven: uneven.map(rowOf), equal: uneven.map((_, row) => rowOf(mean, row)) };
  const seconds: Record<string, number[]> = { uneven: [], equal: [] };
  let padding = 0;
  for (let run = 0; run <= runs; run++) {
    for (const [name, batch] of Object.entries(batches)) {
      base.computed.forget();
      const started = performance.now();
      using _ = await policy.train(batch, job.ppo, policyOptimizer, { tokenWeight: () => 1e-3, first: true });
      if (run > 0) seconds[name]!.push((performance.now() - started) / 1e3);
      if (name === "uneven") padding = base.computed.paddingShare;
    }
  }
  const [slow, fast] = [median(seconds.uneven!), median(seconds.equal!)];
  console.log(JSON.stringify({
    ...{ size, rows, least, most, mean },
    padding_share: Number(padding.toFixed(4)),
    uneven_s: Number(slow.toFixed(3)),
    equal_s: Number(fast.toFixed(3)),
    "uneven over equal": Number((slow / fast).toFixed(3)),
  }));
} finally {
  await Deno.remove(folder, { recursive: true });
}
