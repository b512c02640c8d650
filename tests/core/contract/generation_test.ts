import assert from "node:assert/strict";
import { generationSchema } from "../../../core/contract/generation.ts";
import { scoreSchema } from "../../../core/contract/score.ts";
import { ppoSchema } from "../../../core/contract/ppo_job.ts";

Deno.test("temperatures that float32 cannot divide by are refused; 0 is greedy for a generation only", () => {
  const generation = (temperature: number) =>
    generationSchema.safeParse({ model: "m", prompts: ["a"], temperature }).success;
  const score = (temperature: number) =>
    scoreSchema.safeParse({ model: "m", items: [{ prompt: "a", completion: "b" }], temperature }).success;
  const ppo = (temperature: number) => ppoSchema.safeParse({ temperature }).success;
  for (const temperature of [1e-50, 1e-4, -1, 101, NaN]) {
    assert.deepEqual([generation, score, ppo].map((accepts) => accepts(temperature)), [false, false, false]);
  }
  for (const temperature of [0.001, 0.7, 100]) {
    assert.deepEqual([generation, score, ppo].map((accepts) => accepts(temperature)), [true, true, true]);
  }
  assert.deepEqual([generation, score, ppo].map((accepts) => accepts(0)), [true, false, false]);
});

Deno.test("unknown keys, empty lists and mixed items are refused", () => {
  const ids = { prompt_token_ids: [1], completion_token_ids: [2] };
  const items = (...given: unknown[]) => scoreSchema.safeParse({ model: "m", items: given }).success;
  assert.ok(items(ids, { prompt: "a", completion: "b" }));
  assert.ok(!items());
  assert.ok(!items({ ...ids, completion_token_ids: [] }));
  assert.ok(!items({ prompt: "a", completion_token_ids: [2] }));
  assert.ok(!items({ ...ids, extra: 1 }));
  assert.ok(!items({ ...ids, completion_token_ids: [1.5] }));
  assert.ok(!items({ ...ids, completion_token_ids: [-1] }));
  assert.ok(!generationSchema.safeParse({ model: "m", prompts: [] }).success);
  assert.ok(!generationSchema.safeParse({ model: "m", prompts: [""] }).success);
  assert.ok(!generationSchema.safeParse({ model: "m", prompts: ["a"], stop: [""] }).success);
});

Deno.test("a prompt's messages reach the engine as they were sent, key for key", () => {
  const prompt = {
    messages: [
      { content: "Rules.", role: "developer" },
      { role: "user", content: [{ text: "What is it?", type: "text", more: [1, { a: null }] }] },
      {
        tool_calls: [{ id: "1", function: { name: "f", arguments: "{}" } }],
        role: "assistant",
        content: null,
      },
      { tool_call_id: "1", name: "f", role: "tool", content: "it", z: 1, a: 2 },
    ],
    tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }],
    documents: [{ title: "t", text: "u" }],
    chat_template_kwargs: { enable_thinking: false },
  };
  const { prompts } = generationSchema.parse({ model: "m", prompts: [prompt] });
  assert.equal(JSON.stringify(prompts[0]), JSON.stringify(prompt));
});
