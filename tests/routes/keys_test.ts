/** API keys at the app: who may what, how often, and until when. */
import assert from "node:assert/strict";
import { createKey, type KeyScope, revokeKey } from "../../core/keys/stored_keys.ts";
import { getJob } from "../../core/jobs/job_queries.ts";
import { RateLimits } from "../../routes/rate_limit.ts";
import { withClock } from "../core/jobs/with_clock.ts";
import { assertProblem, jobRequest, type Served, served } from "./served.ts";

const GENERATION = { model: "qwen3", prompts: ["a"] };

async function newKey(it: Served, scope: KeyScope = "write", expires_at: Date | null = null) {
  const { text, row } = await createKey(it.db, { name: scope, scope, expires_at });
  await it.keys.refresh();
  return { id: row.id, headers: { authorization: `Bearer ${text}` }, text };
}

Deno.test("a server without keys is open, and needs one from the moment that one is made", async () => {
  await served(async (it) => {
    assert.equal((await it.call("GET", "/v1/training-jobs")).status, 200);
    const document = async () => (await it.call("GET", "/openapi.json")).json.paths["/v1/training-jobs"].post;
    assert.deepEqual((await document()).security, [{}, { bearer: [] }]);
    const { headers, id } = await newKey(it);
    const refused = await it.call("GET", "/v1/training-jobs");
    assertProblem(refused, 401, "unauthorized");
    assert.equal(refused.headers.get("www-authenticate"), "Bearer");
    assert.equal((await it.call("GET", "/v1/training-jobs", undefined, headers)).status, 200);
    assert.deepEqual((await document()).security, [{ bearer: [] }]);
    await revokeKey(it.db, id);
    await it.keys.refresh();
    assertProblem(await it.call("GET", "/v1/training-jobs", undefined, headers), 401, "unauthorized");
    assertProblem(await it.call("GET", "/v1/training-jobs"), 401, "unauthorized");
    for (const path of ["/healthz", "/readyz", "/openapi.json", "/docs", "/"]) {
      assert.equal((await it.call("GET", path)).status, 200, path);
    }
  });
});

Deno.test("a key does what its scope says, keys of API_KEYS do everything", async () => {
  const environment = "a-key-of-the-environment";
  await served(async (it) => {
    const reader = await newKey(it, "read");
    const writer = await newKey(it, "write");
    const admin = await newKey(it, "admin");
    const root = { headers: { authorization: `Bearer ${environment}` } };
    const { json: job } = await it.call("POST", "/v1/training-jobs", jobRequest("hang"), writer.headers);
    assert.equal((await getJob(it.db, job.id)).owner, writer.id);
    const requests: [method: string, path: string, body: unknown, needed: KeyScope][] = [
      ["GET", "/v1/training-jobs", undefined, "read"],
      ["HEAD", `/v1/training-jobs/${job.id}`, undefined, "read"],
      ["GET", `/v1/training-jobs/${job.id}/metrics`, undefined, "read"],
      ["GET", "/v1/models", undefined, "read"],
      ["POST", "/v1/training-jobs/dry-run", jobRequest(), "write"],
      ["POST", "/v1/training-jobs", jobRequest(), "write"],
      ["POST", "/v1/generations", GENERATION, "write"],
      ["POST", "/v1/completions", { model: "qwen3", prompt: "a" }, "write"],
      ["DELETE", "/v1/models/org/none", undefined, "write"],
      ["POST", `/v1/training-jobs/${job.id}/cancel/`, undefined, "write"],
      ["GET", "/v1/audit", undefined, "admin"],
      ["GET", "/v1/audit/", undefined, "admin"],
      ["HEAD", "/v1/audit", undefined, "admin"],
    ];
    const rank = ["read", "write", "admin"];
    for (
      const [scope, { headers }] of [["read", reader], ["write", writer], ["admin", admin], [
        "admin",
        root,
      ]] as const
    ) {
      for (const [method, path, body, needed] of requests) {
        const answer = await it.call(method, path, body, headers);
        const refused = rank.indexOf(scope) < rank.indexOf(needed);
        assert.equal(
          answer.status === 403,
          refused,
          `${scope} ${method} ${path}: ${answer.status} ${answer.text}`,
        );
        if (!refused) continue;
        assert.equal(
          answer.headers.get("www-authenticate"),
          `Bearer error="insufficient_scope", scope="${needed}"`,
        );
        if (method !== "HEAD" && !path.endsWith("completions")) assertProblem(answer, 403, "forbidden");
      }
    }
  }, { apiKeys: [environment] });
});

Deno.test("a key whose time is over, that is cut off, or that comes otherwise is refused, and shown to nobody", async () => {
  await withClock((set) =>
    served(async (it) => {
      const ended = await newKey(it, "write", new Date(Date.now() + 3_600_000));
      const { text } = await newKey(it);
      assert.equal((await it.call("GET", "/v1/models", undefined, ended.headers)).status, 200);
      set(3_600_001);
      for (
        const [authorization, detail] of [
          [ended.headers.authorization, /not one of the server's/],
          [`Bearer ${text.slice(0, -1)}`, /cut off or mistyped/],
          [`Bearer ${text}x`, /cut off or mistyped/],
          [`Bearer ${text.toUpperCase()}`, /not one of/],
          [`Basic ${btoa(`:${text}`)}`, /Send one of/],
          [text, /Send one of/],
          ["Bearer", /Send one of/],
          [`Bearer ${text} ${text}`, /Send one of/],
        ] as const
      ) {
        const answer = await it.call("GET", "/v1/models", undefined, { authorization });
        assertProblem(answer, 401, "unauthorized");
        assert.match(answer.json.detail, detail);
        assert.ok(!answer.text.includes(text.slice(14)));
      }
      assert.equal(
        (await it.call("GET", "/v1/models", undefined, { authorization: `bearer  ${text} ` })).status,
        200,
      );
      assert.ok(!it.logs.join("").includes(text.slice(14)));
    })
  );
});

Deno.test("an event stream ends when its key is revoked, and goes on for another key", async () => {
  await served(async (it) => {
    const [one, two] = [await newKey(it), await newKey(it)];
    const { json: job } = await it.call("POST", "/v1/training-jobs", jobRequest("hang"), one.headers);
    await it.reaches(job.id, "running");
    const open = async ({ headers }: typeof one) => {
      const path = `/v1/training-jobs/${job.id}/events`;
      const response = await it.app.request(path, { headers: { ...headers, accept: "text/event-stream" } });
      return response.body!.getReader();
    };
    const [first, second] = [await open(one), await open(two)];
    for (const reader of [first, second]) assert.equal((await reader.read()).done, false);
    await revokeKey(it.db, one.id);
    for (let part = await first.read(); !part.done;) part = await first.read();
    await it.call("POST", `/v1/training-jobs/${job.id}/cancel`, undefined, two.headers);
    await it.reaches(job.id, "cancelled");
    let rest = "";
    for (let part = await second.read(); !part.done; part = await second.read()) {
      rest += new TextDecoder().decode(part.value);
    }
    assert.match(rest, /training_job\.cancelled/);
  });
});

Deno.test("event streams are counted by key, and those of all together have a bound", async () => {
  await served(async (it) => {
    const [one, two] = [await newKey(it), await newKey(it)];
    const { json: job } = await it.call("POST", "/v1/training-jobs", jobRequest("hang"), one.headers);
    const open: Response[] = [];
    const ask = async ({ headers }: typeof one) => {
      const path = `/v1/training-jobs/${job.id}/events`;
      const response = await it.app.request(path, { headers: { ...headers, accept: "text/event-stream" } });
      if (response.status === 200) open.push(response);
      else return `${response.status} ${(await response.json()).detail}`;
      return "200";
    };
    assert.deepEqual([await ask(one), await ask(one)], ["200", "200"]);
    assert.match(await ask(one), /^429 The API key has 2 event streams open/);
    assert.equal(await ask(two), "200");
    assert.match(await ask(two), /^429 3 event streams are open/);
    await open.shift()!.body!.cancel();
    assert.equal(await ask(one), "200");
    for (const response of open) await response.body!.cancel();
  }, { max_event_streams: 3, max_event_streams_of_key: 2 });
});

Deno.test("RateLimits lets a key send so many at once, and then as many as come back", () => {
  const clock = { ms: 0 };
  const limits = new RateLimits(60, () => clock.ms);
  for (let left = 59; left >= 0; left--) {
    assert.deepEqual(limits.take("a"), { allowed: true, remaining: left, reset_s: 60 - left, wait_s: 0 });
  }
  assert.deepEqual(limits.take("a"), { allowed: false, remaining: 0, reset_s: 60, wait_s: 1 });
  assert.equal(limits.take("b").allowed, true);
  clock.ms += 999;
  assert.equal(limits.take("a").allowed, false);
  clock.ms += 1;
  assert.equal(limits.take("a").allowed, true);
  assert.equal(limits.take("a").allowed, false);
  clock.ms += 3_600_000;
  assert.equal(limits.take("a").remaining, 59);
});

Deno.test("RateLimits waits as long as it says, whatever the limit", () => {
  for (const limit of [1, 7, 6000]) {
    const clock = { ms: 0 };
    const limits = new RateLimits(limit, () => clock.ms);
    for (let i = 0; i < limit; i++) assert.equal(limits.take("a").allowed, true);
    for (let i = 0; i < 5; i++) {
      const { wait_s, allowed } = limits.take("a");
      assert.equal(allowed, false);
      clock.ms += wait_s * 1000;
      assert.equal(limits.take("a").allowed, true, `${limit}`);
      while (limits.take("a").allowed);
    }
  }
});

Deno.test("what a key sends too often is answered 429 with what is left, and other keys are not slowed", async () => {
  await served(async (it) => {
    const [one, two] = [await newKey(it), await newKey(it)];
    const ask = (key: typeof one, path = "/v1/models") => it.call("GET", path, undefined, key.headers);
    const first = await ask(one);
    const headers = ["limit", "remaining", "reset", "policy"].map((name) =>
      first.headers.get(`ratelimit-${name}`)
    );
    assert.deepEqual(headers, ["3", "2", "20", "3;w=60"]);
    await ask(one, "/v1/training-jobs/job_none");
    await ask(one, "/v1/none");
    const slowed = await ask(one);
    assertProblem(slowed, 429, "too_many_requests");
    assert.equal(slowed.headers.get("ratelimit-remaining"), "0");
    assert.match(slowed.headers.get("retry-after")!, /^(1?\d|20)$/);
    const openai = await it.call("POST", "/v1/completions", { model: "qwen3", prompt: "a" }, one.headers);
    assert.deepEqual([openai.status, openai.json.error.type], [429, "rate_limit_error"]);
    assert.ok(openai.headers.get("retry-after"));
    assert.equal((await ask(two)).status, 200);
    // Nobody is slowed who has no key, nor what needs none.
    assert.equal(
      (await it.call("GET", "/healthz", undefined, one.headers)).headers.get("ratelimit-limit"),
      null,
    );
  }, { rate_limit: 3 });
  await served(async (it) => {
    const { headers } = await newKey(it);
    const answer = await it.call("GET", "/v1/models", undefined, headers);
    assert.deepEqual([answer.status, answer.headers.get("ratelimit-limit")], [200, null]);
  }, { rate_limit: 0 });
});

Deno.test("the OpenAPI document says of every operation below /v1 which key it needs and how it is refused", async () => {
  await served(async (it) => {
    const { paths, components } = (await it.call("GET", "/openapi.json")).json;
    assert.deepEqual([components.securitySchemes.bearer.type, components.securitySchemes.bearer.scheme], [
      "http",
      "bearer",
    ]);
    let count = 0;
    for (const [path, item] of Object.entries(paths)) {
      // deno-lint-ignore no-explicit-any
      for (const [method, operation] of Object.entries(item as any) as [string, any][]) {
        if (!path.startsWith("/v1/")) {
          assert.deepEqual(operation.security, [], path);
          continue;
        }
        count++;
        const needed = path === "/v1/audit" ? "admin" : method === "get" ? "read" : "write";
        assert.deepEqual(operation.security, [{ bearer: [] }], `${method} ${path}`);
        assert.equal(operation["x-required-scope"], needed, `${method} ${path}`);
        for (const status of ["401", "403", "429"]) {
          assert.ok(operation.responses[status], `${method} ${path} ${status}`);
        }
        assert.ok(operation.responses["429"].headers["Retry-After"]);
        for (const { $ref } of references(operation.responses)) {
          assert.ok(components.schemas[$ref.split("/").at(-1)!], $ref);
        }
      }
    }
    assert.ok(count > 10);
  }, { apiKeys: ["sixteen-letters-x"] });
});

/** Every `{ $ref }` in a value. */
function references(value: unknown): { $ref: string }[] {
  if (typeof value !== "object" || value === null) return [];
  const here = "$ref" in value ? [value as { $ref: string }] : [];
  return [...here, ...Object.values(value).flatMap(references)];
}
