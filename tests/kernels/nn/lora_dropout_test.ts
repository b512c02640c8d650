/** Dropout of adapters' input against the sum that PEFT has it be, number by number. */
import assert from "node:assert/strict";
import { Builder } from "../../../kernels/graph/builder.ts";
import { DROPOUT_INPUTS, LoraDropout } from "../../../kernels/nn/lora_dropout.ts";
import { FrozenParameters } from "../../../kernels/nn/parameters.ts";
import { noise } from "../artifacts/batch.ts";
import { type Array_, runArtifact, scalar } from "../run_artifact.ts";
import { within } from "../within.ts";

const [ROWS, COLUMNS, IN, OUT, R, SCALE] = [2, 3, 5, 4, 2, 1.5];
const MODULES = ["q_proj", "k_proj"];

function array(key: number, ...dims: number[]): Array_ & { data: number[] } {
  return { dims, data: noise(key, dims.reduce((a, b) => a * b)) };
}

for (const picked of [false, true]) {
  Deno.test(`y = W·x + s/(1 − p)·B·A·(x∘m), with a mask for each module${picked ? ", at picked tokens" : ""}`, async () => {
    const positions = picked ? [4, 1] : [0, 1, 2, 3, 4, 5];
    const tokens = array(1, ROWS, COLUMNS, 8);
    tokens.data = tokens.data.map((x) => Math.floor(1024 * x));
    const x = array(2, positions.length, IN);
    const rate = 0.25;
    const given: Record<string, Array_ & { data: number[] }> = {};
    MODULES.forEach((module, index) => {
      given[`${module}.weight`] = array(10 + index, OUT, IN);
      given[`${module}.lora_A.weight`] = array(20 + index, R, IN);
      given[`${module}.lora_B.weight`] = array(30 + index, OUT, R);
      const features = array(40 + index, 8, IN);
      features.data = features.data.map((x) => Math.floor(2048 * x) / 4096);
      given[DROPOUT_INPUTS.features(module)] = features;
    });

    const g = new Builder("linears");
    const rows = g.input("positions", "int64", ["N"]);
    const dropout = new LoraDropout(g, rows);
    const adapter = new Map(MODULES.map((module) => [module, { r: R, scale: SCALE }]));
    const parameters = new FrozenParameters(g, { adapter, form: "added", dropout });
    const input = g.input("x", "float32", [picked ? "N" : "B*S", IN]);
    const [q, k] = parameters.linears(
      input,
      MODULES.map((name) => ({ name, outFeatures: OUT, bias: false })),
    );
    const outputs = await runArtifact(g.finish({ q: g.mul(q!, 1), k: g.mul(k!, 1) }), {
      ...given,
      x,
      positions: { dims: [positions.length], data: positions },
      adapter_scale: scalar(1),
      [DROPOUT_INPUTS.tokens]: tokens,
      [DROPOUT_INPUTS.rate]: scalar(rate),
    });

    const masks = MODULES.map((module) => {
      const features = given[DROPOUT_INPUTS.features(module)]!.data;
      return positions.map((token) =>
        Array.from({ length: IN }, (_, f) => {
          const y = Array.from({ length: 8 }, (_, j) => tokens.data[8 * token + j]! * features[IN * j + f]!)
            .reduce((a, b) => a + b);
          return y - Math.floor(y) >= rate;
        })
      );
    });
    assert.notDeepEqual(masks[0], masks[1]);
    assert.ok(masks.flat(2).includes(false) && masks.flat(2).includes(true));
    MODULES.forEach((module, index) => {
      const [w, a, b] = ["weight", "lora_A.weight", "lora_B.weight"].map((name) =>
        given[`${module}.${name}`]!.data
      );
      const expected = positions.flatMap((_, m) =>
        Array.from({ length: OUT }, (_, o) => {
          let y = 0;
          for (let i = 0; i < IN; i++) {
            const xi = x.data[m * IN + i]!;
            y += w![o * IN + i]! * xi;
            if (!masks[index]![m]![i]) continue;
            for (let r = 0; r < R; r++) y += SCALE / (1 - rate) * b![o * R + r]! * a![r * IN + i]! * xi;
          }
          return y;
        })
      );
      within(outputs[index === 0 ? "q" : "k"]!.data, expected, 1e-5, module);
    });
  });
}
