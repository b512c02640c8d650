/** Random numbers: Philox's published test vectors, and what the uniforms made of it promise. */
import assert from "node:assert/strict";
import { fillUniform, permutation, philox, uniform } from "../../core/rng.ts";

const ONES = 0xffffffff;

// kat_vectors of Random123 (Salmon et al. 2011): counter, key → block.
const VECTORS: [number[], number[]][] = [
  [[0, 0, 0, 0, 0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
  [[ONES, ONES, ONES, ONES, ONES, ONES], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
];

for (const [index, [words, block]] of VECTORS.entries()) {
  Deno.test(`Philox gives published block ${index}`, () => {
    assert.deepEqual([...philox(...words as [number, number, number, number, number, number])], block);
  });
}

Deno.test("a number depends on every part of its key, the upper half of a large seed too", () => {
  const numbers = [
    uniform(1, "sample", 2, 3, 4),
    uniform(1 + 2 ** 32, "sample", 2, 3, 4),
    uniform(2, "sample", 2, 3, 4),
    uniform(1, "init", 2, 3, 4),
    uniform(1, "sample", 3, 3, 4),
    uniform(1, "sample", 2, 4, 4),
    uniform(1, "sample", 2, 3, 5),
  ];
  assert.equal(new Set(numbers).size, numbers.length);
  assert.equal(uniform(1, "sample", 2, 3, 4), numbers[0]);
});

Deno.test("uniforms fill their range evenly", () => {
  const values = fillUniform(new Float32Array(100_000), -2, 6, { seed: 5, stream: "init", step: 0, row: 0 });
  assert(values.every((value) => value >= -2 && value < 6));
  const counts = new Array<number>(8).fill(0);
  for (const value of values) counts[Math.floor(value) + 2]!++;
  // χ² of 7 degrees of freedom is above 24 once in a thousand.
  const expected = values.length / counts.length;
  const chi2 = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  assert(chi2 < 24, `χ² is ${chi2}`);
});

Deno.test("a permutation holds every index once and differs by round", () => {
  const order = permutation(7, "shuffle", 0, 0, 50);
  assert.deepEqual(order.toSorted((a, b) => a - b), Array.from({ length: 50 }, (_, index) => index));
  assert.notDeepEqual(order, permutation(7, "shuffle", 0, 1, 50));
});
