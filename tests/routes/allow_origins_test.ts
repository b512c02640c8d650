/** Web pages of origins that CORS_ORIGINS names, and what browsers are told of every answer. */
import assert from "node:assert/strict";
import { type Served, served } from "./served.ts";

const ORIGIN = "https://app.example.com";
const FROM_PAGE = { origin: ORIGIN, "sec-fetch-site": "cross-site", host: "localhost:8000" };

async function ask(
  { app }: Served,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string,
) {
  const response = await app.request(`http://localhost:8000${path}`, { method, headers, body });
  await response.text();
  return response;
}

const preflight = (method: string) => ({
  ...FROM_PAGE,
  "access-control-request-method": method,
  "access-control-request-headers": "authorization,content-type",
});

Deno.test("pages of listed origins may ask for everything and read every answer, refusals too", async () => {
  const key = { authorization: "Bearer sixteen-letters-x" };
  await served(async (it) => {
    const body = JSON.stringify({ model: "qwen3", prompts: ["a"] });
    for (
      const [method, path] of [["POST", "/v1/generations"], ["DELETE", "/v1/models/none"], [
        "GET",
        "/v1/models",
      ]]
    ) {
      const { status, headers } = await ask(it, "OPTIONS", path!, preflight(method!));
      assert.equal(status, 204);
      assert.equal(headers.get("access-control-allow-origin"), ORIGIN);
      assert.ok(headers.get("access-control-allow-methods")!.split(/, */).includes(method!));
      assert.match(headers.get("access-control-allow-headers")!, /authorization,content-type/i);
      assert.equal(headers.get("access-control-max-age"), "600");
      assert.equal(headers.get("access-control-allow-credentials"), null);
      assert.match(headers.get("vary")!, /\borigin\b/i);
    }
    const json = { "content-type": "application/json" };
    for (
      const [method, path, more, sent, status] of [
        ["POST", "/v1/generations", { ...key, ...json }, body, 200],
        ["POST", "/v1/generations", { ...key, ...json }, "{", 400],
        ["POST", "/v1/generations", json, body, 401],
        ["GET", "/v1/models", key, undefined, 200],
        ["GET", "/v1/none", key, undefined, 404],
        ["GET", "/v1/checkpoints/ckpt_x/exports/merged", key, undefined, 422],
        ["POST", "/v1/completions", { ...key, ...json }, "{}", 400],
      ] as const
    ) {
      const answer = await ask(it, method, path, { ...FROM_PAGE, ...more }, sent);
      assert.equal(answer.headers.get("access-control-allow-origin"), ORIGIN, `${method} ${path}`);
      assert.match(answer.headers.get("vary")!, /\borigin\b/i);
      assert.match(answer.headers.get("access-control-expose-headers")!, /Retry-After/);
      assert.ok(
        answer.status === status || (status === 422 && answer.status === 404),
        `${path} ${answer.status}`,
      );
    }
    // What is no preflight asks what is possible.
    const options = await ask(it, "OPTIONS", "/v1/models", { ...FROM_PAGE, ...key });
    assert.match(options.headers.get("allow")!, /GET/);
  }, { apiKeys: ["sixteen-letters-x"], corsOrigins: [ORIGIN] });
});

Deno.test("pages of other origins read and change nothing, with a list and without", async () => {
  for (const corsOrigins of [[], [ORIGIN]]) {
    await served(async (it) => {
      for (
        const origin of [
          ...["https://evil.example", "http://app.example.com", "https://app.example.com:8443", "null"],
          ...["https://app.example.com.evil.example", "https://sub.app.example.com"],
          ...(corsOrigins.length === 0 ? [ORIGIN] : []),
        ]
      ) {
        const from = { ...FROM_PAGE, origin };
        for (
          const [method, headers] of [["OPTIONS", { ...preflight("POST"), origin }], ["GET", from], [
            "POST",
            from,
          ]] as const
        ) {
          const answer = await ask(it, method, "/v1/models", headers, method === "POST" ? "{}" : undefined);
          assert.equal(answer.headers.get("access-control-allow-origin"), null, `${origin} ${method}`);
          assert.equal(answer.status === 403, method === "POST");
          // Else a cache would give it to a page that may not have it, or keep it from one that may.
          assert.equal(/\borigin\b/i.test(answer.headers.get("vary") ?? ""), corsOrigins.length > 0);
        }
      }
    }, { corsOrigins });
  }
});

Deno.test("every answer tells browsers to guess no type, show it in no frame and tell nobody where it is from", async () => {
  await served(async (it) => {
    for (
      const path of [
        "/",
        "/docs",
        "/docs/start.js",
        "/openapi.json",
        "/healthz",
        "/v1/models",
        "/v1/none",
        "/none",
      ]
    ) {
      const { headers } = await it.call("GET", path);
      assert.equal(headers.get("x-content-type-options"), "nosniff", path);
      assert.equal(headers.get("x-frame-options"), "DENY", path);
      assert.equal(headers.get("referrer-policy"), "no-referrer", path);
      assert.equal(headers.get("cross-origin-resource-policy"), "same-origin", path);
      const policy = headers.get("content-security-policy")!;
      assert.match(policy, /default-src 'none'/, path);
      assert.match(policy, /frame-ancestors 'none'/, path);
      // Whether there is TLS, only the proxy that does it knows.
      assert.equal(headers.get("strict-transport-security"), null);
    }
    assert.match(
      (await it.call("GET", "/docs")).headers.get("content-security-policy")!,
      /script-src 'self'/,
    );
  });
});
