/**
 * What packing saves: steps of supervised fine-tuning on examples of uneven lengths, in shared rows and in rows of their
 * own, in turns. `deno run -A bench/sft_packing.ts [--model models/tiny] [--longest 250] [--batch 16]`.
 */
import { parseArgs } from "node:util";
import { trainSft } from "../core/kinds/sft/trainer.ts";
import { Runtime } from "../core/ort/runtime.ts";
import { uniform } from "../core/rng.ts";
import { answering, packRows } from "../core/run/packed_rows.ts";
import { BaseModel } from "../core/weights/base_model.ts";
import { initialParameters, tuningOf } from "../core/weights/parameter_layout.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "models/tiny" },
    longest: { type: "string", default: "250" },
    batch: { type: "string", default: "16" },
  },
});
const [longest, batch] = [Number(values.longest), Number(values.batch)];
const ROUNDS = 4;
const STEPS = 8;

const runtime = Runtime.open();
const base = await BaseModel.open(runtime, values.model);
const tuning = tuningOf(base.config, { type: "lora", r: 8, alpha: 16, target_modules: "all-linear" });
/** Most are short: their lengths are the longest times a uniform number to the power 2.5. */
const examples = Array.from({ length: batch }, (_, key) => {
  const tokens = Math.max(6, Math.floor(longest * uniform(1, "data", 0, 0, key) ** 2.5));
  const ids = Array.from({ length: tokens }, (_, s) => 5 + Math.floor(300 * uniform(2, "data", 0, key, s)));
  const prompt = Math.ceil(0.4 * tokens);
  return answering({ prompt_ids: ids.slice(0, prompt), response_ids: ids.slice(prompt) });
});
const split = { examples, train: [...examples.keys()], held_out: [] };
const adam = { adam_beta1: 0.9, adam_beta2: 0.999, adam_eps: 1e-8, max_grad_norm: 1, weight_decay: 0 };
const schedule = { lr_scheduler: "constant", min_lr_ratio: 0, warmup_steps: 0, learning_rate: 1e-4 } as const;
const config = { epochs: STEPS, batch_size: batch, micro_batch_size: null, seed: 0, ...adam, ...schedule };

async function fastest(packing: boolean): Promise<number> {
  const parameters = await initialParameters(base, tuning, { head: false, seed: 0, role: "policy" });
  let least = Infinity;
  for await (const event of trainSft(base, tuning, parameters, split, { ...config, packing })) {
    if (event.type === "step") least = Math.min(least, event.metrics["time/step_s"]!);
  }
  return least;
}

const tokens = examples.reduce((sum, { ids }) => sum + ids.length, 0);
console.log(
  `${batch} examples of ${(tokens / batch).toFixed(0)} tokens, in ${packRows(examples, true).length} rows`,
);
for (let round = 1; round <= ROUNDS; round++) {
  const [packed, apart] = [await fastest(true), await fastest(false)];
  console.log(
    `round ${round}  packed ${packed.toFixed(3)} s  apart ${apart.toFixed(3)} s  ${
      (apart / packed).toFixed(2)
    } times`,
  );
}
