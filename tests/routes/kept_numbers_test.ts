/** Numbers of conversations that JavaScript would print otherwise than Python. */
import assert from "node:assert/strict";
import { requireKeptNumbers } from "../../routes/kept_numbers.ts";
import { assertProblem, served } from "./served.ts";

const body = (prompt: string, rest = "") =>
  `{"model": "qwen3", "temperature": 1.0, "prompts": ["a", ${prompt}]${rest}}`;

Deno.test("numbers of a conversation that JavaScript does not keep are refused by their path", async () => {
  const cases: [string, string][] = [
    ['{"messages": [{"role": "user", "content": "a", "n": 1.0}]}', "prompts.1.messages.0.n"],
    ['{"messages": [{"role": "user"}], "tools": [{"min": [2, 1e3]}]}', "prompts.1.tools.0.min.1"],
    ['{"messages": [], "chat_template_kwargs": {"x": -0.0}}', "prompts.1.chat_template_kwargs.x"],
    ['{"messages": [], "documents": [{"id": 12345678901234567890}]}', "prompts.1.documents.0.id"],
    ['{"messages": [], "documents": [{"id": 1e999}]}', "prompts.1.documents.0.id"],
  ];
  await served(async ({ call }) => {
    for (const [prompt, path] of cases) {
      const answer = await call("POST", "/v1/generations", body(prompt));
      assertProblem(answer, 422, "invalid_request", path);
      assert.match(answer.json.detail, /kept as it is written/);
    }
  });
});

Deno.test("numbers of conversations are looked at wherever a request has one", () => {
  const message = '{"role": "user", "content": "a", "n": 1.0}';
  const cases: [string, RegExp][] = [
    [`{"examples": [{"messages": [${message}]}]}`, /^examples\.0\.messages\.0\.n: /],
    [`{"examples": [{"prompt": {"messages": [${message}]}}]}`, /^examples\.0\.prompt\.messages\.0\.n: /],
    [`{"evaluate": {"prompts": [{"messages": [${message}]}]}}`, /^evaluate\.prompts\.0\.messages\.0\.n: /],
  ];
  for (const [text, expected] of cases) assert.throws(() => requireKeptNumbers(text), { message: expected });
});

Deno.test("all other numbers are left alone", () => {
  requireKeptNumbers(
    body('{"messages": [{"role": "user", "content": "1.0 1e3", "n": [1.5, 7, -3, 1e-5, 0]}]}'),
  );
  requireKeptNumbers(body('{"text": "a", "n": 1.0}'));
  requireKeptNumbers(body('{"messages": [{"role": "user"}]}', ', "ppo": {"learning_rate": 1e0}'));
  requireKeptNumbers('{"messages": 1.0}');
  const weighed = '{"role": "assistant", "content": "b", "weight": 1.0}';
  requireKeptNumbers(`{"examples": [{"messages": [{"role": "user"}, ${weighed}]}]}`);
});
