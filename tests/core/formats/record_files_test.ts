import assert from "node:assert/strict";
import { join } from "node:path";
import { writeFileAtomic } from "../../../core/formats/atomic_file.ts";
import {
  openRollouts,
  openTokens,
  parseRecordFile,
  recordFile,
  rolloutColumns,
  type RolloutRecord,
  tokenColumns,
  type TokenRows,
} from "../../../core/formats/record_files.ts";
import { encodeSafetensors } from "../../../core/formats/write_safetensors.ts";
import { inFolder } from "../networks/in_folder.ts";

/** A rollout whose numbers no two have. */
function rollout(row: number, given: Partial<RolloutRecord> = {}): RolloutRecord {
  return {
    ...{ prompt_idx: row % 3, sample_idx: row % 2, prompt: `prompt ${row % 3}`, completion: `text ${row}` },
    ...{ score: row + 0.1, raw_score: row - 0.3, rewards: { length: row / 7, "style.tone": -row } },
    ...{ kl: row / 3, bootstrap_value: 0, prompt_tokens: 5, completion_tokens: row + 1 },
    finish_reason: row % 2 === 0 ? "stop" : "length",
    ...given,
  };
}

function tokens(row: number, length: number, given: Partial<TokenRows> = {}): TokenRows {
  const column = (factor: number) => Float32Array.from({ length }, (_, t) => factor * (row + t / 8));
  return {
    token_id: Int32Array.from({ length }, (_, t) => (row * 31 + t * 7) % 50),
    text_end: Int32Array.from({ length }, (_, t) => 2 * t + 2),
    ...{ logprob: column(-1), ref_logprob: column(-2), value: column(3) },
    ...{ reward: column(4), advantage: column(5), reward_to_go: column(6) },
    ...given,
  };
}

async function write(
  folder: string,
  columns: Parameters<typeof encodeSafetensors>[0],
  part: "rollouts" | "tokens",
) {
  await writeFileAtomic(join(folder, recordFile(1, part)), encodeSafetensors(columns));
}

// Small files are read at once, large ones run by run.
for (const size of [5, 20_000]) {
  Deno.test(`${size} rollouts are read as they were written, alone and in runs, whatever is in their texts`, () =>
    inFolder(async (folder) => {
      const texts = ["", "\uFEFFmarked", "ünïcode 🐈\u0000\r\n", "\u{10FFFF}"];
      const rows = Array.from(
        { length: size },
        (_, row) =>
          rollout(row, texts[row] === undefined ? {} : { completion: texts[row], prompt: texts[row] }),
      );
      await write(folder, rolloutColumns(rows), "rollouts");
      const file = await openRollouts(folder, 1);
      try {
        assert.equal(file.rows, size);
        assert.deepEqual(await file.read(0, 5), rows.slice(0, 5));
        for (const row of [0, 3, size - 1]) assert.deepEqual(await file.read(row, row + 1), [rows[row]]);
        assert.deepEqual(await file.terms(), ["length", "style.tone"]);
        const { score, completion_tokens } = await file.keys();
        assert.deepEqual([score.at(-1), completion_tokens.at(-1)], [size - 1 + 0.1, size]);
        await assert.rejects(file.read(size, size + 1), { code: "damaged_data" });
      } finally {
        file.close();
      }
    }));

  Deno.test(`tokens of ${size} rollouts are read as they were written, from any position on`, () =>
    inFolder(async (folder) => {
      const rows = Array.from({ length: size }, (_, row) => tokens(row, 1 + row % 4));
      await write(folder, tokenColumns(rows, (id) => `<${id}>`), "tokens");
      const file = await openTokens(folder, 1);
      try {
        for (const row of [0, 1, 3, size - 1]) {
          const all = rows[row]!;
          const { position, text_start, token, ...read } = await file.read(row, 0, 100);
          assert.deepEqual(read, all);
          assert.deepEqual([position, text_start], [0, 0]);
          assert.deepEqual(token, Array.from(all.token_id, (id) => `<${id}>`));
        }
        const part = await file.read(3, 1, 2);
        assert.deepEqual(part.value, rows[3]!.value!.slice(1, 3));
        assert.deepEqual([part.text_start, [...part.text_end]], [2, [4, 6]]);
        assert.equal((await file.read(3, 4, 2)).token_id.length, 0);
      } finally {
        file.close();
      }
    }));
}

Deno.test("what there is none of is null and not 0; a rollout of a reward without terms has none", () =>
  inFolder(async (folder) => {
    const given = { value: null, ref_logprob: null };
    await write(folder, tokenColumns([tokens(0, 2, given), tokens(1, 1, given)], String), "tokens");
    const file = await openTokens(folder, 1);
    const { value, ref_logprob, logprob } = await file.read(1, 0, 9);
    assert.deepEqual([value, ref_logprob, logprob], [null, null, Float32Array.of(-1)]);
    file.close();
    await write(folder, rolloutColumns([rollout(0, { rewards: {} })]), "rollouts");
    const rollouts = await openRollouts(folder, 1);
    assert.deepEqual((await rollouts.read(0, 1))[0]!.rewards, {});
    rollouts.close();
  }));

Deno.test("a file that is cut short, empty or another is damaged by name, and one that is not there is not found", () =>
  inFolder(async (folder) => {
    await assert.rejects(openTokens(folder, 1), Deno.errors.NotFound);
    await write(folder, tokenColumns([tokens(0, 40)], String), "tokens");
    const path = join(folder, recordFile(1, "tokens"));
    const bytes = await Deno.readFile(path);
    for (const length of [0, 7, 100, bytes.length - 1]) {
      await Deno.writeFile(path, bytes.subarray(0, length));
      await assert.rejects(openTokens(folder, 1), { code: "damaged_data", message: /step 1's tokens/ });
    }
    await write(folder, rolloutColumns([rollout(0)]), "tokens");
    const other = await openTokens(folder, 1);
    await assert.rejects(other.read(0, 0, 1), { code: "damaged_data", message: /no column row_end/ });
    other.close();
  }));

Deno.test("names of files say step and part, and other names are none of them", () => {
  for (const step of [1, 99_999_999, 123_456_789]) {
    assert.deepEqual(parseRecordFile(recordFile(step, "tokens")), { step, part: "tokens" });
  }
  for (const name of [".tmp-x-step-00000001.tokens.safetensors", "step-1.tokens.safetensors", "notes.txt"]) {
    assert.equal(parseRecordFile(name), null);
  }
});
