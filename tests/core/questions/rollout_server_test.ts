/** The server of a job's rollouts, a real one on loopback, as the API process asks it. */
import assert from "node:assert/strict";
import { type RolloutQuestion, rolloutsSchema } from "../../../core/contract/rollouts.ts";
import type { UserError } from "../../../core/errors.ts";
import { OutboundGuard } from "../../../core/outbound/outbound_guard.ts";
import { RolloutServer } from "../../../core/questions/rollout_server.ts";
import { Receiver, receiving } from "../webhooks/receiver.ts";

const QUESTION: RolloutQuestion = {
  type: "rollouts",
  ...{ prompt_ids: [5, 6], prompt: "ab", n: 2, max_tokens: 4, temperature: 0.5, seed: 7 },
  ...{ stop_token_ids: [2], adapter: null },
};
const never = new AbortController().signal;

const CHOICE = { text: "x", finish_reason: "length", token_ids: [8], logprobs: { token_logprobs: [-1] } };

function server(url: string, more: object = {}): RolloutServer {
  return new RolloutServer(
    rolloutsSchema.parse({ ...{ type: "openai", url, model: "base", adapter: "vllm", ...more } }),
    { guard: new OutboundGuard(["127.0.0.1"]), asker: "job_1", adapters: "/adapters", first_pause_ms: 1 },
  );
}

Deno.test("a prompt is sent as ids or as text, with all that sampling depends on, and the headers", () =>
  receiving(
    () => Response.json({ choices: [{ ...CHOICE, index: 1 }, { ...CHOICE, index: 0, text: "y" }] }),
    async (it) => {
      const headers = { authorization: "Bearer abc" };
      const answer = await server(it.url, { headers }).answer(QUESTION, never);
      assert.ok(answer.type === "rolled_out");
      assert.deepEqual(answer.responses.map(({ text }) => text), ["y", "x"]);
      assert.equal(answer.prompt_tokens, null);
      const { headers: sent, body } = it.received[0]!;
      assert.equal(sent.get("authorization"), "Bearer abc");
      assert.deepEqual(
        [
          body.model,
          body.prompt,
          body.n,
          body.max_tokens,
          body.temperature,
          body.seed,
          body.top_k,
          body.min_p,
        ],
        ["base", [5, 6], 2, 4, 0.5, 7, -1, 0],
      );
      await server(it.url, { prompt_format: "text" }).answer({ ...QUESTION, adapter: "a" }, never);
      assert.deepEqual([it.received[1]!.body.prompt, it.received[1]!.body.model], ["ab", "a"]);
    },
  ));

Deno.test("ids are taken from where each server tells them", () =>
  receiving((_, { body }) => {
    const content = [{ id: 8, logprob: -1 }, { id: 2, logprob: -2 }];
    const forms = {
      "vllm": { ...CHOICE, token_ids: [8, 2], logprobs: { token_logprobs: [-1, -2], tokens: ["x", "</s>"] } },
      "llama.cpp": { ...CHOICE, token_ids: undefined, logprobs: { content } },
      "openai": { ...CHOICE, token_ids: undefined, logprobs: { token_logprobs: [-1, -2] } },
    };
    return Response.json({
      choices: [forms[(body as { model: keyof typeof forms }).model]],
      usage: { prompt_tokens: 2 },
    });
  }, async ({ url }) => {
    for (const [adapter, ids] of [["vllm", [8, 2]], ["llama.cpp", [8, 2]], ["openai", null]] as const) {
      const answer = await server(url).answer({ ...QUESTION, n: 1, adapter }, never);
      assert.ok(answer.type === "rolled_out");
      assert.deepEqual(answer.responses[0]!.ids, ids);
      assert.deepEqual(answer.responses[0]!.logprobs, [-1, -2]);
      assert.equal(answer.prompt_tokens, 2);
    }
  }));

const choices = (...all: object[]) => Response.json({ choices: all });

const FAULTS: Readonly<Record<string, readonly [() => Response, RegExp, string, number]>> = {
  "a server that is ill, tried again": [
    () => new Response("ill", { status: 500 }),
    /500: ill \(2 tries\)/,
    "rollouts_unreachable",
    2,
  ],
  "a refusal": [
    () => new Response("no such model", { status: 404 }),
    /404: no such model/,
    "rollouts_failed",
    1,
  ],
  "a redirect": [
    () => new Response(null, { status: 302, headers: { location: "/" } }),
    /redirects/,
    "rollouts_failed",
    1,
  ],
  "no JSON": [() => new Response("<html>"), /not JSON/, "rollouts_failed", 1],
  "another answer": [() => Response.json({ object: "list" }), /another answer/, "rollouts_failed", 1],
  "a row missing": [() => choices(CHOICE), /2 responses to a prompt \(n\), got 1/, "rollouts_failed", 1],
  "a row too many": [() => choices(CHOICE, CHOICE, CHOICE), /got 3/, "rollouts_failed", 1],
  "another end": [
    () => choices(CHOICE, { ...CHOICE, finish_reason: "abort" }),
    /finish_reason stop or length, got "abort"/,
    "rollouts_failed",
    1,
  ],
  "no end": [() => choices(CHOICE, { ...CHOICE, finish_reason: null }), /got null/, "rollouts_failed", 1],
  "no log-probabilities": [
    () => choices(CHOICE, { ...CHOICE, logprobs: null }),
    /Expected logprobs/,
    "rollouts_failed",
    1,
  ],
  "a log-probability missing": [
    () => choices(CHOICE, { ...CHOICE, logprobs: { token_logprobs: [null] } }),
    /of each token/,
    "rollouts_failed",
    1,
  ],
  "an answer without an end": [
    () => new Response(new Uint8Array(1024 ** 2)),
    /too long/,
    "rollouts_failed",
    1,
  ],
  "a secret said back": [
    () => new Response("bad key abcdef", { status: 401 }),
    /401: bad key …/,
    "rollouts_failed",
    1,
  ],
};

for (const [name, [answer, message, code, requests]] of Object.entries(FAULTS)) {
  Deno.test(`${name} is a fault that names rollouts.url`, () =>
    receiving(answer, async ({ url, received }) => {
      const it = server(url, { max_attempts: 2, headers: { authorization: "Bearer abcdef" } });
      await assert.rejects(it.answer(QUESTION, never), (error: UserError) => {
        assert.equal(error.code, code);
        assert.equal(error.errors[0]!.path, "rollouts.url");
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /abcdef/);
        return true;
      });
      assert.equal(received.length, requests);
    }));
}

Deno.test("a server that is not there, and an address that is not open, are told apart", async () => {
  const receiver = new Receiver(() => new Response());
  const { url } = receiver;
  await receiver.close();
  await assert.rejects(server(url, { max_attempts: 2 }).answer(QUESTION, never), {
    code: "rollouts_unreachable",
  });
  const closed = server("http://10.0.0.1:9/v1");
  await assert.rejects(closed.answer(QUESTION, never), {
    code: "rollouts_failed",
    message: /OUTBOUND_ALLOW/,
  });
});

Deno.test("nobody waits any longer once the signal is aborted", () => {
  const asked = Promise.withResolvers<void>();
  const hang = Promise.withResolvers<Response>();
  return receiving(() => {
    asked.resolve();
    return hang.promise;
  }, async ({ url }) => {
    const over = new AbortController();
    const answer = server(url).answer(QUESTION, over.signal);
    await asked.promise;
    over.abort(new TypeError("over"));
    await assert.rejects(answer, TypeError);
    hang.resolve(new Response());
  });
});

Deno.test("an adapter is loaded by its path, over an old one of its name, and the one before is unloaded", () => {
  const there = new Set(["proximal-1"]);
  return receiving((_, { body, path }) => {
    const { lora_name: name } = body as { lora_name: string };
    if (path.endsWith("/unload_lora_adapter")) {
      return new Response(null, { status: there.delete(name) ? 200 : 404 });
    }
    if (there.has(name)) return new Response("already loaded", { status: 400 });
    there.add(name);
    return new Response("Success");
  }, async ({ url, received }) => {
    const it = server(url, { adapters_path: "/mnt/there" });
    assert.deepEqual(await it.answer({ type: "adapter", name: "proximal-0" }, never), {
      type: "adapter_loaded",
    });
    assert.equal(received[0]!.body.lora_path, "/mnt/there/job_1/proximal-0");
    await it.answer({ type: "adapter", name: "proximal-1" }, never);
    assert.deepEqual([...there], ["proximal-1"]);
    await it.close();
    assert.deepEqual([...there], []);
  });
});

Deno.test("a server that loads no adapters says so by a fault", () =>
  receiving(() => new Response("Not Found", { status: 404 }), async ({ url }) => {
    const it = server(url);
    await assert.rejects(it.answer({ type: "adapter", name: "a" }, never), { code: "rollouts_failed" });
    await it.close();
  }));
