/**
 * Several checkpoints of one base, served: `serving.ts [SIZE] [--checkpoints N] [--rows N] [--tokens N]` prints a JSON
 * line with the tokens per second of one request for each checkpoint, all at once and one after another, as adapters
 * beside the base and as a policy of its own for each. Random weights, responses always of full length. `--table 1,8,32`
 * prints rates by these rows instead, beside llama.cpp's server (serving_table.ts).
 */
import { parseArgs } from "node:util";
import { BaseModel } from "../core/weights/base_model.ts";
import { BatchDecoder } from "../core/decode/batch_decoder.ts";
import type { SamplingRequest } from "../core/decode/sampling_request.ts";
import { type LoadedAdapter } from "../core/weights/load_adapter.ts";
import { initialParameters, tuningOf } from "../core/weights/parameter_layout.ts";
import { Policy } from "../core/networks/policy.ts";
import { Runtime } from "../core/ort/runtime.ts";
import { fillUniform, uniform } from "../core/rng.ts";
import { writeRandomModel } from "../tasks/random_model.ts";
import { servingTable } from "./serving_table.ts";
import { type WorkloadName, WORKLOADS } from "./workloads.ts";

const { values, positionals: [size = "tiny"] } = parseArgs({
  allowPositionals: true,
  options: {
    checkpoints: { type: "string", default: "4" },
    rows: { type: "string", default: "2" },
    tokens: { type: "string" },
    threads: { type: "string", default: "2" },
    table: { type: "string" },
    python: { type: "string" },
  },
});
const { config, P, R } = WORKLOADS[size as WorkloadName];
const [checkpoints, rows, tokens] = [values.checkpoints, values.rows, values.tokens ?? R].map(Number) as [
  number,
  number,
  number,
];

const folder = await Deno.makeTempDir({ prefix: "proximal-bench-" });
try {
  await writeRandomModel(folder, config, { classifier: false, seed: 0 });
  if (values.table !== undefined) {
    const { python, threads, table } = values;
    const rows = table.split(",").map(Number);
    await servingTable(folder, { size: size as WorkloadName, threads: Number(threads), python, rows });
    Deno.exit();
  }
  const runtime = Runtime.open({ threads: Number(values.threads) });
  const base = await BaseModel.open(runtime, folder);
  const lora = tuningOf(base.config, { type: "lora", r: 16, alpha: 32, target_modules: "all-linear" });
  const tuning = lora as Extract<typeof lora, { type: "lora" }>;
  const adapters: LoadedAdapter[] = [];
  for (let seed = 0; seed < checkpoints; seed++) {
    const parameters = await initialParameters(base, tuning, { head: false, seed, role: "policy" });
    for (const name of parameters.names.filter((name) => name.includes("lora_B"))) {
      fillUniform(parameters.values(name), -0.01, 0.01, { seed, stream: "data", step: 0, row: 0 });
    }
    adapters.push({ tuning, parameters });
  }
  const request = (checkpoint: number): SamplingRequest[] =>
    Array.from({ length: rows }, (_, row) => ({
      prompt_ids: Array.from(
        { length: P },
        (_, s) => 4 + Math.floor(uniform(1, "data", checkpoint, row, s) * (config.vocab_size - 4)),
      ),
      ...{ max_new_tokens: tokens, temperature: 1, top_k: 0, top_p: 1, stop_token_ids: new Set<number>() },
      uniform: (position) => uniform(2, "sample", checkpoint, row, position),
    }));

  const decoder = new BatchDecoder(base);
  const policies = adapters.map(({ parameters }) =>
    new Policy(base, tuning, parameters, { reference: "base", shared: false })
  );
  const inTurn = async (ask: (checkpoint: number) => Promise<unknown>) => {
    for (let checkpoint = 0; checkpoint < checkpoints; checkpoint++) await ask(checkpoint);
  };
  const atOnce = (adapterOf: (checkpoint: number) => LoadedAdapter | null) => () =>
    Promise.all(adapters.map((_, checkpoint) => decoder.decode(request(checkpoint), adapterOf(checkpoint))));
  const ways: Record<string, () => Promise<unknown>> = {
    "bare model, at once": atOnce(() => null),
    "checkpoints, at once": atOnce((checkpoint) => adapters[checkpoint]!),
    "one checkpoint, at once": atOnce(() => adapters[0]!),
    "checkpoints, one after another": () =>
      inTurn((checkpoint) => decoder.decode(request(checkpoint), adapters[checkpoint]!)),
    "a policy for each, one after another": () =>
      inTurn((checkpoint) => policies[checkpoint]!.respond(request(checkpoint))),
  };
  const best: Record<string, number> = {};
  for (let round = 0; round < 6; round++) {
    for (const [name, way] of Object.entries(ways)) {
      const start = performance.now();
      await way();
      const rate = checkpoints * rows * tokens / (performance.now() - start) * 1000;
      best[name] = Math.max(best[name] ?? 0, Math.round(rate));
    }
  }
  const mb = (bytes: number) => Math.round(bytes / 1e6);
  console.log(JSON.stringify({
    ...{ size, checkpoints, rows, tokens },
    tok_s: best,
    base_mb: mb(base.bytes),
    adapter_mb: mb(adapters[0]!.parameters.bytes),
  }));
} finally {
  await Deno.remove(folder, { recursive: true });
}
