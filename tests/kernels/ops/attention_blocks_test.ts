/** Attention in blocks of queries against attention in one: the same numbers, in less memory. */
import assert from "node:assert/strict";
import { Builder } from "../../../kernels/graph/builder.ts";
import { peakBytes, runOrder } from "../../../kernels/graph/cost.ts";
import { gradients } from "../../../kernels/graph/gradient.ts";
import type { Artifact } from "../../../kernels/graph/artifact.ts";
import type { ModelConfig } from "../../../kernels/models/model_config.ts";
import { causalAttention } from "../../../kernels/nn/attend.ts";
import type { Precision } from "../../../kernels/nn/parameters.ts";
import { causalMasks } from "../../../kernels/ops/attention_blocks.ts";
import { numericsOf, type Target } from "../../../kernels/nn/numerics.ts";
import { uniform } from "../../../core/rng.ts";
import { Runtime } from "../../../core/ort/runtime.ts";
import { Tensor } from "../../../core/ort/tensor.ts";
import { memory, resetPeak } from "../../../bench/workload_run.ts";
import { type Array_, runArtifact } from "../run_artifact.ts";
import { within } from "../within.ts";

interface Heads {
  kv: number;
  each: number;
  size: number;
}

/** o of attention alone, and the gradients of Σ o·w. */
function attention(
  { kv, each, size }: Heads,
  blocks: number,
  { precision = "float32", target = "cpu" }: { precision?: Precision; target?: Target } = {},
): Artifact {
  const g = new Builder("attention");
  const config = { num_attention_heads: kv * each, num_key_value_heads: kv, head_dim: size, rope: null };
  const numerics = numericsOf(precision, target);
  const input = (name: string, count: number) => g.input(name, "float32", ["B", "S", count * size]);
  const [q, k, v, w] = [input("q", kv * each), input("k", kv), input("v", kv), input("w", kv * each)];
  const inner = [q, k, v].map((x) => g.cast(x!, numerics.activations)) as [typeof q, typeof k, typeof v];
  const attend = causalAttention(g, config as ModelConfig, { numerics, blocks }).attend;
  const o = g.cast(attend(0, ...inner), "float32");
  const loss = g.reduceSum(g.mul(o, g.reshape(w, o.shape)), [0, 1], false);
  const [dq, dk, dv] = gradients(g, loss, [q, k, v]);
  return g.finish({ o, dq: dq!, dk: dk!, dv: dv! });
}

function inputs({ kv, each, size }: Heads, B: number, S: number): Record<string, Array_> {
  const draw = (row: number, count: number) => ({
    dims: [B, S, count * size],
    data: Float32Array.from(
      { length: B * S * count * size },
      (_, i) => 4 * uniform(13, "data", S, row, i) - 2,
    ),
  });
  return { q: draw(0, kv * each), k: draw(1, kv), v: draw(2, kv), w: draw(3, kv * each) };
}

async function compare(
  heads: Heads,
  [B, S, blocks]: readonly [number, number, number],
  how: { precision?: Precision; target?: Target },
  tolerance: number,
): Promise<void> {
  const feeds = inputs(heads, B, S);
  const [whole, parts] = [
    await runArtifact(attention(heads, 1), feeds),
    await runArtifact(attention(heads, blocks, how), feeds),
  ];
  for (const [name, { dims, data }] of Object.entries(whole)) {
    assert.deepEqual(parts[name]!.dims, dims);
    within(parts[name]!.data, data, tolerance, `${name} of ${B}×${S} in ${blocks}`);
  }
}

const SHAPES = [[1, 16, 2], [2, 33, 4], [3, 5, 5], [2, 130, 8], [1, 7, 3]] as const;

for (
  const heads of [{ kv: 2, each: 2, size: 8 }, { kv: 3, each: 1, size: 5 }, { kv: 1, each: 3, size: 16 }]
) {
  const name = `${heads.kv}·${heads.each} heads of ${heads.size}`;
  for (const target of ["cpu", "cuda"] as const) {
    Deno.test(`${name}, ${target}: blocks change attention and its gradients by rounding alone`, async () => {
      for (const shape of SHAPES) await compare(heads, shape, { target }, 1e-5);
    });
  }

  Deno.test(`${name}: float16 in blocks rounds as half precision do`, async () => {
    for (const shape of SHAPES) await compare(heads, shape, { precision: "float16", target: "cuda" }, 0.03);
  });
}

Deno.test("Gradients in blocks can be asked for one by one", () => {
  const all = attention({ kv: 2, each: 2, size: 8 }, 3).nodes.length;
  for (const wanted of [0, 1, 2]) {
    const g = new Builder("one");
    const inputs = ["q", "k", "v"].map((name) => g.input(name, "float32", ["B", 2, "S", 4]));
    const biases = causalMasks(g, "S", 3, -1e30).map(({ bias }) => bias);
    const [o] = g.op("CausalAttention", [...inputs, ...biases], { scale: 1, blocks: 3 });
    const [gradient] = gradients(g, g.reduceSum(o!, [0, 1, 2, 3], false), [inputs[wanted]!]);
    assert.deepEqual(gradient!.shape, ["B", 2, "S", 4]);
    assert.ok(g.finish({ gradient: gradient! }).nodes.length < all);
  }
});

Deno.test("Blocks that would be empty are refused where columns are known", () => {
  const g = new Builder("few");
  const [q, k, v] = ["q", "k", "v"].map((name) => g.input(name, "float32", [1, 2, 3, 4]));
  const bias = g.zeros([1, 1, 1]);
  assert.throws(
    () => g.op("CausalAttention", [q!, k!, v!, bias, bias, bias, bias], { scale: 1, blocks: 4 }),
    { name: "RangeError", message: /Each of 4 blocks needs a query: there are 3/ },
  );
});

Deno.test("A block's scores are made when all gradients of the block after it are there", () => {
  const blocks = 4;
  const order = runOrder(attention({ kv: 2, each: 2, size: 8 }, blocks).nodes);
  const places = (found: (node: (typeof order)[number]) => boolean) =>
    order.flatMap((node, at) => found(node) ? [at] : []);
  const backward = (name: string) => name.startsWith("gradient.");
  const softmaxes = places(({ op, outputs }) => op === "Softmax" && backward(outputs[0]!.name));
  const products = places(({ op, outputs }) => /MatMul/.test(op) && backward(outputs[0]!.name));
  assert.equal(softmaxes.length, blocks);
  // Scores, dO·vᵀ, and the three gradients.
  assert.equal(products.length, 5 * blocks);
  softmaxes.slice(1).forEach((at, index) => {
    const before = products.filter((product) => product < at).length;
    assert.ok(before >= 5 * (index + 1) + 1, `${before} products before softmax ${index + 1}`);
  });
});

Deno.test("What attention holds shrinks with the blocks", () => {
  const heads = { kv: 2, each: 4, size: 8 };
  const S = 1024;
  const square = 4 * 8 * S * S;
  const peak = (blocks: number, target: Target = "cpu") =>
    peakBytes(attention(heads, blocks, { target }), { B: 1, S });
  assert.ok(peak(1) > 2.9 * square && peak(1, "cuda") > 2.9 * square);
  for (const target of ["cpu", "cuda"] as const) {
    assert.ok(peak(4, target) < 0.35 * peak(1, target), `${peak(4, target)} of ${peak(1, target)}`);
    assert.ok(peak(16, target) < 0.6 * peak(4, target), `${peak(16, target)} of ${peak(4, target)}`);
  }
});

Deno.test("A run in blocks takes the memory of a few blocks", async () => {
  const heads = { kv: 2, each: 4, size: 8 };
  const S = 1024;
  const square = 4 * 8 * S * S;
  const runtime = Runtime.open({ threads: 1 });
  const grown = async (blocks: number) => {
    using session = await runtime.createSession(attention(heads, blocks).bytes, { arena: "own" });
    const feeds = Object.entries(inputs(heads, 1, S)).map(([name, { dims, data }]) =>
      [name, Tensor.onHost(runtime, "float32", [...dims], data as Float32Array<ArrayBuffer>)] as const
    );
    await resetPeak();
    const { rss } = await memory();
    const outputs = await session.run(Object.fromEntries(feeds));
    const { peak } = await memory();
    for (const tensor of [...Object.values(outputs), ...feeds.map(([, tensor]) => tensor)]) tensor.dispose();
    return peak - rss;
  };
  const [parts, whole] = [await grown(16), await grown(1)];
  assert.ok(whole > 2.5 * square, `${whole} bytes in one block`);
  assert.ok(parts < square, `${parts} bytes in sixteen, ${whole} in one`);
});
