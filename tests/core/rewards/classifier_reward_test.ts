/** Ready classifiers: real folders with real graphs on the real runtime, right and wrong. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type RewardOf, rewardSchema } from "../../../core/contract/reward_schema.ts";
import { loadClassifier, withinLength } from "../../../core/rewards/classifier_reward.ts";
import { loadTokenizer } from "../../../core/tokenizer/tokenizer.ts";
import { within } from "../../kernels/within.ts";
import { inFolder } from "../networks/in_folder.ts";
import { runtime } from "../networks/tiny_models.ts";
import { type ClassifierOptions, entry, writeClassifier } from "./classifier_folder.ts";
import { sample } from "./score_texts.ts";

const config = (more: Record<string, unknown> = {}) =>
  rewardSchema.parse({ type: "classifier", model: "m", ...more }) as RewardOf<"classifier">;

const TEXTS = ["the quick brown fox", "a", "", "the the the the the"];
const SAMPLES = TEXTS.map((text) => sample(text, { prompt: "fox " }));

/** What the classifier gives, beside what its logits are by hand. */
async function scored(
  options: ClassifierOptions,
  more: Record<string, unknown>,
  by: (logits: number[]) => number,
  text = (index: number) => TEXTS[index]!,
) {
  await inFolder(async (folder) => {
    await writeClassifier(folder, options);
    const { source, dispose } = await loadClassifier(runtime, folder, config(more));
    const tokenizer = await loadTokenizer(folder);
    const labels = options.labels ?? 3;
    const expected = SAMPLES.map((_, index) => {
      const ids = tokenizer.encode(text(index));
      assert.ok(ids.length > 0);
      return by(
        Array.from(
          { length: labels },
          (_, label) => ids.reduce((sum, id) => sum + entry(id, label), 0) / ids.length,
        ),
      );
    });
    const scores = await source.score(SAMPLES);
    within(scores, expected, 1e-5, "scores");
    // A row's score is its own, to the bit.
    for (const [row, one] of SAMPLES.entries()) assert.equal((await source.score([one]))[0], scores[row]);
    dispose();
  });
}

const softmax = (label: number) => (logits: number[]) =>
  Math.exp(logits[label]!) / logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
const sigmoid = (label: number) => (logits: number[]) => 1 / (1 + Math.exp(-logits[label]!));

Deno.test("a label's score is its part of all, or by itself where labels do not exclude each other", async () => {
  await scored({}, { label: "L1" }, softmax(1));
  await scored({ config: { problem_type: "multi_label_classification" } }, { label: "L2" }, sigmoid(2));
  await scored({ labels: 1 }, {}, sigmoid(0));
  await scored({ labels: 1, config: { problem_type: "regression" } }, {}, ([logit]) => logit!);
  await scored({}, { label: "L0", function_to_apply: "none" }, ([logit]) => logit!);
  await scored({}, { label: "L0", function_to_apply: "sigmoid" }, sigmoid(0));
});

Deno.test("the prompt is read too where that is asked for", () =>
  scored({}, { label: "L1", text: "prompt_and_completion" }, softmax(1), (index) => `fox ${TEXTS[index]}`));

Deno.test("graphs may take ids alone, lie in another file, and keep their weights outside", async () => {
  await scored({ inputs: ["input_ids"] }, { label: "L1" }, softmax(1));
  await scored({ inputs: ["input_ids", "attention_mask", "position_ids"] }, { label: "L1" }, softmax(1));
  await scored({ file: "model_quantized.onnx" }, { label: "L1", dtype: "q8" }, softmax(1));
  await scored({ external: true }, { label: "L1" }, softmax(1));
});

Deno.test("a text that is too long is cut at its end, between what the tokenizer puts around it", () =>
  inFolder(async (folder) => {
    await writeClassifier(folder);
    const tokenizer = await loadTokenizer(folder);
    const text = "the quick brown fox the quick brown fox";
    const all = tokenizer.encode(text);
    const around = tokenizer.encode("").length;
    const encode = withinLength(tokenizer, all.length - 2);
    const cut = encode(text);
    assert.equal(cut.length, all.length - 2);
    assert.equal(cut[0], all[0]);
    if (around > 1) assert.equal(cut.at(-1), all.at(-1));
    assert.deepEqual(withinLength(tokenizer, all.length)(text), all);
    const { source, dispose } = await loadClassifier(runtime, folder, config({ label: "L0" }));
    const [score] = await source.score([sample("the ".repeat(5000))]);
    assert.ok(score! > 0 && score! < 1);
    dispose();
  }));

/** What may be wrong with a folder or a request, and what is said. */
const WRONG: Record<string, [
  options: ClassifierOptions,
  more: Record<string, unknown>,
  error: { code: string; message: RegExp },
  spoil?: (folder: string) => Promise<void>,
]> = {
  "no label of several": [{}, {}, { code: "invalid_request", message: /label among L0, L1, L2, got none/ }],
  "a label that there is not": [{}, { label: "GOOD" }, { code: "invalid_request", message: /got 'GOOD'/ }],
  "no graph of that dtype": [{}, { label: "L0", dtype: "fp16" }, {
    code: "damaged_model",
    message: /no onnx\/model_fp16\.onnx/,
  }],
  "a graph that is none": [
    {},
    { label: "L0" },
    { code: "damaged_model", message: /cannot be loaded/ },
    (folder) => Deno.writeTextFile(join(folder, "onnx", "model.onnx"), "not a graph"),
  ],
  "an empty graph": [
    {},
    { label: "L0" },
    { code: "damaged_model", message: /0 bytes/ },
    (folder) => Deno.writeTextFile(join(folder, "onnx", "model.onnx"), ""),
  ],
  "weights that are gone": [
    { external: true },
    { label: "L0" },
    { code: "damaged_model", message: /cannot be loaded/ },
    (folder) => Deno.remove(join(folder, "onnx", "model.onnx_data")),
  ],
  "weights that are cut": [
    { external: true },
    { label: "L0" },
    { code: "damaged_model", message: /cannot be loaded/ },
    (folder) => Deno.truncate(join(folder, "onnx", "model.onnx_data"), 100),
  ],
  "weights outside of its folder": [
    { external: true, location: "../../outside.bin" },
    { label: "L0" },
    { code: "damaged_model", message: /cannot be loaded/ },
    (folder) => Deno.writeFile(join(folder, "..", "outside.bin"), new Uint8Array(1e6)),
  ],
  "other inputs": [{ inputs: ["pixels"] }, { label: "L0" }, {
    code: "unsupported_model",
    message: /expected int64 inputs.*pixels/,
  }],
  "another output": [{ output: "embedding" }, { label: "L0" }, {
    code: "unsupported_model",
    message: /output 'logits', got embedding/,
  }],
  "labels that the graph has not": [{ config: { id2label: { 0: "a", 1: "b" } } }, { label: "a" }, {
    code: "unsupported_model",
    message: /each of 2 labels of config\.json, got 3/,
  }],
  "labels without order": [{ config: { id2label: { 0: "a", 5: "b" } } }, { label: "a" }, {
    code: "damaged_model",
    message: /id2label/,
  }],
  "no config": [
    {},
    { label: "L0" },
    { code: "damaged_model", message: /no config\.json/ },
    (folder) => Deno.remove(join(folder, "config.json")),
  ],
  "no tokenizer": [
    {},
    { label: "L0" },
    { code: "damaged_model", message: /no tokenizer\.json/ },
    (folder) => Deno.remove(join(folder, "tokenizer.json")),
  ],
};

for (const [what, [options, more, { code, message }, spoil]] of Object.entries(WRONG)) {
  Deno.test(`a classifier with ${what} is refused`, () =>
    inFolder(async (folder) => {
      await writeClassifier(folder, options);
      await spoil?.(folder);
      await assert.rejects(
        loadClassifier(runtime, folder, config(more)),
        (error: Error & { code: string }) => {
          assert.equal(error.code, code);
          assert.match(error.message, message);
          return true;
        },
      );
    }));
}

Deno.test("an abort ends classifying by its reason", () =>
  inFolder(async (folder) => {
    await writeClassifier(folder);
    const { source, dispose } = await loadClassifier(runtime, folder, config({ label: "L0" }));
    const reason = new Error("stopped");
    await assert.rejects(source.score(SAMPLES, AbortSignal.abort(reason)), reason);
    dispose();
  }));
