/**
 * Graphs of 16 bits against those of float32, through the engine's own classes. A CPU has float16 kernels, or the runtime
 * puts casts around float32 ones, so what runs here is what a GPU runs: bfloat16 graphs differ in the dtype's name alone
 * (tests/kernels/artifacts/precision_test.ts).
 */
import assert from "node:assert/strict";
import { BaseModel } from "../../../core/weights/base_model.ts";
import { accumulate, applyUpdate } from "../../../core/kinds/ppo/learner.ts";
import { KINDS, makeJob, makeLearner, measuredRows } from "./make_learner.ts";
import { fixtureFolder, fixtureRows, runtime, someTokens } from "./tiny_models.ts";

/** float16 keeps 11 bits; logits of these models are below 10. */
const LOGPROB_TOLERANCE = 0.03;

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function learnerOf(name: string, precision: "float16" | "float32", kind: keyof typeof KINDS) {
  return BaseModel.open(runtime, fixtureFolder(name), { precision }).then(async (base) => {
    const job = makeJob(KINDS[kind]);
    return { base, job, learner: await makeLearner(base, job) };
  });
}

for (const name of ["qwen3", "qwen2", "gpt2"]) {
  Deno.test(`${name}: log-probabilities in float16 are those of float32 but for rounding`, async () => {
    const { sequences, expected } = await fixtureRows(name);
    const { learner } = await learnerOf(name, "float16", "lora, separate");
    const { logprobs } = await learner.policy.analyze(sequences, { temperature: 1, reference: true });
    const worst = Math.max(
      ...expected("logprobs").flatMap((row, at) =>
        row.map((value, t) => Math.abs(value - logprobs[at]![t]!))
      ),
    );
    assert.ok(worst < LOGPROB_TOLERANCE, `off by ${worst}`);
    assert.ok(worst > 0, "nothing was rounded");
  });

  for (const kind of ["lora, shared", "full, shared"] as const) {
    Deno.test(`${name}, ${kind}: gradients in float16 point where those of float32 do`, async () => {
      const [exact, half] = [await learnerOf(name, "float32", kind), await learnerOf(name, "float16", kind)];
      const rows = await measuredRows(exact.learner, 1);
      const stepTokens = rows.reduce((sum, { response_ids }) => sum + response_ids.length, 0);
      const tokenWeight = () => 1 / stepTokens;
      const gradients = [];
      for (const { learner, job } of [exact, half]) {
        // Two parts, so that accumulated gradients are added to.
        using _first = await accumulate(learner, rows.slice(0, 2), job.ppo, { tokenWeight, first: true });
        using _second = await accumulate(learner, rows.slice(2), job.ppo, { tokenWeight, first: false });
        gradients.push(learner.policyOptimizer.gradients.flat.copy());
        using applied = await applyUpdate(learner, job.ppo, job.value, { factor: 1, trainPolicy: true });
        assert.equal(applied.read().policy!.skipped, false);
      }
      const along = cosine(gradients[0]!, gradients[1]!);
      assert.ok(along > 0.999, `cosine ${along}`);
      assert.equal(half.learner.policy.parameters.flat.dtype, "float32");
    });
  }

  Deno.test(`${name}: a decode in float16 gives the log-probabilities of a forward pass over its tokens`, async () => {
    const { learner } = await learnerOf(name, "float16", "lora, separate");
    const rows = [4, 9, 2].map((length, key) => ({
      prompt_ids: someTokens(key, length),
      max_new_tokens: 5 + key,
      temperature: 1,
      top_k: 0,
      top_p: 1,
      uniform: (position: number) => (0.37 * (position + 1) + 0.21 * key) % 1,
      stop_token_ids: new Set<number>(),
    }));
    const decoded = await learner.policy.respond(rows);
    const sequences = rows.map(({ prompt_ids }, at) => ({
      prompt_ids,
      response_ids: decoded[at]!.response_ids,
    }));
    const { logprobs } = await learner.policy.analyze(sequences, { temperature: 1 });
    decoded.forEach((row, at) =>
      row.logprobs.forEach((value, t) => {
        const gap = Math.abs(value - logprobs[at]![t]!);
        assert.ok(gap < LOGPROB_TOLERANCE, `row ${at}, token ${t}: off by ${gap}`);
      })
    );
  });
}
