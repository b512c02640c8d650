/** What keeps a dataset from being half there: a full disk, an end of the server, a row that cannot be written. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Datasets } from "../../../core/datasets/datasets.ts";
import { openDatabase } from "../../../core/db/open_database.ts";
import { UserError } from "../../../core/errors.ts";
import { createLogger } from "../../../core/log.ts";
import { engineEnvironment } from "../../../core/processes/engine_environment.ts";
import { inFolder } from "../networks/in_folder.ts";

const encoder = new TextEncoder();

async function* parts(...texts: string[]) {
  for (const text of texts) yield await Promise.resolve(encoder.encode(text));
}

const upload = (body: AsyncIterable<Uint8Array>) => ({
  ...{ parts: body, format: "jsonl" as const, name: () => "rows", owner: null },
  signal: new AbortController().signal,
});

async function withDatasets(
  work: (datasets: Datasets, folder: string, left: () => string[]) => Promise<void>,
  more: { max_bytes?: number; kept_free_bytes?: number } = {},
): Promise<void> {
  await inFolder(async (folder) => {
    const db = await openDatabase(folder);
    const datasets = new Datasets({
      ...{ db, dataDir: folder, env: engineEnvironment(Deno.env.toObject()), logger: createLogger("silent") },
      ...{ max_bytes: 1000, memory: 8 * 1024 ** 3, ...more },
    });
    const left = () => [...Deno.readDirSync(join(folder, "datasets"))].map(({ name }) => name);
    await work(datasets, folder, left).finally(() => db.close());
  });
}

const refused = (code: string) => (thrown: unknown) => thrown instanceof UserError && thrown.code === code;

Deno.test("a file that leaves no room on the disk, or is too large as rows, is refused and leaves nothing", async () => {
  await withDatasets(async (datasets, _, left) => {
    await assert.rejects(datasets.add(upload(parts('{"a":1}\n'))), refused("disk_full"));
    assert.deepEqual(left(), []);
  }, { kept_free_bytes: Number.MAX_SAFE_INTEGER });
  await withDatasets(async (datasets, _, left) => {
    await assert.rejects(
      datasets.add(upload(parts('{"a":1}\n', " ".repeat(1000)))),
      refused("body_too_large"),
    );
    assert.deepEqual(left(), []);
  });
});

Deno.test("a body that breaks off leaves nothing", () =>
  withDatasets(async (datasets, _, left) => {
    async function* broken() {
      yield* parts('{"a":1}\n');
      throw new UserError("malformed_request", "The body broke off");
    }
    await assert.rejects(datasets.add(upload(broken())), refused("malformed_request"));
    assert.deepEqual(left(), []);
  }));

Deno.test("a start removes what no row names, and nothing else", () =>
  withDatasets(async (datasets, folder, left) => {
    const kept = await datasets.add(upload(parts('{"a":1}\n')));
    for (const name of [".tmp-1-source", "ds_01k0000000000000000000000a"]) {
      Deno.mkdirSync(join(folder, "datasets", name));
      Deno.writeTextFileSync(join(folder, "datasets", name, "rows.jsonl"), "");
    }
    for (const name of [kept.id, "ds_01k0000000000000000000000a"]) {
      Deno.mkdirSync(join(folder, "surveys", name), { recursive: true });
    }
    await datasets.sweep();
    assert.deepEqual(left(), [kept.id]);
    assert.deepEqual([...Deno.readDirSync(join(folder, "surveys"))].map(({ name }) => name), [kept.id]);
    await datasets.delete(kept.id, () => Promise.resolve());
    assert.deepEqual(left(), []);
    assert.deepEqual([...Deno.readDirSync(join(folder, "surveys"))], []);
  }));

Deno.test("what is needed is not deleted", () =>
  withDatasets(async (datasets, _, left) => {
    const { id } = await datasets.add(upload(parts('{"a":1}\n')));
    const needed = new UserError("wrong_state", "A job needs it");
    await assert.rejects(datasets.delete(id, () => Promise.reject(needed)), needed);
    assert.deepEqual(left(), [id]);
    assert.equal((await datasets.get(id)).id, id);
  }));

Deno.test("no more files come in at a time than four", () =>
  withDatasets(async (datasets) => {
    const open = Promise.withResolvers<void>();
    async function* waiting() {
      await open.promise;
      yield* parts('{"a":1}\n');
    }
    const running = Array.from({ length: 4 }, () => datasets.add(upload(waiting())));
    await assert.rejects(datasets.add(upload(parts('{"a":1}\n'))), refused("too_many_requests"));
    open.resolve();
    assert.equal(new Set((await Promise.all(running)).map(({ id }) => id)).size, 4);
    await datasets.add(upload(parts('{"a":1}\n')));
  }));
