/** What keeps a file from being half there, and how long one is there. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { backUp } from "../../../core/db/backup.ts";
import { openDatabase } from "../../../core/db/open_database.ts";
import { UserError } from "../../../core/errors.ts";
import { type FileFields, Files, type FilesOptions } from "../../../core/files/files.ts";
import { createLogger } from "../../../core/log.ts";
import { inFolder } from "../networks/in_folder.ts";

const encoder = new TextEncoder();

async function* parts(...texts: string[]) {
  for (const text of texts) yield await Promise.resolve(encoder.encode(text));
}

const incoming = (body: AsyncIterable<Uint8Array>, more: Partial<FileFields> = {}) => ({
  parts: body,
  fields: (): FileFields => ({ name: "a.jsonl", purpose: "fine-tune", expires_after_s: null, ...more }),
  owner: null,
});

const refused = (code: string) => (thrown: unknown) => thrown instanceof UserError && thrown.code === code;

async function withFiles(
  work: (files: Files, folder: string, left: () => string[]) => Promise<void>,
  more: Partial<FilesOptions> = {},
): Promise<void> {
  await inFolder(async (folder) => {
    const db = await openDatabase(folder);
    const logger = createLogger("silent");
    const files = new Files({ db, dataDir: folder, logger, max_bytes: 1000, ...more });
    const left = () => [...Deno.readDirSync(join(folder, "files"))].map(({ name }) => name);
    await work(files, folder, left).finally(() => db.close());
  });
}

Deno.test("a file is kept byte for byte, found, listed in pages and deleted", () =>
  withFiles(async (files, _, left) => {
    const made = [];
    for (const name of ["a", "b", "c"]) {
      made.push(
        await files.add(incoming(parts("x", name), { name, purpose: name === "b" ? "evals" : "fine-tune" })),
      );
    }
    const [a, b, c] = made.map(({ id }) => id);
    assert.equal(await Deno.readTextFile(files.path(b!)), "xb");
    assert.equal((await files.get(b!)).bytes, 2);
    const newest = await files.list({ limit: 2, newestFirst: true });
    assert.deepEqual([newest.rows.map(({ id }) => id), newest.has_more], [[c, b], true]);
    const rest = await files.list({ limit: 2, newestFirst: true, after: b });
    assert.deepEqual([rest.rows.map(({ id }) => id), rest.has_more], [[a], false]);
    const oldest = await files.list({ limit: 9, newestFirst: false, purpose: "fine-tune" });
    assert.deepEqual(oldest.rows.map(({ id }) => id), [a, c]);
    await files.delete(b!);
    await assert.rejects(files.get(b!), refused("not_found"));
    await assert.rejects(files.delete(b!), refused("not_found"));
    assert.deepEqual(left().sort(), [a, c]);
  }));

Deno.test("a file that is too large, breaks off, is refused or finds no room leaves nothing", async () => {
  await withFiles(async (files, _, left) => {
    async function* broken() {
      yield* parts("x");
      throw new UserError("malformed_request", "The body broke off");
    }
    await assert.rejects(files.add(incoming(parts("x".repeat(1001)))), refused("body_too_large"));
    await assert.rejects(files.add(incoming(broken())), refused("malformed_request"));
    const fields = () => {
      throw new UserError("invalid_request", "No purpose");
    };
    await assert.rejects(files.add({ ...incoming(parts("x")), fields }), refused("invalid_request"));
    assert.deepEqual(left(), []);
  });
  await withFiles(async (files, _, left) => {
    await assert.rejects(files.add(incoming(parts("x"))), refused("disk_full"));
    assert.deepEqual(left(), []);
  }, { kept_free_bytes: Number.MAX_SAFE_INTEGER });
});

Deno.test("a file that has expired is not there, and its bytes go", async () => {
  let now = 1_000_000_000_000;
  await withFiles(async (files, _, left) => {
    const short = await files.add(incoming(parts("x"), { expires_after_s: 3600 }));
    const long = await files.add(incoming(parts("y"), { expires_after_s: 7200 }));
    assert.equal(short.expires_at?.getTime(), now + 3_600_000);
    now += 3_600_000;
    await assert.rejects(files.get(short.id), refused("not_found"));
    assert.deepEqual((await files.list({ limit: 9, newestFirst: true })).rows.map(({ id }) => id), [long.id]);
    await files.sweep();
    assert.deepEqual(left(), [long.id]);
  }, { now: () => now });
});

Deno.test("a start removes what no row names, and a backup has every file", () =>
  withFiles(async (files, folder, left) => {
    const { id } = await files.add(incoming(parts("kept")));
    for (const name of [".tmp-half", "file_01k0000000000000000000000a"]) {
      Deno.mkdirSync(join(folder, "files", name));
      Deno.writeTextFileSync(join(folder, "files", name, "content"), "half");
    }
    await files.sweep();
    assert.deepEqual(left(), [id]);
    await inFolder(async (out) => {
      const report = await backUp(folder, join(out, "copy"));
      assert.deepEqual([report.files, report.datasets, report.damaged], [1, 0, []]);
      assert.equal(await Deno.readTextFile(join(out, "copy", "files", id, "content")), "kept");
    });
  }));
