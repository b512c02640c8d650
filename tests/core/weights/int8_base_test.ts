/** A base held as int8: what it computes, what it keeps of the invariants, and what its gradients are gradients of. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { linears } from "../../../kernels/models/linears.ts";
import type { Int8Dtype } from "../../../kernels/nn/parameters.ts";
import { BaseModel } from "../../../core/weights/base_model.ts";
import { int8Dtype } from "../../../core/weights/int8_products.ts";
import { int8Matrix } from "../../../core/weights/int8_weights.ts";
import { accumulate, type Learner } from "../../../core/kinds/ppo/learner.ts";
import { firstMicroBatchViolations } from "../../../core/kinds/ppo/invariants.ts";
import { tokenCount } from "../../../core/train/minibatches.ts";
import { update } from "../../../core/kinds/ppo/update.ts";
import { fillUniform } from "../../../core/rng.ts";
import { within, worst } from "../../kernels/within.ts";
import { copyModel } from "../serve/model_copies.ts";
import { inFolder } from "../networks/in_folder.ts";
import { KINDS, makeJob, makeLearner, measuredRows } from "../networks/make_learner.ts";
import { rewriteWeights } from "../networks/rewrite_weights.ts";
import { fixtureFolder, fixtureRows, openAdapted, runtime } from "../networks/tiny_models.ts";

const FIXTURES = ["qwen3", "qwen2", "llama", "gpt2"];

/** What 8 bits are held as on this machine, and as on one without VNNI. */
const FORMS = [...new Set([await int8Dtype(runtime), "uint8"] as const)];

/** A copy of the fixture whose layers have the weights that 8-bit codes stand for. */
async function dequantised(name: string, folder: string): Promise<string> {
  await copyModel(name, folder);
  const { config } = await BaseModel.open(runtime, folder);
  await rewriteWeights(folder, (tensors) => {
    for (const { module, inFeatures, outFeatures, fanInFanOut } of linears(config)) {
      const tensor = tensors[`${module}.weight`]!;
      const values = tensor.data as Float32Array<ArrayBuffer>;
      const { codes, scale } = int8Matrix(module, values, [inFeatures, outFeatures], !fanInFanOut);
      codes.forEach((code, at) => {
        const [k, n] = [Math.floor(at / outFeatures), at % outFeatures];
        values[fanInFanOut ? at : n * inFeatures + k] = code * scale[n]!;
      });
    }
    return tensors;
  });
  return folder;
}

/** Gives every adapter something to do: at their start they add nothing, and half of their gradients are zero. */
function stir({ policy, critic }: Learner): void {
  for (const [row, { parameters }] of [policy, critic!.network].entries()) {
    const names = parameters.names.filter((name) =>
      name.endsWith("lora_B.weight") || name === "score.weight"
    );
    names.forEach((name, step) => {
      const values = parameters.values(name).slice();
      fillUniform(values, -0.05, 0.05, { seed: 3, stream: "init", step, row });
      parameters.set(name, values);
    });
  }
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

for (const name of FIXTURES) {
  for (const precision of FORMS) testFixture(name, precision);
}

function testFixture(name: string, precision: Int8Dtype): void {
  const held = `${name} as ${precision}`;

  Deno.test(`${held}: an 8-bit base gives nearly PyTorch's logprobs, and differs from a float32 one`, async () => {
    const exact = await openAdapted(name);
    const policy = await openAdapted(name, { precision });
    const { sequences, expected } = await fixtureRows(name);
    for (const [reference, tensor] of [[false, "lora.logprobs"], [true, "logprobs"]] as const) {
      const { logprobs } = await policy.analyze(sequences, { temperature: 1, reference });
      // These models are small, random and sharp: their log-probabilities spread over several nats.
      logprobs.forEach((row, at) => within(row, expected(tensor)[at]!, 0.35, tensor));
      const off = logprobs.flatMap((row, at) =>
        Array.from(row, (x, t) => Math.abs(x - expected(tensor)[at]![t]!))
      );
      assert.ok(off.reduce((a, b) => a + b) / off.length < 0.1, tensor);
      const plain = (await exact.analyze(sequences, { temperature: 1, reference })).logprobs;
      assert.ok(logprobs.some((row, at) => worst(row, plain[at]!) > 1e-4));
    }
  });

  for (const micro_batch_size of [null, 2, 1]) {
    Deno.test(`${held}: ratio 1, KL 0 and no clipping hold over an 8-bit base, micro-batches of ${micro_batch_size}`, async () => {
      const ppo = { micro_batch_size, num_ppo_epochs: 1, learning_rate: 1e-2 };
      const job = makeJob({ ...KINDS["lora, separate"], base_precision: "int8", ppo });
      const base = await BaseModel.open(runtime, fixtureFolder(name), { precision });
      const learner = await makeLearner(base, job);
      const rows = await measuredRows(learner, 1);
      for (const { logprobs, ref_logprobs } of rows) assert.deepEqual(logprobs, ref_logprobs);
      const key = { seed: 1, step: 0, optimizerStep: 0, optimizerSteps: 1 };
      const { firstMicroBatch } = await update(learner, rows, job.ppo, job.value, key);
      assert.deepEqual(firstMicroBatchViolations(firstMicroBatch), []);
      const [moved] = (await learner.policy.analyze(rows, { temperature: 1 })).logprobs;
      assert.ok(worst(moved!, rows[0]!.logprobs) > 1e-3);
    });
  }

  Deno.test(`${held}: gradients over an 8-bit base are those of float32 over the weights its codes stand for`, () =>
    inFolder(async (parent) => {
      const job = makeJob(KINDS["lora, separate"]);
      const gradients = async (base: BaseModel) => {
        const learner = await makeLearner(base, job);
        stir(learner);
        const rows = await measuredRows(learner, 1);
        using _stats = await accumulate(learner, rows, job.ppo, {
          tokenWeight: () => 1 / tokenCount(rows),
          first: true,
        });
        return [learner.policyOptimizer, learner.critic!.optimizer].map(({ gradients }) => gradients);
      };
      const folder = await dequantised(name, join(parent, "m"));
      const expected = await gradients(await BaseModel.open(runtime, folder));
      const actual = await gradients(await BaseModel.open(runtime, fixtureFolder(name), { precision }));
      expected.forEach((network, index) => {
        for (const parameter of network.names) {
          const wanted = network.values(parameter);
          const off = actual[index]!.values(parameter).map((value, at) => value - wanted[at]!);
          const share = norm(off) / norm(wanted);
          assert.ok(share < 0.1, `${parameter} is off by ${share} of its size`);
        }
      });
    }));
}

Deno.test("both forms of 8 bits that are exact on a machine give the same bits", async () => {
  const [here, there] = await Promise.all([FORMS[0]!, "uint8" as const].map(async (precision) => {
    const base = await BaseModel.open(runtime, fixtureFolder("qwen3"), { precision });
    const learner = await makeLearner(base, makeJob(KINDS["lora, separate"]));
    stir(learner);
    const rows = await measuredRows(learner, 1);
    using stats = await accumulate(learner, rows, makeJob().ppo, {
      tokenWeight: () => 1 / tokenCount(rows),
      first: true,
    });
    stats.read();
    const { gradients } = learner.policyOptimizer;
    return { rows, gradients: gradients.names.map((name) => gradients.values(name).slice()) };
  }));
  assert.deepEqual(there, here);
});

Deno.test("an 8-bit base gives a row the same numbers alone and beside longer ones", async () => {
  const job = makeJob({ ...KINDS["lora, separate"] });
  const base = await BaseModel.open(runtime, fixtureFolder("qwen3"), { precision: "int8" });
  const learner = await makeLearner(base, job);
  stir(learner);
  const rows = await measuredRows(learner, 1);
  const together = await learner.policy.analyze(rows, { temperature: 1 });
  for (const [at, row] of rows.entries()) {
    const alone = await learner.policy.analyze([row], { temperature: 1 });
    within(alone.logprobs[0]!, together.logprobs[at]!, 1e-5, "logprobs");
  }
});

Deno.test("an 8-bit base keeps no float32 copy of its layers' matrices", async () => {
  const bytes = async (precision: "float32" | "int8") => {
    const base = await BaseModel.open(runtime, fixtureFolder("qwen3"), { precision });
    const learner = await makeLearner(base, makeJob(KINDS["lora, separate"]));
    const rows = await measuredRows(learner, 1);
    const { ppo } = makeJob();
    using _stats = await accumulate(learner, rows, ppo, {
      tokenWeight: () => 1 / tokenCount(rows),
      first: true,
    });
    return { bytes: base.bytes, config: base.config };
  };
  const [plain, int8] = [await bytes("float32"), await bytes("int8")];
  const saved = linears(plain.config).map(({ module, inFeatures, outFeatures }) => {
    const [there, back] = [
      inFeatures * outFeatures + 4 * outFeatures,
      inFeatures * outFeatures + 4 * inFeatures,
    ];
    // Nothing that is trained comes before these, so no gradient goes back through them.
    const first = /layers\.0\.self_attn\.[qkv]_proj$/.test(module);
    return 4 * inFeatures * outFeatures - there - (first ? 0 : back);
  });
  const { vocab_size, hidden_size } = plain.config;
  // The tied head is there twice: the embedding looks rows up, and the backward pass from a softmax needs it exactly.
  const head = vocab_size * hidden_size + 4 * vocab_size;
  assert.equal(plain.bytes - int8.bytes, saved.reduce((a, b) => a + b) - head);
});

Deno.test("a policy that samples in 8 bits from a float32 base is measured in float32", async () => {
  const exact = await openAdapted("llama");
  const policy = await openAdapted("llama", { sampling: "int8" });
  const { sequences } = await fixtureRows("llama");
  const rows = sequences.map(({ prompt_ids }, row) => ({
    prompt_ids,
    max_new_tokens: 12,
    temperature: 1,
    top_k: 0,
    top_p: 1,
    uniform: (position: number) => ((row * 12 + position) * 0.37) % 1,
    stop_token_ids: new Set<number>(),
  }));
  const sampled = await policy.respond(rows);
  const answered = sampled.map(({ response_ids }, row) => ({
    prompt_ids: rows[row]!.prompt_ids,
    response_ids,
  }));
  const measured = (await policy.analyze(answered, { temperature: 1 })).logprobs;
  assert.deepEqual((await exact.analyze(answered, { temperature: 1 })).logprobs, measured);
  const gaps = sampled.map(({ logprobs }, row) => worst(logprobs, measured[row]!));
  assert.ok(Math.max(...gaps) < 0.35, `the gap is ${Math.max(...gaps)}`);
  assert.ok(Math.max(...gaps) > 1e-4);
  const alone = await policy.respond([rows[1]!]);
  assert.deepEqual(alone[0]!.response_ids, sampled[1]!.response_ids);
});
