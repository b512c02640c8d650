/**
 * A model hub on loopback: the endpoints that a download uses, over a fixture's files, with faults on demand. It has them
 * under two names, acme/tiny and acme/twin.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FIXTURE = fileURLToPath(new URL("../../fixtures/qwen3", import.meta.url));
export const COMMIT = "0123456789abcdef0123456789abcdef01234567";
export const TOKEN = "hf_test";

const hex = (algorithm: string, ...parts: (string | Uint8Array)[]) => {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
};

export class FakeHub {
  /** Files by name; change them as a test needs. */
  readonly files = new Map<string, Uint8Array>();
  commit = COMMIT;
  /** Cuts the connection after so many bytes of model.safetensors, as often as the list is long. */
  cuts: number[] = [];
  /** Holds back model.safetensors until this resolves. */
  gate: Promise<void> = Promise.resolve();
  /** Gives other bytes for this file than the listing promises. */
  corrupt: string | null = null;
  /** Answers everything with this status. */
  status: number | null = null;
  ignoreRanges = false;
  /** Files that the listing names beside those that there are, with the bytes it claims. */
  readonly claimed = new Map<string, number>();
  /** Answers a request by its path instead of the hub's own way, where it gives something. */
  instead: (url: URL) => Response | undefined = () => undefined;
  /** Whether anybody has sent a token here. */
  authorized = false;
  /** `path range authorization` of each request for a file's bytes. */
  readonly requests: { path: string; range: string | null; authorization: string | null }[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    for (const name of ["config.json", "generation_config.json", "tokenizer.json", "model.safetensors"]) {
      this.files.set(name, Deno.readFileSync(join(FIXTURE, name)));
    }
    this.files.set("README.md", new TextEncoder().encode("# A model"));
    this.files.set("pytorch_model.bin", new Uint8Array(1000));
    const handler = (request: Request) => this.#answer(request);
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const { pathname } = url;
    this.authorized ||= request.headers.has("authorization");
    const other = this.instead(url);
    if (other) return other;
    if (this.status !== null) return Response.json({ error: "No" }, { status: this.status });
    if (/^\/api\/models\/acme\/(tiny|twin)\/revision\//.test(pathname)) {
      const wanted = decodeURIComponent(pathname.split("/").at(-1)!);
      if (!["main", this.commit].includes(wanted)) return Response.json({ error: "No" }, { status: 404 });
      return Response.json({
        _id: "1",
        id: "acme/tiny",
        sha: this.commit,
        lastModified: "2026-01-01T00:00:00Z",
      });
    }
    if (/^\/api\/models\/acme\/(tiny|twin)\/tree\//.test(pathname) && pathname.endsWith(this.commit)) {
      return Response.json(this.#tree());
    }
    const name = /^\/(?:acme\/(?:tiny|twin)\/resolve\/[0-9a-f]{40}|cdn)\/([^/]+)$/.exec(pathname)?.[1] ?? "";
    const bytes = this.files.get(name);
    if (!bytes) return Response.json({ error: "No" }, { status: 404 });
    const [range, authorization] = ["range", "authorization"].map((header) => request.headers.get(header));
    this.requests.push({ path: pathname, range: range!, authorization: authorization! });
    const isLarge = name.endsWith(".safetensors");
    if (isLarge && !pathname.startsWith("/cdn/")) {
      // Another origin, as the real hub's storage is.
      return Response.redirect(`http://localhost:${this.#server.addr.port}/cdn/${name}`, 302);
    }
    const cut = isLarge ? this.cuts.shift() : undefined;
    if (isLarge) await this.gate;
    return this.#file(name, bytes, this.ignoreRanges ? null : range!, cut);
  }

  #file(name: string, content: Uint8Array, range: string | null, cut: number | undefined): Response {
    const start = Number(/^bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0);
    const bytes = content.slice(start);
    if (this.corrupt === name) bytes[bytes.length - 1]! ^= 1;
    const status = range ? 206 : 200;
    if (cut === undefined) return new Response(bytes, { status });
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes.slice(0, cut)),
      pull: async (controller) => {
        // When a whole request has come and gone on this server, what was enqueued before is on its way.
        await (await fetch(`${this.url}/nothing`)).body?.cancel();
        controller.error(new Error("cut"));
      },
    });
    return new Response(body, { status, headers: { "content-length": String(bytes.length) } });
  }

  #tree() {
    const claimed = [...this.claimed].map(([path, size]) => ({
      ...{ type: "file", path, size, oid: hex("sha1", path) },
    }));
    const there = [...this.files].map(([path, bytes]) => ({
      ...{ type: "file", path, size: bytes.length, oid: hex("sha1", `blob ${bytes.length}\0`, bytes) },
      ...(path.endsWith(".safetensors") &&
        { lfs: { oid: hex("sha256", bytes), size: bytes.length, pointerSize: 130 } }),
    }));
    return [...claimed, ...there];
  }
}
