/** Connections that would stay open for ever, and what is no HTTP: how the server ends them. */
import assert from "node:assert/strict";
import { createLogger } from "../../core/log.ts";
import { type Answer, listen } from "../../routes/listen.ts";

/** Short, so that what never ends is over soon: for requests that are to be late, which nothing can make early. */
const TIMES = { head_ms: 300, request_ms: 600, idle_ms: 300 };
/** For requests that are to be answered, however long the process is given no turn. */
const IDLE = { idle_ms: 300 };

async function listening(
  answer: Answer,
  work: (port: number) => Promise<void>,
  times: { head_ms?: number; request_ms?: number; idle_ms?: number } = TIMES,
): Promise<void> {
  const logger = createLogger("silent");
  const server = await listen(answer, { hostname: "127.0.0.1", port: 0, logger, ...times });
  try {
    await work(server.port);
  } finally {
    await server.shutdown();
  }
}

/** Sends `first`, then `again` and again, and reads until the server closes. */
async function talk(port: number, first: string, again?: string): Promise<string> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const write = (text: string) => connection.write(new TextEncoder().encode(text));
  await write(first);
  const drip = again === undefined ? undefined : setInterval(() => write(again).catch(() => {}), 20);
  let text = "";
  try {
    for await (const chunk of connection.readable) text += new TextDecoder().decode(chunk);
  } catch {
    // Closed with a reset: what was sent was never read.
  }
  clearInterval(drip);
  return text;
}

const head = (method: string, more: string) => `${method} /x HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
const CHUNKED = head("POST", "Transfer-Encoding: chunked\r\n");
const reads: Answer = async (request) => new Response(await request.text());
const ignores: Answer = () => new Response("unread");

/** A complete answer of this status, whose body is a problem with this code. */
function assertProblem(text: string, status: number, code: string): void {
  const [heads, body] = text.split("\r\n\r\n");
  assert.match(heads!, new RegExp(`^HTTP/1.1 ${status} `), text);
  assert.match(heads!, /connection: close/i);
  assert.equal(JSON.parse(body!).code, code);
}

for (
  const [name, first, again] of [
    ["a head that stops", "POST /x HTTP/1.1\r\nHo", undefined],
    ["a head that never ends", "POST /x HTTP/1.1\r\nHo", "o"],
    ["a body that stops", head("POST", "Content-Length: 1000\r\n"), undefined],
    ["a body that never ends", head("POST", "Content-Length: 1000000\r\n"), "a"],
    ["chunks that never end", CHUNKED, "1\r\na\r\n"],
    ["a chunk size that never ends", CHUNKED, "0"],
  ] as const
) {
  Deno.test(`listen() answers ${name} with 408 and closes`, async () => {
    await listening(reads, async (port) => {
      assertProblem(await talk(port, first, again), 408, "request_timeout");
    });
  });
}

Deno.test("listen() lets a request take its time whose reader says so, and that one alone", async () => {
  const length = 300;
  const unhurried: Answer = async (request, connection) => {
    if (new URL(request.url).pathname === "/slow") connection.unhurried();
    return new Response(`read ${(await request.text()).length}`);
  };
  await listening(unhurried, async (port) => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const write = (text: string) => connection.write(new TextEncoder().encode(text));
    const reader = connection.readable.pipeThrough(new TextDecoderStream()).getReader();
    await write(`POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`);
    const began = Date.now();
    for (let sent = 0; sent < length; sent++) {
      await write("a");
      // Several times as long as a request may take, whoever else wants the processor.
      if (Date.now() - began < 4 * TIMES.request_ms + 2000) await new Promise((wait) => setTimeout(wait, 20));
    }
    let answer = "";
    while (!answer.endsWith(`read ${length}`)) answer += (await reader.read()).value ?? assert.fail(answer);
    assert.match(answer, /^HTTP\/1.1 200 OK/);
    // The next request on the connection is hurried again.
    await write(`POST /fast HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\na`);
    let rest = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) rest += part.value;
    assertProblem(rest, 408, "request_timeout");
  }, { request_ms: TIMES.request_ms });
});

Deno.test("listen() closes after an answer that did not wait for the body", async () => {
  await listening(ignores, async (port) => {
    for (const again of [undefined, "1\r\na\r\n"]) {
      assert.match(await talk(port, CHUNKED, again), /^HTTP\/1.1 200 OK[^]*unread$/);
    }
  }, IDLE);
});

Deno.test("listen() closes a connection that asks for nothing more", async () => {
  await listening(ignores, async (port) => {
    assert.match(await talk(port, head("GET", "")), /^HTTP\/1.1 200 OK[^]*unread$/);
  }, IDLE);
});

for (
  const [name, text, status, code] of [
    ["no HTTP", "hello\r\n\r\n", 400, "malformed_request"],
    ["no Host", "GET / HTTP/1.1\r\n\r\n", 400, ""],
    ["two lengths", head("POST", "Content-Length: 1\r\nContent-Length: 2\r\n"), 400, "malformed_request"],
    [
      "a length and chunks",
      head("POST", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
      400,
      "malformed_request",
    ],
    ["a chunk size that is none", CHUNKED + "zz\r\n{}\r\n0\r\n\r\n", 400, "malformed_request"],
    ["a chunk longer than it says", CHUNKED + "2\r\n{}}}}\r\n0\r\n\r\n", 400, "malformed_request"],
    ["a chunk larger than a number", CHUNKED + "f".repeat(17) + "\r\n", 400, "malformed_request"],
    ["a head of 100 kB", head("GET", `X: ${"a".repeat(100_000)}\r\n`), 431, "head_too_large"],
  ] as const
) {
  Deno.test(`listen() answers ${name} with ${status}`, async () => {
    await listening(reads, async (port) => {
      const answer = await talk(port, text);
      if (code === "") assert.match(answer, /^HTTP\/1.1 400 /);
      else assertProblem(answer, status, code);
    }, {});
  });
}

Deno.test("listen() reads chunks with extensions, and a request of HTTP/1.0 that names no host", async () => {
  await listening(reads, async (port) => {
    const body = "2;a=b\r\n{}\r\n0\r\nTrailer: x\r\n\r\n";
    assert.match(
      await talk(port, head("POST", "Transfer-Encoding: chunked\r\nConnection: close\r\n") + body),
      /\{\}/,
    );
    assert.match(await talk(port, "GET /x HTTP/1.0\r\n\r\n"), /^HTTP\/1.1 200 OK/);
  }, IDLE);
});

Deno.test("listen() says how many bytes a request took, with what framed its body", async () => {
  const counts: number[] = [];
  const answer: Answer = async (request, { address, received }) => {
    const body = await request.text();
    counts.push(received());
    return new Response(`${address} ${body}`);
  };
  const extended = CHUNKED + `2;${"a".repeat(100_000)}\r\n{}\r\n0\r\n\r\n`;
  const plain = head("POST", "Content-Length: 2\r\n") + "{}";
  await listening(answer, async (port) => {
    assert.match(await talk(port, extended), /127\.0\.0\.1 \{\}$/);
    assert.match(await talk(port, plain), /127\.0\.0\.1 \{\}$/);
  }, IDLE);
  assert.deepEqual(counts, [extended.length, plain.length]);
});

Deno.test("listen() counts no body that nobody read among the next request's bytes", async () => {
  const counts: number[] = [];
  const answer: Answer = async (request, { received }) => {
    if (request.headers.has("x-unread")) return new Response("early");
    await request.text();
    counts.push(received());
    return new Response("late");
  };
  const unread = 5_000_000;
  await listening(answer, async (port) => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const reader = connection.readable.pipeThrough(new TextDecoderStream()).getReader();
    const until = async (words: string) => {
      for (let text = ""; !text.includes(words);) text += (await reader.read()).value ?? assert.fail(text);
    };
    const write = async (text: string) => {
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
    };
    await write(head("POST", `X-Unread: 1\r\nContent-Length: ${unread}\r\n`));
    await until("early");
    await write("a".repeat(unread));
    await write(head("POST", "Content-Length: 2\r\n") + "{}");
    await until("late");
    connection.close();
    await reader.cancel().catch(() => {});
  }, {});
  assert.equal(counts.length, 1);
  assert.ok(counts[0]! < 70_000, `${counts[0]}`);
});

Deno.test("listen() aborts the request of a client that has gone", async () => {
  const begun = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  const waits: Answer = (request) => {
    request.signal.addEventListener("abort", () => gone.resolve());
    begun.resolve();
    return gone.promise.then(() => new Response("late"));
  };
  await listening(waits, async (port) => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(new TextEncoder().encode(head("GET", "")));
    await begun.promise;
    connection.close();
    await gone.promise;
  });
});
