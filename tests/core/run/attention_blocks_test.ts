/** Into how many blocks attention is cut. */
import assert from "node:assert/strict";
import { attentionBlocks } from "../../../core/run/attention_blocks.ts";

Deno.test("attentionBlocks() leaves short rows whole and cuts long ones into few distinct counts", () => {
  const cpu = [1, 79, 113, 256, 257, 512, 513, 1024, 2048, 8192, 8193, 16384];
  assert.deepEqual(cpu.map((columns) => attentionBlocks(columns, "cpu")), [
    ...[1, 1, 1, 1, 4, 4, 8, 8, 8, 8, 16, 16],
  ]);
  const cuda = [113, 512, 513, 895, 1024, 2047, 4096, 8192, 32768];
  assert.deepEqual(cuda.map((columns) => attentionBlocks(columns, "cuda")), [1, 1, 2, 2, 2, 4, 8, 8, 32]);
});

Deno.test("attentionBlocks() leaves no block without a query, or with more than 1,024", () => {
  for (const target of ["cpu", "cuda"] as const) {
    for (let columns = 1; columns < 40_000; columns = Math.ceil(columns * 1.07)) {
      const blocks = attentionBlocks(columns, target);
      assert.ok(Number.isInteger(Math.log2(blocks)), `${blocks}`);
      assert.ok(blocks <= columns && columns / blocks <= 1024, `${columns} in ${blocks}`);
    }
  }
});
