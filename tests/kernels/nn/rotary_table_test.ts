/** Rotary frequencies and tables against golden numbers (ppo-spec §19). */
import assert from "node:assert/strict";
import { inverseFrequencies, rotaryTable } from "../../../kernels/nn/rotary_table.ts";
import { within } from "../within.ts";

const LLAMA3 = {
  type: "llama3",
  factor: 32,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
} as const;

Deno.test("inverseFrequencies() with llama3 scaling keeps short waves, divides long ones and blends between", () => {
  const plain = inverseFrequencies(5e5, 64, null);
  const scaled = inverseFrequencies(5e5, 64, LLAMA3);
  within(
    [plain[14]!, plain[15]!, plain[17]!, plain[18]!],
    [0.003211445995, 0.002131119537, 0.00093847387, 0.000622772422],
    1e-9,
    "plain",
  );
  within(
    [scaled[14]!, scaled[15]!, scaled[17]!, scaled[18]!],
    [0.003211445995, 0.001290547928, 0.000097082878, 0.0000194616382],
    1e-9,
    "scaled",
  );
  assert.deepEqual(scaled.slice(0, 15), plain.slice(0, 15));
  assert.deepEqual(scaled.slice(18), plain.slice(18).map((frequency) => frequency / 32));
});

Deno.test("inverseFrequencies() with linear scaling divides every frequency", () => {
  const plain = inverseFrequencies(1e4, 16, null);
  const scaled = inverseFrequencies(1e4, 16, { type: "linear", factor: 4 });
  assert.deepEqual(scaled, plain.map((frequency) => frequency / 4));
});

Deno.test("inverseFrequencies() rounds as PyTorch does", () => {
  // transformers' own for heads of 22, three of each kind. Those rounded once, at the end, are more than one unit off.
  const scaling = {
    type: "llama3",
    factor: 12.44390780613059,
    low_freq_factor: 1.7748584309190116,
    high_freq_factor: 3.130705187403645,
    original_max_position_embeddings: 16,
  } as const;
  const near = (actual: Float32Array, expected: Record<number, number>) => {
    for (const [i, value] of Object.entries(expected)) {
      // One unit in the last place: PyTorch's power is not always the nearest.
      assert.ok(Math.abs(actual[Number(i)]! - value) <= 2 ** -23 * value, `${i}: ${actual[Number(i)]}`);
    }
  };
  near(inverseFrequencies(1e7, 22, null), { 4: 0.00284803542, 8: 8.11130576e-6, 10: 4.32875936e-7 });
  near(inverseFrequencies(5e5, 22, { type: "linear", factor: 2.5 }), {
    5: 0.00102711481,
    8: 2.8665163e-5,
    10: 2.63741231e-6,
  });
  near(inverseFrequencies(15454.405159834352, 22, scaling), {
    0: 0.603732884,
    8: 7.21871111e-5,
    10: 1.24972294e-5,
  });
});

Deno.test("rotaryTable() holds cosines and sines of position times frequency, rows by position", () => {
  const [headDim, length] = [8, 600];
  const { cos, sin } = rotaryTable({ theta: 1e6, scaling: null }, headDim, length);
  assert.equal(cos.length, length * headDim / 2);
  assert.deepEqual([...cos.slice(0, 4), ...sin.slice(0, 4)], [1, 1, 1, 1, 0, 0, 0, 0]);
  const frequencies = inverseFrequencies(1e6, headDim, null);
  const angles = Array.from(cos, (_, i) => Math.floor(i / 4) * frequencies[i % 4]!);
  // Angles are float32: half a unit in the last place of 600 is 3e-5.
  within(cos, angles.map(Math.cos), 5e-5, "cos");
  within(sin, angles.map(Math.sin), 5e-5, "sin");
});
