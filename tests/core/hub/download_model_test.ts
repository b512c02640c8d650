import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { MODEL_FILES } from "../../../core/formats/model_files.ts";
import { downloadModel } from "../../../core/hub/download_model.ts";
import { findRepository, type Hub } from "../../../core/hub/hub_repository.ts";
import { OutboundGuard } from "../../../core/outbound/outbound_guard.ts";
import { FakeHub, TOKEN } from "./fake_hub.ts";

const never = new AbortController().signal;
const FAST = { signal: never, idle_timeout_ms: 60_000, retry_delays_ms: [5, 5] };
const hubOf = ({ url }: FakeHub): Hub => ({ url, guard: new OutboundGuard(["127.0.0.1"]), token: TOKEN });
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function inFolder(work: (folder: string, fake: FakeHub) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  await using fake = new FakeHub();
  try {
    await work(folder, fake);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function download(fake: FakeHub, folder: string, options = FAST) {
  const hub = hubOf(fake);
  const repository = await findRepository(hub, "acme/tiny", "main", never);
  return await Array.fromAsync(downloadModel(hub, repository, folder, options));
}

function assertWhole(fake: FakeHub, folder: string): void {
  for (const name of ["config.json", "generation_config.json", "tokenizer.json", "model.safetensors"]) {
    assert.equal(sha256(Deno.readFileSync(join(folder, name))), sha256(fake.files.get(name)!), name);
  }
}

Deno.test("downloadModel() brings the files that are read, small ones first, and tells of them", () =>
  inFolder(async (folder, fake) => {
    for (const name of MODEL_FILES) {
      if (!fake.files.has(name)) fake.files.set(name, new TextEncoder().encode(`{ "name": "${name}" }`));
    }
    const events = await download(fake, folder);
    assertWhole(fake, folder);
    const names = events.flatMap((event) => event.type === "file" ? [event.name] : []);
    assert.deepEqual(names.toSorted(), [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted());
    for (const name of MODEL_FILES) assert.ok(names.includes(name), name);
    assert.ok(!names.includes("README.md") && !names.includes("pytorch_model.bin"));
    assert.equal(names.at(-1), "model.safetensors");
    const sizes = events.flatMap((event) => event.type === "progress" ? [event.bytes] : []);
    assert.deepEqual(sizes, sizes.toSorted((a, b) => a - b));
    assert.equal(sizes.at(-1), names.reduce((sum, name) => sum + fake.files.get(name)!.length, 0));
    // The token is for the hub, not for the storage that it sends us to.
    for (const { path, authorization } of fake.requests) {
      assert.equal(authorization, path.startsWith("/cdn/") ? null : `Bearer ${TOKEN}`);
    }
  }));

Deno.test("downloadModel() goes on after cut connections at the byte where they were cut", () =>
  inFolder(async (folder, fake) => {
    fake.cuts = [1000, 500];
    await download(fake, folder);
    assertWhole(fake, folder);
    const ranges = fake.requests.filter(({ path }) => path === "/cdn/model.safetensors").map(({ range }) =>
      range
    );
    const last = fake.files.get("model.safetensors")!.length - 1;
    assert.deepEqual(ranges, [null, `bytes=1000-${last}`, `bytes=1500-${last}`]);
  }));

Deno.test("downloadModel() goes on where an earlier call stopped, and not from another commit's bytes", () =>
  inFolder(async (folder, fake) => {
    fake.cuts = [1000];
    const once = { ...FAST, retry_delays_ms: [] };
    await assert.rejects(download(fake, folder, once), { code: "hub_unreachable" });
    assert.equal(Deno.statSync(join(folder, "model.safetensors")).size, 1000);
    const before = fake.requests.length;
    await download(fake, folder, once);
    assertWhole(fake, folder);
    assert.match(
      fake.requests.slice(before).find(({ path }) => path.startsWith("/cdn/"))!.range!,
      /^bytes=1000-/,
    );
    Deno.writeFileSync(join(folder, "model.safetensors"), new Uint8Array(2000));
    await download(fake, folder, once);
    assertWhole(fake, folder);
  }));

Deno.test("downloadModel() copes with a server that knows no ranges", () =>
  inFolder(async (folder, fake) => {
    fake.cuts = [1000];
    fake.ignoreRanges = true;
    await download(fake, folder);
    assertWhole(fake, folder);
  }));

Deno.test("downloadModel() refuses content that is not what the hub listed", async () => {
  for (const name of ["model.safetensors", "tokenizer.json"]) {
    await inFolder(async (folder, fake) => {
      fake.corrupt = name;
      await assert.rejects(download(fake, folder), { code: "damaged_model", message: new RegExp(name) });
      assert.ok(![...Deno.readDirSync(folder)].some((entry) => entry.name === name));
    });
  }
});

Deno.test("downloadModel() reads config.json before it asks for weights", () =>
  inFolder(async (folder, fake) => {
    fake.files.set("config.json", new TextEncoder().encode('{ "model_type": "mamba" }'));
    await assert.rejects(download(fake, folder), { code: "unsupported_model", message: /mamba/ });
    assert.ok(!fake.requests.some(({ path }) => path.endsWith(".safetensors")));
  }));

Deno.test("downloadModel() stops when it is told to, and gives up on silence", () =>
  inFolder(async (folder, fake) => {
    const held = Promise.withResolvers<void>();
    fake.gate = held.promise;
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("enough")), 100);
    await assert.rejects(download(fake, folder, { ...FAST, signal: stop.signal }), /enough/);
    const quick = { ...FAST, idle_timeout_ms: 50, retry_delays_ms: [] };
    await assert.rejects(download(fake, folder, quick), { code: "hub_unreachable" });
    // A stop does not wait for the next try.
    const late = {
      ...FAST,
      idle_timeout_ms: 20,
      retry_delays_ms: [60_000],
      signal: AbortSignal.timeout(200),
    };
    await assert.rejects(download(fake, folder, late), { name: "TimeoutError" }).finally(held.resolve);
  }));

Deno.test("findRepository() says what is wrong with a repository", async () => {
  await using fake = new FakeHub();
  const find = (hub: Partial<Hub> = {}, id = "acme/tiny", revision = "main") =>
    findRepository({ ...hubOf(fake), ...hub }, id, revision, never);
  assert.equal((await find()).files.length, 4);
  await assert.rejects(find({}, "acme/other"), { code: "unknown_model", message: /HF_TOKEN/ });
  await assert.rejects(find({}, "acme/tiny", "dev"), { code: "unknown_model", message: /'dev'/ });
  await assert.rejects(find({ guard: new OutboundGuard([]) }), {
    code: "invalid_request",
    message: /OUTBOUND_ALLOW/,
  });
  await assert.rejects(find({ url: "http://127.0.0.1:9" }), {
    code: "hub_unreachable",
    message: /MODELS_DIR/,
  });
  fake.status = 500;
  await assert.rejects(find(), { code: "hub_unreachable", message: /500/ });
  fake.status = null;
  fake.files.delete("model.safetensors");
  await assert.rejects(find(), { code: "unsupported_model", message: /safetensors/ });
  fake.files.set("model-00001-of-00001.safetensors", new Uint8Array(8));
  fake.files.set("model.safetensors.index.json", new Uint8Array(8));
  assert.equal((await find()).files.length, 5);
});
