import assert from "node:assert/strict";
import { join } from "node:path";
import { bytesOf, readPieces } from "../../../core/formats/pieces.ts";
import { tarPieces } from "../../../core/formats/tar_pieces.ts";
import { inFolder } from "../networks/in_folder.ts";

const TIME = new Date("2026-01-02T03:04:05Z");

async function write(folder: string, files: Record<string, Uint8Array>): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) await Deno.writeFile(join(folder, name), bytes);
}

const open = (folder: string, files: Record<string, Uint8Array>) =>
  Promise.all(
    Object.entries(files).map(async ([name, { length: bytes }]) => ({
      ...{ name: `ckpt/${name}`, bytes, file: await Deno.open(join(folder, name)) },
    })),
  );

Deno.test("tarPieces() is an archive that tar unpacks to the same files, empty and odd lengths included", async () => {
  await inFolder(async (folder) => {
    const random = crypto.getRandomValues(new Uint8Array(1025));
    const files = {
      ...{ empty: new Uint8Array(), one: random.slice(0, 1), block: random.slice(0, 512) },
      ...{ more: random.slice(0, 513), "adapter_model.safetensors": random },
    };
    await write(folder, files);
    const pieces = tarPieces(await open(folder, files), TIME);
    const length = bytesOf(pieces);
    const archive = new Uint8Array(await new Response(readPieces(pieces)).arrayBuffer());
    assert.equal(archive.length, length);
    await Deno.writeFile(join(folder, "all.tar"), archive);
    const { success, stderr } = await new Deno.Command("tar", {
      args: ["-xf", "all.tar"],
      ...{ cwd: folder, stderr: "piped" },
    }).output();
    assert.deepEqual([success, new TextDecoder().decode(stderr)], [true, ""]);
    for (const [name, bytes] of Object.entries(files)) {
      assert.deepEqual(await Deno.readFile(join(folder, "ckpt", name)), bytes, name);
    }
    assert.equal((await Deno.stat(join(folder, "ckpt", "one"))).mtime!.getTime(), TIME.getTime());
  });
});

Deno.test("readPieces() gives any part of an archive as it is in the whole, and closes the files", async () => {
  await inFolder(async (folder) => {
    const files = { a: crypto.getRandomValues(new Uint8Array(700)), b: new Uint8Array([1, 2, 3]) };
    await write(folder, files);
    const all = tarPieces(await open(folder, files), TIME);
    const whole = new Uint8Array(await new Response(readPieces(all)).arrayBuffer());
    for (
      const [start, end] of [[0, 1], [511, 513], [600, 1300], [1535, 1537], [0, whole.length], [3000, 3000]]
    ) {
      const opened = await open(folder, files);
      const part = await new Response(readPieces(tarPieces(opened, TIME), start, end)).arrayBuffer();
      assert.deepEqual(new Uint8Array(part), whole.slice(start, end), `${start}-${end}`);
      for (const { file } of opened) assert.throws(() => file.close(), Deno.errors.BadResource);
    }
    const opened = await open(folder, files);
    await readPieces(tarPieces(opened, TIME)).cancel();
    for (const { file } of opened) assert.throws(() => file.close(), Deno.errors.BadResource);
  });
});

Deno.test("readPieces() fails for a file that is shorter than it was said to be", async () => {
  await inFolder(async (folder) => {
    const files = { a: new Uint8Array(10) };
    await write(folder, files);
    const [one] = await open(folder, files);
    const read = new Response(readPieces([{ ...one!, bytes: 20 }])).arrayBuffer();
    await assert.rejects(read, /10 bytes too early/);
  });
});

Deno.test("tarPieces() writes sizes from 8 GiB on as tar reads them, and refuses names without room", async () => {
  await inFolder(async (folder) => {
    await Deno.create(join(folder, "a")).then((file) => file.close());
    using file = await Deno.open(join(folder, "a"));
    const bytes = 9 * 1024 ** 3 + 5;
    const [header] = tarPieces([{ name: "large", file, bytes }], TIME);
    await Deno.writeFile(join(folder, "large.tar"), header as Uint8Array);
    const { stdout } = await new Deno.Command("tar", {
      args: ["-tvf", join(folder, "large.tar")],
      stderr: "null",
    })
      .output();
    assert.match(new TextDecoder().decode(stdout), new RegExp(`\\b${bytes}\\b.*large`));
    for (const name of ["", "x".repeat(101), "é"]) {
      assert.throws(() => tarPieces([{ name, file, bytes: 1 }], TIME), RangeError);
    }
  });
});
