/** Files of each format through the process that reads them, and what ends that process. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import type { DatasetFormat } from "../../../core/contract/dataset_conversion.ts";
import { UserError } from "../../../core/errors.ts";
import { RowReader } from "../../../core/formats/row_store.ts";
import { convert } from "../../../core/processes/convert_process.ts";
import { engineEnvironment } from "../../../core/processes/engine_environment.ts";
import { inFolder } from "../networks/in_folder.ts";
import fixtures from "../../fixtures/parquet-files.json" with { type: "json" };

const decodeBase64 = (text: string) => new Uint8Array(Buffer.from(text, "base64"));

const env = engineEnvironment(Deno.env.toObject());

/** The rows that come of a file. */
async function rowsOf(
  parent: string,
  format: DatasetFormat,
  bytes: Uint8Array | string,
  { memory = 8 * 1024 ** 3, check = () => Promise.resolve(), signal = new AbortController().signal } = {},
): Promise<Record<string, unknown>[]> {
  const place = join(parent, crypto.randomUUID());
  const [source, folder] = [join(place, "source"), join(place, "store")];
  await Deno.mkdir(folder, { recursive: true });
  if (typeof bytes === "string") await Deno.writeTextFile(source, bytes);
  else await Deno.writeFile(source, bytes);
  const about = await convert({ format, source, folder, bytes: bytes.length }, {
    env,
    memory,
    check,
    signal,
  });
  const reader = new RowReader(folder);
  assert.deepEqual({ ...reader.about, held_out: 0 }, about);
  return Array.from({ length: reader.length }, (_, index) => reader.row(index));
}

Deno.test("Parquet's lists, structs, numbers, times and nulls become JSON", () =>
  inFolder(async (parent) => {
    const messages = [{ role: "user", content: "hi" }, { role: "assistant", content: "hello" }];
    const bytes = new Uint8Array(parquetWriteBuffer({
      columnData: [
        { name: "prompt", data: ["a", "é", null, "d"], type: "STRING" },
        { name: "score", data: [0.5, NaN, 2, -1], type: "DOUBLE" },
        { name: "big", data: [1n, 2n ** 62n, 3n, 4n], type: "INT64" },
        { name: "at", data: Array(4).fill(new Date("2026-01-02T03:04:05Z")), type: "TIMESTAMP" },
        { name: "meta", data: [{ messages }, { messages: [] }, null, { messages }], type: "JSON" },
      ],
      rowGroupSize: 3,
    }));
    const rows = await rowsOf(parent, "parquet", bytes);
    const at = "2026-01-02T03:04:05.000Z";
    assert.deepEqual(rows, [
      { prompt: "a", score: 0.5, big: 1, at, meta: { messages } },
      { prompt: "é", score: null, big: 2 ** 62, at, meta: { messages: [] } },
      { prompt: null, score: 2, big: 3, at, meta: null },
      { prompt: "d", score: -1, big: 4, at, meta: { messages } },
    ]);
    const raw = { name: "raw", data: [new Uint8Array([1, 2])], type: "FIXED_LEN_BYTE_ARRAY" as const };
    const fixed = parquetWriteBuffer({
      columnData: [{ name: "raw", data: raw.data }],
      schema: [{ name: "root", num_children: 1 }, {
        ...{ name: "raw", type: raw.type, type_length: 2, repetition_type: "REQUIRED" },
      }],
    });
    assert.deepEqual(await rowsOf(parent, "parquet", new Uint8Array(fixed)), [{ raw: "AQI=" }]);
  }));

for (const [name, base64] of Object.entries(fixtures.files)) {
  Deno.test(`a Parquet file as pyarrow writes it: ${name}`, () =>
    inFolder(async (parent) => {
      assert.deepEqual(await rowsOf(parent, "parquet", decodeBase64(base64)), fixtures.rows);
    }));
}

Deno.test("a Parquet file that is cut, bent or too large in a row group is refused", () =>
  inFolder(async (parent) => {
    const data = Array.from({ length: 3000 }, (_, row) => `${row} ${"x".repeat(row % 100)}`);
    const bytes = new Uint8Array(parquetWriteBuffer({ columnData: [{ name: "prompt", data }] }));
    assert.equal((await rowsOf(parent, "parquet", bytes)).length, 3000);
    const refused = (bytes: Uint8Array, memory?: number) =>
      assert.rejects(rowsOf(parent, "parquet", bytes, { memory }), (thrown) => {
        assert.ok(thrown instanceof UserError && thrown.code === "invalid_request", String(thrown));
        return true;
      });
    await refused(bytes.subarray(0, bytes.length - 1));
    await refused(bytes.subarray(0, 100));
    for (let at = 4; at < bytes.length; at += Math.ceil(bytes.length / 5)) {
      const bent = bytes.slice();
      bent.fill(255, at, at + 40);
      await refused(bent);
    }
    await refused(bytes, 1024 ** 2); // an eighth of it is the heap, a quarter of that a row group
  }));

Deno.test("a file that takes more memory than the process has is told of as that", () =>
  inFolder(async (parent) => {
    // A million nulls are a few bytes of Parquet, and an object each as rows.
    const nulls = Array(1_000_000).fill(null);
    const columnData = Array.from({ length: 12 }, (_, at) => (
      { name: `c${at}`, data: nulls, type: "INT32" as const, nullable: true }
    ));
    const bytes = new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 1_000_000 }));
    assert.ok(bytes.length < 100_000, `${bytes.length} bytes`);
    await assert.rejects(rowsOf(parent, "parquet", bytes, { memory: 8 * 40 * 1024 ** 2 }), (thrown) => {
      assert.ok(thrown instanceof UserError && thrown.code === "invalid_request", String(thrown));
      assert.match(thrown.message, /within the server's memory/);
      return true;
    });
  }));

Deno.test("the process ends when nobody waits for it, or when a look says so", () =>
  inFolder(async (parent) => {
    // Converting them takes far longer than until the first look.
    const rows = '{"a":1}\n'.repeat(2_000_000);
    const stop = new AbortController();
    const check = () => Promise.resolve(stop.abort(new Error("no more")));
    await assert.rejects(rowsOf(parent, "jsonl", rows, { signal: stop.signal, check }), /no more/);
    const full = new UserError("disk_full", "Full");
    await assert.rejects(rowsOf(parent, "jsonl", rows, { check: () => Promise.reject(full) }), full);
  }));
