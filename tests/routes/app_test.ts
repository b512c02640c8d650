import assert from "node:assert/strict";
import { assertProblem, jobRequest, type Served, served } from "./served.ts";
import { eventually } from "../core/jobs/supervised.ts";
import { type ErrorCode, UserError } from "../../core/errors.ts";
import { hasOpenaiErrors } from "../../routes/openai/mod.ts";
import { PROBLEMS } from "../../routes/problem.ts";
import { BEHAVIOURS } from "../fake_engine.ts";

Deno.test("API keys guard /v1 and nothing else", async () => {
  const apiKeys = ["first-key-1234567", "second-key-123456"];
  await served(async (it) => {
    const get = (path: string, authorization?: string) =>
      it.call("GET", path, undefined, authorization === undefined ? {} : { authorization });
    for (
      const wrong of [
        undefined,
        "Bearer nope",
        "Bearer ",
        "Basic first-key-1234567",
        "first-key-1234567",
        "Bearer first-key-1234567 x",
      ]
    ) {
      const answer = await get("/v1/training-jobs", wrong);
      assertProblem(answer, 401, "unauthorized");
      assert.match(answer.headers.get("www-authenticate")!, /^Bearer( error="invalid_token")?$/);
    }
    assertProblem(await it.call("POST", "/v1/training-jobs", jobRequest()), 401, "unauthorized");
    assertProblem(await get("/v1/nothing"), 401, "unauthorized");
    for (const key of apiKeys) assert.equal((await get("/v1/training-jobs", `Bearer ${key}`)).status, 200);
    for (const path of ["/healthz", "/readyz", "/openapi.json", "/docs", "/"]) {
      assert.equal((await get(path)).status, 200);
    }
    // One caller's Idempotency-Key says nothing about another's.
    const post = (key: string) =>
      it.call("POST", "/v1/training-jobs", jobRequest(), {
        authorization: `Bearer ${key}`,
        "idempotency-key": "k",
      });
    assert.notEqual((await post(apiKeys[0]!)).json.id, (await post(apiKeys[1]!)).json.id);
  }, { apiKeys });
});

Deno.test("Without API keys no name but localhost is answered below /v1", async () => {
  const status = async (it: Served, url: string, headers = {}) => {
    const response = await it.app.request(url, { headers });
    await response.body?.cancel();
    return response.status;
  };
  await served(async (it) => {
    for (const host of ["localhost:8000", "127.0.0.1:8000", "[::1]", "a.localhost"]) {
      assert.equal(await status(it, `http://${host}/v1/models`), 200, host);
    }
    for (const host of ["evil.example:8000", "localhost.evil.example", "127.0.0.1.nip.io", "notlocalhost"]) {
      assert.equal(await status(it, `http://${host}/v1/models`), 401, host);
      assert.equal(await status(it, `http://${host}/healthz`), 200, host);
    }
  });
  await served(async (it) => {
    const headers = { authorization: "Bearer sixteen-letters-x" };
    assert.equal(await status(it, "http://api.example/v1/models", headers), 200);
  }, { apiKeys: ["sixteen-letters-x"] });
});

Deno.test("A wrong method is answered 405 with the right ones", async () => {
  await served(async (it) => {
    for (
      const [method, path, allow] of [
        ["DELETE", "/v1/training-jobs", "POST, GET, HEAD, OPTIONS"],
        ["GET", "/v1/training-jobs/job_1/cancel", "POST, OPTIONS"],
        ["PUT", "/v1/models", "GET, POST, HEAD, OPTIONS"],
        ["GET", "/v1/generations", "POST, OPTIONS"],
        ["POST", "/healthz", "GET, HEAD, OPTIONS"],
      ] as const
    ) {
      const answer = await it.call(method, path);
      assertProblem(answer, 405, "method_not_allowed");
      assert.equal(answer.headers.get("allow"), allow);
    }
  });
});

Deno.test("GET /v1/models lists folders and shows one", async () => {
  await served(async (it) => {
    const { data } = (await it.call("GET", "/v1/models")).json;
    assert.ok(data.some(({ id }: { id: string }) => id === "qwen3"));
    const shown = (await it.call("GET", "/v1/models/qwen3")).json;
    assert.equal(shown.model_type, "qwen3");
    assert.equal(shown.problem, null);
    assertProblem(await it.call("GET", "/v1/models/..%2Ffixtures"), 404, "not_found");
  });
});

const generation = (more: Record<string, unknown> = {}) => ({ model: "qwen3", prompts: ["a"], ...more });

Deno.test("POST /v1/generations hands the request and its folders to the engine", async () => {
  await served(async (it) => {
    const { status, json } = await it.call("POST", "/v1/generations", generation());
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(json), ["id", "model", "checkpoint", "adapter", "data", "usage"]);
    assert.deepEqual(Object.keys(JSON.parse(json.data[0].text)), ["model", "rewards"]);
    const job = (await it.call("POST", "/v1/training-jobs", jobRequest())).json;
    const { checkpoint } = await it.reaches(job.id, "succeeded");
    const tuned = (await it.call("POST", "/v1/generations", generation({ checkpoint }))).json;
    assert.equal(tuned.checkpoint, checkpoint);
    assert.ok(JSON.parse(tuned.data[0].text).checkpoint.endsWith(`jobs/${job.id}/1/epoch-2`));
    const other = await it.call("POST", "/v1/generations", { ...generation({ checkpoint }), model: "llama" });
    assertProblem(other, 422, "invalid_request", "checkpoint");

    const adapted = (await it.call("POST", "/v1/generations", generation({ adapter: "qwen3/adapter" }))).json;
    assert.ok(JSON.parse(adapted.data[0].text).adapter.endsWith("/qwen3/adapter"));
    const each = [
      { text: "a" },
      { text: "a", checkpoint: null },
      { token_ids: [5], checkpoint },
      { messages: [{ role: "user", content: "a" }], adapter: "qwen3/adapter" },
      "a",
    ];
    const mixed = generation({ prompts: each, adapter: "qwen3/adapter" });
    const { data } = (await it.call("POST", "/v1/generations", mixed)).json;
    const policies = data.map(({ text }: { text: string }) => {
      const { checkpoint, adapter } = JSON.parse(text);
      return checkpoint ? "checkpoint" : adapter ? "adapter" : "model";
    });
    assert.deepEqual(policies, ["adapter", "model", "checkpoint", "adapter", "adapter"]);
  });
});

Deno.test("Requests that the engine has no room for are told when to come again", async () => {
  await served(async (it) => {
    const gone = new AbortController();
    const init = {
      ...{ method: "POST", headers: { "content-type": "application/json" }, signal: gone.signal },
      body: JSON.stringify(generation({ seed: BEHAVIOURS.hang, stream: true })),
    };
    // A stream is answered once its first piece is there: then the engine has the request.
    const waiting = await Promise.all(
      Array.from({ length: 4 }, () => it.app.request("/v1/generations", init)),
    );
    assert.deepEqual(waiting.map(({ status }) => status), [200, 200, 200, 200]);
    const refused = await it.call("POST", "/v1/generations", generation());
    assertProblem(refused, 503, "engine_busy");
    assert.match(refused.headers.get("retry-after")!, /^\d+$/);
    gone.abort();
    for (const { body } of waiting) await body?.cancel().catch(() => {});
    await eventually(async () => (await it.call("POST", "/v1/generations", generation())).status === 200);
  });
});

Deno.test("POST /v1/generations refuses what is wrong", async () => {
  await served(async (it) => {
    for (
      const [more, path, code = "invalid_request"] of [
        [{ prompts: [] }, "prompts"],
        [{ prompts: [""] }, "prompts.0"],
        [{ prompts: [{ token_ids: [] }] }, "prompts.0.token_ids"],
        [{ prompts: [{ token_ids: [-1] }] }, "prompts.0.token_ids.0"],
        [{ prompts: ["a", { token_ids: [1, 2, 0.5] }] }, "prompts.1.token_ids.2"],
        // As many faults as a text has room for.
        [{ prompts: [{ token_ids: new Array(131072).fill(-1) }] }, "prompts.0.token_ids.0"],
        [{ prompts: ["a", { text: "a", checkpoint: "x" }] }, "prompts.1.checkpoint", "unknown_checkpoint"],
        [{ prompts: ["a", { text: "a", adapter: "../x" }] }, "prompts.1.adapter", "unknown_checkpoint"],
        [{ prompts: [{ text: "a", adapter: "x", checkpoint: "y" }] }, "prompts.0.adapter"],
        [{ adapter: "x", checkpoint: "y" }, "adapter"],
        [{ prompts: Array.from({ length: 17 }, (_, i) => ({ text: "a", adapter: `${i}` })) }, "prompts"],
        [{ temperature: -1 }, "temperature"],
        [{ top_p: 0 }, "top_p"],
        [{ top_p: 1.1 }, "top_p"],
        [{ n: 0 }, "n"],
        [{ max_new_tokens: 0 }, "max_new_tokens"],
        [{ max_tokens: 5 }, "max_tokens"],
        [{ model: "nope" }, "model", "unknown_model"],
        [{ model: "/etc" }, "model", "unknown_model"],
        [{ checkpoint: "ckpt_nope" }, "checkpoint", "unknown_checkpoint"],
        [{ checkpoint: "../../x" }, "checkpoint", "unknown_checkpoint"],
      ] as [Record<string, unknown>, string, string?][]
    ) {
      assertProblem(await it.call("POST", "/v1/generations", generation(more)), 422, code, path);
    }
    assertProblem(await it.call("POST", "/v1/generations", "["), 400, "invalid_json");
  });
});

Deno.test("A crash of the serving engine is a 503, and the next request is served", async () => {
  await served(async (it) => {
    const answer = await it.call("POST", "/v1/generations", generation({ seed: BEHAVIOURS.die }));
    assertProblem(answer, 503, "engine_crashed");
    assert.ok(answer.headers.get("retry-after"));
    assert.equal((await it.call("POST", "/v1/generations", generation())).status, 200);
    assert.equal((await it.call("GET", "/readyz")).status, 200);
  });
});

Deno.test("A client that goes away cancels its generation", async () => {
  const gone = new AbortController();
  await served(async (it) => {
    const body = JSON.stringify(generation({ seed: BEHAVIOURS.hang }));
    const headers = { "content-type": "application/json" };
    const init = { method: "POST", headers, body, signal: gone.signal };
    const waiting = it.app.request("/v1/generations", init);
    await it.call("POST", "/v1/generations", generation());
    gone.abort();
    assert.equal((await waiting).status, 499);
    assert.ok(!it.logs.some((line) => line.includes("Request failed")));
  });
});

Deno.test("POST /v1/scores takes adapters from the model folders only", async () => {
  await served(async (it) => {
    const items = [{ prompt: "a", completion: "b" }];
    const score = (more: Record<string, unknown>) =>
      it.call("POST", "/v1/scores", { model: "qwen3", items, ...more });
    assert.deepEqual((await score({})).json, { data: [{ logprob: -1, ref_logprob: -2, kl: 1 }] });
    assert.equal((await score({ adapter: "qwen3/adapter" })).status, 200);
    for (
      const adapter of [
        "../fixtures/qwen3/adapter",
        "/etc",
        "qwen3/../qwen3/adapter",
        "qwen3",
        "..",
        "a\0b",
        "",
      ]
    ) {
      assertProblem(await score({ adapter }), 422, "unknown_checkpoint", "adapter");
    }
    assertProblem(await score({ items: [] }), 422, "invalid_request", "items");
    assertProblem(await score({ items: [{ prompt: "a" }] }), 422, "invalid_request");
    assertProblem(await score({ temperature: 0 }), 422, "invalid_request", "temperature");
    const reward = { type: "model", model: "reward-qwen3" };
    assert.equal((await score({ reward })).status, 200);
    assertProblem(await score({ reward: { ...reward, model: "nope" } }), 422, "unknown_model", "reward");
  });
});

Deno.test("A bug is answered with a general 500 and told to the log", async () => {
  const bug = { request: () => Promise.reject(new TypeError("secret at /root/x")) };
  await served(async (it) => {
    const answer = await it.call("POST", "/v1/generations", generation());
    assertProblem(answer, 500, "internal");
    assert.ok(!answer.text.includes("secret"));
    const line = it.logs.find((text) => text.includes("secret at /root/x"))!;
    assert.equal(JSON.parse(line).request_id, answer.headers.get("x-request-id"));
  }, { serving: bug as never });
});

Deno.test("No path of the machine is in an answer, and the log has it", async () => {
  const place = "/srv/secret place/libonnxruntime.so.1";
  const words = `Cannot use CUDA: there is nothing beside '${place}'`;
  for (const code of Object.keys(PROBLEMS) as ErrorCode[]) {
    const thrown = new UserError(code, words, [{ path: "device", message: words }]);
    await served(async (it) => {
      const body = { model: "qwen3", prompt: "a" };
      for (
        const answer of [
          await it.call("POST", "/v1/training-jobs", jobRequest()),
          await it.call("POST", "/v1/generations", generation()),
          await it.call("POST", "/v1/completions", body),
        ]
      ) {
        assert.ok(answer.status >= 400);
        assert.doesNotMatch(answer.text, /srv|secret/);
      }
      assert.ok(it.logs.some((line) => line.includes(place)), code);
    }, { serving: { request: () => Promise.reject(thrown) } as never });
  }
});

Deno.test("A full disk is answered with a 503 that says so, whoever met it", async () => {
  const full = Object.assign(new Error("No space left on device (os error 28): writefile '/root/x'"), {
    code: "ENOSPC",
  });
  await served(async (it) => {
    const answer = await it.call("POST", "/v1/generations", generation());
    assertProblem(answer, 503, "disk_full");
    assert.equal(answer.headers.get("retry-after"), "60");
  }, { serving: { request: () => Promise.reject(full) } as never });
  await served(async (it) => {
    it.db.write = () => Promise.reject(new Error("Failed query: insert", { cause: full }));
    assertProblem(await it.call("POST", "/v1/training-jobs", jobRequest()), 503, "disk_full");
  });
});

interface Operation {
  parameters?: unknown[];
  responses: Record<string, unknown>;
}

Deno.test("/openapi.json describes bodies and problems", async () => {
  await served(async (it) => {
    const { json } = await it.call("GET", "/openapi.json");
    assert.equal(json.openapi, "3.1.0");
    const post = json.paths["/v1/training-jobs"].post;
    assert.deepEqual(Object.keys(post.responses), [
      "202",
      "400",
      "401",
      "403",
      "405",
      "409",
      "413",
      "415",
      "422",
      "429",
      "500",
      "503",
    ]);
    // Parameters have bounds, and what is beyond them is a 422.
    for (const [path, methods] of Object.entries(json.paths as Record<string, Record<string, Operation>>)) {
      for (const { parameters, responses } of Object.values(methods)) {
        if (parameters?.length) assert.ok((hasOpenaiErrors(path) ? "400" : "422") in responses, path);
      }
    }
    const refs = [...JSON.stringify(json).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) =>
      name!
    );
    for (const name of refs) assert.ok(json.components.schemas[name], name);
    assert.equal(json.components.schemas.PpoConfig.properties.lam.default, 0.95);
  });
});

Deno.test("/docs loads nothing from outside", async () => {
  await served(async (it) => {
    const page = await it.call("GET", "/docs");
    assert.doesNotMatch(page.text, /https?:/);
    const policy = page.headers.get("content-security-policy")!;
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
    assert.doesNotMatch(policy, /https?:|\*|unsafe/);
    const files = [...page.text.matchAll(/(?:src|stylesheet" href)="([^"]+)"/g)].map(([, path]) => path!);
    assert.equal(files.length, 4);
    for (const path of files) {
      const file = await it.call("GET", path);
      assert.equal(file.status, 200, path);
      assert.match(file.headers.get("content-type")!, path.endsWith(".css") ? /css/ : /javascript/);
    }
    const start = (await it.call("GET", "/docs/start.js")).text;
    assert.match(start, /"url":"\/openapi.json"/);
    assert.match(start, /"validatorUrl":null/);
  });
});
