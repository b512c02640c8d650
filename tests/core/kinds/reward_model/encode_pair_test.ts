/** Preferences as ids: the very ids that a policy would be scored by, whatever form the pair has. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type Preference, preferenceSchema } from "../../../../core/contract/reward_model_job.ts";
import { readConfig } from "../../../../core/formats/read_config.ts";
import { encodePair, type PairEncoder } from "../../../../core/kinds/reward_model/encode_pair.ts";
import { padToken } from "../../../../core/kinds/reward_model/pad_token.ts";
import { preparePrompt } from "../../../../core/tokenizer/prepare_prompts.ts";
import { stopIds } from "../../../../core/tokenizer/stop_ids.ts";
import { loadTokenizer } from "../../../../core/tokenizer/tokenizer.ts";

const TINY = fileURLToPath(new URL("../../../../models/tiny", import.meta.url));
const info = await readConfig(TINY);
const tokenizer = await loadTokenizer(TINY);
const stops = stopIds(info, tokenizer);
const END = 2;
/** What the chat template ends a turn with. */
const TURN_END = 4;

function encode(
  pair: object,
  config: PairEncoder["config"] = { max_length: null, overlong: "fail" },
) {
  return encodePair(preferenceSchema.parse(pair), "preferences.0", { info, tokenizer, stops, config });
}

function faults(pair: object): string[] {
  const { error } = preferenceSchema.safeParse(pair);
  return error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
}

const plain = (text: string) => tokenizer.encode(text, { add_special_tokens: false });
const user = (content: string) => ({ role: "user", content });
const says = (content: string) => ({ role: "assistant", content });

Deno.test("texts: the prompt's ids, the answer's and the end", () => {
  const { chosen, rejected, margin, prompt } = encode({
    prompt: "POST: A cat.\nTL;DR:",
    chosen: " I have a cat.",
    rejected: " Dogs.",
    margin: 0.5,
  });
  const before = tokenizer.encode("POST: A cat.\nTL;DR:");
  assert.deepEqual([...chosen], [...before, ...plain(" I have a cat."), END]);
  assert.deepEqual([...rejected], [...before, ...plain(" Dogs."), END]);
  assert.deepEqual([margin, prompt], [0.5, before.length]);
});

Deno.test("messages in each form that preference sets have: what the chat template makes of them, and the last answer", () => {
  const [question, good, bad] = ["My cat is gone.", "Look in the garden.", "Cats are cats."];
  const { ids } = preparePrompt({ messages: [user(question)] }, "prompt", { info, tokenizer, room: 1 });
  const expected = [good, bad].map((answer) => [...ids, ...plain(answer), TURN_END]);
  const forms: Record<string, object> = {
    "the whole conversation twice": {
      chosen: [user(question), says(good)],
      rejected: [user(question), says(bad)],
    },
    "a prompt and the answers, as messages": {
      prompt: [user(question)],
      chosen: [says(good)],
      rejected: [says(bad)],
    },
    "a prompt as other jobs have it": {
      prompt: { messages: [user(question)] },
      chosen: good,
      rejected: bad,
    },
    "a prompt as text beside whole conversations, as UltraFeedback has it": {
      prompt: question,
      chosen: [user(question), says(good)],
      rejected: [user(question), says(bad)],
    },
    "a prompt as text beside the answers' messages": {
      prompt: { text: question },
      chosen: [says(good)],
      rejected: [says(bad)],
    },
    "messages that the conversations repeat": {
      prompt: [user(question)],
      chosen: [user(question), says(good)],
      rejected: [says(bad)],
    },
    "content in parts": {
      prompt: [user(question)],
      chosen: [{ role: "assistant", content: [{ type: "text", text: good }] }],
      rejected: [says(bad)],
    },
  };
  for (const [form, pair] of Object.entries(forms)) {
    const { chosen, rejected } = encode(pair);
    assert.deepEqual([[...chosen], [...rejected]], expected, form);
  }
  const turns = [user(question), says("Oh."), user("Yes.")];
  const more = preparePrompt({ messages: turns }, "prompt", { info, tokenizer, room: 1 });
  const { chosen } = encode({ chosen: [...turns, says(good)], rejected: [user(question), says(bad)] });
  assert.deepEqual([...chosen], [...more.ids, ...plain(good), TURN_END]);
});

Deno.test("whole texts without a prompt; one that says its own end has it once", () => {
  const { chosen, rejected, prompt } = encode({ chosen: "POST: A cat.</s>", rejected: "POST: A dog." });
  assert.deepEqual([...chosen], [...tokenizer.encode("POST: A cat."), END]);
  assert.deepEqual([...rejected], [...tokenizer.encode("POST: A dog."), END]);
  assert.equal(prompt, chosen.length);
});

Deno.test("what is too long is named, or loses the beginning of its prompt", () => {
  const pair = { prompt: "POST: A cat and a dog.\nTL;DR:", chosen: " I have a cat.", rejected: " Dogs." };
  const whole = encode(pair);
  const most = whole.chosen.length - 3;
  assert.throws(() => encode(pair, { max_length: most, overlong: "fail" }), {
    code: "prompt_too_long",
    message: new RegExp(`^preferences\\.0\\.chosen: Expected at most ${most} tokens`),
  });
  const cut = encode(pair, { max_length: most, overlong: "truncate" });
  assert.deepEqual([...cut.chosen], [...whole.chosen.slice(3)]);
  const answer = plain(pair.chosen);
  const short = encode(pair, { max_length: answer.length, overlong: "truncate" });
  assert.deepEqual([...short.chosen], answer);
  const context = info.model.max_position_embeddings;
  const endless = { prompt: "a cat ".repeat(context), chosen: "x", rejected: "y" };
  assert.equal(encode(endless, { max_length: null, overlong: "truncate" }).chosen.length, context);
});

Deno.test("pairs of unlike or empty answers are refused by the field's name", () => {
  const cases: [object, RegExp][] = [
    [{ chosen: "a" }, /^rejected: /],
    [{ chosen: "", rejected: "b" }, /^chosen: /],
    [{ prompt: "p", chosen: "a", rejected: [says("b")] }, /^rejected: Expected a text, as chosen is/],
    [
      { prompt: "p", chosen: [user("q"), says("a")], rejected: [says("b")] },
      /^chosen: Expected the prompt among/,
    ],
    [{ chosen: [says("a")], rejected: [user("q"), says("b")] }, /^chosen: Expected messages before/],
    [
      { prompt: [user("q")], chosen: [user("a")], rejected: [says("b")] },
      /^chosen\.0\.role: Expected assistant/,
    ],
    [{ prompt: "p", chosen: "a", rejected: "b", margin: "much" }, /^margin: /],
    [{ prompt: "p", chosen: "a", rejected: "b", score: 1 }, /score/],
  ];
  for (const [pair, expected] of cases) {
    const found = faults(pair);
    assert.equal(found.length, 1, `${JSON.stringify(pair)}: ${found}`);
    assert.match(found[0]!, expected);
  }
  assert.deepEqual(faults({ chosen: "a", rejected: "b" } satisfies Partial<Preference>), []);
});

Deno.test("padToken() is the model's padding unless that ends texts, and then another control token or a last resort", () => {
  assert.deepEqual(padToken(info, tokenizer), { pad_token_id: 0, pad_token: "<pad>" });
  const eos = padToken({ ...info, pad_token_id: END }, tokenizer);
  assert.deepEqual(eos, { pad_token_id: 0, pad_token: "<pad>" });
  const bare = { padTokenId: null, bosTokenId: END, eosTokenId: END, specialIds: new Set([END]) };
  const none = padToken({ ...info, pad_token_id: null, bos_token_id: null, eos_token_ids: [END] }, {
    ...bare,
    decode: () => "",
  });
  assert.deepEqual(none, { pad_token_id: info.model.vocab_size - 1, pad_token: null });
});
