/** What HTTP says of methods, paths and headers, whatever the resource. */
import assert from "node:assert/strict";
import { jobRequest, type Served, served } from "./served.ts";

/** A finished job's id, and its checkpoint's. */
async function finished(it: Served): Promise<{ job: string; checkpoint: string }> {
  const { id } = (await it.call("POST", "/v1/training-jobs", jobRequest())).json;
  return { job: id, checkpoint: (await it.reaches(id, "succeeded")).checkpoint! };
}

/** The reference page's files, which may be cached. */
const PUBLIC = ["/docs/swagger-ui.js", "/docs/swagger-ui.css", "/docs/docs.css"];

const paths = ({ job, checkpoint }: { job: string; checkpoint: string }) => [
  ...[
    "/",
    "/docs",
    "/docs/start.js",
    ...PUBLIC,
    "/openapi.json",
    "/healthz",
    "/readyz",
    "/v1/models",
  ],
  ...["/v1/models/qwen3", "/v1/models/none", "/v1/training-jobs", `/v1/training-jobs/${job}`, "/nothing"],
  ...[`/v1/training-jobs/${job}/metrics`, `/v1/training-jobs/${job}/metrics?format=csv`],
  ...[`/v1/training-jobs/${job}/events`, `/v1/training-jobs/${job}/events?limit=0`],
  ...[`/v1/training-jobs/${job}/checkpoints`, `/v1/checkpoints/${checkpoint}`],
  `/v1/checkpoints/${checkpoint}/files/model.bin`,
];

Deno.test("HEAD answers what GET does, without the body and with its length", async () => {
  await served(async (it) => {
    for (const path of paths(await finished(it))) {
      const [get, head] = [await it.app.request(path), await it.app.request(path, { method: "HEAD" })];
      const body = await get.arrayBuffer();
      assert.equal(head.status, get.status, path);
      assert.equal((await head.arrayBuffer()).byteLength, 0);
      const headers = (response: Response) =>
        Object.fromEntries(
          [...response.headers].filter(([name]) => !/^(content-length|x-request-id)$/.test(name)),
        );
      assert.deepEqual(headers(head), headers(get), path);
      // A table is sent as it is made.
      const length = path.includes("csv") ? null : String(body.byteLength);
      assert.equal(head.headers.get("content-length"), length, path);
    }
  });
});

Deno.test("a slash at the end of a path makes no difference", async () => {
  await served(async (it) => {
    for (const path of paths(await finished(it)).filter((path) => !/[?]|^\/$/.test(path))) {
      const [plain, slashed] = [await it.app.request(path), await it.app.request(`${path}/`)];
      assert.equal(slashed.status, plain.status, path);
      assert.equal(slashed.headers.get("content-type"), plain.headers.get("content-type"));
      await Promise.all([plain.text(), slashed.text()]);
    }
    const generation = { model: "qwen3", prompts: ["a"] };
    assert.equal((await it.call("POST", "/v1/generations/", generation)).status, 200);
    assert.equal(
      (await it.call("POST", "/v1/generations/", "{}", { "content-type": "text/plain" })).status,
      415,
    );
  });
  await served(async (it) => {
    assert.equal((await it.call("GET", "/v1/models/")).status, 401);
    assert.equal((await it.call("GET", "/v1/")).status, 401);
  }, { apiKeys: ["sixteen-letters-x"] });
});

Deno.test("OPTIONS says what is possible", async () => {
  await served(async (it) => {
    for (
      const [path, allow] of [
        ["/v1/training-jobs", "POST, GET, HEAD, OPTIONS"],
        ["/v1/generations", "POST, OPTIONS"],
        ["/v1/models/x", "GET, DELETE, HEAD, OPTIONS"],
        ["/healthz", "GET, HEAD, OPTIONS"],
      ] as const
    ) {
      const answer = await it.call("OPTIONS", path);
      assert.equal(answer.status, 204);
      assert.equal(answer.headers.get("allow"), allow);
      assert.equal(answer.headers.get("access-control-allow-origin"), null);
    }
    assert.equal((await it.call("OPTIONS", "/nothing")).status, 404);
  });
});

Deno.test("Accept decides between JSON and events, and between JSON and a table", async () => {
  await served(async (it) => {
    const { job } = await finished(it);
    for (
      const [what, accept, type] of [
        ["events", "TEXT/EVENT-STREAM", "text/event-stream"],
        ["events", "text/event-stream;q=0", "application/json"],
        ["events", "text/html, text/event-stream;q=0.1", "text/event-stream"],
        ["metrics", "*/*", "application/json"],
        ["metrics", "Text/CSV", "text/csv; charset=utf-8"],
        ["metrics", "text/csv;q=0.5, application/json", "application/json"],
        ["metrics?format=csv", "application/json", "text/csv; charset=utf-8"],
        ["metrics?format=json", "text/csv", "application/json"],
      ] as const
    ) {
      const answer = await it.call("GET", `/v1/training-jobs/${job}/${what}`, undefined, { accept });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get("content-type"), type, `${what} ${accept}`);
      assert.match(answer.headers.get("vary")!, /^accept\b/);
    }
  });
});

Deno.test("no answer but the reference's files may be stored", async () => {
  const apiKeys = ["sixteen-letters-x"];
  await served(async (it) => {
    const key = { authorization: `Bearer ${apiKeys[0]}` };
    const webhook = { url: "http://127.0.0.1:9" };
    const created = await it.call("POST", "/v1/training-jobs", jobRequest("succeed", { webhook }), key);
    assert.match(created.text, /whsec_/);
    const { id } = created.json;
    const { checkpoint } = await it.reaches(id, "succeeded");
    const answers = [created];
    for (const path of paths({ job: id, checkpoint: checkpoint! })) {
      if (!PUBLIC.includes(path)) answers.push(await it.call("GET", path, undefined, key));
    }
    const accept = { accept: "text/event-stream" };
    answers.push(await it.call("GET", `/v1/training-jobs/${id}/events`, undefined, { ...key, ...accept }));
    const stream = { model: "qwen3", prompts: ["a"], stream: true };
    answers.push(await it.call("POST", "/v1/generations", stream, key));
    answers.push(await it.call("POST", "/v1/completions", "{", key));
    answers.push(await it.call("GET", "/v1/models", undefined, { authorization: "Bearer wrong" }));
    for (const { headers, text } of answers) assert.equal(headers.get("cache-control"), "no-store", text);
    for (const path of PUBLIC) {
      const { headers } = await it.call("GET", path, undefined, key);
      assert.equal(headers.get("cache-control"), "public, max-age=3600", path);
    }
  }, { apiKeys });
});
