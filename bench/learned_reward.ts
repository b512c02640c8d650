/**
 * A reward model that learned its scores: `learned_reward.ts MODEL FOLDER` starts from the embedded model's weights, fits
 * a classifier's score to a rule on the embedded model's own kind of texts, and writes it as a reward model's folder. The
 * rule counts how often a summary speaks of its writer. The same bytes every time on one machine.
 */
import { join } from "node:path";
import { VALUE_HEAD } from "../kernels/artifacts.ts";
import { BaseModel } from "../core/weights/base_model.ts";
import { MODEL_FILES } from "../core/formats/model_files.ts";
import { GROUPS, initialParameters } from "../core/weights/parameter_layout.ts";
import { Optimizer } from "../core/networks/optimizer.ts";
import type { PolicyExample } from "../core/networks/policy.ts";
import { architectureOf } from "../core/formats/read_config.ts";
import { ValueNetwork } from "../core/networks/value_network.ts";
import { writeSafetensors } from "../core/formats/write_safetensors.ts";
import { Runtime } from "../core/ort/runtime.ts";
import { uniform } from "../core/rng.ts";
import { loadTokenizer, type TextTokenizer } from "../core/tokenizer/tokenizer.ts";
import { heldOut, type Post, posts } from "../tasks/tiny/posts.ts";

const SEED = 2;
const STEPS = 64;
const ROWS = 32;
const RATE = 1e-3;
const UNSEEN = 128;
/** Files of a language model's folder that say nothing of a classifier. */
const NOT_COPIED = new Set(["config.json", "generation_config.json"]);

/** What is learned: "I", "me" and "my" in a text, at most 3. */
function firstPerson(text: string): number {
  return Math.min(3, text.match(/\b(I|me|my)\b/gi)?.length ?? 0);
}

/** A summary as the model may write it, a quarter of them cut off, and its score. */
function rated(tokenizer: TextTokenizer, { prompt, completion }: Post, row: number) {
  const whole = tokenizer.encode(completion, { add_special_tokens: false });
  const draw = uniform(SEED, "data", 0, row, 0);
  const cut = draw < 0.25;
  const response = cut ? whole.slice(0, 1 + Math.floor(4 * draw * (whole.length - 1))) : whole;
  const end = cut ? [] : [tokenizer.eosTokenId!];
  return {
    ids: Int32Array.from([...tokenizer.encode(prompt), ...response, ...end]),
    score: firstPerson(tokenizer.decode(response)),
  };
}

/** The state after the last token is the one before another, whose id is never read. */
function example({ ids, score }: ReturnType<typeof rated>): PolicyExample {
  const one = (value: number) => Float32Array.of(value);
  return {
    prompt_ids: ids,
    response_ids: Int32Array.of(0),
    logprobs: one(0),
    advantages: one(0),
    values: one(0),
    returns: one(score),
  };
}

/** Writes the reward model; gives the share of unseen scores' variance that it explains. */
async function makeLearnedReward(runtime: Runtime, model: string, folder: string): Promise<number> {
  const tokenizer = await loadTokenizer(model);
  const base = await BaseModel.open(runtime, model);
  const tuning = { type: "full" } as const;
  const parameters = await initialParameters(base, tuning, { head: true, seed: SEED, role: "value" });
  const network = new ValueNetwork(base, tuning, parameters);
  const optimizer = await Optimizer.create(runtime, parameters, {
    adam_beta1: 0.9,
    adam_beta2: 0.95,
    adam_eps: 1e-8,
    max_grad_norm: 1,
  });
  const seen = posts(SEED, STEPS * ROWS).map((text, row) => rated(tokenizer, text, row));
  for (let step = 0; step < STEPS; step++) {
    const rows = seen.slice(step * ROWS, (step + 1) * ROWS).map(example);
    using _stats = await network.train(rows, { cliprange_value: null }, optimizer, {
      tokenWeight: () => 1 / ROWS,
      first: true,
    });
    const rate = { lr: RATE * (1 - step / STEPS), weight_decay: 0 };
    using _outcome = await optimizer.apply({
      [GROUPS.matrices]: rate,
      [GROUPS.vectors]: rate,
      [GROUPS.head]: rate,
      // A classifier's score has no bias.
      [GROUPS.headBias]: { lr: 0, weight_decay: 0 },
    });
  }

  const unseen = heldOut(SEED, UNSEEN).map((text, row) => rated(tokenizer, text, row));
  const predicted = await network.analyze(unseen.map(example));
  const mean = unseen.reduce((sum, { score }) => sum + score, 0) / UNSEEN;
  const sum = (f: (score: number, row: number) => number) =>
    unseen.reduce((total, { score }, row) => total + f(score, row) ** 2, 0);
  const explained = 1 - sum((score, row) => score - predicted[row]![0]!) / sum((score) => score - mean);

  await Deno.mkdir(folder, { recursive: true });
  for (const name of MODEL_FILES.filter((name) => !NOT_COPIED.has(name))) {
    await Deno.copyFile(join(model, name), join(folder, name)).catch((thrown) => {
      if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
    });
  }
  const config = JSON.parse(await Deno.readTextFile(join(model, "config.json")));
  await Deno.writeTextFile(
    join(folder, "config.json"),
    JSON.stringify({
      ...config,
      architectures: [architectureOf(base.config.model_type, "sequence_classifier")],
      num_labels: 1,
      id2label: { "0": "LABEL_0" },
    }),
  );
  const names = parameters.names.filter((name) => name !== VALUE_HEAD.bias);
  await writeSafetensors(
    join(folder, "model.safetensors"),
    Object.fromEntries(names.map((name) => [name, {
      dtype: "F32" as const,
      shape: [...parameters.shape(name)],
      data: parameters.values(name),
    }])),
    { format: "pt" },
  );
  return explained;
}

if (import.meta.main) {
  const [model, folder] = Deno.args as [string, string];
  const explained = await makeLearnedReward(Runtime.open({ threads: 1 }), model, folder);
  console.log(JSON.stringify({ reward_model: folder, explained_variance: Number(explained.toFixed(3)) }));
}
