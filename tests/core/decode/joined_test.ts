/** Int8 linears that read the same input as one product: the same tokens to the last bit, of weights that lie otherwise. */
import assert from "node:assert/strict";
import { generateArtifact } from "../../../kernels/artifacts.ts";
import type { Artifact } from "../../../kernels/graph/artifact.ts";
import { BatchDecoder } from "../../../core/decode/batch_decoder.ts";
import { Decoder } from "../../../core/decode/decoder.ts";
import { readConfig } from "../../../core/formats/read_config.ts";
import { SessionCache } from "../../../core/run/session_cache.ts";
import { BaseModel } from "../../../core/weights/base_model.ts";
import { heldBy } from "../../../core/weights/parameter_layout.ts";
import { fixtureFolder, runtime } from "../networks/tiny_models.ts";
import { row } from "./decode_rows.ts";

for (const name of ["llama", "qwen2", "qwen3", "gpt2"]) {
  Deno.test(`${name}: joined products give an int8 base's tokens and log-probabilities, to the bit`, async () => {
    const base = await BaseModel.open(runtime, fixtureFolder(name), { precision: "int8" });
    const requests = [row(1, 5), row(2, 3), row(3, 4, { temperature: 0 })];
    const joined = new BatchDecoder(base);
    const apart = new Decoder(new SessionCache(base), heldBy(base, { type: "none" }));
    const [one, other] = [await joined.decode(requests, null), await apart.decode(requests, null)];
    const told = (rows: typeof one) => rows.map(({ response_ids, logprobs }) => ({ response_ids, logprobs }));
    assert.deepEqual(told(one), told(other));
    joined.dispose();
    apart.dispose();
    base.dispose();
  });
}

Deno.test("a joined graph has one product where linears read the same input, as many bytes of codes and fewer nodes", async () => {
  const { model: config } = await readConfig(fixtureFolder("llama"));
  const [joined, apart] = [true, false].map((joined) =>
    generateArtifact(config, { type: "none", precision: "int8" }, { truncation: false, joined })
  );
  const products = ({ nodes }: Artifact) => nodes.filter(({ op }) => op === "MatMulIntegerToFloat").length;
  const codes = ({ weights }: Artifact) =>
    weights.filter(({ dtype }) => dtype === "int8").reduce(
      (sum, { shape }) => sum + Number(shape[0]) * Number(shape[1]),
      0,
    );
  const layers = config.num_hidden_layers;
  assert.deepEqual([products(apart!), products(joined!)], [7 * layers + 1, 4 * layers + 1]);
  assert.equal(codes(joined!), codes(apart!));
  assert.ok(joined!.nodes.length < apart!.nodes.length);
});
