/** Policy, reference and value network on the fixtures: PyTorch's numbers, and what training must leave alone. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { BaseModel } from "../../../core/weights/base_model.ts";
import { saveCheckpoint } from "../../../core/networks/checkpoint.ts";
import { ParameterSet } from "../../../core/weights/parameter_set.ts";
import { Policy } from "../../../core/networks/policy.ts";
import { accumulate, applyUpdate, type Learner, valuesOf } from "../../../core/kinds/ppo/learner.ts";
import { microBatches, tokenCount } from "../../../core/train/minibatches.ts";
import type { UpdateStats } from "../../../core/kinds/ppo/update_metrics.ts";
import type { Experience } from "../../../core/kinds/ppo/experience.ts";
import { makeLearner as learnerOf } from "../../../core/kinds/ppo/run.ts";
import { within, worst } from "../../kernels/within.ts";
import { inFolder } from "./in_folder.ts";
import { KINDS, makeJob, makeLearner, measuredRows } from "./make_learner.ts";
import { fixtureFolder, fixtureRows, openAdapted, openBase, runtime, someTokens } from "./tiny_models.ts";

for (const name of ["qwen3", "qwen2", "llama", "gpt2"]) {
  Deno.test(`${name}: analyze() gives PyTorch's logprobs and entropy, adapted, bare and tempered`, async () => {
    const policy = await openAdapted(name);
    const { sequences, expected, tolerance } = await fixtureRows(name);
    const adapted = await policy.analyze(sequences, { temperature: 1 });
    const bare = await policy.analyze(sequences, { temperature: 1, reference: true, entropy: true });
    const tempered = await policy.analyze(sequences, { temperature: 0.7, reference: true });
    sequences.forEach((_, row) => {
      within(adapted.logprobs[row]!, expected("lora.logprobs")[row]!, tolerance, "adapted logprobs");
      within(bare.logprobs[row]!, expected("logprobs")[row]!, tolerance, "bare logprobs");
      within(bare.entropy![row]!, expected("entropy")[row]!, tolerance, "entropy");
      within(tempered.logprobs[row]!, expected("logprobs_t07")[row]!, tolerance, "logprobs at 0.7");
    });
  });
}

Deno.test("analyze() gives a row the same numbers alone and beside longer ones, twice", async () => {
  const policy = await openAdapted();
  const { sequences } = await fixtureRows("qwen3");
  const longer = { prompt_ids: someTokens(9, 30), response_ids: someTokens(8, 20) };
  const together = await policy.analyze([...sequences, longer], { temperature: 1, entropy: true });
  const again = await policy.analyze([...sequences, longer], { temperature: 1, entropy: true });
  assert.deepEqual(together, again);
  for (const [row, sequence] of sequences.entries()) {
    const alone = await policy.analyze([sequence], { temperature: 1, entropy: true });
    within(together.logprobs[row]!, alone.logprobs[0]!, 1e-5, "logprobs");
    within(together.entropy![row]!, alone.entropy![0]!, 1e-5, "entropy");
  }
});

const PPO = {
  learning_rate: 1e-3,
  temperature: 0.7,
  vf_coef: 0.5,
  entropy_coef: 0.01,
  lr_scheduler: "constant",
} as const;

async function steps(
  learner: Learner,
  rows: readonly Experience[],
  job: ReturnType<typeof makeJob>,
  count: number,
) {
  for (let step = 0; step < count; step++) {
    using _stats = await accumulate(learner, rows, job.ppo, {
      tokenWeight: () => 1 / tokenCount(rows),
      first: true,
    });
    using _outcome = await applyUpdate(learner, job.ppo, job.value, { factor: 1, trainPolicy: true });
  }
}

function sha256(data: Float32Array): string {
  return createHash("sha256").update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)).digest(
    "hex",
  );
}

/** What the base's weights, as they are in memory, make of a text. */
async function baseHash(base: BaseModel): Promise<string> {
  const sequences = [{ prompt_ids: someTokens(1, 8), response_ids: someTokens(2, 8) }];
  const { logprobs, entropy } = await bareOf(base).analyze(sequences, { temperature: 1, entropy: true });
  return sha256(logprobs[0]!) + sha256(entropy![0]!);
}

function bareOf(base: BaseModel): Policy {
  return new Policy(base, { type: "none" }, new ParameterSet(runtime, []), {
    reference: "base",
    shared: false,
  });
}

for (const [kind, given] of Object.entries(KINDS)) {
  Deno.test(`${kind}: five updates move the policy and leave base and reference as they were`, async () => {
    const base = await openBase();
    const job = makeJob({ ...given, ppo: PPO });
    const learner = await makeLearner(base, job);
    await checkReference(base, learner, job);
  });

  Deno.test(`${kind}: a start from a checkpoint has that checkpoint as its reference`, () =>
    inFolder(async (parent) => {
      const base = await openBase();
      const job = makeJob({ ...given, ppo: PPO });
      const first = await makeLearner(base, job);
      await steps(first, await measuredRows(first, 0.7), job, 3);
      const folder = join(parent, "c");
      const networks = {
        base,
        tuning: first.policy.tuning,
        policy: first.policy.parameters,
        critic: first.critic?.network.parameters ?? null,
      };
      await saveCheckpoint(folder, networks, { trainable: job.trainable, value: job.value }, {});
      const second = await learnerOf(base, job, { checkpoint: folder });
      const rows = await measuredRows(second, 0.7);
      rows.forEach(({ logprobs, ref_logprobs }) => assert.deepEqual(logprobs, ref_logprobs));
      const before = await measuredRows(first, 0.7);
      rows.forEach(({ logprobs, values }, row) => {
        assert.deepEqual(logprobs, before[row]!.logprobs);
        assert.deepEqual(values, before[row]!.values);
      });
      await checkReference(base, second, job);
    }));

  Deno.test(`${kind}: micro-batches of 1, 2 and 4 rows give the same gradient and statistics`, async () => {
    const base = await openBase();
    const job = makeJob({ ...given, ppo: PPO });
    const learner = await makeLearner(base, job);
    // Off its start, so that no gradient is zero and some tokens are clipped.
    await steps(learner, await measuredRows(learner, 0.7), job, 2);
    const rows = await measuredRows(learner, 0.7);
    for (const row of rows) row.logprobs = row.logprobs.map((logprob, t) => logprob + 0.3 * Math.sin(5 * t));
    const stepTokens = tokenCount(rows);
    const tokenWeight = () => 1 / stepTokens;
    const sets: (ParameterSet | undefined)[] = [
      learner.policyOptimizer.gradients,
      learner.critic?.optimizer.gradients,
    ];
    const run = async (size: number) => {
      const parts: UpdateStats[] = [];
      for (const [index, part] of microBatches(rows, size).entries()) {
        const options = { tokenWeight, first: index === 0 };
        parts.push((await accumulate(learner, part, job.ppo, options)).read());
      }
      const keys = Object.keys(parts[0]!) as (keyof UpdateStats)[];
      return {
        sums: keys.map((key) => parts.reduce((sum, part) => sum + part[key]!, 0)),
        gradients: sets.flatMap((set) => set ? [set.flat.copy()] : []),
      };
    };
    const whole = await run(4);
    for (const gradient of whole.gradients) {
      assert.ok(worst(gradient, new Float32Array(gradient.length)) > 1e-3);
    }
    for (const size of [1, 2]) {
      const parts = await run(size);
      within(parts.sums, whole.sums, 1e-4, `sums of micro-batches of ${size}`);
      parts.gradients.forEach((gradient, index) =>
        within(gradient, whole.gradients[index]!, 2e-6, `gradient ${index} of micro-batches of ${size}`)
      );
    }
    // A new step starts from nothing, whatever was accumulated before.
    assert.deepEqual((await run(4)).gradients, whole.gradients);
  });
}

async function checkReference(
  base: BaseModel,
  learner: Learner,
  job: ReturnType<typeof makeJob>,
): Promise<void> {
  const rows = await measuredRows(learner, 0.7);
  const weights = await baseHash(base);
  const parameters = sha256(learner.policy.parameters.flat.read());
  await steps(learner, rows, job, 5);
  const after = await measuredRows(learner, 0.7);
  assert.equal(await baseHash(base), weights);
  assert.notEqual(sha256(learner.policy.parameters.flat.read()), parameters);
  after.forEach(({ ref_logprobs, logprobs }, row) => {
    assert.deepEqual(ref_logprobs, rows[row]!.ref_logprobs);
    assert.ok(worst(logprobs, rows[row]!.logprobs) > 1e-3, `row ${row} has not moved`);
  });
}

Deno.test("a value head at zero values every state 0; a trained one does not see the action it precedes", async () => {
  const base = await openBase();
  for (const kind of ["lora, separate", "lora, shared"] as const) {
    const job = makeJob({ ...KINDS[kind], ppo: PPO });
    const learner = await makeLearner(base, job);
    const rows = await measuredRows(learner, 1);
    assert.ok(rows.every(({ values }) => values!.every((value) => value === 0)));
    await steps(learner, rows, job, 3);
    const bootstrap = rows.map(() => false);
    const { values } = await valuesOf(learner, rows, bootstrap, 1);
    const other = rows.map(({ prompt_ids, response_ids }) => ({
      prompt_ids,
      response_ids: response_ids.map((id, t) => t === response_ids.length - 1 ? id ^ 1 : id),
    }));
    const changed = await valuesOf(learner, other, bootstrap, 1);
    values!.forEach((row, index) => {
      assert.ok(row.every((value) => value !== 0));
      assert.deepEqual(changed.values![index], row);
    });
  }
});

Deno.test("bootstrap values are those of the state after the last action, and 0 where not asked for", async () => {
  const base = await openBase();
  for (const kind of ["lora, separate", "full, shared"] as const) {
    const job = makeJob({ ...KINDS[kind], ppo: PPO });
    const learner = await makeLearner(base, job);
    await steps(learner, await measuredRows(learner, 1), job, 3);
    const rows = await measuredRows(learner, 1);
    const asked = rows.map((_, row) => row % 2 === 0);
    const { values, bootstrapValues } = await valuesOf(learner, rows, asked, 1);
    const longer = rows.map(({ prompt_ids, response_ids }) => ({
      prompt_ids,
      response_ids: [...response_ids, 77],
    }));
    const { values: expected } = await valuesOf(learner, longer, rows.map(() => false), 1);
    rows.forEach((row, index) => {
      within(values![index]!, row.values!, 1e-6, "values");
      assert.equal(values![index]!.length, row.response_ids.length);
      if (asked[index]) {
        within([bootstrapValues[index]!], [expected![index]!.at(-1)!], 1e-6, "bootstrap value");
      } else assert.equal(bootstrapValues[index], 0);
    });
    assert.notEqual(bootstrapValues[0], 0);
  }
});

Deno.test("two models opened from one folder do not share what they hold", async () => {
  const one = await BaseModel.open(runtime, fixtureFolder("qwen3"));
  const other = await BaseModel.open(runtime, fixtureFolder("qwen3"));
  const sequences = [{ prompt_ids: someTokens(1, 4), response_ids: someTokens(2, 4) }];
  const expected = await bareOf(other).analyze(sequences, { temperature: 1 });
  await bareOf(one).analyze(sequences, { temperature: 1 });
  one.dispose();
  assert.deepEqual(await bareOf(other).analyze(sequences, { temperature: 1 }), expected);
});
