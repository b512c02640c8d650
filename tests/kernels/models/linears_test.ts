import assert from "node:assert/strict";
import { uniformAdapter } from "../../../kernels/models/adapter_spec.ts";
import { linears } from "../../../kernels/models/linears.ts";
import { loadFixture } from "./fixture.ts";

for (const name of ["qwen3", "qwen2", "llama", "gpt2"]) {
  Deno.test(`${name}: linears() are the matrices of the layers that transformers saved, with their biases`, async () => {
    const { config, weights } = await loadFixture(name);
    const found = Object.entries(weights).filter(([key, { dims }]) =>
      /\.\d+\./.test(key) && dims.length === 2
    );
    assert.deepEqual(
      linears(config).map(({ module, weightShape }) => [`${module}.weight`, [...weightShape]]).sort(),
      found.map(([key, { dims }]) => [key, [...dims]]).sort(),
    );
    for (const { module, bias, inFeatures, outFeatures, fanInFanOut, weightShape } of linears(config)) {
      assert.equal(`${module}.bias` in weights, bias, module);
      const sizes = [outFeatures, inFeatures];
      assert.deepEqual([...weightShape], fanInFanOut ? sizes.reverse() : sizes);
    }
  });
}

Deno.test("a target that names two linears of a layer is both of them, as PEFT takes it", async () => {
  const { config } = await loadFixture("gpt2");
  const paths = [...uniformAdapter(config, { r: 4, scale: 2 }, { targets: ["c_proj"] }).keys()];
  assert.deepEqual(paths.slice(0, 2), ["transformer.h.0.attn.c_proj", "transformer.h.0.mlp.c_proj"]);
  assert.equal(paths.length, 2 * config.num_hidden_layers);
});
