/** The masks of dropout: what the graph makes of the keys, bit for bit, and that they look like chance and nothing else. */
import assert from "node:assert/strict";
import { DROPOUT_INPUTS } from "../../../kernels/nn/lora_dropout.ts";
import type { Tuning } from "../../../kernels/artifacts.ts";
import { LoraDropout } from "../../../core/run/lora_dropout.ts";
import { Runtime } from "../../../core/ort/runtime.ts";
import { Tensor } from "../../../core/ort/tensor.ts";
import { tuningOf } from "../../../core/weights/parameter_layout.ts";
import { Builder } from "../../../kernels/graph/builder.ts";
import { runtime } from "../../kernels/run_artifact.ts";
import { openBase } from "../networks/tiny_models.ts";

const { config } = await openBase();
const TUNING = tuningOf(config, { type: "lora", r: 4, alpha: 8, target_modules: "all-linear" });
const MODULES = [...(TUNING as Extract<Tuning, { type: "lora" }>).adapter.keys()];

function dropoutOf(rate: number, { seed = 0, network = "policy" as "policy" | "value" } = {}): LoraDropout {
  return LoraDropout.of({ runtime, config }, TUNING, { rate, seed, network })!;
}

/** Whether each number is kept, a row of features for each token: what the graph has to find, in integers. */
function masks(
  dropout: LoraDropout,
  module: string,
  { step = 0, rows = 4, columns = 8 } = {},
): boolean[][] {
  const features = dropout.features.values(DROPOUT_INPUTS.features(module));
  const width = features.length / 8;
  const tokens = dropout.tokenKeys(step, Array.from({ length: rows }, (_, row) => ({ row })), columns);
  return Array.from({ length: rows * columns }, (_, token) =>
    Array.from({ length: width }, (_, feature) => {
      let sum = 0;
      for (let k = 0; k < 8; k++) sum += tokens[8 * token + k]! * 4096 * features[k * width + feature]!;
      return ((sum % 4096) + 4096) % 4096 >= 4096 * dropout.rate;
    }));
}

/** The mask as a runtime finds it, for keys [rows·columns, 8]. */
async function found(on: Runtime, dropout: LoraDropout, tokens: Float32Array<ArrayBuffer>, module: string) {
  const features = dropout.features.values(DROPOUT_INPUTS.features(module));
  const width = features.length / 8;
  const g = new Builder("mask");
  const u = g.input("u", "float32", [tokens.length / 8, 8]);
  const v = g.input("v", "float32", [8, width]);
  const rate = g.input("rate", "float32", []);
  const x = g.input("x", "float32", [tokens.length / 8, width]);
  const [mask] = g.op("DropoutMask", [x, u, v, rate], {});
  const artifact = g.finish({ y: g.op("ApplyMask", [x, mask!], {})[0]! });
  using session = await on.createSession(artifact.bytes, { initializers: {} });
  const ones = new Float32Array(tokens.length / 8 * width).fill(1);
  const { y } = await session.run({
    u: Tensor.onHost(on, "float32", [tokens.length / 8, 8], tokens),
    v: Tensor.onHost(on, "float32", [8, width], features.slice()),
    rate: Tensor.onHost(on, "float32", [], Float32Array.of(dropout.rate)),
    x: Tensor.onHost(on, "float32", [tokens.length / 8, width], ones),
  });
  return Array.from(y!.read() as Float32Array, Boolean);
}

Deno.test("a graph's masks are those of integer arithmetic, on one thread as on several", async () => {
  const dropout = dropoutOf(0.3, { seed: 2 ** 40 + 5 });
  const rows = Array.from({ length: 16 }, (_, row) => ({ row }));
  const tokens = dropout.tokenKeys(3, rows, 40);
  using single = Runtime.open({ threads: 1 });
  for (const module of [MODULES[0]!, MODULES.at(-1)!]) {
    const expected = masks(dropout, module, { step: 3, rows: 16, columns: 40 }).flat();
    assert.deepEqual(await found(runtime, dropout, tokens, module), expected);
    assert.deepEqual(await found(single, dropout, tokens, module), expected);
  }
});

Deno.test("keys are whole numbers of the sizes whose sums float32 and TF32 hold", () => {
  const dropout = dropoutOf(0.1);
  const tokens = dropout.tokenKeys(0, Array.from({ length: 64 }, (_, row) => ({ row })), 64);
  const features = MODULES.flatMap((module) =>
    Array.from(dropout.features.values(DROPOUT_INPUTS.features(module)), (key) => 4096 * key)
  );
  for (const [keys, bound] of [[tokens, 1024], [features, 2048]] as const) {
    assert.ok(keys.every((key) => Number.isInteger(key) && key >= -bound && key < bound));
    assert.ok(keys.some((key) => key > 0.9 * bound) && keys.some((key) => key < -0.9 * bound));
  }
  assert.ok(8 * 1024 * 2048 <= 2 ** 24);
});

Deno.test("a token's key depends on its row and position, not on the batch or its padding", () => {
  const dropout = dropoutOf(0.1);
  const whole = dropout.tokenKeys(5, [{ row: 0 }, { row: 1 }, { row: 2 }], 7);
  const part = dropout.tokenKeys(5, [{ row: 2 }, { row: 0 }], 10);
  assert.deepEqual(part.subarray(0, 7 * 8), whole.subarray(2 * 7 * 8));
  assert.deepEqual(part.subarray(10 * 8, 17 * 8), whole.subarray(0, 7 * 8));
  assert.throws(() => dropout.tokenKeys(5, [{}], 2), /row undefined/);
  assert.throws(() => dropout.tokenKeys(undefined, [{ row: 0 }], 2), /step undefined/);
});

Deno.test("rates are to the nearest 1/4096, and neither nothing nor all", () => {
  const rates = [0.1, 0.5, 1e-9, 0.99999].map((rate) => 4096 * dropoutOf(rate).rate);
  assert.deepEqual(rates, [410, 2048, 1, 4095]);
  assert.equal(LoraDropout.of({ runtime, config }, TUNING, { rate: 0, seed: 0, network: "policy" }), null);
  const full = { type: "full" } as const;
  assert.equal(LoraDropout.of({ runtime, config }, full, { rate: 0.1, seed: 0, network: "policy" }), null);
});

/** How far a count is from what chance gives, in standard deviations. */
function deviations(kept: number, of: number, rate: number): number {
  return Math.abs(kept - of * rate) / Math.sqrt(of * rate * (1 - rate));
}

/** The part of places where both drop, in deviations from independence. */
function together(a: boolean[], b: boolean[], rate: number): number {
  const both = a.reduce((sum, kept, at) => sum + Number(!kept && !b[at]), 0);
  return deviations(both, a.length, rate * rate);
}

Deno.test("a tenth is dropped, of each token, feature and module", () => {
  const dropout = dropoutOf(0.1, { seed: 11 });
  const all = MODULES.map((module) => masks(dropout, module, { rows: 32, columns: 32 }));
  const dropped = (mask: boolean[]) => mask.reduce((sum, kept) => sum + Number(!kept), 0);
  const flat = all.flat(2);
  assert.ok(deviations(dropped(flat), flat.length, dropout.rate) < 4);
  const far: number[] = [];
  for (const mask of all) {
    for (const token of mask) far.push(deviations(dropped(token), token.length, dropout.rate));
    for (const feature of mask[0]!.keys()) {
      far.push(deviations(dropped(mask.map((token) => token[feature]!)), mask.length, dropout.rate));
    }
  }
  const square = far.reduce((sum, x) => sum + x * x, 0) / far.length;
  assert.ok(Math.abs(square - 1) < 0.05, `mean square of the deviations is ${square}`);
  assert.ok(Math.max(...far) < 7, `the largest deviation is ${Math.max(...far)}`);
});

Deno.test("masks of other rows, positions, features, modules, networks, steps and seeds are independent", () => {
  const rate = dropoutOf(0.3).rate;
  const size = { rows: 24, columns: 24 };
  const [first, second] = [MODULES[0]!, MODULES[1]!];
  const one = masks(dropoutOf(0.3), first, size);
  const others: Record<string, boolean[][]> = {
    "another module": masks(dropoutOf(0.3), second, size),
    "the same module of the next layer": masks(dropoutOf(0.3), MODULES[7]!, size),
    "another network": masks(dropoutOf(0.3, { network: "value" }), first, size),
    "another step": masks(dropoutOf(0.3), first, { ...size, step: 1 }),
    "another seed": masks(dropoutOf(0.3, { seed: 1 }), first, size),
    "the next position": [...one.slice(1), one[0]!],
    "the next row": [...one.slice(24), ...one.slice(0, 24)],
    "the next feature": one.map((token) => [...token.slice(1), token[0]!]),
  };
  for (const [what, other] of Object.entries(others)) {
    const width = Math.min(one[0]!.length, other[0]!.length);
    const flat = (mask: boolean[][]) => mask.flatMap((token) => token.slice(0, width));
    const far = together(flat(one), flat(other), rate);
    assert.ok(far < 5, `${what}: ${far} deviations`);
  }
  // Four places at the corners of a rectangle, which a sum of two keys would tie together.
  const signs = one.map((token) =>
    token.map((kept) => (Number(kept) - (1 - rate)) / Math.sqrt(rate * (1 - rate)))
  );
  let sum = 0, count = 0;
  for (let token = 0; token + 1 < signs.length; token++) {
    for (let feature = 0; feature + 1 < signs[0]!.length; feature++) {
      const [a, b] = [signs[token]!, signs[token + 1]!];
      sum += a[feature]! * a[feature + 1]! * b[feature]! * b[feature + 1]!;
      count++;
    }
  }
  assert.ok(Math.abs(sum) / Math.sqrt(count) < 5, `corners: ${sum / Math.sqrt(count)} deviations`);
});
