/** Rotation and attention: the golden vector of ppo-spec §19, causality, and grouping of query heads. */
import assert from "node:assert/strict";
import { Builder } from "../../../kernels/graph/builder.ts";
import type { ModelConfig } from "../../../kernels/models/model_config.ts";
import { causalAttention } from "../../../kernels/nn/attend.ts";
import { rotaryTable } from "../../../kernels/nn/rotary_table.ts";
import { uniform } from "../../../core/rng.ts";
import { type Array_, runArtifact, vector } from "../run_artifact.ts";
import { matrix, runGraph } from "../run_graph.ts";
import { within } from "../within.ts";

const CONTEXT = 8;

function table(theta: number, headDim: number): { cos: Array_; sin: Array_ } {
  const { cos, sin } = rotaryTable({ theta, scaling: null }, headDim, CONTEXT);
  const dims = [CONTEXT, headDim / 2];
  return { cos: { dims, data: cos }, sin: { dims, data: sin } };
}

Deno.test("RMSNorm and rotation give the golden vector", async () => {
  const inputs = { q: matrix([[1, 2, 3, 4]]), w: vector([1, 1, 1, 1]), ...table(1e6, 4) };
  const { rotated } = await runGraph(inputs, (g, { q, w, cos, sin }) => {
    const normed = g.reshape(g.rmsNorm(q, w, 1e-6), [1, 1, 4]);
    return { rotated: g.op("RotaryEmbedding", [normed, g.ints([3]), cos, sin], { heads: 1 })[0]! };
  });
  within(rotated!.data, [-0.51608334, 0.72591163, -1.03295263, 1.4627777], 1e-6, "rotated");
});

Deno.test("The rotation turns halves of each head by the angle of its position", async () => {
  const [S, heads, D] = [5, 2, 6];
  const x = Array.from({ length: S * heads * D }, (_, i) => 2 * uniform(2, "data", 0, 0, i) - 1);
  const inputs = { x: { dims: [1, S, heads * D], data: x }, ...table(1e4, D) };
  const { y } = await runGraph(inputs, (g, { x, cos, sin }) => ({
    y: g.op("RotaryEmbedding", [x, g.ints([0]), cos, sin], { heads })[0]!,
  }));
  const expected = x.map((value, i) => {
    const [position, within, half] = [Math.floor(i / (heads * D)), i % D, D / 2];
    const angle = position * 1e4 ** (-2 * (within % half) / D);
    const other = within < half ? -x[i + half]! : x[i - half]!;
    return value * Math.cos(angle) + other * Math.sin(angle);
  });
  within(y!.data, expected, 1e-6, "rotated");
});

/** Attention alone, heads and sizes as in a small model; rope_cos and rope_sin are its inputs. */
async function attend(S: number, heads: { q: number; kv: number }, q: number[], k: number[], v: number[]) {
  const D = 4;
  const config = {
    num_attention_heads: heads.q,
    num_key_value_heads: heads.kv,
    head_dim: D,
  } as ModelConfig;
  const { cos, sin } = table(1e4, D);
  const side = (data: number[], count: number) => ({ dims: [1, S, count * D], data });
  const inputs = { q: side(q, heads.q), k: side(k, heads.kv), v: side(v, heads.kv) };
  const g = new Builder("attend");
  const input = (name: string, count: number) => g.input(name, "float32", ["B", "S", count * D]);
  const [query, key, value] = [input("q", heads.q), input("k", heads.kv), input("v", heads.kv)];
  const artifact = g.finish({ o: causalAttention(g, config).attend(0, query, key, value) });
  return (await runArtifact(artifact, { ...inputs, rope_cos: cos, rope_sin: sin })).o!;
}

function draw(row: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Math.fround(2 * uniform(6, "data", 0, row, i) - 1));
}

Deno.test("causalAttention() sees nothing after the query", async () => {
  const [S, D, heads] = [4, 4, { q: 2, kv: 1 }];
  const [q, k, v] = [draw(0, S * 2 * D), draw(1, S * D), draw(2, S * D)];
  const before = await attend(S, heads, q, k, v);
  const change = (values: number[]) => values.map((value, i) => i >= 2 * D ? 9 - value : value);
  const after = await attend(S, heads, q, change(k), change(v));
  assert.deepEqual(after.dims, [S, 2 * D]);
  assert.deepEqual(after.data.slice(0, 4 * D), before.data.slice(0, 4 * D));
  assert.notDeepEqual(after.data.slice(4 * D), before.data.slice(4 * D));
  within(before.data.slice(0, D), v.slice(0, D), 1e-6, "the first position, which sees only itself");
});

Deno.test("causalAttention() gives each kv head to the query heads next to each other", async () => {
  const [S, D, heads] = [3, 4, { q: 4, kv: 2 }];
  const [q, k] = [draw(3, S * 4 * D), draw(4, S * 2 * D)];
  // Values that say which kv head they come from.
  const v = Array.from({ length: S * 2 * D }, (_, i) => Math.floor(i / D) % 2);
  const { data } = await attend(S, heads, q, k, v);
  const groups = Array.from({ length: S * 4 * D }, (_, i) => Math.floor((i / D) % 4 / 2));
  within(data, groups, 1e-6, "the kv head of each query head");
});
