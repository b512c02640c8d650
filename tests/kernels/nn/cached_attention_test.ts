/** Attention over a cache, of queries, keys and values that come apart and of the same side by side. */
import assert from "node:assert/strict";
import { Builder } from "../../../kernels/graph/builder.ts";
import { cachedAttention } from "../../../kernels/nn/attend.ts";
import { rotaryTable } from "../../../kernels/nn/rotary_table.ts";
import { uniform } from "../../../core/rng.ts";
import { readConfig } from "../../../core/formats/read_config.ts";
import { fixtureFolder } from "../../core/networks/tiny_models.ts";
import { runArtifact } from "../run_artifact.ts";

const [B, CACHE] = [2, 6];
const draw = (seed: number, size: number) =>
  Array.from({ length: size }, (_, i) => Math.fround(2 * uniform(seed, "data", 0, 0, i) - 1));

for (const [what, S, last] of [["a prompt", 3, [1, 2]], ["a token", 1, [4, 2]]] as const) {
  Deno.test(`attention over a cache is the same of q, k and v side by side, for ${what}`, async () => {
    const { model } = await readConfig(fixtureFolder("llama"));
    const config = { ...model, num_attention_heads: 4, num_key_value_heads: 2, head_dim: 16 };
    const widths = [64, 32, 32];
    const shape = [B, 2, CACHE, 16];
    const { cos, sin } = rotaryTable(config.rope!, 16, 8);
    const results = await Promise.all([true, false].map(async (joined) => {
      const g = new Builder("attention", { fewRows: true });
      const attention = cachedAttention(g, config, "B");
      const qkv = g.input("qkv", "float32", ["B", "S", 128]);
      const [q, k, v] = g.split(qkv, 2, widths);
      const o = joined ? attention.attendJoined!(0, qkv) : attention.attend(0, q!, k!, v!);
      return await runArtifact(g.finish({ o, ...attention.outputs }), {
        qkv: { dims: [B, S, 128], data: draw(1, B * S * 128) },
        last_position: { dims: [B], data: last },
        total_length: { dims: [], data: [Math.max(...last) + 1] },
        "past_key.0": { dims: shape, data: draw(2, B * 2 * CACHE * 16) },
        "past_value.0": { dims: shape, data: draw(3, B * 2 * CACHE * 16) },
        rope_cos: { dims: [8, 8], data: cos },
        rope_sin: { dims: [8, 8], data: sin },
      });
    }));
    assert.deepEqual(results[0]!.o, results[1]!.o);
    assert.ok(new Set(results[0]!.o!.data).size > 64);
    for (const [row, position] of last.entries()) {
      for (const name of ["present_key.0", "present_value.0"]) {
        const lines = results.map((result) =>
          [0, 1].map((head) => {
            const start = ((row * 2 + head) * CACHE + (S === 1 ? position : 0)) * 16;
            return result[name]!.data.slice(start, start + (S === 1 ? 1 : position + 1) * 16);
          })
        );
        assert.deepEqual(lines[0], lines[1]);
      }
    }
  });
}

Deno.test("only graphs of few rows whose heads fill the cache take q, k and v side by side", async () => {
  const { model } = await readConfig(fixtureFolder("llama"));
  const takes = (head_dim: number, fewRows: boolean) =>
    cachedAttention(new Builder("attention", { fewRows }), { ...model, head_dim }, "B").attendJoined !==
      undefined;
  assert.deepEqual([takes(16, true), takes(12, true), takes(16, false)], [true, false, false]);
});
