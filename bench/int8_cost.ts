/**
 * What 8 bits cost: `deno run -A bench/int8_cost.ts [--seeds N] [--epochs N]` prints JSON lines. How far
 * log-probabilities move on the fixtures and on held-out text of the embedded model, that text's perplexity, and the
 * demo's reward curve, each beside float32. `--seeds 0` leaves the curves out. With INEXACT_INT8=int8 in the environment
 * products are those of a CPU without VNNI; the first line says which they are.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { trainJob } from "../core/kinds/train_job.ts";
import { BaseModel } from "../core/weights/base_model.ts";
import { heldHere, int8Dtype } from "../core/weights/int8_products.ts";
import { ParameterSet } from "../core/weights/parameter_set.ts";
import { Policy } from "../core/networks/policy.ts";
import type { TokenSequence } from "../core/run/token_batch.ts";
import { type PpoJobRequest, ppoJobSchema } from "../core/contract/ppo_job.ts";
import { uniform } from "../core/rng.ts";
import { loadTokenizer } from "../core/tokenizer/tokenizer.ts";
import type { Precision } from "../kernels/nn/parameters.ts";
import { heldOut } from "../tasks/tiny/posts.ts";
import { demoJob } from "../tasks/tiny/demo_job.ts";
import { fixtureRows, openAdapted, runtime } from "../tests/core/networks/tiny_models.ts";

const { values: options } = parseArgs({
  options: { seeds: { type: "string", default: "2" }, epochs: { type: "string", default: "10" } },
});
const TINY = fileURLToPath(new URL("../models/tiny", import.meta.url));
const HELD_OUT = 256;
const SAMPLED = { rows: 32, tokens: 32 };
const PRECISIONS: Precision[] = ["float32", "int8"];

const round = (value: number, digits = 5) => Number(value.toFixed(digits));
const print = (line: Record<string, unknown>) => console.log(JSON.stringify(line));

/** Mean and largest distance between log-probabilities of the same tokens. */
function distance(a: readonly ArrayLike<number>[], b: readonly ArrayLike<number>[]) {
  const gaps = a.flatMap((row, at) => Array.from(row, (x, t) => Math.abs(x - b[at]![t]!)));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  return { mean_abs: round(mean), max_abs: round(gaps.reduce((most, gap) => Math.max(most, gap), 0)) };
}

async function fixtures(): Promise<void> {
  print({ int8_held_as: await int8Dtype(runtime) });
  for (const name of ["qwen3", "qwen2", "llama", "gpt2"]) {
    const { sequences, expected } = await fixtureRows(name);
    for (const precision of PRECISIONS) {
      const policy = await openAdapted(name, { precision });
      const { logprobs } = await policy.analyze(sequences, { temperature: 1 });
      print({ fixture: name, base_precision: precision, ...distance(logprobs, expected("lora.logprobs")) });
    }
  }
}

async function openTiny(base_precision: Precision, sampling: Precision): Promise<Policy> {
  const base = await BaseModel.open(runtime, TINY, { precision: base_precision });
  const nothing = new ParameterSet(runtime, []);
  return new Policy(base, { type: "none" }, nothing, {
    reference: "base",
    shared: false,
    sampling: await heldHere(runtime, sampling),
  });
}

async function perplexity(): Promise<void> {
  const tokenizer = await loadTokenizer(TINY);
  const unseen = heldOut(0, HELD_OUT).map(({ prompt, completion }): TokenSequence => ({
    prompt_ids: tokenizer.encode(prompt),
    response_ids: [...tokenizer.encode(completion, { add_special_tokens: false }), tokenizer.eosTokenId!],
  }));
  const measured = async (precision: Precision) =>
    (await (await openTiny(precision, precision)).analyze(unseen, { temperature: 1 })).logprobs;
  const exact = await measured("float32");
  for (const precision of PRECISIONS) {
    const logprobs = await measured(precision);
    const all = logprobs.flatMap((row) => [...row]);
    print({
      model: "tiny",
      base_precision: precision,
      tokens: all.length,
      perplexity: round(Math.exp(-all.reduce((sum, x) => sum + x, 0) / all.length), 4),
      ...distance(logprobs, exact),
    });
  }
}

/** The sampler's log-probabilities against those that training would be given. */
async function sampling(): Promise<void> {
  const tokenizer = await loadTokenizer(TINY);
  const prompts = heldOut(0, SAMPLED.rows).map(({ prompt }) => tokenizer.encode(prompt));
  for (const [base, sampler] of [["float32", "float32"], ["float32", "int8"], ["int8", "int8"]] as const) {
    const policy = await openTiny(base, sampler);
    const sampled = await policy.respond(prompts.map((prompt_ids, row) => ({
      prompt_ids,
      max_new_tokens: SAMPLED.tokens,
      temperature: 1,
      top_k: 0,
      top_p: 1,
      uniform: (position: number) => uniform(0, "sample", 0, row, position),
      stop_token_ids: new Set([tokenizer.eosTokenId!]),
    })));
    const sequences = sampled.map(({ response_ids }, row) => ({ prompt_ids: prompts[row]!, response_ids }));
    const { logprobs } = await policy.analyze(sequences, { temperature: 1 });
    const gap = distance(sampled.map((row) => row.logprobs), logprobs);
    print({ model: "tiny", base_precision: base, rollout_precision: sampler, rollout_gap: gap });
  }
}

/** Mean reward of each epoch of the demo. */
async function curve(seed: number, precision: Partial<PpoJobRequest>): Promise<void> {
  const job = ppoJobSchema.parse({ ...demoJob(seed, Number(options.epochs)), ...precision });
  const output = await Deno.makeTempDir({ prefix: "proximal-cost-" });
  try {
    const rewards: number[] = [], gaps: number[] = [];
    const folders = { model: TINY, rewards: {}, output };
    for await (const event of trainJob(runtime, { job, folders })) {
      if (event.type !== "epoch") continue;
      rewards.push(round(event.metrics.avg_reward!, 3));
      gaps.push(event.metrics["rollout_gap/mean_abs"]!);
    }
    const gap = round(gaps.reduce((a, b) => a + b) / gaps.length);
    print({ demo: seed, ...precision, avg_reward: rewards, "rollout_gap/mean_abs": gap });
  } finally {
    await Deno.remove(output, { recursive: true });
  }
}

await fixtures();
await perplexity();
await sampling();
for (let seed = 0; seed < Number(options.seeds); seed++) {
  await curve(seed, {});
  await curve(seed, { base_precision: "int8" });
  await curve(seed, { rollout_precision: "int8" });
}
