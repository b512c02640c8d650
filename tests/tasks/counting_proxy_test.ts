import assert from "node:assert/strict";
import { countingProxy } from "../../tasks/counting_proxy.ts";

async function exchange(proxy: string, port: number): Promise<string> {
  const client = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(proxy).port) });
  await client.write(new TextEncoder().encode(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nhost: a\r\n\r\n`));
  let text = "";
  for await (const chunk of client.readable) text += new TextDecoder().decode(chunk);
  return text;
}

Deno.test("countingProxy() passes bytes on and counts those from outside, by way of another proxy too", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const connection of listener) {
      await connection.write(new Uint8Array(1000).fill(97));
      connection.close();
    }
  })();
  const outer = countingProxy();
  const inner = countingProxy(new URL(outer.url));
  try {
    for (const [proxy, times] of [[outer, 1], [inner, 2]] as const) {
      const text = await exchange(proxy.url, listener.addr.port);
      assert.match(text, /^HTTP\/1\.1 200 [^\r\n]+\r\n\r\na{1000}$/);
      assert.equal(outer.received(), times * 1000);
    }
    // The answer of the proxy further out came from outside as well.
    assert.ok(inner.received() > 1000 && inner.received() < 1100);
  } finally {
    await inner[Symbol.asyncDispose]();
    await outer[Symbol.asyncDispose]();
    listener.close();
    await serving;
  }
});
