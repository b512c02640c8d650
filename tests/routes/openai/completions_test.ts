/** POST /v1/completions: which requests are taken, and how what is wrong is told. */
import assert from "node:assert/strict";
import { type CompletionRequest, completionSchema, generationOf } from "../../../core/contract/completion.ts";
import { BEHAVIOURS } from "../../fake_engine.ts";
import { jobRequest, served } from "../served.ts";

const parse = (more: Record<string, unknown> = {}) =>
  completionSchema.parse({ model: "m", prompt: "a", ...more }) as CompletionRequest;
const named = { model: "m", checkpoint: null };

Deno.test("a request becomes the generation it means", () => {
  const { seed, ...rest } = generationOf(parse(), named);
  assert.ok(Number.isInteger(seed) && seed >= 0);
  assert.notEqual(generationOf(parse(), named).seed, seed, "each request draws its own");
  assert.deepEqual(rest, {
    ...{
      model: "m",
      checkpoint: null,
      adapter: null,
      prompts: ["a"],
      n: 1,
      max_new_tokens: 16,
      temperature: 1,
    },
    ...{ top_k: 0, top_p: 1, stop: [], logprobs: false, stream: false },
  });
  const given = {
    max_tokens: 3,
    temperature: 0.5,
    top_p: 0.9,
    n: 2,
    seed: 7,
    stop: "x",
    logprobs: 0,
    stream: true,
  };
  assert.deepEqual(generationOf(parse(given), { model: "base", checkpoint: "ckpt_1" }), {
    ...{
      model: "base",
      checkpoint: "ckpt_1",
      adapter: null,
      prompts: ["a"],
      n: 2,
      max_new_tokens: 3,
      temperature: 0.5,
    },
    ...{ top_k: 0, top_p: 0.9, stop: ["x"], seed: 7, logprobs: true, stream: true },
  });
  const prompts = (prompt: unknown) => generationOf(parse({ prompt }), named).prompts;
  assert.deepEqual(prompts(["a", "b"]), ["a", "b"]);
  assert.deepEqual(prompts([1, 2]), [{ token_ids: [1, 2] }]);
  assert.deepEqual(prompts([[1, 2], [3]]), [{ token_ids: [1, 2] }, { token_ids: [3] }]);
});

Deno.test("what OpenAI takes and a generation does not is the nearest that it has", () => {
  const { temperature, top_k, top_p, seed } = generationOf(
    parse({ temperature: 1e-8, top_p: 0, seed: -1 }),
    named,
  );
  assert.deepEqual({ temperature, top_k, top_p, seed }, {
    ...{ temperature: 0, top_k: 1, top_p: 1, seed: Number.MAX_SAFE_INTEGER },
  });
  assert.equal(generationOf(parse({ seed: -Number.MAX_SAFE_INTEGER }), named).seed, 1);
});

Deno.test("null and neutral values are as good as none", () => {
  const { seed: _, ...plain } = generationOf(parse(), named);
  for (
    const more of [
      { max_tokens: null, temperature: null, top_p: null, n: null, stop: null, seed: null, stream: null },
      { logprobs: null, stream_options: null, user: "somebody", stop: [] },
      { echo: false, suffix: "", best_of: 1, frequency_penalty: 0, presence_penalty: 0, logit_bias: {} },
      { echo: null, suffix: null, best_of: null, frequency_penalty: null, logit_bias: null },
    ]
  ) {
    const { seed: _, ...same } = generationOf(parse(more), named);
    assert.deepEqual(same, plain);
  }
});

Deno.test("what is wrong or cannot be done is refused by name, in OpenAI's shape", async () => {
  await served(async (it) => {
    for (
      const [more, param, message] of [
        [{ prompt: undefined }, "prompt", /./],
        [{ prompt: "" }, "prompt", /./],
        [{ prompt: [] }, "prompt", /./],
        [{ prompt: ["a", ""] }, "prompt.1", /./],
        [{ prompt: [5, "a"] }, "prompt.1", /Expected a token id/],
        [{ prompt: ["a", 5] }, "prompt.1", /Expected a string, got 5/],
        [{ prompt: [[5], "a"] }, "prompt.1", /Expected a list, got "a"/],
        [{ max_tokens: -1 }, "max_tokens", /./],
        [{ n: 129 }, "n", /./],
        [{ top_p: -0.1 }, "top_p", /./],
        [{ temperature: -1 }, "temperature", /./],
        [{ stop: "" }, "stop", /./],
        [{ stop: ["a", "\ud800"] }, "stop.1", /surrogate/],
        [{ logprobs: 6 }, "logprobs", /./],
        [{ stream_options: { include_usage: true } }, "stream_options", /without stream/],
        [{ stream: true, stream_options: { usage: true } }, "stream_options.usage", /Unknown key/],
        [{ max_new_tokens: 5 }, "max_new_tokens", /Unknown key/],
        [{ echo: "yes" }, "echo", /./],
        [{ logprobs: true }, "logprobs", /./],
        [{ suffix: "x" }, "suffix", /Expected no suffix,/],
        [{ best_of: 2 }, "best_of", /Expected no best_of,/],
        [{ presence_penalty: 0.5 }, "presence_penalty", /Expected no presence_penalty,/],
        [{ frequency_penalty: 0.5 }, "frequency_penalty", /Expected no frequency_penalty,/],
        [{ logit_bias: { "50256": -100 } }, "logit_bias", /Expected no logit_bias,/],
      ] as [Record<string, unknown>, string, RegExp][]
    ) {
      const { status, json } = await it.call("POST", "/v1/completions", {
        model: "qwen3",
        prompt: "a",
        ...more,
      });
      assert.equal(status, 400, JSON.stringify(more));
      assert.deepEqual(Object.keys(json), ["error"]);
      const { type, code } = json.error;
      assert.deepEqual(
        { ...json.error, message: "" },
        { message: "", type, param, code },
        JSON.stringify(more),
      );
      assert.deepEqual([type, code], ["invalid_request_error", "invalid_request"]);
      assert.match(json.error.message, message);
    }
  });
});

Deno.test("errors of every layer have OpenAI's shape on this path and on no other", async () => {
  const apiKeys = ["first-key-1234567"];
  await served(async (it) => {
    const headers = { authorization: `Bearer ${apiKeys[0]}` };
    const body = { model: "qwen3", prompt: "a", seed: 0 };
    const error = async (answer: ReturnType<typeof it.call>, status: number) => {
      const { status: actual, json, headers } = await answer;
      assert.equal(actual, status);
      assert.match(headers.get("content-type")!, /^application\/json/);
      assert.ok(headers.get("x-request-id"));
      assert.ok(json.error.message.length > 0);
      return [json.error.type, json.error.param, json.error.code];
    };
    const post = (body: unknown) => it.call("POST", "/v1/completions", body, headers);
    const invalid = "invalid_request_error";
    assert.deepEqual(await error(it.call("POST", "/v1/completions", body), 401), [
      invalid,
      null,
      "invalid_api_key",
    ]);
    assert.deepEqual(await error(post("{"), 400), [invalid, null, "invalid_json"]);
    const text = { ...headers, "content-type": "text/plain" };
    const plain = it.call("POST", "/v1/completions", "hello", text);
    assert.deepEqual(await error(plain, 415), [invalid, null, "unsupported_media_type"]);
    assert.deepEqual(await error(post({ ...body, model: "nope" }), 404), [
      invalid,
      "model",
      "model_not_found",
    ]);
    const gone = `ckpt_${"0".repeat(26)}`;
    assert.deepEqual(await error(post({ ...body, model: gone }), 404), [invalid, "model", "model_not_found"]);
    const died = post({ ...body, seed: BEHAVIOURS.die });
    assert.deepEqual(await error(died, 503), ["server_error", null, "engine_crashed"]);
    assert.equal((await died).headers.get("retry-after"), "5");
    const get = it.call("GET", "/v1/completions", undefined, headers);
    assert.deepEqual(await error(get, 405), [invalid, null, "method_not_allowed"]);
    assert.equal((await get).headers.get("allow"), "POST, OPTIONS");
    const other = await it.call("POST", "/v1/generations", { model: "nope", prompts: ["a"] }, headers);
    assert.equal(other.headers.get("content-type"), "application/problem+json");
  }, { apiKeys });
});

Deno.test("a checkpoint's id is a model", async () => {
  await served(async (it) => {
    const job = (await it.call("POST", "/v1/training-jobs", jobRequest())).json;
    const { checkpoint } = await it.reaches(job.id, "succeeded");
    const { json } = await it.call("POST", "/v1/completions", { model: checkpoint, prompt: "a", seed: 0 });
    assert.equal(json.model, checkpoint);
    const folders = JSON.parse(json.choices[0].text);
    assert.ok(folders.checkpoint.endsWith(`jobs/${job.id}/1/epoch-2`));
    assert.ok(folders.model.endsWith("/qwen3"));
  });
});
