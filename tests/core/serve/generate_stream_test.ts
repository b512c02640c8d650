/** Streamed generations against the same ones given whole. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import fc from "../../fast_check.ts";
import { generate } from "../../../core/serve/generate.ts";
import {
  type Generation,
  type GenerationDelta,
  generationSchema,
} from "../../../core/contract/generation.ts";
import { ServedModels } from "../../../core/serve/served_models.ts";
import { UserError } from "../../../core/errors.ts";
import { inFolder } from "../networks/in_folder.ts";
import { fixtureFolder, runtime } from "../networks/tiny_models.ts";
import { copyModel } from "./model_copies.ts";

const models = new ServedModels(runtime);
const LLAMA = fixtureFolder("llama");
const TINY = fileURLToPath(new URL("../../../models/tiny", import.meta.url));
const POST = "POST: My neighbor practices the drums every night.\nTL;DR:";

type Given = Partial<Parameters<typeof generationSchema["parse"]>[0] & object>;

async function whole(given: Given, model = LLAMA, tokens = false) {
  const request = generationSchema.parse({
    model: "m",
    prompts: ["The quick"],
    max_new_tokens: 12,
    ...given,
  });
  const served = await models.policy({ model, rewards: {} });
  return await generate(request.prompts.map(() => served), request, new AbortController().signal, { tokens });
}

/** The batches of a streamed answer, its pieces joined, and its result. */
async function streamed(given: Given, model = LLAMA, tokens = false) {
  const batches: GenerationDelta[][] = [];
  const request = generationSchema.parse({
    ...{ model: "m", prompts: ["The quick"], max_new_tokens: 12, stream: true },
    ...given,
  });
  const served = await models.policy({ model, rewards: {} });
  const signal = new AbortController().signal;
  const emit = (deltas: GenerationDelta[]) => void batches.push(deltas);
  const result = await generate(request.prompts.map(() => served), request, signal, { tokens, emit });
  return { batches, result, joined: join(batches.flat()) };
}

function join(pieces: readonly GenerationDelta[]): Generation[] {
  const rows = new Map<string, GenerationDelta>();
  for (const piece of pieces) {
    const key = `${piece.prompt_index} ${piece.index}`;
    const before = rows.get(key);
    assert.ok(!before?.finish_reason, "nothing follows a completion's last piece");
    const joined = (name: "logprobs" | "tokens" | "text_offsets" | "token_bytes" | "token_ids") =>
      piece[name] && { [name]: [...before?.[name] ?? [], ...piece[name]] };
    rows.set(key, {
      ...piece,
      text: (before?.text ?? "") + piece.text,
      ...joined("token_bytes"),
      ...joined("token_ids"),
      ...joined("logprobs"),
      ...joined("tokens"),
      ...joined("text_offsets"),
    });
  }
  return [...rows.values()].sort((a, b) =>
    a.prompt_index - b.prompt_index || a.index - b.index
  ) as Generation[];
}

// Random weights: broken characters, special tokens, and stop strings anywhere.
const given = fc.record({
  seed: fc.nat(1000),
  n: fc.integer({ min: 1, max: 3 }),
  prompts: fc.array(fc.constantFrom("The quick", "I have been working", "a", { token_ids: [7] }), {
    minLength: 1,
    maxLength: 4,
  }),
  max_new_tokens: fc.integer({ min: 1, max: 24 }),
  temperature: fc.constantFrom(0, 0.7, 1, 3),
  top_k: fc.constantFrom(0, 0, 5),
  top_p: fc.constantFrom(1, 1, 0.8),
  logprobs: fc.boolean(),
});

Deno.test("pieces, joined, are the answer that does not stream, always", async () => {
  await fc.assert(
    fc.asyncProperty(given, fc.boolean(), fc.nat(), async (given, tokens, pick) => {
      const free = await whole(given);
      // Half of the time a stop string is a piece of what is going to be said.
      const { text } = free.data[pick % free.data.length]!;
      const from = pick % Math.max(1, text.length);
      const said = text.slice(from, from + 1 + pick % 3).toWellFormed();
      const stop = pick % 2 === 0 && said !== "" ? [said, "never"] : [];
      const expected = await whole({ ...given, stop }, LLAMA, tokens);
      const { joined, result } = await streamed({ ...given, stop }, LLAMA, tokens);
      assert.deepEqual(joined, expected.data);
      assert.deepEqual(result, { data: [], usage: expected.usage });
      if (stop.length === 0 && !tokens) assert.deepEqual(joined, free.data);
    }),
    { numRuns: 60 },
  );
});

Deno.test("a model that writes well streams word by word, a batch per step, each row at most once in it", async () => {
  const request = { prompts: [POST, `${POST} My`], n: 2, max_new_tokens: 16, seed: 3 };
  const { batches, joined } = await streamed(request, TINY);
  assert.deepEqual(joined, (await whole(request, TINY)).data);
  assert.equal(batches.length, Math.max(...joined.map(({ token_ids }) => token_ids.length)));
  for (const batch of batches) {
    assert.equal(new Set(batch.map((piece) => `${piece.prompt_index} ${piece.index}`)).size, batch.length);
  }
  assert.ok(batches[0]!.every(({ finish_reason }) => finish_reason === null));
});

Deno.test("offsets say where each token's text begins", async () => {
  const { data } = await whole({ prompts: [POST], n: 3, max_new_tokens: 24, logprobs: true }, TINY, true);
  for (const { text, tokens, text_offsets, token_ids, logprobs } of data) {
    assert.deepEqual(
      [tokens!.length, text_offsets!.length, logprobs!.length],
      Array(3).fill(token_ids.length),
    );
    tokens!.forEach((token, at) => {
      if (token !== "</s>") assert.equal(text.slice(text_offsets![at]!).slice(0, token.length), token);
    });
  }
});

Deno.test("the same prompt again goes on with other completions of it", async () => {
  const ids = async (given: Given) =>
    (await whole({ seed: 4, ...given })).data.map(({ token_ids }) => token_ids);
  const four = await ids({ n: 4 });
  assert.deepEqual(await ids({ prompts: ["The quick", "The quick"], n: 2 }), four);
  assert.deepEqual(await ids({ prompts: ["The quick", "a", "The quick"], n: 1 }), [
    four[0],
    ...await ids({ prompts: ["a"] }),
    four[1],
  ]);
});

Deno.test("without a tokenizer ids stream token by token, and stop strings are refused", () =>
  inFolder(async (parent) => {
    const folder = await copyModel("llama", `${parent}/m`, ["tokenizer.json", "tokenizer_config.json"]);
    const prompts = [{ token_ids: [5, 6, 7] }];
    const { batches, joined } = await streamed({ prompts }, folder);
    assert.deepEqual(joined, (await whole({ prompts }, folder)).data);
    assert.ok(batches.flat().every(({ text, token_ids }) => text === "" && token_ids.length === 1));
    await assert.rejects(whole({ prompts, stop: ["a"] }, folder), (thrown: UserError) => {
      assert.deepEqual([thrown.code, thrown.errors[0]!.path], ["invalid_request", "stop"]);
      return true;
    });
  }));

Deno.test("more rows than a decoding batch holds stream one batch after the other", async () => {
  const request = { n: 50, prompts: ["The quick", "a"], max_new_tokens: 3 };
  const { joined } = await streamed(request);
  assert.deepEqual(joined, (await whole(request)).data);
});
