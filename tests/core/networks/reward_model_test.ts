import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../../core/errors.ts";
import { BaseModel } from "../../../core/weights/base_model.ts";
import { RewardModel } from "../../../core/networks/reward_model.ts";
import { loadFixture } from "../../kernels/models/fixture.ts";
import { within } from "../../kernels/within.ts";
import { copyModel, editConfig } from "../serve/model_copies.ts";
import { inFolder } from "./in_folder.ts";
import { rewriteWeights } from "./rewrite_weights.ts";
import { EOS, openBase, runtime, someTokens, VOCABULARY } from "./tiny_models.ts";

Deno.test("score() gives PyTorch's scores, together, in another order and one by one", async () => {
  const { expected, tolerance } = await loadFixture("reward-qwen3");
  const [count, width] = expected.ids!.dims as [number, number];
  const rows = Array.from(
    { length: count },
    (_, row) =>
      Array.from({ length: width }, (_, s) => row * width + s)
        .filter((cell) => expected.attn!.data[cell] === 1).map((cell) => expected.ids!.data[cell]!),
  );
  const model = new RewardModel(await openBase("reward-qwen3"));
  within(await model.score(rows), expected.scores!.data, tolerance.scores!, "scores");
  within(
    (await model.score([...rows].reverse())).reverse(),
    expected.scores!.data,
    tolerance.scores!,
    "reversed",
  );
  for (const [index, row] of rows.entries()) {
    within(await model.score([row]), [expected.scores!.data[index]!], tolerance.scores!, "alone");
  }
  model.dispose();
});

Deno.test("score() reads a sequence at its last token, also where that has the padding's id", () =>
  inFolder(async (parent) => {
    const folder = await copyModel("reward-qwen3", join(parent, "rm"));
    const rows = [[5, 6, 7, EOS], [EOS, EOS], [5, 6, 7], [5, EOS, 7]];
    const plain = new RewardModel(await openBase("reward-qwen3"));
    const expected = await plain.score(rows);
    assert.ok(Math.abs(expected[0]! - expected[2]!) > 1e-3, "the end of sequence is read");
    await editConfig(folder, { pad_token_id: EOS });
    const model = new RewardModel(await BaseModel.open(runtime, folder));
    within(await model.score(rows), expected, 1e-6, "scores with the end of sequence as padding");
    plain.dispose();
    model.dispose();
  }));

Deno.test("score() cuts many long sequences into runs and keeps their order", async () => {
  const model = new RewardModel(await openBase("reward-qwen3"));
  const rows = Array.from({ length: 40 }, (_, key) => someTokens(key, 1 + (key * 97) % 500));
  const together = await model.score(rows);
  for (const key of [0, 32, 39]) {
    within([together[key]!], await model.score([rows[key]!]), 1e-4, `row ${key}`);
  }
  assert.deepEqual(await model.score([]), new Float32Array(0));
  model.dispose();
});

Deno.test("score() refuses a sequence beyond the context or the vocabulary, and obeys an abort", async () => {
  const model = new RewardModel(await openBase("reward-qwen3"));
  await assert.rejects(model.score([[5], someTokens(1, 513)]), { code: "prompt_too_long" });
  await assert.rejects(model.score([[5], [5, VOCABULARY]]), { code: "invalid_token_id", message: /got 320/ });
  const reason = new UserError("cancelled", "The job was cancelled");
  await assert.rejects(model.score([[5]], { signal: AbortSignal.abort(reason) }), reason);
  model.dispose();
});

Deno.test("gpt2: a head that is a row of the embedding scores with that token's logit, which is PyTorch's", () =>
  inFolder(async (parent) => {
    const folder = await copyModel("gpt2", join(parent, "rm"));
    await editConfig(folder, {
      architectures: ["GPT2ForSequenceClassification"],
      id2label: { "0": "LABEL_0" },
    });
    const token = 77;
    await rewriteWeights(folder, (tensors) => {
      const { data, shape } = tensors["transformer.wte.weight"]!;
      const row = (data as Float32Array).slice(token * shape[1]!, (token + 1) * shape[1]!);
      return { ...tensors, "score.weight": { dtype: "F32", shape: [1, shape[1]!], data: row } };
    });
    const { expected, tolerance } = await loadFixture("gpt2");
    const [count, width] = expected.ids!.dims as [number, number];
    const cells = Array.from(
      { length: count },
      (_, row) =>
        Array.from({ length: width }, (_, s) => row * width + s)
          .filter((cell) => expected.attn!.data[cell] === 1),
    );
    const model = new RewardModel(await BaseModel.open(runtime, folder));
    within(
      await model.score(cells.map((row) => row.map((cell) => expected.ids!.data[cell]!))),
      cells.map((row) => expected.logits!.data[row.at(-1)! * VOCABULARY + token]!),
      tolerance.logits!,
      "scores",
    );
    await assert.rejects(model.score([someTokens(1, 257)]), { code: "prompt_too_long" });
    model.dispose();
  }));

Deno.test("a language model is no reward model", async () => {
  const base = await openBase("qwen3");
  assert.throws(() => new RewardModel(base), { code: "unsupported_model" });
});
