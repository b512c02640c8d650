/** An HTTPS proxy on loopback that counts what comes through it. It sees only encrypted bytes, and passes them on. */

export interface CountingProxy extends AsyncDisposable {
  /** For `HTTPS_PROXY`. */
  readonly url: string;
  /** Bytes that came from outside so far. */
  received(): number;
}

/** @param upstream The proxy that leads outside, where there is one: requests go on to it as they are */
export function countingProxy(upstream?: URL): CountingProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let received = 0;

  const forward = async (client: Deno.Conn) => {
    const head = await readHead(client);
    const [, hostname, port] = /^CONNECT ([^\s:]+):(\d+) /.exec(head) ?? [];
    if (hostname === undefined) throw new TypeError(`Expected a CONNECT request, got ${head.slice(0, 40)}`);
    const server = upstream
      ? await Deno.connect({ hostname: upstream.hostname, port: Number(upstream.port || 80) })
      : await Deno.connect({ hostname, port: Number(port) });
    if (upstream) await write(server, head);
    else await write(client, "HTTP/1.1 200 Connection established\r\n\r\n");
    const count = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        received += chunk.length;
        controller.enqueue(chunk);
      },
    });
    await Promise.all([
      client.readable.pipeTo(server.writable),
      server.readable.pipeThrough(count).pipeTo(client.writable),
    ]);
  };

  const accepting = (async () => {
    // A connection that breaks is its client's to repeat.
    for await (const client of listener) forward(client).catch(() => {});
  })();

  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    received: () => received,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
    },
  };
}

/** A request's head, read byte by byte so that nothing after it is taken. */
async function readHead(connection: Deno.Conn): Promise<string> {
  const byte = new Uint8Array(1);
  let head = "";
  while (!head.endsWith("\r\n\r\n")) {
    if (head.length > 8192 || await connection.read(byte) === null) break;
    head += String.fromCharCode(byte[0]!);
  }
  return head;
}

async function write(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length;) done += await connection.write(bytes.subarray(done));
}
