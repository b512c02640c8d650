/** Generation as a request gets it: prompts in any form, seeds, stops, usage, and refusals by path. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { generate } from "../../../core/serve/generate.ts";
import { type GenerationRequest, generationSchema } from "../../../core/contract/generation.ts";
import { ServedModels } from "../../../core/serve/served_models.ts";
import { UserError } from "../../../core/errors.ts";
import { within } from "../../kernels/within.ts";
import { inFolder } from "../networks/in_folder.ts";
import { EOS, fixtureFolder, runtime } from "../networks/tiny_models.ts";
import { copyModel, editConfig } from "./model_copies.ts";

const models = new ServedModels(runtime);
// llama's head is not tied to its embedding, so its random text varies more than the others'.
const LLAMA = { model: fixtureFolder("llama"), rewards: {} };

async function ask(
  given: Partial<GenerationRequest>,
  folders = LLAMA,
  signal = new AbortController().signal,
  onText?: () => void,
) {
  const request = generationSchema.parse({
    model: "llama",
    prompts: ["The quick"],
    max_new_tokens: 16,
    ...given,
  });
  using policy = await models.policy(folders);
  return await generate(request.prompts.map(() => policy), request, signal, onText && { emit: onText });
}

Deno.test("completions come by prompt and index, and usage counts their tokens", async () => {
  const { data, usage } = await ask({ prompts: ["The quick", { token_ids: [5, 6, 7] }], n: 3 });
  assert.deepEqual(data.map(({ prompt_index, index }) => [prompt_index, index]), [
    [0, 0],
    [0, 1],
    [0, 2],
    [1, 0],
    [1, 1],
    [1, 2],
  ]);
  const { tokenizer } = await models.policy(LLAMA);
  assert.equal(usage.prompt_tokens, tokenizer!.encode("The quick").length + 3);
  assert.equal(usage.completion_tokens, data.reduce((sum, { token_ids }) => sum + token_ids.length, 0));
  assert.equal(usage.prefill_tokens_saved, 2 * usage.prompt_tokens, "each prompt is run once for three");
  assert.equal((await ask({})).usage.prefill_tokens_saved, undefined);
  assert.equal(new Set(data.map(({ token_ids }) => token_ids.join())).size, 6);
  for (const { text, token_ids, finish_reason, logprobs } of data) {
    assert.equal(text, tokenizer!.decode(token_ids));
    assert.equal(finish_reason === "stop", token_ids.at(-1) === EOS);
    assert.equal(logprobs, undefined);
  }
});

Deno.test("a seed gives a completion the same tokens whatever else is asked for, and another seed other ones", async () => {
  const tokens = async (given: Partial<GenerationRequest>) =>
    (await ask({ seed: 7, ...given })).data.map(({ token_ids }) => token_ids);
  const [alone] = await tokens({});
  assert.deepEqual(await tokens({}), [alone]);
  assert.deepEqual((await tokens({ n: 4 }))[0], alone);
  assert.deepEqual((await tokens({ prompts: ["The quick", "I have been working"] }))[0], alone);
  assert.deepEqual((await tokens({ prompts: ["I have been working", "Write", "The quick"] }))[2], alone);
  assert.notDeepEqual((await tokens({ seed: 8 }))[0], alone);
  // More rows than one decoding batch takes.
  const many = await tokens({ n: 64, prompts: ["I have", "The quick"] });
  assert.equal(many.length, 128);
  assert.deepEqual(many[64], alone);
});

Deno.test("temperature 0 is greedy for every seed and index", async () => {
  const one = await ask({ temperature: 0, n: 2, seed: 1 });
  const other = await ask({ temperature: 0, n: 1, seed: 2, top_k: 40, top_p: 0.5 });
  const tokens = [...one.data, ...other.data].map(({ token_ids }) => token_ids);
  assert.deepEqual(tokens, [tokens[0], tokens[0], tokens[0]]);
});

Deno.test("logprobs are those a score of the same tokens gives", async () => {
  const { data } = await ask({ logprobs: true, n: 2, temperature: 0.7, top_k: 20 });
  const { policy, tokenizer } = await models.policy(LLAMA);
  const sequences = data.map(({ token_ids }) => ({
    prompt_ids: tokenizer!.encode("The quick"),
    response_ids: token_ids,
  }));
  const { logprobs } = await policy.analyze(sequences, { temperature: 0.7 });
  data.forEach((row, index) => within(row.logprobs!, logprobs[index]!, 1e-4, "logprobs"));
});

Deno.test("a stop string ends the completion at its token and is cut from the text", async () => {
  const { data: [free] } = await ask({ seed: 3 });
  const { tokenizer } = await models.policy(LLAMA);
  // What a later token says and no earlier text has; random text is full of broken characters, so in ASCII.
  const text = (tokens: number) => tokenizer!.decode(free!.token_ids.slice(0, tokens));
  const at = free!.token_ids.findIndex((id, t) =>
    t >= 3 && /^[!-~]+$/.test(tokenizer!.tokenText(id)) && !text(t).includes(tokenizer!.tokenText(id))
  );
  assert.ok(at >= 3);
  const stop = tokenizer!.tokenText(free!.token_ids[at]!);
  const { data: [stopped], usage } = await ask({ seed: 3, stop: ["never said", stop] });
  const end = free!.text.indexOf(stop);
  assert.ok(end >= 0);
  assert.equal(stopped!.finish_reason, "stop");
  assert.equal(stopped!.text, free!.text.slice(0, end));
  assert.deepEqual(stopped!.token_ids, free!.token_ids.slice(0, at + 1));
  assert.equal(usage.completion_tokens, stopped!.token_ids.length);
});

Deno.test("an end-of-sequence token stops with it among the ids and without it in the text", () =>
  inFolder(async (parent) => {
    const { data: [free] } = await ask({ seed: 3 });
    const folder = await copyModel("llama", join(parent, "m"), ["generation_config.json"]);
    const eos = free!.token_ids[6]!;
    await editConfig(folder, { eos_token_id: [EOS, eos] });
    const { data: [stopped] } = await ask({ seed: 3 }, { model: folder, rewards: {} });
    assert.equal(stopped!.finish_reason, "stop");
    const ids = free!.token_ids.slice(0, free!.token_ids.indexOf(eos) + 1);
    assert.deepEqual(stopped!.token_ids, ids);
    const { tokenizer } = await models.policy(LLAMA);
    assert.equal(stopped!.text, tokenizer!.decode(ids.slice(0, -1)));
  }));

Deno.test("a model without tokenizer answers token ids and refuses texts", () =>
  inFolder(async (parent) => {
    const folder = await copyModel("llama", join(parent, "m"), ["tokenizer.json", "tokenizer_config.json"]);
    const folders = { model: folder, rewards: {} };
    const prompts = [{ token_ids: [5, 6, 7] }];
    const { data } = await ask({ prompts }, folders);
    assert.deepEqual(data[0]!.token_ids, (await ask({ prompts })).data[0]!.token_ids);
    assert.equal(data[0]!.text, "");
    await assert.rejects(ask({ prompts: [...prompts, "text"] }, folders), (thrown: UserError) => {
      assert.deepEqual([thrown.code, thrown.errors[0]!.path], ["invalid_request", "prompts.1"]);
      return true;
    });
  }));

Deno.test("bad prompts are refused by path before anything is sampled", async () => {
  const refusals: [Partial<GenerationRequest>, string, string][] = [
    [{ prompts: ["a", { token_ids: [5, 320] }] }, "invalid_token_id", "prompts.1"],
    [{ max_new_tokens: 512 }, "prompt_too_long", "prompts.0"],
    [{ prompts: [{ messages: [{ role: "user", content: "hi" }] }] }, "invalid_request", "prompts.0.messages"],
  ];
  for (const [given, code, path] of refusals) {
    await assert.rejects(ask(given), (thrown: UserError) => {
      assert.deepEqual([thrown.code, thrown.errors[0]?.path], [code, path]);
      return true;
    });
  }
  const whole = await ask({ prompts: [{ token_ids: [5] }], max_new_tokens: 511 });
  assert.ok(whole.data[0]!.token_ids.length <= 511, "the whole context can be filled");
});

Deno.test("models that cannot generate are refused, and asked again they still are", async () => {
  for (let attempt = 0; attempt < 2; attempt++) {
    await assert.rejects(models.policy({ model: fixtureFolder("reward-qwen3"), rewards: {} }), {
      name: "UserError",
      code: "unsupported_model",
    });
  }
});

Deno.test("an abort ends a generation with its reason", async () => {
  const abort = new AbortController();
  const reason = new UserError("cancelled", "The command was cancelled");
  const asked = ask(
    { max_new_tokens: 400, n: 8, stream: true },
    LLAMA,
    abort.signal,
    () => abort.abort(reason),
  );
  await assert.rejects(asked, reason);
  assert.equal((await ask({})).data.length, 1);
});
