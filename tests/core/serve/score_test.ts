/** Scores as an outside tester would check them: PyTorch's numbers over token ids, adapters, critics and rewards. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { ModelFolders } from "../../../core/contract/protocol.ts";
import { generationSchema } from "../../../core/contract/generation.ts";
import { type ScoreRequest, scoreSchema } from "../../../core/contract/score.ts";
import { generate } from "../../../core/serve/generate.ts";
import { readCheckpoint, writeCheckpoint } from "../../../core/formats/checkpoint_folder.ts";
import { readValueHead, valueHeadFile } from "../../../core/formats/value_head_file.ts";
import { score } from "../../../core/serve/score.ts";
import { ServedModels } from "../../../core/serve/served_models.ts";
import { trainJob } from "../../../core/kinds/train_job.ts";
import { UserError } from "../../../core/errors.ts";
import { makeReward } from "../../../core/rewards/rewards.ts";
import { loadFixture } from "../../kernels/models/fixture.ts";
import { within } from "../../kernels/within.ts";
import { inFolder } from "../networks/in_folder.ts";
import { KINDS, makeJob } from "../networks/make_learner.ts";
import { EOS, fixtureFolder, fixtureRows, runtime, someTokens } from "../networks/tiny_models.ts";
import { rewriteWeights } from "../networks/rewrite_weights.ts";
import { copyModel } from "./model_copies.ts";

const models = new ServedModels(runtime);
const QWEN3: ModelFolders = { model: fixtureFolder("qwen3"), rewards: {} };

async function ask(given: Partial<ScoreRequest>, folders = QWEN3) {
  const request = scoreSchema.parse({ model: "m", ...given });
  const context = { model: (name: string) => models.reward(folders, name) };
  const reward = request.reward && await makeReward(request.reward, context);
  using policy = await models.policy(folders);
  return (await score(policy, request, reward, new AbortController().signal)).data;
}

async function fixtureItems(name: string) {
  const { sequences, ...rest } = await fixtureRows(name);
  const items = sequences.map(({ prompt_ids, response_ids }) => ({
    prompt_token_ids: Array.from(prompt_ids),
    completion_token_ids: Array.from(response_ids),
  }));
  return { items, ...rest };
}

for (const name of ["qwen3", "qwen2", "llama", "gpt2"]) {
  Deno.test(`${name}: scores of token ids are PyTorch's, with the PEFT adapter and without`, async () => {
    const { items, expected, tolerance } = await fixtureItems(name);
    const folders = { model: fixtureFolder(name), rewards: {} };
    const bare = await ask({ items }, folders);
    const adapted = await ask({ items }, { ...folders, adapter: join(folders.model, "adapter") });
    const tempered = await ask({ items, temperature: 0.7 }, folders);
    items.forEach(({ completion_token_ids }, row) => {
      const column = (data: typeof bare, key: "logprob" | "ref_logprob" | "entropy" | "kl_div") =>
        data[row]!.tokens!.map((token) => token[key]);
      within(column(bare, "logprob"), expected("logprobs")[row]!, tolerance, "logprobs");
      within(column(bare, "ref_logprob"), expected("logprobs")[row]!, tolerance, "reference logprobs");
      within(column(bare, "entropy"), expected("entropy")[row]!, tolerance, "entropy");
      within(column(bare, "kl_div"), completion_token_ids.map(() => 0), 1e-6, "KL to itself");
      within(column(tempered, "logprob"), expected("logprobs_t07")[row]!, tolerance, "logprobs at 0.7");
      within(column(adapted, "logprob"), expected("lora.logprobs")[row]!, tolerance, "adapted logprobs");
      within(
        column(adapted, "ref_logprob"),
        expected("logprobs")[row]!,
        tolerance,
        "reference of the adapter",
      );
      const kl = expected("lora.logprobs")[row]!.map((x, t) => x - expected("logprobs")[row]![t]!);
      within(column(adapted, "kl_div"), kl, 2 * tolerance, "KL of the adapter");
      within([adapted[row]!.kl], [kl.reduce((a, b) => a + b)], 20 * tolerance, "summed KL");
      const sum = expected("lora.logprobs")[row]!.reduce((a, b) => a + b);
      within([adapted[row]!.logprob], [sum], 10 * tolerance, "summed logprob");
      assert.deepEqual(adapted[row]!.tokens!.map(({ token_id }) => token_id), completion_token_ids);
      assert.ok(adapted[row]!.tokens!.every((token) => !("value" in token)));
    });
  });
}

Deno.test("a text scores as its token ids do, and tokens: false leaves the tokens out", async () => {
  const { tokenizer } = await models.policy(QWEN3);
  const [prompt, completion] = ["The quick brown fox", " jumps over the lazy dog."];
  const completion_token_ids = tokenizer!.encode(completion, { add_special_tokens: false });
  const [byText, byIds] = await ask({
    items: [{ prompt, completion }, { prompt_token_ids: tokenizer!.encode(prompt), completion_token_ids }],
  });
  assert.deepEqual(byText, byIds);
  assert.equal(byText!.tokens!.map(({ token }) => token).join(""), completion);
  const [short] = await ask({ items: [{ prompt, completion }], tokens: false });
  assert.deepEqual(short, { logprob: byText!.logprob, ref_logprob: byText!.ref_logprob, kl: byText!.kl });
});

Deno.test("an item scores the same alone and beside others", async () => {
  const { items } = await fixtureItems("qwen3");
  const together = await ask({ items });
  for (const [row, item] of items.entries()) {
    const [alone] = await ask({ items: [item] });
    within([together[row]!.logprob], [alone!.logprob], 1e-4, "logprob");
  }
});

Deno.test("a folder without tokenizer scores token ids and refuses texts", () =>
  inFolder(async (parent) => {
    const model = await copyModel("qwen3", join(parent, "m"), ["tokenizer.json", "tokenizer_config.json"]);
    const { items } = await fixtureItems("qwen3");
    const folders = { model, rewards: {} };
    const [data, expected] = [await ask({ items }, folders), await ask({ items })];
    assert.deepEqual(data.map(({ logprob }) => logprob), expected.map(({ logprob }) => logprob));
    assert.ok(data.every(({ tokens }) => tokens!.every(({ token }) => token === "")));
    await assert.rejects(ask({ items: [{ prompt: "a", completion: "b" }] }, folders), {
      code: "invalid_request",
      message: /items.0.prompt: .*no tokenizer/,
    });
  }));

Deno.test("an item's own answer is what its reward compares with", async () => {
  const items = ["b", "c"].map((answer) => ({ prompt: "a", completion: "b", answer }));
  const data = await ask({ items, reward: { type: "exact_match", case_sensitive: true } });
  assert.deepEqual(data.map(({ reward }) => reward), [1, 0]);
});

Deno.test("bad items are refused by path", async () => {
  const ids = (prompt_token_ids: number[], completion_token_ids: number[]) => ({
    prompt_token_ids,
    completion_token_ids,
  });
  const refusals: [ScoreRequest["items"], string, string][] = [
    [[ids([5], [6]), ids([5, 320], [6])], "invalid_token_id", "items.1.prompt_token_ids"],
    [[ids([5], [6, 1e9])], "invalid_token_id", "items.0.completion_token_ids"],
    [[ids(someTokens(1, 500), someTokens(2, 13))], "prompt_too_long", "items.0.completion_token_ids"],
    [[ids(someTokens(1, 512), [5])], "prompt_too_long", "items.0.prompt_token_ids"],
    [[{ prompt: "word ".repeat(900), completion: "b" }], "prompt_too_long", "items.0.prompt"],
  ];
  for (const [items, code, path] of refusals) {
    await assert.rejects(ask({ items }), (thrown: UserError) => {
      assert.deepEqual([thrown.code, thrown.errors[0]?.path], [code, path], thrown.message);
      return true;
    });
  }
  assert.equal((await ask({ items: [ids(someTokens(1, 500), someTokens(2, 12))] })).length, 1);
});

Deno.test("model rewards are PyTorch's scores of prompt and completion", async () => {
  const { expected, tolerance } = await loadFixture("reward-qwen3");
  const width = expected.ids!.dims[1]!;
  const rows = Array.from(
    expected.scores!.data,
    (_, row) =>
      Array.from({ length: width }, (_, s) => row * width + s)
        .filter((cell) => expected.attn!.data[cell] === 1).map((cell) => expected.ids!.data[cell]!),
  );
  const folders = { ...QWEN3, rewards: { rm: fixtureFolder("reward-qwen3") } };
  for (const cut of [1, 4]) {
    const items = rows.map((ids) => ({
      prompt_token_ids: ids.slice(0, -cut),
      completion_token_ids: ids.slice(-cut),
    }));
    const data = await ask({ items, reward: { type: "model", model: "rm" }, tokens: false }, folders);
    within(data.map(({ reward }) => reward!), expected.scores!.data, tolerance.scores!, "rewards");
  }
  const doubled = await ask({
    items: [{ prompt_token_ids: rows[0]!.slice(0, 3), completion_token_ids: rows[0]!.slice(3) }],
    reward: {
      type: "scale",
      factor: 2,
      offset: 1,
      reward: { type: "model", model: "rm" },
    } as ScoreRequest["reward"],
  }, folders);
  within([doubled[0]!.reward!], [1 + 2 * expected.scores!.data[0]!], 3 * tolerance.scores!, "scaled reward");
});

Deno.test("a reward model with a tokenizer of its own reads the text, and the end where there was one", () =>
  inFolder(async (parent) => {
    // The same vocabulary with two ids of ordinary tokens exchanged, and their embeddings left as they are.
    const folder = await copyModel("reward-qwen3", join(parent, "rm"));
    const path = join(folder, "tokenizer.json");
    const file = JSON.parse(await Deno.readTextFile(path));
    const { tokenizer } = await models.policy(QWEN3);
    const [prompt, completion] = ["The quick brown", " fox jumps"];
    const [a, b] = [tokenizer!.encode("q")[0]!, tokenizer!.encode("z")[0]!];
    for (const [token, id] of Object.entries(file.model.vocab)) {
      if (id === a) file.model.vocab[token] = b;
      if (id === b) file.model.vocab[token] = a;
    }
    await Deno.writeTextFile(path, JSON.stringify(file));
    const folders = { ...QWEN3, rewards: { own: folder, same: fixtureFolder("reward-qwen3") } };
    const exchange = (ids: number[]) => ids.map((id) => id === a ? b : id === b ? a : id);
    const reward = (model: string) => ({ type: "model" as const, model });
    const ids = tokenizer!.encode(prompt + completion);
    const [own] = await ask({ items: [{ prompt, completion }], reward: reward("own") }, folders);
    // The text's ids may fall differently around the seam than prompt and completion encoded apart.
    const swapped = exchange(ids);
    const asIds = { prompt_token_ids: swapped.slice(0, 2), completion_token_ids: swapped.slice(2) };
    const [same] = await ask({ items: [asIds], reward: reward("same") }, folders);
    within([own!.reward!], [same!.reward!], 1e-5, "reward");
    const ended = {
      prompt_token_ids: tokenizer!.encode(prompt),
      completion_token_ids: [...tokenizer!.encode(completion), EOS],
    };
    const [ownEnded] = await ask({ items: [ended], reward: reward("own") }, folders);
    const withEnd = { ...asIds, completion_token_ids: [...asIds.completion_token_ids, EOS] };
    const [sameEnded] = await ask({ items: [withEnd], reward: reward("same") }, folders);
    within([ownEnded!.reward!], [sameEnded!.reward!], 1e-5, "reward with an end");
    assert.ok(Math.abs(ownEnded!.reward! - own!.reward!) > 1e-3);
  }));

for (const [kind, given] of Object.entries(KINDS)) {
  Deno.test(`${kind}: a checkpoint is scored with its critic, against the bare model`, () =>
    inFolder(async (parent) => {
      const ppo = {
        max_new_tokens: 6,
        batch_size: 4,
        learning_rate: 1e-2,
        lr_scheduler: "constant",
      } as const;
      const job = makeJob({ ...given, ppo });
      for await (const _ of trainJob(runtime, { job, folders: { ...QWEN3, output: parent } }));
      const { items, expected, tolerance } = await fixtureItems("qwen3");
      const folders = { ...QWEN3, checkpoint: join(parent, "epoch-0001") };
      const served = new ServedModels(runtime);
      const request = scoreSchema.parse({ model: "m", items });
      const { data } = await score(await served.policy(folders), request, null, new AbortController().signal);
      data.forEach(({ tokens, kl }, row) => {
        within(tokens!.map((token) => token.ref_logprob), expected("logprobs")[row]!, tolerance, "reference");
        assert.ok(tokens!.every(({ value }) => Number.isFinite(value) && value !== 0));
        assert.ok(Math.abs(kl) > 1e-3);
      });

      const damaged = join(parent, "damaged");
      const { files, facts } = await readCheckpoint(folders.checkpoint);
      const contents: Record<string, Uint8Array[]> = {};
      for (const { name } of files) contents[name] = [await Deno.readFile(join(folders.checkpoint, name))];
      const { weight, bias } = await readValueHead(folders.checkpoint, 48);
      const head = valueHeadFile({ weight: weight.map(() => NaN), bias });
      await writeCheckpoint(damaged, { ...contents, ...head }, facts);
      const policy = await served.policy({ ...QWEN3, checkpoint: damaged });
      const scoring = score(policy, request, null, new AbortController().signal);
      await assert.rejects(scoring, { code: "damaged_checkpoint", message: /^checkpoint: .* not finite/ });
    }));
}

Deno.test("more models than are kept can be asked in turn, and the first again", () =>
  inFolder(async (parent) => {
    const { items } = await fixtureItems("qwen3");
    const folders = [];
    for (let copy = 0; copy < 4; copy++) {
      folders.push({ model: await copyModel("qwen3", join(parent, String(copy))), rewards: {} });
    }
    const [expected] = await ask({ items });
    for (const given of [...folders, ...folders, folders[3]!, folders[0]!]) {
      assert.deepEqual((await ask({ items }, given))[0], expected);
    }
  }));

Deno.test("a model whose weights are not numbers is refused by its field, not answered with nulls", () =>
  inFolder(async (parent) => {
    const folder = await copyModel("qwen3", join(parent, "m"));
    await rewriteWeights(folder, (tensors) => {
      (tensors["model.norm.weight"]!.data as Float32Array)[3] = NaN;
      return tensors;
    });
    const items = [{ prompt_token_ids: [5], completion_token_ids: [6] }];
    const refusal = (thrown: UserError) => {
      assert.deepEqual([thrown.code, thrown.errors[0]!.path], ["damaged_model", "model"]);
      assert.match(thrown.message, /not finite/);
      return true;
    };
    await assert.rejects(ask({ items }, { model: folder, rewards: {} }), refusal);
    const policy = await models.policy({ model: folder, rewards: {} });
    const request = generationSchema.parse({ model: "m", prompts: [{ token_ids: [5] }], max_new_tokens: 3 });
    await assert.rejects(generate([policy], request, new AbortController().signal), refusal);
  }));

Deno.test("a folder whose files have changed is read anew", () =>
  inFolder(async (parent) => {
    const items = [{ prompt_token_ids: [5], completion_token_ids: [6] }];
    const model = await copyModel("llama", join(parent, "m"));
    const adapter = join(parent, "adapter");
    const put = async (name: string) => {
      await Deno.mkdir(adapter, { recursive: true });
      for (const file of ["adapter_config.json", "adapter_model.safetensors"]) {
        await Deno.writeFile(
          join(adapter, file),
          await Deno.readFile(join(fixtureFolder(name), "adapter", file)),
        );
      }
    };
    const folders = { model, adapter, rewards: {} };
    await put("qwen3"); // an adapter for wider queries
    await assert.rejects(ask({ items }, folders), { code: "damaged_model" });
    await put("llama");
    const [before] = await ask({ items }, folders);
    await rewriteWeights(model, (tensors) => {
      const norm = tensors["model.norm.weight"]!.data as Float32Array;
      norm.forEach((value, at) => norm[at] = 2 * value);
      return tensors;
    });
    const [after] = await ask({ items }, folders);
    assert.notEqual(after!.logprob, before!.logprob);
    const { adapter: _, ...bare } = folders;
    await Deno.truncate(join(model, "model.safetensors"), 4000);
    await assert.rejects(ask({ items }, bare), { code: "damaged_model" });
    await copyModel("llama", model);
    assert.equal((await ask({ items }, folders))[0]!.logprob, before!.logprob);
  }));

Deno.test("what is wrong with a folder is said of the field that names it", () =>
  inFolder(async (parent) => {
    const items = [{ prompt_token_ids: [5], completion_token_ids: [6] }];
    const model = await copyModel("qwen3", join(parent, "m"));
    await Deno.truncate(join(model, "model.safetensors"), 5000);
    const adapter = join(fixtureFolder("gpt2"), "adapter");
    for (
      const [path, folders] of Object.entries({ model: { ...QWEN3, model }, adapter: { ...QWEN3, adapter } })
    ) {
      await assert.rejects(ask({ items }, folders), (thrown: UserError) => {
        assert.deepEqual([thrown.code, thrown.errors[0]?.path], ["damaged_model", path]);
        return true;
      });
    }
  }));
