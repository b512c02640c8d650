/** Half of an emoji in any text of any request: refused by the field's name. */
import assert from "node:assert/strict";
import { jobRequest, served } from "./served.ts";
import { requireWholeCharacters } from "../../routes/whole_characters.ts";

const message = {
  role: "user",
  content: [{ type: "text", text: "a" }],
  name: "n",
  more: { deep: ["x"] },
  tool_calls: [{ id: "i", function: { name: "f", arguments: "{}" } }],
};

/** Bodies with a text in every place that a route takes one. */
const BODIES: Record<string, object> = {
  "/v1/training-jobs": {
    ...jobRequest(),
    checkpoint: "c",
    adapter: "a",
    prompts: [
      "p",
      { id: "i", text: "t", answer: "a" },
      {
        messages: [message],
        tools: [{ name: "t" }],
        documents: [{ title: "d" }],
        chat_template_kwargs: { k: "v" },
      },
    ],
    reward: {
      type: "sum",
      terms: [
        { reward: { type: "keywords", keywords: ["k"] } },
        { reward: { type: "regex", pattern: "p", flags: "i" } },
        { reward: { type: "exact_match", answer: "a" } },
        { reward: { type: "json_valid", keys: ["k"] } },
        { reward: { type: "model", model: "m" } },
      ],
    },
    trainable: { type: "lora", target_modules: ["q"] },
    device: "cpu",
    webhook: { url: "https://a.b", secret: "s" },
    metadata: { k: "v" },
  },
  "/v1/generations": {
    model: "m",
    checkpoint: "c",
    prompts: ["p", { text: "t", adapter: "a" }, { messages: [message] }],
    stop: ["s"],
  },
  "/v1/completions": { model: "m", prompt: ["p"], stop: "s", user: "u", suffix: "x" },
  "/v1/chat/completions": { model: "m", messages: [message], stop: ["s"], user: "u" },
  "/v1/fine_tuning/jobs": {
    model: "m",
    training_file: "f",
    suffix: "s",
    metadata: { k: "v" },
    method: { type: "reinforcement", reinforcement: { grader: { type: "python", name: "n", source: "s" } } },
  },
  "/v1/fine_tuning/alpha/graders/run": {
    grader: { type: "string_check", name: "n", input: "i", reference: "r", operation: "eq" },
    model_sample: "s",
    item: { deep: ["x"] },
  },
  "/v1/scores": {
    model: "m",
    items: [{ prompt: "p", completion: "c" }],
    reward: { type: "model", model: "m" },
  },
  "/v1/models": { path: "p", name: "n" },
};

/** Where statuses are OpenAI's. */
const OPENAI = /completions$|fine_tuning/;

/** Every body that has `half` in one of its texts or keys more, and the path of that one. */
function* spoilt(
  value: unknown,
  half: string,
  path: string[] = [],
): Iterable<{ body: unknown; path: string[] }> {
  if (typeof value === "string") yield { body: value + half, path };
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    for (const { body, path: at } of spoilt(inner, half, [...path, key])) {
      yield {
        body: Array.isArray(value) ? value.with(Number(key), body) : { ...value, [key]: body },
        path: at,
      };
    }
  }
  if (!Array.isArray(value)) {
    const written = half.replace(/\p{Surrogate}/u, (one) => `\\u${one.charCodeAt(0).toString(16)}`);
    yield { body: { ...value, [`k${half}`]: 1 }, path: [...path, `k${written}`] };
  }
}

Deno.test("half of a surrogate pair in any text or key of any request is refused by its path", async () => {
  await served(async ({ call }) => {
    let bodies = 0;
    for (const [route, whole] of Object.entries(BODIES)) {
      for (const half of ["\ud83d", "\ude00", "\ud83d then 🙂"]) {
        for (const { body, path } of spoilt(whole, half)) {
          const answer = await call("POST", route, body);
          const status = OPENAI.test(route) ? 400 : 422;
          assert.equal(answer.status, status, `${route} ${path.join(".")}: ${answer.text}`);
          const said = JSON.stringify(answer.json);
          assert.ok(said.includes(JSON.stringify(path.join(".")).slice(1, -1)), `${path.join(".")}: ${said}`);
          assert.ok(said.includes("half of a surrogate pair"), said);
          bodies++;
        }
      }
    }
    assert.ok(bodies > 250, String(bodies));
  });
});

Deno.test("whole characters are taken, escaped or not", async () => {
  await served(async ({ call }) => {
    const answer = await call(
      "POST",
      "/v1/training-jobs/dry-run",
      jobRequest("succeed", { prompts: ["🙂", "\ud83d\ude42"] }),
    );
    assert.equal(answer.status, 200, answer.text);
    const body = JSON.stringify({ prompts: ["x\ud83d"], model: "\ude00", n: 1 });
    assert.throws(() => requireWholeCharacters(body, JSON.parse(body)), {
      code: "invalid_request",
      message: "prompts.0: Expected whole characters, got half of a surrogate pair (and 1 more)",
    });
  });
});

Deno.test("a body is walked without recursion, and no more faults are told than fit an answer", () => {
  let deep: unknown = "\ud83d";
  for (let level = 0; level < 100_000; level++) deep = [deep];
  assert.throws(() => requireWholeCharacters("\\ud83d", deep), { code: "invalid_request" });
  const many = Array.from({ length: 500_000 }, () => "\ud83d");
  assert.throws(() => requireWholeCharacters("\\ud83d", many), ({ errors }: { errors: unknown[] }) => {
    return errors.length === 100;
  });
});
