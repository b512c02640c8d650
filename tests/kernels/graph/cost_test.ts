/** Costs of graphs, by hand for small ones; the order that they rest on, against the runtime's own. */
import assert from "node:assert/strict";
import { policyTrainingArtifact } from "../../../kernels/artifacts.ts";
import { Builder } from "../../../kernels/graph/builder.ts";
import { peakBytes, productFlops, productShapes, runOrder, sizeOf } from "../../../kernels/graph/cost.ts";
import type { Recompute } from "../../../kernels/graph/gradient.ts";
import { batchOf, experienceInputs, experienceOf, feedsOf, loraOf, ROWS } from "../artifacts/batch.ts";
import { loadFixture } from "../models/fixture.ts";
import { runSession, runtime, typed } from "../run_artifact.ts";
import { Tensor } from "../../../core/ort/tensor.ts";

Deno.test("sizeOf() multiplies numbers and symbols, and names a symbol without a size", () => {
  assert.equal(sizeOf(["6*B*S", 2, "N+1"], { B: 3, S: 5, N: 9 }), 6 * 15 * 2 * 10);
  assert.equal(sizeOf(["3*S[0:1/3]", "S[1:3/3]"], { S: 8 }), 3 * 2 * 6);
  assert.equal(sizeOf([], {}), 1);
  assert.throws(() => sizeOf(["B"], { S: 1 }), /'B' has none/);
});

Deno.test("productFlops() counts two operations for each term of each product", () => {
  const g = new Builder("products");
  const a = g.input("a", "float32", ["M", 5]);
  const b = g.input("b", "float32", [5, 7]);
  const c = g.matmul(a, b); // [M,7]
  const d = g.matmul(a, c, { transA: true }); // [5,7], sums of M terms
  const e = g.matmul(c, b, { transB: true, alpha: 2 }); // [M,5], sums of 7
  const M = 11;
  const expected = 2 * (M * 7 * 5 + 5 * 7 * M + M * 5 * 7);
  assert.equal(productFlops(g.finish({ d, e: g.exp(e) }), { M }), expected);
  const byRows = productShapes(g.finish({ d, e: g.exp(e) }), { M }).toSorted((a, b) =>
    a.m - b.m || a.k - b.k
  );
  assert.deepEqual(byRows, [
    { m: 5, k: M, n: 7, count: 1 },
    { m: M, k: 5, n: 7, count: 1 },
    { m: M, k: 7, n: 5, count: 1 },
  ]);
  const batched = new Builder("batched");
  const [x, y] = [[2, 3, 4, 5], [2, 3, 5, 6]].map((shape, i) => batched.input(`x${i}`, "float32", shape));
  assert.equal(productFlops(batched.finish({ z: batched.matmul(x!, y!) }), {}), 2 * 2 * 3 * 4 * 6 * 5);
});

Deno.test("peakBytes() is the most that is held between making a value and reading it last", () => {
  const g = new Builder("chain");
  const x = g.input("x", "float32", ["M"]);
  const a = g.exp(x); // held until the end
  const b = g.reshape(g.sin(a), ["M", 1]); // the reshaped value is the same memory
  const c = g.cos(b); // a, b, c: three at a time
  const d = g.reduceSum(g.mul(c, g.reshape(a, ["M", 1])), [0, 1], false); // a, c, their product
  const artifact = g.finish({ d });
  assert.equal(peakBytes(artifact, { M: 100 }), 3 * 400);
  const wide = new Builder("wide");
  const y = wide.input("y", "float32", ["M"]);
  const parts = [1, 2, 3, 4].map((by) => wide.exp(wide.mul(y, by)));
  const sum = parts.reduce((p, q) => wide.add(p, q));
  // The sum of the first two is made last, so the others wait for it.
  assert.ok(peakBytes(wide.finish({ sum }), { M: 100 }) >= 3 * 400);
});

const OPTIONS = { values: false, entropyBonus: false };

for (
  const [accumulate, recompute, blocks] of [
    [false, "none", 1],
    [true, "selective", 1],
    [true, "full", 1],
    [true, "selective", 3],
  ] as const
) {
  const form = `${recompute}${accumulate ? ", accumulating" : ""}${blocks > 1 ? ", in blocks" : ""}`;
  Deno.test(`runOrder() is the runtime's order: ${form}`, async () => {
    const model = await loadFixture("qwen3");
    const tuning = loraOf(model);
    const options = { ...OPTIONS, accumulate, recompute, blocks };
    const artifact = policyTrainingArtifact(model.config, tuning, options);
    const experience = await experienceOf(model, tuning, ROWS);
    const zeros = artifact.inputs.filter(({ name }) => name.startsWith("accumulated.")).map((
      { name, shape },
    ) => [name, { dims: shape as number[], data: new Float32Array(sizeOf(shape, {})) }]);
    const feeds = {
      ...feedsOf(model, { ...batchOf(ROWS), ...experienceInputs(experience) }),
      ...Object.fromEntries(zeros),
    };
    const folder = await Deno.makeTempDir();
    try {
      using session = await runtime.createSession(artifact.bytes, {
        initializers: Object.fromEntries(artifact.weights.map(({ name, dtype, shape }) => {
          const values = typed(dtype, feeds[name]!.data);
          return [name, Tensor.onHost(runtime, dtype, shape as number[], values)];
        })),
        profile: `${folder}/profile`,
      });
      await runSession(session, artifact, feeds);
      const events = JSON.parse(await Deno.readTextFile(session.endProfiling())) as { name: string }[];
      const ran = events.flatMap(({ name }) => /^(.*)_kernel_time$/.exec(name)?.[1] ?? []);
      assert.deepEqual(runOrder(artifact.nodes).map(({ outputs: [made] }) => made!.name), ran);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("What is recomputed need not be kept: cheap values, then whole layers, lower the peak", async () => {
  for (const name of ["llama", "gpt2"]) {
    const model = await loadFixture(name);
    const peak = (recompute: Recompute) =>
      peakBytes(
        policyTrainingArtifact(model.config, loraOf(model), { ...OPTIONS, accumulate: true, recompute }),
        { B: 8, S: 100, N: 80, context: 100 },
      );
    const [none, selective, full] = [peak("none"), peak("selective"), peak("full")];
    assert.ok(selective < 0.85 * none && full < 0.75 * selective, `${name}: ${none}, ${selective}, ${full}`);
  }
});
