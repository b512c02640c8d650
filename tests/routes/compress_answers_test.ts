import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { Hono } from "hono";
import { compressAnswers, takesGzip } from "../../routes/compress_answers.ts";
import type { Env } from "../../routes/context.ts";
import { jobRequest, served } from "./served.ts";

const GZIP = { "accept-encoding": "gzip" };

Deno.test("takesGzip() reads Accept-Encoding as RFC 9110 says", () => {
  for (const header of ["gzip", "deflate, GZIP;q=0.5", "*", "br, x-gzip", "gzip;q=0.5, identity;q=0.5"]) {
    assert.equal(takesGzip(header), true, header);
  }
  for (const header of [undefined, "", "br", "gzip;q=0", "*;q=0", "gzip;q=0, *", "identity, gzip;q=0.5"]) {
    assert.equal(takesGzip(header), false, header);
  }
});

/** The body of an answer, unpacked where it is packed. */
async function bodyOf(answer: Response): Promise<string> {
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const isPacked = answer.headers.get("content-encoding") === "gzip";
  return new TextDecoder().decode(isPacked ? gunzipSync(bytes) : bytes);
}

Deno.test("JSON and pages are compressed for who takes gzip, and are the same without", async () => {
  await served(async (it) => {
    const prompts = Array.from({ length: 60 }, (_, index) => `Prompt ${index} is about a cat`);
    const { id } = (await it.call("POST", "/v1/training-jobs", jobRequest("succeed", { prompts }))).json;
    await it.reaches(id, "succeeded");
    for (
      const path of [
        ...["/", "/docs", "/openapi.json", "/docs/swagger-ui.css", "/docs/swagger-ui.js"],
        ...[`/v1/training-jobs/${id}`, `/v1/training-jobs/${id}/rows?limit=60`, "/v1/training-jobs"],
      ]
    ) {
      const plain = await it.app.request(path);
      const packed = await it.app.request(path, { headers: GZIP });
      const text = await bodyOf(plain);
      assert.match(packed.headers.get("vary")!, /\bAccept-Encoding\b/, path);
      assert.equal(plain.headers.get("vary"), packed.headers.get("vary"));
      assert.equal(plain.headers.get("content-encoding"), null);
      const isCompressed = text.length >= 1024 && (text.length < 65_536 || path.startsWith("/docs/"));
      assert.equal(packed.headers.get("content-encoding"), isCompressed ? "gzip" : null, path);
      if (isCompressed) assert.equal(packed.headers.get("content-length"), null);
      assert.equal(await bodyOf(packed), text);
      assert.equal(packed.headers.get("content-type"), plain.headers.get("content-type"));
    }
    const again = await it.app.request("/docs/swagger-ui.js", { headers: GZIP });
    assert.equal(
      (await bodyOf(again)).length,
      (await bodyOf(await it.app.request("/docs/swagger-ui.js"))).length,
    );
  });
});

Deno.test("streams, tables, downloads and problems that are short are sent as they are", async () => {
  await served(async (it) => {
    const { id } = (await it.call("POST", "/v1/training-jobs", jobRequest())).json;
    const { checkpoint } = await it.reaches(id, "succeeded");
    const job = `/v1/training-jobs/${id}`;
    for (
      const [path, headers] of [
        [`${job}/events`, { accept: "text/event-stream" }],
        ...["csv", "ndjson", "parquet"].map((format) => [`${job}/metrics?format=${format}`, {}]),
        [`/v1/checkpoints/${checkpoint}/files/adapter_model.safetensors`, {}],
        [`/v1/checkpoints/${checkpoint}/archive`, {}],
        ["/v1/nothing", {}],
      ] as [string, Record<string, string>][]
    ) {
      const answer = await it.app.request(path, { headers: { ...headers, ...GZIP } });
      assert.equal(answer.headers.get("content-encoding"), null, path);
      const plain = await it.app.request(path, { headers });
      assert.equal((await answer.arrayBuffer()).byteLength, (await plain.arrayBuffer()).byteLength, path);
    }
    const head = await it.app.request(job, { method: "HEAD", headers: GZIP });
    assert.equal(head.headers.get("content-encoding"), null);
  });
});

Deno.test("long JSON is left to a proxy, what is public is compressed once, and its tag becomes a weak one", async () => {
  const long = JSON.stringify(Array.from({ length: 20_000 }, (_, index) => index / 7));
  let made = 0;
  const app = new Hono<Env>().use(compressAnswers());
  app.get("/long", (c) => c.json(JSON.parse(long)));
  app.get("/file", (c) => {
    made++;
    const headers = { "content-type": "text/javascript", "cache-control": "public", etag: '"1"' };
    return c.body(long, 200, { ...headers, "content-length": String(long.length) });
  });
  const answer = await app.request("/long", { headers: GZIP });
  assert.deepEqual([answer.headers.get("content-encoding"), await answer.text()], [null, long]);
  const [one, two] = await Promise.all([1, 2].map(() => app.request("/file", { headers: GZIP })));
  assert.equal(one!.headers.get("etag"), 'W/"1"');
  assert.deepEqual([await bodyOf(one!), await bodyOf(two!), made], [long, long, 2]);
});
