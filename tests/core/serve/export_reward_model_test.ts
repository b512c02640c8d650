/** A reward model's export: a sequence classifier as others load it, which gives the scores that the checkpoint gives. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { SCORE_HEAD } from "../../../kernels/artifacts.ts";
import { readConfig } from "../../../core/formats/read_config.ts";
import { openSafetensors } from "../../../core/formats/safetensors.ts";
import { padToken } from "../../../core/kinds/reward_model/pad_token.ts";
import { saveCheckpoint } from "../../../core/networks/checkpoint.ts";
import { loadRewardCheckpoint } from "../../../core/networks/reward_checkpoint.ts";
import { RewardModel } from "../../../core/networks/reward_model.ts";
import { uniform } from "../../../core/rng.ts";
import { exportModel } from "../../../core/serve/export_model.ts";
import { loadTokenizer } from "../../../core/tokenizer/tokenizer.ts";
import { BaseModel } from "../../../core/weights/base_model.ts";
import { initialParameters, type Trainable, tuningOf } from "../../../core/weights/parameter_layout.ts";
import { within } from "../../kernels/within.ts";
import { inFolder } from "../networks/in_folder.ts";
import { EOS, openBase, runtime, someTokens } from "../networks/tiny_models.ts";
import { copyModel, editConfig } from "./model_copies.ts";

const never = new AbortController().signal;
const LORA: Trainable = { type: "lora", r: 4, alpha: 8, target_modules: "all-linear" };
const NORMALIZATION = { mean: 0.75, std: 0.25, samples: 8 };
const ROWS = [[5, 6, 7, EOS], [9, EOS], someTokens(3, 40)];

/** A reward model's checkpoint whose weights are moved away from its base. */
async function checkpointOf(base: BaseModel, trainable: Trainable, folder: string, normalization = true) {
  const tuning = tuningOf(base.config, trainable);
  const policy = await initialParameters(base, tuning, { head: "score", seed: 0, role: "reward" });
  policy.names.forEach((name, row) => {
    const by = name === SCORE_HEAD ? 1 : 0.05;
    policy.set(
      name,
      policy.values(name).map((value, i) => value + by * (uniform(3, "data", 0, row, i) - 0.5)),
    );
  });
  const score = padToken(base.info, await loadTokenizer(base.folder));
  const facts = { kind: "reward_model", state: { normalization: normalization ? NORMALIZATION : null } };
  await saveCheckpoint(
    folder,
    { base, tuning, policy, critic: null },
    { trainable, value: null, score },
    facts,
  );
}

for (
  const [model, trainable] of [["qwen3", LORA], ["gpt2", LORA], ["llama", { type: "full" }]] as const
) {
  Deno.test(`${model}, ${trainable.type}: a reward model's checkpoint and its export give the same scores`, () =>
    inFolder(async (parent) => {
      const [checkpoint, output] = [join(parent, "checkpoint"), join(parent, "exports", "merged")];
      const base = await openBase(model);
      await checkpointOf(base, trainable, checkpoint);
      const own = new RewardModel(base, await loadRewardCheckpoint(base, checkpoint));
      const scores = await own.score(ROWS);
      assert.ok(Math.abs(scores[0]! - scores[1]!) > 0.1, "they differ");

      const folders = { model: base.folder, checkpoint, rewards: {} };
      await exportModel(runtime, "merged", folders, output, never);
      const { task, num_labels, pad_token_id, score_bias, eos_token_ids } = await readConfig(output);
      assert.deepEqual([task, num_labels], ["sequence_classifier", 1]);
      assert.ok(pad_token_id !== null && !eos_token_ids.includes(pad_token_id));
      within([score_bias], [-3], 1e-12, "what is added");
      const model_ = new RewardModel(await BaseModel.open(runtime, output));
      within(await model_.score(ROWS), scores, 2e-4, "the export's scores");
      // As transformers has them: its head has no bias.
      await editConfig(output, { score_bias: null });
      const plain = new RewardModel(await BaseModel.open(runtime, output));
      within((await plain.score(ROWS)).map((score) => score - 3), scores, 2e-4, "without what is added");
      const source = await openSafetensors(output);
      assert.equal(source.has("lm_head.weight"), false);
      assert.deepEqual(source.info(SCORE_HEAD).shape, [1, base.config.hidden_size]);
      source.close();
      if (trainable.type === "full") {
        // The checkpoint's own folder is a classifier too, with raw scores.
        const raw = new RewardModel(await BaseModel.open(runtime, checkpoint));
        within(
          (await raw.score(ROWS)).map((score) => (score - NORMALIZATION.mean) / NORMALIZATION.std),
          scores,
          2e-4,
          "raw scores",
        );
      }
      await assert.rejects(exportModel(runtime, "onnx", folders, join(parent, "exports", "onnx"), never), {
        code: "unsupported_model",
      });
    }));
}

Deno.test("a model whose padding ends its texts is exported with another, in its tokenizer's files too", () =>
  inFolder(async (parent) => {
    const folder = await copyModel("qwen3", join(parent, "model"));
    await editConfig(folder, { pad_token_id: EOS });
    const path = join(folder, "tokenizer_config.json");
    const named = JSON.parse(await Deno.readTextFile(path));
    await Deno.writeTextFile(path, JSON.stringify({ ...named, pad_token: "</s>" }));
    const base = await BaseModel.open(runtime, folder);
    await checkpointOf(base, LORA, join(parent, "checkpoint"), false);
    const output = join(parent, "exports", "merged");
    const folders = { model: folder, checkpoint: join(parent, "checkpoint"), rewards: {} };
    await exportModel(runtime, "merged", folders, output, never);
    const { pad_token_id, score_bias } = await readConfig(output);
    const { padTokenId, eosTokenId } = await loadTokenizer(output);
    assert.equal(score_bias, 0);
    assert.equal(eosTokenId, EOS);
    assert.ok(pad_token_id !== EOS && padTokenId === pad_token_id, `${pad_token_id} ${padTokenId}`);
  }));
