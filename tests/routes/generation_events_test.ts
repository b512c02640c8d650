/** Streams as the routes send them, with the fake engine saying what goes wrong when. */
import assert from "node:assert/strict";
import { BEHAVIOURS } from "../fake_engine.ts";
import { eventually } from "../core/jobs/supervised.ts";
import { chatChunkSchema } from "../../core/contract/chat_completion.ts";
import { completionAnswerSchema } from "../../core/contract/completion.ts";
import { eventSchema } from "../../core/contract/event_answers.ts";
import { GENERATION_EVENTS } from "../../core/contract/generation.ts";
import { assertProblem, jobRequest, type Served, served } from "./served.ts";

interface Event {
  event: string;
  data: string;
}

/** The events of a stream's text, in order. */
function events(text: string): Event[] {
  assert.ok(text === "" || text.endsWith("\n\n"));
  return text.split("\n\n").filter((block) => block !== "").map((block) => {
    const field = (name: string) =>
      block.split("\n").find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? "";
    return { event: field("event"), data: field("data") };
  });
}

const generation = (more: Record<string, unknown> = {}) => ({
  model: "qwen3",
  prompts: ["a", "b"],
  stream: true,
  ...more,
});
const completion = (more: Record<string, unknown> = {}) => ({
  model: "qwen3",
  prompt: ["a", "b"],
  stream: true,
  seed: 0,
  ...more,
});

Deno.test("POST /v1/generations with stream sends deltas, usage and an end", async () => {
  await served(async (it) => {
    const { status, headers, text } = await it.call("POST", "/v1/generations", generation());
    assert.equal(status, 200);
    assert.match(headers.get("content-type")!, /^text\/event-stream/);
    assert.equal(headers.get("cache-control"), "no-store");
    assert.equal(headers.get("x-accel-buffering"), "no");
    assert.ok(headers.get("x-request-id"));
    const [first, second, usage, done, ...more] = events(text);
    assert.deepEqual([first!.event, second!.event, usage!.event, done!.event], [
      "delta",
      "delta",
      "usage",
      "",
    ]);
    const piece = { prompt_index: 0, index: 0, text: "piece", token_ids: [1, 2], finish_reason: null };
    assert.deepEqual(JSON.parse(first!.data), piece);
    assert.deepEqual(JSON.parse(second!.data), { ...piece, prompt_index: 1 });
    const { id, ...rest } = JSON.parse(usage!.data);
    assert.match(id, /^gen_/);
    const counts = { prompt_tokens: 1, completion_tokens: 2 };
    assert.deepEqual(rest, { model: "qwen3", checkpoint: null, adapter: null, usage: counts });
    assert.equal(done!.data, "[DONE]");
    assert.deepEqual(more, []);
  });
});

Deno.test("what is wrong before the first piece is a problem with its status", async () => {
  await served(async (it) => {
    const post = (more: Record<string, unknown>) => it.call("POST", "/v1/generations", generation(more));
    assertProblem(await post({ model: "nope" }), 422, "unknown_model", "model");
    assertProblem(await post({ stop: ["\ud83d"] }), 422, "invalid_request", "stop.0");
    assertProblem(await post({ stream: "yes" }), 422, "invalid_request", "stream");
  });
});

Deno.test("what goes wrong after the first piece is an event and no end", async () => {
  await served(async (it) => {
    const seed = BEHAVIOURS.die;
    const { status, text } = await it.call("POST", "/v1/generations", generation({ seed }));
    assert.equal(status, 200);
    const sent = events(text);
    assert.deepEqual(sent.map(({ event }) => event), ["delta", "delta", "error"]);
    const problem = JSON.parse(sent[2]!.data);
    assert.deepEqual([problem.status, problem.code], [503, "engine_crashed"]);
    const openai = events((await it.call("POST", "/v1/completions", completion({ seed }))).text);
    assert.deepEqual(openai.map(({ event }) => event), ["", "", "error"]);
    const { error } = JSON.parse(openai[2]!.data);
    assert.deepEqual([error.type, error.param, error.code], ["server_error", null, "engine_crashed"]);
  });
});

/** A stream of which one piece has been read, and then the request for another answer. */
async function leave(
  it: Served,
  how: (reader: ReadableStreamDefaultReader, gone: AbortController) => unknown,
) {
  const gone = new AbortController();
  const response = await it.app.request("/v1/generations", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(generation({ seed: BEHAVIOURS.hang })),
    signal: gone.signal,
  });
  const reader = response.body!.getReader();
  await reader.read();
  await how(reader, gone);
  // The fake engine answers a hanging generation when it is cancelled; one of four places is free again then.
  await eventually(async () => (await it.call("POST", "/v1/generations", generation())).status === 200);
}

Deno.test("a client that goes away while it streams cancels the engine's work", async () => {
  await served(async (it) => {
    for (let time = 0; time < 6; time++) {
      await leave(it, (reader, gone) => time % 2 === 0 ? reader.cancel() : gone.abort());
    }
    assert.ok(!it.logs.some((line) => line.includes("Request failed")));
  });
});

Deno.test("events hold what the document says of them, key for key", async () => {
  await served(async (it) => {
    const fits = (schema: { parse: (value: unknown) => unknown }, data: string) =>
      assert.deepEqual(schema.parse(JSON.parse(data)), JSON.parse(data));
    const streamed = async (path: string, body: unknown) => {
      const told = events((await it.call("POST", path, body)).text);
      assert.equal(told.pop()!.data, "[DONE]");
      assert.ok(told.length > 1);
      return told;
    };
    for (const { event, data } of await streamed("/v1/generations", generation())) {
      fits(GENERATION_EVENTS[event as keyof typeof GENERATION_EVENTS], data);
    }
    for (const { data } of await streamed("/v1/completions", completion())) {
      fits(completionAnswerSchema, data);
    }
    const chat = { model: "qwen3", messages: [{ role: "user", content: "a" }], stream: true };
    for (const { data } of await streamed("/v1/chat/completions", chat)) fits(chatChunkSchema, data);
    const { id } = (await it.call("POST", "/v1/training-jobs", jobRequest("succeed"))).json;
    await it.reaches(id, "succeeded");
    const path = `/v1/training-jobs/${id}/events`;
    const { text } = await it.call("GET", path, undefined, { accept: "text/event-stream" });
    const told = events(text).filter(({ event }) => event !== "");
    assert.equal(told.at(-1)!.event, "training_job.succeeded");
    for (const { data } of told) fits(eventSchema, data);
  });
});
