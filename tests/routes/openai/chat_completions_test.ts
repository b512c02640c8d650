/** POST /v1/chat/completions: which requests are taken, how they read as generations, and what is refused by which name. */
import assert from "node:assert/strict";
import {
  chatCompletionSchema,
  chatExtrasOf,
  chatGenerationOf,
} from "../../../core/contract/chat_completion.ts";
import { served } from "../served.ts";

const HELLO = { role: "user", content: "Hello" };
const parse = (more: Record<string, unknown> = {}) =>
  chatCompletionSchema.parse({ model: "m", messages: [HELLO], ...more });
const generation = (more: Record<string, unknown> = {}) =>
  chatGenerationOf(parse({ seed: 1, ...more }), { model: "m", checkpoint: null });

Deno.test("a conversation becomes a prompt of messages, developer as system and parts as texts", () => {
  const messages = [
    { role: "developer", content: "Be short." },
    { role: "user", content: [{ type: "text", text: "Hel" }, { type: "text", text: "lo" }] },
    { role: "assistant", content: null, tool_calls: [{ id: "call_1" }] },
    { role: "tool", tool_call_id: "call_1", content: "4" },
  ];
  assert.deepEqual(generation({ messages }).prompts, [{
    messages: [
      { role: "system", content: "Be short." },
      { role: "user", content: "Hello" },
      { role: "assistant", content: null, tool_calls: [{ id: "call_1" }] },
      { role: "tool", tool_call_id: "call_1", content: "4" },
    ],
  }]);
  const { max_new_tokens, n, stop, logprobs } = generation({
    max_tokens: 5,
    n: 3,
    stop: "x",
    logprobs: true,
  });
  assert.deepEqual([max_new_tokens, n, stop, logprobs], [5, 3, ["x"], true]);
  assert.equal(generation({ max_completion_tokens: 6, max_tokens: 6 }).max_new_tokens, 6);
  assert.equal(chatExtrasOf(parse()).fit_context, true);
  assert.equal(chatExtrasOf(parse({ max_tokens: 5 })).fit_context, false);
});

Deno.test("what changes nothing is taken", () => {
  const plain = generation();
  for (
    const more of [
      { user: "u", metadata: { a: "b" }, store: false, service_tier: "auto", reasoning_effort: "medium" },
      {
        logit_bias: {},
        presence_penalty: 0,
        frequency_penalty: 0,
        top_logprobs: 0,
        tools: [],
        functions: [],
      },
      {
        tool_choice: "none",
        parallel_tool_calls: true,
        response_format: { type: "text" },
        modalities: ["text"],
      },
      { tools: null, audio: null, response_format: null, store: null, top_logprobs: null, stop: null },
      { verbosity: "low", safety_identifier: "s", prompt_cache_key: "k", stream: false },
    ]
  ) {
    assert.deepEqual(generation(more), plain, JSON.stringify(more));
  }
});

const TOOL = { type: "function", function: { name: "f", parameters: {} } };
const SCHEMA = { type: "json_schema", json_schema: { name: "a", schema: {} } };

Deno.test("what cannot be done is refused with its param", async () => {
  await served(async (it) => {
    for (
      const [more, param, message] of [
        [{ tools: [TOOL] }, "tools", /not supported/],
        [{ tool_choice: "required" }, "tool_choice", /not supported/],
        [{ functions: [{ name: "f" }] }, "functions", /not supported/],
        [{ function_call: { name: "f" } }, "function_call", /not supported/],
        [{ audio: { voice: "alloy", format: "wav" } }, "audio", /not supported/],
        [{ modalities: ["text", "audio"] }, "modalities", /not supported/],
        [{ logit_bias: { "5": 1 } }, "logit_bias", /not supported/],
        [{ presence_penalty: 0.1 }, "presence_penalty", /not supported/],
        [{ frequency_penalty: -1 }, "frequency_penalty", /not supported/],
        [{ logprobs: true, top_logprobs: 2 }, "top_logprobs", /not supported/],
        [{ response_format: SCHEMA }, "response_format", /not supported/],
        [{ response_format: { type: "json_object" } }, "response_format", /not supported/],
        [{ web_search_options: {} }, "web_search_options", /not supported/],
        [{ prediction: { type: "content", content: "" } }, "prediction", /not supported/],
        [{ store: true }, "store", /not supported/],
        [{ service_tier: "flex" }, "service_tier", /not supported/],
        [{ n: 0 }, "n", /./],
        [{ n: 129 }, "n", /./],
        [{ max_tokens: 0 }, "max_tokens", /./],
        [{ max_tokens: 5, max_completion_tokens: 6 }, "max_tokens", /got both/],
        [{ temperature: 2.1 }, "temperature", /at most 2/],
        [{ stream_options: { include_usage: true } }, "stream_options", /without stream/],
        [{ messages: [] }, "messages", /./],
        [{ messages: "Hello" }, "messages", /./],
        [{ messages: [{ content: "Hello" }] }, "messages.0.role", /./],
        [
          { messages: [HELLO, { role: "person", content: "Hello" }] },
          "messages.1.role",
          /one of .*user.* got "person"/,
        ],
        [{ messages: [null] }, "messages.0", /./],
        [{ messages: ["Hello", 5] }, "messages.0", /./],
        [{ messages: [{ role: "user", content: [null] }] }, "messages.0.content.0", /./],
        [
          { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:," } }] }] },
          "messages.0.content.0",
          /part of type text, got "image_url"/,
        ],
        [{ messages: [{ role: "assistant", audio: { id: "a" } }] }, "messages.0.audio", /not supported/],
        [{ prompt: "Hello" }, "prompt", /Unknown key/],
      ] as [Record<string, unknown>, string, RegExp][]
    ) {
      const body = { model: "qwen3", messages: [HELLO], ...more };
      const { status, json } = await it.call("POST", "/v1/chat/completions", body);
      assert.equal(status, 400, JSON.stringify(more));
      assert.deepEqual([json.error.param, json.error.code], [param, "invalid_request"], JSON.stringify(more));
      assert.match(json.error.message, message);
    }
    const unknown = await it.call("POST", "/v1/chat/completions", { model: "gpt-5", messages: [HELLO] });
    assert.deepEqual([unknown.status, unknown.json.error.param, unknown.json.error.code], [
      404,
      "model",
      "model_not_found",
    ]);
    assert.match(unknown.json.error.message, /there are .*qwen3/);
  });
});
