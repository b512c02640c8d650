/** A hub that does not do what hubs do: everything ends, with a reason, in bounded time, memory and disk. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { downloadModel } from "../../../core/hub/download_model.ts";
import { findRepository, type Hub } from "../../../core/hub/hub_repository.ts";
import type { UserError } from "../../../core/errors.ts";
import { OutboundGuard } from "../../../core/outbound/outbound_guard.ts";
import { COMMIT, FakeHub, TOKEN } from "./fake_hub.ts";

const never = new AbortController().signal;
const guard = new OutboundGuard(["127.0.0.1", "localhost"]);
const hubOf = ({ url }: FakeHub): Hub => ({ url, guard, token: TOKEN });
const find = (fake: FakeHub, signal = never) => findRepository(hubOf(fake), "acme/tiny", "main", signal);

/** How a download ends. */
async function failure(fake: FakeHub, options: { idle_timeout_ms?: number } = {}): Promise<UserError> {
  const folder = await Deno.makeTempDir();
  try {
    const repository = await find(fake);
    const tries = { signal: never, idle_timeout_ms: 60_000, retry_delays_ms: [5, 5], ...options };
    await Array.fromAsync(downloadModel(hubOf(fake), repository, folder, tries));
  } catch (thrown) {
    return thrown as UserError;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  throw new Error("The download did not fail");
}

/** Sends `piece` for ever, as fast as it is read or once a while. */
function endless(piece: string, pause_ms = 0): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(piece);
  return new ReadableStream({
    pull: async (controller) => {
      if (pause_ms > 0) await new Promise((resolve) => setTimeout(resolve, pause_ms));
      controller.enqueue(bytes);
    },
  });
}

/** Sends nothing, for ever. */
const silence = () => new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) });

Deno.test("a file that is listed and not there, or answered with nothing, ends the download by name", async () => {
  await using fake = new FakeHub();
  fake.claimed.set("tokenizer_config.json", 10);
  const missing = await failure(fake);
  assert.deepEqual([missing.code, /404 for tokenizer_config.json/.test(missing.message)], [
    "hub_unreachable",
    true,
  ]);
  for (const status of [204, 205, 201]) {
    fake.instead = ({ pathname }) =>
      pathname.endsWith("/tokenizer_config.json") ? new Response(null, { status }) : undefined;
    const { code, message } = await failure(fake);
    assert.equal(code, "hub_unreachable");
    assert.match(message, new RegExp(`${status} for tokenizer_config.json`));
  }
});

Deno.test("a file of another size than was listed ends the download, and a server that always fails does", async () => {
  await using fake = new FakeHub();
  fake.claimed.set("tokenizer_config.json", 10);
  const answers: [() => Response, RegExp, number?][] = [
    [() => new Response("{}"), /has 2 bytes, and it listed 10/],
    [() => new Response("x".repeat(11)), /has 11 bytes, and it listed 10/],
    [() => new Response("no", { status: 503 }), /answered 503/],
    [() => new Response("no", { status: 403 }), /answered 403/],
    [() => new Response(silence()), /nothing came for 0.1 s/, 100],
  ];
  for (const [answer, reason, idle_timeout_ms] of answers) {
    fake.instead = ({ pathname }) => pathname.endsWith("/tokenizer_config.json") ? answer() : undefined;
    const { code, message } = await failure(fake, idle_timeout_ms === undefined ? {} : { idle_timeout_ms });
    assert.equal(code, "hub_unreachable");
    assert.match(message, reason);
  }
  fake.instead = ({ pathname }) =>
    pathname.endsWith("/tokenizer_config.json") ? new Response(endless("x".repeat(65_536))) : undefined;
  assert.equal((await failure(fake)).code, "damaged_model", "what is sent without an end is cut at its size");
});

Deno.test("bytes that drip are no progress", async () => {
  await using fake = new FakeHub();
  fake.claimed.set("model.safetensors.index.json", 0);
  fake.instead = ({ pathname }) => pathname.includes("/cdn/") ? new Response(endless("x", 20)) : undefined;
  const { code, message } = await failure(fake, { idle_timeout_ms: 200 });
  assert.deepEqual([code, /nothing came for 0.2 s/.test(message)], ["hub_unreachable", true]);
});

Deno.test("a model that the disk cannot hold is refused before a byte of it is asked for", async () => {
  await using fake = new FakeHub();
  fake.files.delete("model.safetensors");
  fake.claimed.set("model.safetensors", 2e12);
  const { code, message } = await failure(fake);
  assert.equal(code, "disk_full");
  assert.match(message, /needs 2000\.\d\d GB more .* has room for/);
  assert.deepEqual(fake.requests, []);
});

Deno.test("answers about a repository are bounded, in bytes, pages and files", async () => {
  await using fake = new FakeHub();
  const api = (path: string, answer: () => Response) => {
    fake.instead = ({ pathname }) => pathname.startsWith(path) ? answer() : undefined;
  };
  const json = { "content-type": "application/json" };
  for (const path of ["/api/models/acme/tiny/revision/", "/api/models/acme/tiny/tree/"]) {
    for (const status of [200, 404, 500]) {
      api(path, () => new Response(endless("[".repeat(65_536)), { status, headers: json }));
      const { code, message } = await find(fake).catch((thrown) => thrown);
      assert.equal(code, status === 404 ? "unknown_model" : "hub_unreachable");
      if (status === 200) assert.match(message, /longer than 2000000 bytes/);
    }
    api(path, () => new Response(silence(), { headers: json }));
    const silent = await find(fake, AbortSignal.timeout(300)).catch((thrown) => thrown);
    assert.equal(silent.code, "hub_unreachable", "no answer lasts longer than its time");
    for (const answer of ["5", "null", "[null]", "{"]) {
      api(path, () => new Response(answer, { headers: json }));
      assert.equal((await find(fake).catch((thrown) => thrown)).code, "hub_unreachable", answer);
    }
    api(path, () => new Response(null, { status: 204 }));
    assert.match((await find(fake).catch((thrown) => thrown)).message, /answered 204/);
  }
  const next = () => ({
    ...json,
    link: `<${fake.url}/api/models/acme/tiny/tree/${COMMIT}?again>; rel="next"`,
  });
  api("/api/models/acme/tiny/tree/", () => new Response("[]", { headers: next() }));
  assert.match((await find(fake).catch((thrown) => thrown)).message, /more than 50 pages/);
  const entries = Array.from({ length: 1000 }, (_, at) => at).map((at) => ({ type: "file", size: 1, at }));
  let page = 0;
  api("/api/models/acme/tiny/tree/", () => {
    page++;
    const list = entries.map(({ at, ...entry }) => ({ ...entry, path: `${page}-${at}`, oid: "0" }));
    return new Response(JSON.stringify(list), { headers: next() });
  });
  assert.match((await find(fake).catch((thrown) => thrown)).message, /lists more than 10000 files/);
});

Deno.test("what is said of a repository is asked of the hub alone, with its token or without", async () => {
  await using fake = new FakeHub();
  await using other = new FakeHub();
  const elsewhere = other.url.replace("127.0.0.1", "localhost");
  for (const away of [other.url, elsewhere]) {
    const url = `${away}/api/models/acme/tiny/tree/${COMMIT}`;
    const json = { "content-type": "application/json" };
    fake.instead = ({ pathname }) =>
      pathname.includes("/tree/")
        ? new Response("[]", { headers: { ...json, link: `<${url}>; rel="next"` } })
        : undefined;
    assert.match((await find(fake).catch((thrown) => thrown)).message, /goes on at another host/);
    fake.instead = ({ pathname }) => pathname.startsWith("/api/") ? Response.redirect(url, 302) : undefined;
    assert.match((await find(fake).catch((thrown) => thrown)).message, /sends us to another host/);
  }
  let asked = false;
  other.instead = () => {
    asked = true;
    return undefined;
  };
  assert.equal((await find(fake).catch((thrown) => thrown)).code, "hub_unreachable");
  assert.ok(!asked && !other.authorized);
  // A file's bytes may lie elsewhere, as the real hub's do, and are asked for without the token.
  fake.instead = () => undefined;
  const folder = await Deno.makeTempDir();
  const options = { signal: never, idle_timeout_ms: 60_000, retry_delays_ms: [] };
  await Array.fromAsync(downloadModel(hubOf(fake), await find(fake), folder, options));
  assert.ok((await Deno.stat(join(folder, "model.safetensors"))).size > 0);
  assert.ok(
    fake.requests.some(({ path, authorization }) => path.startsWith("/cdn/") && authorization === null),
  );
  await Deno.remove(folder, { recursive: true });
});
