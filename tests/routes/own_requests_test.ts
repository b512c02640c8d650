/** Web pages of others, which a browser on this machine sends requests for. */
import assert from "node:assert/strict";
import { assertProblem, jobRequest, type Served, served } from "./served.ts";

const HOST = "localhost:8000";
const GENERATION = JSON.stringify({ model: "qwen3", prompts: ["a"] });

async function ask(
  { app }: Served,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string,
) {
  const response = await app.request(`http://localhost:8000${path}`, {
    method,
    headers: { "content-type": "application/json", host: HOST, ...headers },
    body,
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

const FOREIGN: Record<string, string>[] = [
  { origin: "http://evil.example" },
  { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "Cross-Site" },
  { "sec-fetch-site": "same-site" },
  { "sec-fetch-site": "nonsense" },
  { origin: "null" },
  { origin: "" },
  { origin: "http://localhost" },
  { origin: "http://localhost:3000", "sec-fetch-site": "same-site" },
  { origin: "http://127.0.0.1:8000" },
  { origin: "http://[::1]:8000" },
  { origin: "http://localhost.evil.example:8000" },
  { origin: "http://evil.example", "sec-fetch-site": "same-origin" },
  { origin: "file://" },
  { origin: "chrome-extension://localhost:8000" },
];

const OWN: Record<string, string>[] = [
  {},
  { origin: "http://localhost:8000", "sec-fetch-site": "same-origin" },
  { origin: "http://localhost:8000" },
  { origin: "HTTP://LOCALHOST:8000" },
  { "sec-fetch-site": "none" },
  { "sec-fetch-site": "same-origin" },
  { host: "[::1]:8000", origin: "http://[::1]:8000" },
  { host: "127.0.0.1:8000", origin: "http://127.0.0.1:8000" },
  { host: "localhost", origin: "http://localhost:80" },
  { host: "localhost", origin: "https://localhost" },
];

for (const apiKeys of [[], ["sixteen-letters-x"]]) {
  const key: Record<string, string> = apiKeys.length > 0 ? { authorization: `Bearer ${apiKeys[0]}` } : {};
  Deno.test(`pages of other origins change nothing, ${apiKeys.length} keys`, async () => {
    await served(async (it) => {
      const job = (await it.call("POST", "/v1/training-jobs", jobRequest("hang"), key)).json;
      for (const headers of FOREIGN) {
        for (
          const [method, path, body] of [
            ["POST", `/v1/training-jobs/${job.id}/cancel`],
            ["POST", `/v1/training-jobs/${job.id}/cancel/`],
            ["POST", "/v1/training-jobs", JSON.stringify(jobRequest())],
            ["POST", "/v1/generations", GENERATION],
            ["DELETE", "/v1/models/qwen3"],
            ["GET", "/v1/checkpoints/ckpt_x/exports/merged"],
            ["GET", "/v1/checkpoints/ckpt_x/files/merged/config.json"],
          ] as const
        ) {
          const text = { "content-type": "text/plain" };
          for (const type of [{}, text]) {
            const { status, text } = await ask(it, method, path, { ...key, ...headers, ...type }, body);
            assert.equal(status, 403, `${method} ${path} ${JSON.stringify(headers)}: ${text}`);
            assert.equal(JSON.parse(text).code, "forbidden");
          }
        }
        // What changes nothing is answered; a page cannot read it.
        const read = await ask(it, "GET", `/v1/training-jobs/${job.id}`, { ...key, ...headers });
        assert.equal(read.status, 200);
        assert.equal(read.headers.get("access-control-allow-origin"), null);
      }
      assert.notEqual(
        (await it.call("GET", `/v1/training-jobs/${job.id}`, undefined, key)).json.status,
        "cancelled",
      );
      for (const headers of OWN) {
        const { status, text } = await ask(it, "POST", "/v1/generations", { ...key, ...headers }, GENERATION);
        assert.equal(status, 200, `${JSON.stringify(headers)}: ${text}`);
      }
      const { status } = await ask(it, "POST", `/v1/training-jobs/${job.id}/cancel`, key);
      assert.equal(status, 202);
    }, { apiKeys });
  });
}

Deno.test("a Host that is empty or none is refused, with and without keys", async () => {
  for (const apiKeys of [[], ["sixteen-letters-x"]]) {
    await served(async (it) => {
      for (
        const host of [
          ...[
            "",
            " ",
            "\u00ff\u00fe",
            "a b",
            "user@localhost",
            "localhost/evil",
            "localhost?x",
            "localhost#x",
          ],
          ...[
            "localhost:99999",
            "localhost:x",
            "localhost:",
            "[zz]",
            "[::1",
            "%6cocalhost",
            "localhost, evil",
          ],
          ...["http://localhost", "localhost\\evil", ":8000"],
        ]
      ) {
        for (const path of ["/v1/models", "/healthz", "/"]) {
          const answer = await it.call("GET", path, undefined, { host });
          assertProblem(answer, 400, "malformed_request");
        }
      }
    }, { apiKeys });
  }
});

Deno.test("without keys every name that a request has for its host must be this machine's", async () => {
  const status = async ({ app }: Served, url: string, headers = {}) =>
    (await app.request(url, { headers })).status;
  await served(async (it) => {
    for (
      const host of ["localhost", "LOCALHOST:8000", "localhost.", "127.0.0.1:8000", "[::1]:8000", "0x7f.1"]
    ) {
      assert.equal(await status(it, "http://localhost/v1/models", { host }), 200, host);
    }
    for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "evil.example:8000"]) {
      assert.equal(await status(it, "http://localhost/v1/models", { host }), 401, host);
      assert.equal(await status(it, `http://${host}/v1/models`, { host: "localhost" }), 401, host);
    }
  });
});
