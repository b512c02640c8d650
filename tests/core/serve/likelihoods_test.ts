/** Log-probabilities of prompts and of the most likely tokens: for a base, an adapter and whole weights, streamed or not. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import {
  generationCommandSchema,
  type GenerationDelta,
  type GenerationExtras,
} from "../../../core/contract/generation.ts";
import type { ModelFolders } from "../../../core/contract/protocol.ts";
import { generate } from "../../../core/serve/generate.ts";
import { ServedModels } from "../../../core/serve/served_models.ts";
import { within } from "../../kernels/within.ts";
import { fixtureFolder, runtime } from "../networks/tiny_models.ts";

const models = new ServedModels(runtime);
const LLAMA: ModelFolders = { model: fixtureFolder("llama"), rewards: {} };
const TINY: ModelFolders = {
  model: fileURLToPath(new URL("../../../models/tiny", import.meta.url)),
  rewards: {},
};
const POST = "POST: My neighbor practices the drums 😀.\nTL;DR:";

async function ask(given: Record<string, unknown>, extras: GenerationExtras, folders = LLAMA) {
  const request = generationCommandSchema.parse({
    ...{ model: "m", prompts: ["The quick"], n: 1, max_new_tokens: 6, logprobs: true },
    ...given,
  });
  const served = await models.policy(folders);
  const pieces: GenerationDelta[] = [];
  const emit = (deltas: GenerationDelta[]) => void pieces.push(...deltas);
  const policies = request.prompts.map(() => served);
  const result = await generate(policies, request, new AbortController().signal, { ...extras, emit });
  return { ...result, pieces, served };
}

/** Log-probabilities of the whole vocabulary after `prefix`. */
async function distribution(folders: ModelFolders, prefix: readonly number[], temperature: number) {
  const { policy, base } = await models.policy(folders);
  const sequences = Array.from(
    { length: base.config.vocab_size },
    (_, token) => ({ prompt_ids: prefix, response_ids: [token] }),
  );
  const { logprobs } = await policy.analyze(sequences, { temperature });
  return logprobs.map(([logprob]) => logprob!);
}

Deno.test("a prompt's log-probabilities are those that a score of its tokens gives, at the temperature", async () => {
  for (const folders of [LLAMA, TINY]) {
    for (const temperature of [0, 1, 0.6]) {
      const prompts = [POST, "a", { token_ids: [5, 6, 7, 5] }];
      const { data, served } = await ask({ prompts, temperature }, { tokens: true, echo: true }, folders);
      const ids = prompts.map((prompt) =>
        typeof prompt === "string" ? served.tokenizer!.encode(prompt) : prompt.token_ids
      );
      for (const [at, { echo }] of data.entries()) {
        assert.deepEqual(echo!.tokens, ids[at]!.map((id) => served.tokenizer!.tokenText(id)));
        const sequence = { prompt_ids: ids[at]!.slice(0, 1), response_ids: ids[at]!.slice(1) };
        if (ids[at]!.length === 1) {
          assert.deepEqual(echo!.logprobs, []);
          continue;
        }
        const { logprobs } = await served.policy.analyze([sequence], { temperature: temperature || 1 });
        within(echo!.logprobs!, logprobs[0]!, 1e-4, `${at} at ${temperature}`);
      }
    }
  }
});

Deno.test("the most likely tokens are those of the whole distribution, in prompts and completions", async () => {
  for (const temperature of [0, 0.8]) {
    const given = { prompts: [{ token_ids: [5, 6, 7] }], temperature, top_k: 40, seed: 3 };
    const { data: [row], served } = await ask(given, { tokens: true, echo: true, top_logprobs: 5 });
    const ids = [5, 6, 7, ...row!.token_ids];
    const tops = [row!.echo!.top_logprobs!, row!.top_logprobs!].flat();
    const texts = [row!.echo!.top_tokens!, row!.top_tokens!].flat();
    const own = [...row!.echo!.logprobs!, ...row!.logprobs!];
    assert.equal(tops.length, 5 * (ids.length - 1));
    for (let place = 0; place < ids.length - 1; place++) {
      const all = await distribution(LLAMA, ids.slice(0, place + 1), temperature || 1);
      const best = all.map((logprob, id) => ({ logprob, id })).sort((a, b) => b.logprob - a.logprob).slice(
        0,
        5,
      );
      const here = tops.slice(5 * place, 5 * place + 5);
      within(here, best.map(({ logprob }) => logprob), 1e-4, `place ${place}`);
      const names = best.map(({ id }) => served.tokenizer!.tokenText(id));
      assert.deepEqual(texts.slice(5 * place, 5 * place + 5), names);
      // The same number, not one that is nearly so: programs compare them to see what a greedy choice would have been.
      const rank = best.findIndex(({ id }) => id === ids[place + 1]);
      if (rank >= 0) assert.equal(here[rank], own[place]);
    }
  }
});

Deno.test("fewer of the most likely tokens are the first of more", async () => {
  for (const temperature of [0, 1]) {
    const given = { prompts: [POST], temperature, seed: 2, n: 2 };
    const extras = { tokens: true, echo: true };
    const five = await ask(given, { ...extras, top_logprobs: 5 }, TINY);
    const one = await ask(given, { ...extras, top_logprobs: 1 }, TINY);
    const firsts = (numbers: readonly number[]) => numbers.filter((_, at) => at % 5 === 0);
    for (const [at, row] of one.data.entries()) {
      assert.deepEqual(row.echo!.top_logprobs, firsts(five.data[at]!.echo!.top_logprobs!));
      within(row.top_logprobs!, firsts(five.data[at]!.top_logprobs!), 1e-5, "sampled");
    }
    assert.deepEqual(one.data[0]!.echo, one.data[1]!.echo);
  }
});

Deno.test("a streamed answer has the prompt in each completion's first piece, and the same numbers", async () => {
  const given = { prompts: [POST, "a"], n: 2, seed: 1, stop: [" the"] };
  const extras = { tokens: true, echo: true, top_logprobs: 3 };
  const { data } = await ask(given, extras, TINY);
  const { pieces } = await ask({ ...given, stream: true }, extras, TINY);
  for (const row of data) {
    const own = pieces.filter(({ prompt_index, index }) =>
      prompt_index === row.prompt_index && index === row.index
    );
    assert.deepEqual(own.map(({ echo }) => echo !== undefined), own.map((_, at) => at === 0));
    assert.deepEqual(own[0]!.echo, row.echo);
    assert.deepEqual(own.flatMap(({ top_logprobs }) => top_logprobs!), row.top_logprobs);
    assert.deepEqual(own.flatMap(({ top_tokens }) => top_tokens!), row.top_tokens);
  }
});

Deno.test("no new tokens leave the prompt alone, which may fill the context", async () => {
  const { data, usage } = await ask(
    { max_new_tokens: 0, prompts: [POST] },
    { tokens: true, echo: true },
    TINY,
  );
  assert.deepEqual([data[0]!.text, data[0]!.token_ids, data[0]!.finish_reason], ["", [], "length"]);
  assert.equal(data[0]!.echo!.text, POST);
  assert.equal(usage.completion_tokens, 0);
  const whole = { token_ids: Array(512).fill(7) };
  assert.equal(
    (await ask({ max_new_tokens: 0, prompts: [whole] }, { echo: true }, TINY)).usage.prompt_tokens,
    512,
  );
  await assert.rejects(ask({ max_new_tokens: 1, prompts: [whole] }, { echo: true }, TINY), {
    code: "prompt_too_long",
  });
});

Deno.test("offsets of an echoed prompt say where its tokens' texts begin", async () => {
  const text = `${POST}</s> and <|im_end|>`;
  const { data: [row] } = await ask(
    { max_new_tokens: 0, prompts: [text] },
    { tokens: true, echo: true },
    TINY,
  );
  const { tokens, text_offsets } = row!.echo!;
  tokens.forEach((token, at) => {
    if (!token.startsWith("<0x")) assert.equal(text.slice(text_offsets[at]!).slice(0, token.length), token);
  });
  assert.ok(tokens.includes("</s>") && tokens.includes("<0xF0>"));
});

Deno.test("new tokens that are to fit are as many as the context has room for", async () => {
  const prompts = [{ token_ids: Array(500).fill(7) }, { token_ids: [7] }];
  const { data } = await ask({ prompts, max_new_tokens: 20 }, { fit_context: true }, TINY);
  assert.ok(data[0]!.token_ids.length <= 12);
  assert.ok(data[1]!.token_ids.length <= 20);
  const full = { prompts: [{ token_ids: Array(512).fill(7) }], max_new_tokens: 20 };
  await assert.rejects(ask(full, { fit_context: true }, TINY), { code: "prompt_too_long" });
});

Deno.test("so many tokens of echoed prompts are refused before anything is computed", async () => {
  const prompts = Array.from({ length: 200 }, () => ({ token_ids: Array(400).fill(7) }));
  await assert.rejects(ask({ prompts, n: 4, max_new_tokens: 0 }, { echo: true }, TINY), {
    errors: [{
      path: "prompts",
      message: "Expected at most 262144 tokens in prompts that are echoed, got 320000",
    }],
  });
});
