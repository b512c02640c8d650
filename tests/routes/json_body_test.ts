/** Bodies as clients send them: encoded, broken, never ending, of hostile JSON. */
import assert from "node:assert/strict";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { type Answer, assertProblem, jobRequest, type Served, served } from "./served.ts";

const JSON_TYPE = { "content-type": "application/json" };
const bytesOf = (text: string) => new TextEncoder().encode(text);
const joined = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

/** Bodies that each route takes. */
const ROUTES: Record<string, unknown> = {
  "/v1/training-jobs/dry-run": jobRequest(),
  "/v1/generations": { model: "qwen3", prompts: ["a"] },
  "/v1/completions": { model: "qwen3", prompt: "a" },
  "/v1/scores": { model: "qwen3", items: [{ prompt: "a", completion: "b" }] },
  "/v1/models": { path: "qwen3" },
};
const GENERATIONS = "/v1/generations";
const GENERATION = bytesOf(JSON.stringify(ROUTES[GENERATIONS]));

async function post(
  { app }: Served,
  path: string,
  body: Uint8Array | ReadableStream<Uint8Array>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const init = { method: "POST", headers: { ...JSON_TYPE, ...headers }, body: body as BodyInit };
  const response = await app.request(path, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) };
}

Deno.test("every route that takes JSON takes it encoded, or says which codings it takes", async () => {
  await served(async (it) => {
    for (const [path, body] of Object.entries(ROUTES)) {
      const plain = bytesOf(JSON.stringify(body));
      for (
        const [coding, bytes] of [
          ["gzip", gzipSync(plain)],
          ["GZip", gzipSync(plain)],
          ["x-gzip", gzipSync(plain)],
          ["deflate", deflateSync(plain)],
          ["deflate", deflateRawSync(plain)],
          ["identity", plain],
          ["", plain],
          ["gzip, deflate", deflateSync(gzipSync(plain))],
          ["identity, gzip", gzipSync(plain)],
          // Files of gzip may be laid end to end.
          ["gzip", joined(gzipSync(plain.subarray(0, 9)), gzipSync(plain.subarray(9)))],
        ] as const
      ) {
        const answer = await post(it, path, bytes, { "content-encoding": coding });
        assert.equal(answer.status, 200, `${path} ${coding}: ${answer.text}`);
      }
      for (
        const [coding, bytes] of [
          ["br", plain],
          ["br", brotliCompressSync(plain)],
          ["zstd", plain],
          ["compress", plain],
          ["gzip, br", plain],
          ["gzip, gzip, gzip", gzipSync(gzipSync(gzipSync(plain)))],
          ["__proto__", plain],
        ] as const
      ) {
        const answer = await post(it, path, bytes, { "content-encoding": coding });
        assert.equal(answer.status, 415, `${path} ${coding}: ${answer.text}`);
        assert.equal(answer.headers.get("accept-encoding"), "gzip, deflate");
      }
    }
  });
});

Deno.test("a body that is not what Content-Encoding says is refused by that name", async () => {
  await served(async (it) => {
    const zipped = gzipSync(GENERATION);
    for (
      const [coding, bytes] of [
        ["gzip", GENERATION],
        ["gzip", zipped.subarray(0, zipped.length - 5)],
        ["gzip", zipped.subarray(0, 5)],
        ["gzip", zipped.map((byte, at) => at === zipped.length - 6 ? byte ^ 1 : byte)],
        ["gzip", joined(zipped, GENERATION)],
        ["deflate", GENERATION],
        ["deflate", zipped],
        ["deflate", joined(deflateSync(GENERATION), GENERATION)],
        ["deflate, gzip", zipped],
      ] as const
    ) {
      const answer = await post(it, GENERATIONS, bytes, { "content-encoding": coding });
      assertProblem(answer, 400, "malformed_request");
      assert.match(answer.json.detail, new RegExp(coding.split(",")[0]!));
    }
    for (const coding of ["gzip", "deflate", "identity"]) {
      const empty = await post(it, GENERATIONS, new Uint8Array(), { "content-encoding": coding });
      assertProblem(empty, 400, "invalid_json");
      assert.match(empty.json.detail, /empty/);
    }
  });
});

Deno.test("a body is bounded as it comes and as it is when decoded", async () => {
  const max_body_bytes = 10_000;
  await served(async (it) => {
    const bomb = gzipSync(bytesOf(" ".repeat(50_000_000)));
    const fits = gzipSync(bytesOf(JSON.stringify(ROUTES[GENERATIONS]).padEnd(max_body_bytes)));
    const over = gzipSync(bytesOf(JSON.stringify(ROUTES[GENERATIONS]).padEnd(max_body_bytes + 1)));
    assert.equal((await post(it, GENERATIONS, fits, { "content-encoding": "gzip" })).status, 200);
    for (const [coding, bytes] of [["gzip", over], ["gzip", bomb], ["gzip, gzip", gzipSync(bomb)]] as const) {
      const answer = await post(it, GENERATIONS, bytes, { "content-encoding": coding });
      assertProblem(answer, 413, "body_too_large");
    }
  }, { max_body_bytes });
});

Deno.test("a body that falls silent is answered 408 on a connection that closes", async () => {
  await served(async (it) => {
    for (const path of Object.keys(ROUTES)) {
      const silent = new ReadableStream<Uint8Array>({ start: (one) => one.enqueue(bytesOf("{")) });
      const answer = await post(it, path, silent);
      assert.equal(answer.status, 408, answer.text);
      assert.equal(answer.headers.get("connection"), "close");
    }
    const broken = new ReadableStream<Uint8Array>({ pull: (one) => one.error(new Error("broken")) });
    assertProblem(await post(it, GENERATIONS, broken), 400, "malformed_request");
  }, { body_silence_ms: 50 });
});

Deno.test("chunks with more around them than in them are refused", async () => {
  await served(async (it) => {
    const send = async (received: number) => {
      const init = { method: "POST", headers: JSON_TYPE, body: GENERATION };
      return (await it.app.request(GENERATIONS, init, { received: () => received })).status;
    };
    // Chunks of a byte each, and a head.
    assert.equal(await send(6 * GENERATION.length + 1000), 200);
    assert.equal(await send(300_000), 400);
  });
});

Deno.test("Content-Type may say that JSON is UTF-8, in any case, and nothing else", async () => {
  await served(async (it) => {
    for (
      const type of [
        "Application/JSON",
        "application/json;charset=UTF-8",
        'application/json; charset="utf-8"',
        "application/json; charset=utf8",
        "application/vnd.api+json; v=1",
      ]
    ) {
      const { status, text } = await post(it, GENERATIONS, GENERATION, { "content-type": type });
      assert.equal(status, 200, `${type}: ${text}`);
    }
    for (const type of ["", "text/json", "application/jsonx", "application/json; charset=utf-16"]) {
      const answer = await post(it, GENERATIONS, GENERATION, { "content-type": type });
      assertProblem(answer, 415, "unsupported_media_type");
    }
  });
});

Deno.test("keys that would vanish in silence are refused by their path", async () => {
  await served(async (it) => {
    const job = JSON.stringify(jobRequest());
    const withKey = (key: string, value = "{}") => job.replace(/^\{/, `{"${key}":${value},`);
    for (
      const [body, path] of [
        [withKey("metadata", '{"__proto__":"x"}'), "metadata.__proto__"],
        [withKey("metadata", '{"__pro\\u0074o__":"x"}'), "metadata.__proto__"],
        [withKey("metadata", '{"a":"1","constructor":"x"}'), "metadata.constructor"],
        [withKey("metadata", '{"prototype":"x"}'), "metadata.prototype"],
        [withKey("metadata", '{"a":"1","b":"2","a":"3"}'), "metadata.a"],
        [withKey("metadata", '{"a":"1","\\u0061" : "3"}'), "metadata.a"],
        [withKey("model", '"other"'), "model"],
        [withKey("__proto__"), "__proto__"],
        [job.replace('["a","b"]', '["a",{"text":"b","text":"c"}]'), "prompts.1.text"],
        [
          job.replace('["a","b"]', '[{"messages":[{},{"constructor":1}]}]'),
          "prompts.0.messages.1.constructor",
        ],
      ] as const
    ) {
      assert.notEqual(body, job);
      const answer = await it.call("POST", "/v1/training-jobs/dry-run", body);
      assertProblem(answer, 422, "invalid_request", path);
    }
    // As texts they are texts.
    const metadata = { a: "__proto__", b: 'x", "b": "y', "c\\": "constructor" };
    const texts = jobRequest("succeed", {
      metadata,
      prompts: ["__proto__", { id: "a", text: '{"a":1,"a":2}' }],
    });
    const answer = await it.call("POST", "/v1/training-jobs/dry-run", texts);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.json.config.metadata, metadata);
  });
});

Deno.test("JSON of too many parts is refused before it is parsed, by all routes", async () => {
  await served(async (it) => {
    const keys = Array.from({ length: 100_000 }, (_, at) => `"${at}":0`).join();
    for (const path of Object.keys(ROUTES)) {
      for (
        const body of [
          `[${"{},".repeat(2_700_000)}{}]`,
          `{"prompts":[${"[],".repeat(400_000)}[]]}`,
          `{"metadata":{${keys}}}`,
          "[".repeat(8_000_000),
          '{"a":'.repeat(100_000),
        ]
      ) {
        const { status, text } = await it.call("POST", path, body);
        assert.equal(status, 400, text);
        assert.match(text, /deeper than|more than/);
      }
    }
  });
});

Deno.test("of a long list that is wrong the first item is told of", async () => {
  await served(async (it) => {
    for (
      const [wrong, path] of [["{}", "prompts.2"], ["5", "prompts.2"], ['{"messages":[{}]}', "prompts.2"]]
    ) {
      const prompts = `["a","b",${`${wrong},`.repeat(90_000)}"c"]`;
      const body = JSON.stringify(jobRequest()).replace('["a","b"]', prompts);
      const { json } = await it.call("POST", "/v1/training-jobs/dry-run", body);
      assert.equal(json.code, "invalid_request");
      assert.ok(json.errors.length < 10 && json.errors[0].path.startsWith(path), json.detail);
    }
  });
});

Deno.test("what the schemas allow at most is taken", async () => {
  await served(async (it) => {
    const text = "POST: ".padEnd(340, "x");
    const messages = Array.from({ length: 1000 }, () => ({ role: "user", content: "a" }));
    for (
      const prompts of [
        Array.from({ length: 100_000 }, (_, at) => ({ id: `${at}`, text: "a", answer: "b" })),
        Array.from({ length: 15_000 }, () => text),
        Array.from({ length: 200 }, () => ({ messages })),
      ]
    ) {
      const answer = await it.call(
        "POST",
        "/v1/training-jobs/dry-run",
        jobRequest("succeed", { prompts }),
      );
      assert.equal(answer.status, 200, answer.text.slice(0, 300));
    }
  });
});
