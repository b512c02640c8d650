/**
 * Makes the embedded model from nothing: `deno task tiny:make [folder]`. Corpus and tokenizer come from their
 * seeds, the weights from our own supervised trainer on a random start. About ten minutes on two cores. On one
 * machine the same bytes come out every time; on another, floating-point sums may round differently.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BaseModel } from "../../core/weights/base_model.ts";
import { initialParameters } from "../../core/weights/parameter_layout.ts";
import { writeSafetensors } from "../../core/formats/write_safetensors.ts";
import { Policy } from "../../core/networks/policy.ts";
import { Runtime } from "../../core/ort/runtime.ts";
import { answering } from "../../core/run/packed_rows.ts";
import { trainSft } from "../../core/kinds/sft/trainer.ts";
import { loadTokenizer, type TextTokenizer } from "../../core/tokenizer/tokenizer.ts";
import { writeRandomModel } from "../random_model.ts";
import { SPECIAL_TOKENS, TURN_TOKENS } from "./bpe.ts";
import { corpus, type Example } from "./corpus.ts";
import { makeTokenizer, TINY_CONTEXT } from "./make_tokenizer.ts";
import { heldOut } from "./posts.ts";

const SEED = 0;

/** One after the other: a corpus each, and the learning rate at its best. */
const LESSONS = [
  { lesson: "first", seed: SEED, examples: 44_000, learning_rate: 3e-3 },
  { lesson: "last", seed: SEED + 1, examples: 6_000, learning_rate: 1e-3 },
  { lesson: "last", seed: SEED + 2, examples: 6_000, learning_rate: 6e-4 },
] as const;

const HELD_OUT = 512;

const CONFIG = {
  model_type: "qwen3",
  hidden_act: "silu",
  hidden_size: 160,
  intermediate_size: 480,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 32,
  max_position_embeddings: TINY_CONTEXT,
  rms_norm_eps: 1e-6,
  rope_parameters: { rope_type: "default", rope_theta: 10_000 },
  attention_bias: false,
  tie_word_embeddings: true,
  dtype: "float32",
};

const TRAINING = {
  epochs: 1,
  batch_size: 32,
  micro_batch_size: null,
  packing: false,
  weight_decay: 0.01,
  max_grad_norm: 1,
  adam_beta1: 0.9,
  adam_beta2: 0.95,
  adam_eps: 1e-8,
  lr_scheduler: "cosine",
  min_lr_ratio: 0.05,
  warmup_steps: 50,
  seed: SEED,
} as const;

/** An example as ids, the token that ends a text or a turn included. */
function encode(tokenizer: TextTokenizer, { prompt, completion }: Pick<Example, "prompt" | "completion">) {
  const [prompt_ids, end] = typeof prompt === "string"
    ? [tokenizer.encode(prompt), SPECIAL_TOKENS.eos_token]
    : [tokenizer.encode(tokenizer.chatText({ messages: prompt })), TURN_TOKENS.end];
  return { prompt_ids, response_ids: tokenizer.encode(completion + end, { add_special_tokens: false }) };
}

async function make(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await makeTokenizer(folder);
  const tokenizer = await loadTokenizer(folder);
  const special = {
    vocab_size: tokenizer.vocabSize,
    bos_token_id: tokenizer.bosTokenId,
    eos_token_id: tokenizer.eosTokenId,
    pad_token_id: tokenizer.padTokenId,
  };
  await writeRandomModel(folder, { ...CONFIG, ...special }, { classifier: false, seed: SEED });
  const runtime = Runtime.open();
  const base = await BaseModel.open(runtime, folder);
  const tuning = { type: "full" } as const;
  const parameters = await initialParameters(base, tuning, { head: false, seed: SEED, role: "policy" });
  for (const { lesson, seed, examples, learning_rate } of LESSONS) {
    const rows = corpus(seed, examples, lesson).map((example) => answering(encode(tokenizer, example)));
    const split = { examples: rows, train: [...rows.keys()], held_out: [] };
    const started = performance.now();
    let mean = 0;
    const training = { ...TRAINING, learning_rate };
    for await (const event of trainSft(base, tuning, parameters, split, training)) {
      if (event.type !== "step") continue;
      const { step, steps } = event.progress;
      const { loss, lr } = event.metrics as { loss: number; lr: number };
      mean = step === 1 ? loss : 0.95 * mean + 0.05 * loss;
      if (step % 25 !== 0 && step !== steps) continue;
      const left = (performance.now() - started) / step * (steps - step) / 1000;
      const figures = `loss ${mean.toFixed(3)}  lr ${lr.toExponential(1)}  ${left.toFixed(0)} s left`;
      console.log(`${lesson} lesson  step ${step}/${steps}  ${figures}`);
    }
  }
  const unseen = heldOut(SEED, HELD_OUT).map((example) => encode(tokenizer, example));
  const policy = new Policy(base, tuning, parameters, { reference: parameters, shared: false });
  const { logprobs } = await policy.analyze(unseen, { temperature: 1 });
  const tokens = unseen.reduce((sum, { response_ids }) => sum + response_ids.length, 0);
  const nats = -logprobs.flatMap((row) => [...row]).reduce((sum, logprob) => sum + logprob, 0);
  console.log(
    `held-out loss ${(nats / tokens).toFixed(3)} nats per token over ${unseen.length} unseen posts`,
  );
  await writeSafetensors(
    join(folder, "model.safetensors"),
    Object.fromEntries(
      parameters.names.map((name) => [name, {
        dtype: "F32" as const,
        shape: [...parameters.shape(name)],
        data: parameters.values(name),
      }]),
    ),
    { format: "pt" },
  );
  await Deno.writeTextFile(
    join(folder, "generation_config.json"),
    JSON.stringify(
      {
        bos_token_id: special.bos_token_id,
        eos_token_id: [special.eos_token_id, ...tokenizer.encode(TURN_TOKENS.end)],
        pad_token_id: special.pad_token_id,
      },
      null,
      2,
    ) + "\n",
  );
}

if (import.meta.main) {
  await make(Deno.args[0] ?? fileURLToPath(new URL("../../models/tiny", import.meta.url)));
}
