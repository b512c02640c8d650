/** Rows cut into runs by their lengths: nothing lost, little padding, and each round as even as its rows. */
import assert from "node:assert/strict";
import { isEven, lengthRounds, type RowLength } from "../../../core/run/length_rounds.ts";
import { uniform } from "../../../core/rng.ts";

function rowsOf(lengths: readonly number[]): RowLength[] {
  return lengths.map((columns) => ({ columns, tokens: columns, sequences: 1 }));
}

function someLengths(key: number, count: number, least: number, most: number): number[] {
  return Array.from(
    { length: count },
    (_, at) => least + Math.floor(uniform(3, "data", 0, key, at) * (most - least + 1)),
  );
}

/** What is computed for no token, of all that is computed. */
function paddingShare(rows: readonly RowLength[], rounds: number[][][]): number {
  const columns = rounds.flat().reduce(
    (sum, part) => sum + part.length * Math.max(...part.map((row) => rows[row]!.columns)),
    0,
  );
  return 1 - rows.reduce((sum, { tokens }) => sum + tokens, 0) / columns;
}

const anything = () => true;

Deno.test("every row is in one run, and padding is below 5 % at any number of rows and workers", () => {
  for (const [least, most] of [[32, 512], [32, 1024], [300, 310]] as const) {
    for (const count of [1, 2, 3, 8, 31, 64, 500]) {
      for (const workers of [1, 2, 3, 8]) {
        const rows = rowsOf(someLengths(count + workers, count, least, most));
        const rounds = lengthRounds(rows, workers, anything);
        assert.deepEqual(rounds.flat(2).sort((a, b) => a - b), rows.map((_, row) => row));
        assert.ok(
          rounds.every((round) => round.length <= workers && round.every(({ length }) => length > 0)),
        );
        assert.ok(paddingShare(rows, rounds) < 0.05, `${count} rows, ${workers} workers`);
      }
    }
  }
});

Deno.test("the parts of a round are of nearly one size, the longest first, and none is larger than fits", () => {
  const rows = rowsOf(someLengths(1, 200, 100, 400));
  const fits = (at: readonly number[]) => at.length * rows[at[0]!]!.columns <= 1600;
  const rounds = lengthRounds(rows, 2, fits);
  const size = (part: number[]) => part.length * rows[part[0]!]!.columns;
  for (const round of rounds) {
    assert.ok(round.every((part) => fits(part)));
    if (round.length === 2) {
      assert.ok(
        Math.abs(size(round[0]!) / size(round[1]!) - 1) < 0.25 || round[0]!.length > round[1]!.length,
      );
    }
  }
  const longest = rounds.map((round) => rows[round[0]![0]!]!.columns);
  assert.deepEqual(longest, longest.toSorted((a, b) => b - a));
  assert.ok(Math.max(...rounds.flat().map(({ length }) => length)) > 4, "short rows share runs");
});

Deno.test("a pair counts with both of its sequences, and equal rows are nothing to sort", () => {
  const pairs = [{ columns: 100, tokens: 120, sequences: 2 }, { columns: 100, tokens: 200, sequences: 2 }];
  assert.equal(isEven(pairs), false);
  assert.equal(lengthRounds(pairs, 1, anything).length, 2);
  assert.equal(isEven(rowsOf([7, 7, 7])), true);
  assert.equal(isEven(rowsOf([7, 8, 7])), false);
  assert.equal(isEven([]), true);
});
