/** Weights in 8 bits: codes and scales to the last digit, whichever way round a matrix is stored. */
import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import { UserError } from "../../../core/errors.ts";
import { linears } from "../../../kernels/models/linears.ts";
import { int8Matrix, int8Sources, int8Weight, isInt8Part } from "../../../core/weights/int8_weights.ts";
import { readConfig } from "../../../core/formats/read_config.ts";
import { fixtureFolder } from "../networks/tiny_models.ts";

Deno.test("int8Matrix() divides each column by its largest size over 127 and rounds, halves up", () => {
  const { codes, scale } = int8Matrix("w", Float32Array.of(254, -1, 3, 0.5, -127, 0.25), [3, 2], false);
  assert.deepEqual([...scale], [2, Math.fround(1 / 127)]);
  assert.deepEqual([...codes], [127, -127, 2, 64, -63, 32]);
});

Deno.test("int8Matrix() reads the transpose where that is what is stored", () => {
  const there = int8Matrix("w", Float32Array.of(254, -1, 3, 0.5, -127, 0.25), [3, 2], false);
  const transposed = int8Matrix("w", Float32Array.of(254, 3, -127, -1, 0.5, 0.25), [3, 2], true);
  assert.deepEqual(transposed, there);
});

Deno.test("int8Matrix() gives a column of zeros the scale 0 and the codes 0", () => {
  const { codes, scale } = int8Matrix("w", Float32Array.of(0, 5, -0, -5), [2, 2], false);
  assert.deepEqual([...scale], [0, Math.fround(5 / 127)]);
  assert.deepEqual([...codes], [0, 127, 0, -127]);
});

Deno.test("int8Matrix() gives the same codes around 128 as uint8", () => {
  const values = Float32Array.from(
    { length: 70 * 67 },
    (_, i) => i % 67 === 5 ? 0 : Math.sin(7.7 * i) * 10 ** (i % 5),
  );
  for (const transposed of [false, true]) {
    const there = int8Matrix("w", values, [70, 67], transposed);
    const unsigned = int8Matrix("w", values, [70, 67], transposed, "uint8");
    assert.ok(unsigned.codes instanceof Uint8Array);
    assert.deepEqual(Array.from(unsigned.codes, (code) => code - 128), [...there.codes]);
    assert.deepEqual(unsigned.scale, there.scale);
  }
});

Deno.test("int8Matrix() is within half a step of every value, and its largest codes are ±127", () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 70 }), fc.boolean());
  fc.assert(fc.property(sizes, fc.integer(), ([K, N, transposed], seed) => {
    const values = Float32Array.from({ length: K * N }, (_, i) => Math.sin(seed + 7.7 * i) * 10 ** (i % 5));
    const { codes, scale } = int8Matrix("w", values, [K, N], transposed);
    for (let k = 0; k < K; k++) {
      for (let n = 0; n < N; n++) {
        const value = values[transposed ? n * K + k : k * N + n]!;
        assert.ok(Math.abs(codes[k * N + n]! * scale[n]! - value) <= scale[n]! * 0.50001);
      }
    }
    for (let n = 0; n < N; n++) {
      const column = Array.from({ length: K }, (_, k) => Math.abs(codes[k * N + n]!));
      assert.equal(Math.max(...column), 127);
    }
  }));
});

for (const value of [NaN, Infinity, -Infinity]) {
  for (const transposed of [false, true]) {
    Deno.test(`int8Matrix() refuses ${value} by the weight's name (transposed: ${transposed})`, () => {
      const values = new Float32Array(12).fill(1);
      values[7] = value;
      assert.throws(
        () => int8Matrix("model.layers.0.mlp.up_proj.weight", values, [4, 3], transposed),
        (error) =>
          error instanceof UserError && error.code === "damaged_model" &&
          /'model\.layers\.0\.mlp\.up_proj\.weight'.*not finite/.test(error.message),
      );
    });
  }
}

Deno.test("int8Sources() knows the way round of a layer's matrix and of the head, by family", async () => {
  const wanted = (weight: string, size: [number, number], dtype: "int8" | "uint8" = "int8") => [
    { name: `${weight}.int8`, shape: size, dtype },
    { name: `${weight}.int8_scale`, shape: [size[1]], dtype: "float32" as const },
    { name: `${weight}.int8_back`, shape: size.toReversed(), dtype },
    { name: `${weight}.int8_back_scale`, shape: [size[0]], dtype: "float32" as const },
  ];
  const places = async (name: string, weight: string) => {
    const { model } = await readConfig(fixtureFolder(name));
    return int8Sources(model, wanted(weight, [4, 6])).flatMap(({ parts, codes, size }) =>
      parts.map(({ name, shape, transposed }) => [
        name,
        codes.slice(weight.length),
        size.join(),
        shape.join(),
        transposed,
      ])
    );
  };
  const linear = "model.layers.0.mlp.up_proj.weight";
  assert.deepEqual(await places("qwen3", linear), [
    [linear, ".int8", "4,6", "6,4", true],
    [linear, ".int8_back", "6,4", "6,4", false],
  ]);
  const conv1d = "transformer.h.0.mlp.c_fc.weight";
  assert.deepEqual(await places("gpt2", conv1d), [
    [conv1d, ".int8", "4,6", "4,6", false],
    [conv1d, ".int8_back", "6,4", "4,6", true],
  ]);
  const head = "transformer.wte.weight";
  assert.deepEqual((await places("gpt2", head))[0], [head, ".int8", "4,6", "6,4", true]);
  assert.deepEqual(wanted(linear, [4, 6]).map(({ name }) => isInt8Part(name)), [true, true, true, true]);
  assert.equal(isInt8Part(linear), false);
  const { model } = await readConfig(fixtureFolder("qwen3"));
  assert.deepEqual(int8Sources(model, wanted(linear, [4, 6], "uint8")).map(({ dtype }) => dtype), [
    "uint8",
    "uint8",
  ]);
});

Deno.test("int8Weight() lays the codes of linears that read the same input side by side", async () => {
  const { model } = await readConfig(fixtureFolder("llama"));
  const of = linears(model).filter(({ module }) => /layers\.1\.self_attn\.[qkv]_proj$/.test(module));
  const width = of.reduce((sum, { outFeatures }) => sum + outFeatures, 0);
  const size = [model.hidden_size, width] as const;
  const name = "model.layers.1.self_attn.q_proj+k_proj+v_proj.weight.int8";
  const [source] = int8Sources(model, [{ name, shape: size, dtype: "int8" }]);
  assert.deepEqual(source!.parts.map(({ name, shape }) => [name, shape]), [
    ...of.map(({ module, weightShape }) => [`${module}.weight`, weightShape]),
  ]);
  const values = new Map(source!.parts.map(({ name, shape: [out, K] }, part) => [
    name,
    Float32Array.from({ length: out! * K! }, (_, i) => Math.sin(i + part)),
  ]));
  for (const dtype of ["int8", "uint8"] as const) {
    const { codes, scale } = await int8Weight(
      { ...source!, dtype },
      (name) => Promise.resolve(values.get(name)!),
    );
    let from = 0;
    for (const { name, size: [K, N], transposed } of source!.parts) {
      const alone = int8Matrix(name, values.get(name)!, [K, N], transposed, dtype);
      assert.deepEqual(scale.slice(from, from + N), alone.scale);
      for (let k = 0; k < K; k++) {
        assert.deepEqual(
          codes.slice(k * width + from, k * width + from + N),
          alone.codes.slice(k * N, (k + 1) * N),
        );
      }
      from += N;
    }
    assert.equal(from, width);
  }
});
