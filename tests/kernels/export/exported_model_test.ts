/** Exported graphs: the fixtures' logits, rows padded on the left as their users pad them, whole and with the cache. */
import assert from "node:assert/strict";
import { exportedModel, mergeArtifact } from "../../../kernels/export/export_artifacts.ts";
import { WEIGHTS_LOCATION } from "../../../kernels/onnx/encode.ts";
import { ModelProto } from "../../../kernels/onnx/schema.ts";
import { loadFixture } from "../models/fixture.ts";
import { type Array_, openSession, runArtifact, runSession, scalar } from "../run_artifact.ts";
import { within } from "../within.ts";

const NAMES = ["qwen3", "qwen2", "llama", "gpt2"];

/** Positions as Hugging Face counts them: padding is not counted. */
function positionsOf(attention: readonly number[], width: number): number[] {
  let count = 0;
  return attention.map((real, cell) => {
    if (cell % width === 0) count = 0;
    count += real;
    return Math.max(0, count - 1);
  });
}

/** Columns `from` to `to` of a [rows,width] array. */
function columns(data: readonly number[], width: number, from: number, to: number): Array_ {
  const rows = data.length / width;
  const cut = Array.from({ length: rows }, (_, row) => data.slice(row * width + from, row * width + to))
    .flat();
  return { dims: [rows, to - from], data: cut };
}

for (const name of NAMES) {
  Deno.test(`exportedModel() of ${name} has PyTorch's logits, at once and in two steps`, async () => {
    const fixture = await loadFixture(name);
    const { config, expected, tolerance } = fixture;
    const artifact = exportedModel(config, WEIGHTS_LOCATION);
    const session = await openSession(artifact, fixture.weights);
    const [rows, width] = expected.ids!.dims as [number, number];
    const ids = expected.ids!.data.map(Number), attention = expected.attn!.data.map(Number);
    const positions = positionsOf(attention, width);
    const step = async (from: number, to: number, past: (part: string, layer: number) => Array_) => {
      const given: Record<string, Array_> = {
        input_ids: columns(ids, width, from, to),
        attention_mask: columns(attention, width, 0, to),
        position_ids: columns(positions, width, from, to),
      };
      for (let layer = 0; layer < config.num_hidden_layers; layer++) {
        for (const part of ["key", "value"]) given[`past_key_values.${layer}.${part}`] = past(part, layer);
      }
      return await runSession(session, artifact, given);
    };
    const none = { dims: [rows, config.num_key_value_heads, 0, config.head_dim], data: [] };
    const V = config.vocab_size;
    const check = (logits: readonly number[], from: number, to: number) => {
      const [real, wanted]: number[][] = [[], []];
      for (let row = 0; row < rows; row++) {
        for (let column = from; column < to; column++) {
          if (!attention[row * width + column]) continue;
          const at = (row * (to - from) + column - from) * V;
          real!.push(...logits.slice(at, at + V));
          const cell = (row * width + column) * V;
          wanted!.push(...expected.logits!.data.slice(cell, cell + V));
        }
      }
      within(real!, wanted!, tolerance.logits!, name);
    };
    const whole = await step(0, width, () => none);
    assert.deepEqual(whole.logits!.dims, [rows, width, V]);
    check(whole.logits!.data, 0, width);
    const half = width - 3;
    const first = await step(0, half, () => none);
    const second = await step(half, width, (part, layer) => first[`present.${layer}.${part}`]!);
    check(second.logits!.data, half, width);
    assert.deepEqual(
      second["present.0.key"]!.dims,
      [rows, config.num_key_value_heads, width, config.head_dim],
    );
  });

  Deno.test(`exportedModel() of ${name} holds nothing but ONNX's own ops, and says where its weights are`, async () => {
    const { config, weights } = await loadFixture(name);
    const { bytes, places, weights: declared } = exportedModel(config, "model.onnx_data");
    // deno-lint-ignore no-explicit-any -- a decoded message has no type of its own
    const { graph } = ModelProto.decode(bytes) as any;
    for (const { op_type, domain } of graph.node) {
      assert.equal(domain, "", op_type);
      assert.ok(!["SimplifiedLayerNormalization", "FusedMatMul"].includes(op_type), op_type);
    }
    // deno-lint-ignore no-explicit-any
    const external = graph.initializer.filter((one: any) => one.external_data.length > 0);
    assert.equal(external.length, declared.length);
    let end = 0;
    // deno-lint-ignore no-explicit-any
    external.forEach(({ name, external_data }: any, index: number) => {
      // deno-lint-ignore no-explicit-any
      const place = Object.fromEntries(external_data.map(({ key, value }: any) => [key, value]));
      assert.equal(place.location, "model.onnx_data");
      assert.deepEqual([Number(place.offset), Number(place.length)], [
        places[index]!.offset,
        places[index]!.length,
      ]);
      assert.ok(places[index]!.offset >= end && places[index]!.offset % 4096 === 0);
      assert.equal(places[index]!.length, 4 * weights[name]!.data.length);
      end = places[index]!.offset + places[index]!.length;
    });
  });
}

Deno.test("mergeArtifact() adds scale·B·A to a weight that lies either way", async () => {
  const [w, a, b] = [[1, 2, 3, 4, 5, 6], [1, -1, 2], [3, 4]];
  // W [2,3] + 0.5·B[2,1]·A[1,3]
  const sum = [[2.5, 0.5, 6], [6, 3, 10]];
  const given = { lora_A: { dims: [1, 3], data: a }, lora_B: { dims: [2, 1], data: b }, scale: scalar(0.5) };
  const plain = await runArtifact(mergeArtifact(false), { ...given, weight: { dims: [2, 3], data: w } });
  assert.deepEqual(plain.merged!.data, sum.flat());
  const turned = { dims: [3, 2], data: [1, 4, 2, 5, 3, 6] };
  const flipped = await runArtifact(mergeArtifact(true), { ...given, weight: turned });
  assert.deepEqual(flipped.merged!.data, [0, 1, 2].flatMap((column) => sum.map((row) => row[column]!)));
});
