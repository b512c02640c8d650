import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import { readLines } from "../../../core/contract/ndjson.ts";

async function lines(
  chunks: Uint8Array[],
  max = 1000,
  longLine: "throw" | "cut" = "throw",
): Promise<string[]> {
  return await Array.fromAsync(readLines(ReadableStream.from(chunks), max, longLine));
}

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("readLines() gives the same lines however the stream is cut", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", ""))),
    fc.array(fc.nat(40)),
    async (texts, cuts) => {
      const all = bytes(texts.map((text) => text + "\n").join(""));
      const chunks: Uint8Array[] = [];
      let start = 0;
      for (const cut of cuts) {
        chunks.push(all.subarray(start, start + cut));
        start = Math.min(all.length, start + cut);
      }
      chunks.push(all.subarray(start));
      assert.deepEqual(await lines(chunks, 100_000), texts);
    },
  ));
});

Deno.test("readLines() yields a last line without an end", async () => {
  assert.deepEqual(await lines([bytes("a\nb")]), ["a", "b"]);
});

Deno.test("readLines() cuts a line between characters", async () => {
  const chunks = ["ab🙂", "🙂 and more\nok\n"].map(bytes);
  for (const max of [7, 8, 9]) assert.deepEqual(await lines(chunks, max, "cut"), ["ab🙂", "ok"]);
  assert.deepEqual(await lines(chunks, 10, "cut"), ["ab🙂🙂", "ok"]);
});

Deno.test("readLines() refuses or cuts a line above the bound", async () => {
  const chunks = ["12345", "6789", "\nok\n"].map(bytes);
  await assert.rejects(lines(chunks, 8), RangeError);
  assert.deepEqual(await lines(chunks, 9), ["123456789", "ok"]);
  assert.deepEqual(await lines(chunks, 8, "cut"), ["12345678", "ok"]);
});
