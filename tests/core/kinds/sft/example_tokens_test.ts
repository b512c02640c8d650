/** What of an example is learned, token by token. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { exampleSchema, sftJobSchema } from "../../../../core/contract/sft_job.ts";
import { type ExampleOptions, exampleTokens } from "../../../../core/kinds/sft/example_tokens.ts";
import { stopIds } from "../../../../core/tokenizer/stop_ids.ts";
import { loadTokenizer } from "../../../../core/tokenizer/tokenizer.ts";
import { readModelInfo } from "../../../../core/weights/model_weights.ts";

const FOLDER = fileURLToPath(new URL("../../../../models/tiny", import.meta.url));
const info = await readModelInfo(FOLDER);
const tokenizer = await loadTokenizer(FOLDER);
const ends = stopIds(info, tokenizer);
const [EOS, TURN_END] = [...ends] as [number, number];

function tokens(example: unknown, more: Partial<ExampleOptions> = {}) {
  return exampleTokens(exampleSchema.parse(example), "examples.0", {
    ...{ info, tokenizer, ends, loss_on: "completion", most: 512 },
    ...more,
  });
}

/** The text of what is learned, in runs of one weight. */
function learned(example: unknown, more: Partial<ExampleOptions> = {}): [string, number][] {
  const { ids, targets, weights } = tokens(example, more);
  const runs: { ids: number[]; weight: number; last: number }[] = [];
  targets.forEach((target, n) => {
    const run = runs.at(-1);
    if (run && run.last === target - 1 && run.weight === weights[n]) {
      run.ids.push(ids[target]!);
      run.last = target;
    } else runs.push({ ids: [ids[target]!], weight: weights[n]!, last: target });
  });
  return runs.map(({ ids, weight }) => [tokenizer.decode(ids, { skip_special_tokens: false }), weight]);
}

const turn = (role: string, content: string, weight?: number) => ({
  role,
  content,
  ...(weight !== undefined && { weight }),
});
const TALK = [
  turn("user", "My boss moved our meeting."),
  turn("assistant", "boss moved meeting"),
  turn("user", "And why?"),
  turn("assistant", "boss busy"),
];

Deno.test("of a completion everything is learned, and the token that ends a text", () => {
  const example = { prompt: "POST: My boss.\nTL;DR:", completion: " boss moved meeting" };
  assert.deepEqual(learned(example), [[" boss moved meeting</s>", 1]]);
  const { ids, prompt, truncated } = tokens(example);
  assert.deepEqual(Array.from(ids.slice(0, prompt)), tokenizer.encode("POST: My boss.\nTL;DR:"));
  assert.equal(truncated, false);
  assert.deepEqual(
    learned({ ...example, prompt: { id: "a", text: "POST: My boss.\nTL;DR:", answer: "x" } }),
    learned(example),
  );
});

Deno.test("of a conversation every answer is learned, with the token that ends its turn", () => {
  assert.deepEqual(learned({ messages: TALK }), [["boss moved meeting<|im_end|>", 1], [
    "boss busy<|im_end|>",
    1,
  ]]);
  const { ids, prompt } = tokens({ messages: TALK });
  const text = tokenizer.chatParts({ messages: TALK }, ["<|im_end|>"]).map(({ text }) => text).join("");
  // What follows the last token that is learned is left out.
  assert.deepEqual(
    [...ids, ...tokenizer.encode("\n", { add_special_tokens: false })],
    tokenizer.encode(text, { add_special_tokens: false }),
  );
  assert.deepEqual(
    Array.from(ids.slice(0, prompt)),
    tokenizer.encode(tokenizer.chatText({ messages: TALK.slice(0, 1) }), { add_special_tokens: false }),
  );
  assert.equal(ids.at(-1), TURN_END);
});

Deno.test("a prompt of messages is a conversation whose last answer is learned", () => {
  const prompt = { messages: TALK.slice(0, 3) };
  const [a, b] = [
    tokens({ prompt, completion: "boss busy" }),
    tokens({ messages: [TALK[0], { ...TALK[1], weight: 0 }, TALK[2], TALK[3]] }),
  ];
  assert.deepEqual(a, b);
  assert.deepEqual(learned({ prompt, completion: "boss busy" }), [["boss busy<|im_end|>", 1]]);
});

Deno.test("messages count as they are weighed, and their weights are not for the template", () => {
  const messages = [TALK[0], { ...TALK[1], weight: 0.5 }, TALK[2], { ...TALK[3], weight: 2 }];
  assert.deepEqual(learned({ messages }), [["boss moved meeting<|im_end|>", 0.5], [
    "boss busy<|im_end|>",
    2,
  ]]);
  const first = [TALK[0], TALK[1], TALK[2], { ...TALK[3], weight: 0 }];
  assert.deepEqual(learned({ messages: first }), [["boss moved meeting<|im_end|>", 1]]);
  assert.deepEqual(tokens({ messages: first }).ids, tokens({ messages: TALK.slice(0, 2) }).ids);
  assert.deepEqual(
    tokens({
      messages: TALK.map((message) => message.role === "user" ? message : { ...message, weight: null }),
    }),
    tokens({ messages: TALK }),
  );
});

Deno.test("with loss_on all every token but the first is learned, answers as they are weighed", () => {
  const example = { prompt: "POST: My boss.\nTL;DR:", completion: " boss moved meeting" };
  const all = tokens(example, { loss_on: "all" });
  assert.deepEqual(Array.from(all.targets), Array.from({ length: all.ids.length - 1 }, (_, at) => at + 1));
  assert.deepEqual(all.ids, tokens(example).ids);
  const messages = [TALK[0], { ...TALK[1], weight: 0 }, TALK[2], { ...TALK[3], weight: 2 }];
  const texts = learned({ messages }, { loss_on: "all" });
  assert.deepEqual(texts.map(([, weight]) => weight), [1, 1, 2, 1]);
  assert.doesNotMatch(texts.map(([text]) => text).join(""), /boss moved meeting/);
});

Deno.test("what is longer than may be is cut at its end", () => {
  const example = { prompt: "POST: My boss.\nTL;DR:", completion: " boss moved meeting" };
  const whole = tokens(example);
  for (const most of [whole.prompt + 2, whole.prompt, 2]) {
    const { ids, targets, truncated } = tokens(example, { most });
    assert.equal(truncated, true);
    assert.deepEqual(Array.from(targets), Array.from(whole.targets).filter((target) => target < most));
    if (targets.length > 0) assert.deepEqual(ids, whole.ids.slice(0, most));
  }
  const { truncated } = tokens(example, { most: whole.ids.length });
  assert.equal(truncated, false);
  assert.ok(tokens(example, { most: whole.ids.length - 1 }).ids.every((id) => id !== EOS));
});

Deno.test("an example that can teach nothing, or has what none may have, is refused by its field", () => {
  const faults = (example: unknown) => {
    const { error } = sftJobSchema.safeParse({ kind: "sft", model: "m", examples: [example] });
    return error!.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n");
  };
  const cases: [unknown, RegExp][] = [
    [{ messages: [TALK[0]] }, /messages.*Expected an assistant's message/],
    [
      { messages: [TALK[0], { ...TALK[1], weight: 0 }] },
      /Expected an assistant's message with a weight above 0/,
    ],
    [
      { messages: [{ ...TALK[0], weight: 1 }, TALK[1]] },
      /messages,?\.?0.*weight of an assistant's message only|Expected a weight of an assistant/,
    ],
    [{ messages: [TALK[0], { ...TALK[1], weight: -1 }] }, /at least 0/],
    [{ messages: [TALK[0], { ...TALK[1], weight: "1" }] }, /Expected a number/],
    [{ prompt: "a", completion: "" }, /examples\.0/],
    [{ prompt: "a" }, /Expected \{ prompt, completion \} or/],
    ["a", /Expected \{ prompt, completion \} or/],
  ];
  for (const [example, message] of cases) assert.match(faults(example), message, JSON.stringify(example));
});
