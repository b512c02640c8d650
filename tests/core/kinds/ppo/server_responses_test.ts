/** What a rollout server says of a response, right and wrong in every way, as sequences of the job's model. */
import assert from "node:assert/strict";
import type { Ask } from "../../../../core/contract/engine_question.ts";
import {
  type RolledOut,
  type RolloutQuestion,
  rolloutsSchema,
  type ServerResponse,
} from "../../../../core/contract/rollouts.ts";
import type { UserError } from "../../../../core/errors.ts";
import { RolloutSampler } from "../../../../core/kinds/ppo/server_rollouts.ts";
import { loadTokenizer } from "../../../../core/tokenizer/tokenizer.ts";
import { EOS, fixtureFolder, VOCABULARY } from "../../networks/tiny_models.ts";

const tokenizer = await loadTokenizer(fixtureFolder("qwen3"));
const TEXT = " my bike is red";
const IDS = tokenizer.encode(TEXT, { add_special_tokens: false });
const PROMPT = { ids: Int32Array.from(tokenizer.encode("TL;DR:")), text: "TL;DR:" };
const MOST = IDS.length + 1;

const RIGHT: ServerResponse = {
  ids: [...IDS, EOS],
  text: TEXT,
  logprobs: [...IDS, EOS].map(() => -1),
  finish_reason: "stop",
};

function sampler(
  answer: (question: RolloutQuestion) => Partial<RolledOut>,
  more: object = {},
): RolloutSampler {
  return new RolloutSampler({
    config: rolloutsSchema.parse({
      ...{ type: "openai", url: "https://example.com/v1", model: "m", adapter: "none", ...more },
    }),
    ask: ((question: RolloutQuestion) =>
      Promise.resolve({ type: "rolled_out", prompt_tokens: null, ...answer(question) })) as unknown as Ask,
    ...{ tokenizer, stopTokenIds: new Set([EOS]), vocab_size: VOCABULARY, adapters: null },
  });
}

const SAMPLING = { seed: 1, step: 0, rollouts_per_prompt: 1, max_new_tokens: MOST, temperature: 1 };

const sampled = (response: Partial<ServerResponse>, more: Partial<RolledOut> = {}) =>
  sampler(() => ({ responses: [{ ...RIGHT, ...response }], ...more })).sample([PROMPT], SAMPLING);

Deno.test("ids that the server tells are the response's, the stop token among them", async () => {
  const { sampled: [row], retokenized } = await sampled({}, { prompt_tokens: PROMPT.ids.length });
  assert.deepEqual(
    [row!.response_ids, row!.finish_reason, row!.logprobs.length, retokenized],
    [[...IDS, EOS], "stop", MOST, 0],
  );
  const cut = {
    ids: [...IDS, IDS[0]!],
    text: tokenizer.decode([...IDS, IDS[0]!]),
    finish_reason: "length" as const,
  };
  assert.equal((await sampled(cut)).sampled[0]!.finish_reason, "length");
});

Deno.test("a text alone is tokenised, its end and its log-probabilities put where they are known", async () => {
  const { sampled: [row], retokenized } = await sampled({ ids: null });
  assert.deepEqual([row!.response_ids, row!.finish_reason, retokenized], [[...IDS, EOS], "stop", 1]);
  assert.deepEqual(row!.logprobs, RIGHT.logprobs);
  const { sampled: [without] } = await sampled({ ids: null, logprobs: IDS.map(() => -2) });
  assert.deepEqual(without!.logprobs, [...IDS.map(() => -2), NaN]);
  const { sampled: [unknown] } = await sampled({ ids: null, logprobs: [-1] });
  assert.ok(unknown!.logprobs.every(Number.isNaN));
  const { sampled: [empty] } = await sampled({ ids: null, text: "", logprobs: [] });
  assert.deepEqual(empty!.response_ids, [EOS]);
  const { sampled: [long] } = await sampled({ ids: null, text: TEXT + TEXT, finish_reason: "length" });
  assert.deepEqual([long!.response_ids.length, long!.finish_reason], [MOST, "length"]);
});

const WRONG: Readonly<Record<string, readonly [Partial<ServerResponse>, RegExp, Partial<RolledOut>?]>> = {
  "a token outside the vocabulary": [{ ids: [VOCABULARY, EOS] }, /token 320, and the model has 320/],
  "a negative token": [{ ids: [-1, EOS] }, /token -1/],
  "more tokens than asked for": [
    { ids: [...IDS, ...IDS], logprobs: [...IDS, ...IDS].map(() => 0) },
    /at most \d+ tokens \(ppo.max_new_tokens\)/,
  ],
  "log-probabilities of other tokens": [{ logprobs: [-1] }, /a log-probability of each/],
  "an end that is none here": [
    { ids: IDS, logprobs: IDS.map(() => 0) },
    /ended a response at token \d+, which ends none here/,
  ],
  "no token at all": [{ ids: [], logprobs: [] }, /ended a response at token undefined/],
  "tokens after the end": [
    { ids: [EOS, IDS[0]!, EOS], logprobs: [0, 0, 0] },
    /went on after token 2/,
  ],
  "a cut before its time": [
    { ids: IDS.slice(0, 2), logprobs: [0, 0], finish_reason: "length" },
    /cut a response off at 2 tokens/,
  ],
  "a text of another vocabulary": [{ text: " your car" }, /its vocabulary is another's/],
  "a prompt of another length": [{}, /read a prompt as the model's \d+ tokens, got 999/, {
    prompt_tokens: 999,
  }],
};

for (const [name, [response, message, more]] of Object.entries(WRONG)) {
  Deno.test(`${name} ends the attempt, naming the server`, async () => {
    await assert.rejects(sampled(response, more), (error: UserError) => {
      assert.equal(error.code, "rollouts_failed");
      assert.deepEqual(error.errors.map(({ path }) => path), ["rollouts.url"]);
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("each prompt is one question, no more at a time than asked for, and rows come in the prompts' order", async () => {
  const questions: RolloutQuestion[] = [];
  const [many, told] = [Array(5).fill(PROMPT), [] as number[]];
  let open = 0, most = 0;
  const it = new RolloutSampler({
    config: rolloutsSchema.parse({
      ...{ type: "openai", url: "https://example.com/v1", model: "m", adapter: "none", concurrency: 2 },
    }),
    ask: (async (question: RolloutQuestion) => {
      questions.push(question);
      most = Math.max(most, ++open);
      // A macrotask, so that whoever may ask has asked.
      await new Promise((resolve) => setTimeout(resolve));
      open--;
      return {
        type: "rolled_out",
        prompt_tokens: null,
        responses: [RIGHT, { ...RIGHT, ids: [EOS], text: "", logprobs: [0] }],
      };
    }) as unknown as Ask,
    ...{ tokenizer, stopTokenIds: new Set([EOS]), vocab_size: VOCABULARY, adapters: null },
  });
  const { sampled } = await it.sample(many, { ...SAMPLING, rollouts_per_prompt: 2 }, {
    onRow: (row) => told.push(row),
  });
  assert.deepEqual(sampled.map(({ response_ids }) => response_ids.length), Array(5).fill([MOST, 1]).flat());
  assert.deepEqual(told.toSorted((a, b) => a - b), [...Array(10).keys()]);
  assert.equal(most, 2);
  assert.equal(new Set(questions.map(({ seed }) => seed)).size, 5);
  assert.ok(
    questions.every(({ n, seed, prompt }) => n === 2 && seed >= 0 && seed < 2 ** 31 && prompt === "TL;DR:"),
  );
});

Deno.test("what one question fails by ends all, and no other is asked", async () => {
  let asked = 0;
  const it = sampler(() => {
    asked++;
    throw new TypeError("gone");
  }, { concurrency: 1 });
  await assert.rejects(it.sample(Array(5).fill(PROMPT), SAMPLING), TypeError);
  assert.equal(asked, 1);
});
