import assert from "node:assert/strict";
import { guardedPost } from "../../../core/outbound/guarded_post.ts";
import { OutboundGuard } from "../../../core/outbound/outbound_guard.ts";

const guard = new OutboundGuard(["127.0.0.1"]);
const options = { headers: { "x-a": "b" }, body: "höi", timeout_ms: 60_000, max_response_bytes: 100 };

async function serving(handler: Deno.ServeHandler, work: (url: string) => Promise<void>): Promise<void> {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, handler);
  try {
    await work(`http://127.0.0.1:${server.addr.port}/hook?q=1`);
  } finally {
    await server.shutdown();
  }
}

Deno.test("guardedPost() sends headers and body and returns status and answer", async () => {
  await serving(async (request) => {
    const got = `${request.method} ${new URL(request.url).search} ${
      request.headers.get("x-a")
    } ${await request.text()}`;
    return new Response(got, { status: 418 });
  }, async (url) => {
    const { status, body, truncated } = await guardedPost(guard, url, options);
    assert.deepEqual([status, body, truncated], [418, "POST ?q=1 b höi", false]);
  });
});

Deno.test("guardedPost() does not follow a redirect", async () => {
  let hits = 0;
  await serving((request) => {
    hits++;
    return Response.redirect(new URL("/other", request.url), 307);
  }, async (url) => {
    assert.equal((await guardedPost(guard, url, options)).status, 307);
  });
  assert.equal(hits, 1);
});

Deno.test("guardedPost() reads no more than it was told", async () => {
  const endless = () =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(1000).fill(97)),
      }),
    );
  await serving(endless, async (url) => {
    const { status, body, truncated } = await guardedPost(guard, url, options);
    assert.deepEqual([status, body, truncated], [200, "a".repeat(100), true]);
    assert.equal((await guardedPost(guard, url, { ...options, max_response_bytes: 0 })).body, "");
  });
});

Deno.test("guardedPost() gives up on a receiver that hangs", async () => {
  const release = Promise.withResolvers<Response>();
  await serving(() => release.promise, async (url) => {
    await assert.rejects(guardedPost(guard, url, { ...options, timeout_ms: 200 }), /No answer within 200 ms/);
    release.resolve(new Response());
  });
});

Deno.test("guardedPost() reports a closed port as an error", async () => {
  await assert.rejects(guardedPost(guard, "http://127.0.0.1:1/", options), /refused|ECONNREFUSED/);
});
