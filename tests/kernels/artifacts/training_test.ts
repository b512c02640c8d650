/** Whole training graphs: gradients against finite differences, and which tokens teach. */
import assert from "node:assert/strict";
import {
  policyEvalArtifact,
  policyTrainingArtifact,
  sftTrainingArtifact,
  type Tuning,
  VALUE_HEAD,
  valueEvalArtifact,
  valueTrainingArtifact,
} from "../../../kernels/artifacts.ts";
import type { Recompute } from "../../../kernels/graph/gradient.ts";
import type { Artifact } from "../../../kernels/graph/artifact.ts";
import { POLICY_STATS } from "../../../kernels/losses/policy_loss.ts";
import { type Fixture, loadFixture, mergedWeights } from "../models/fixture.ts";
import { type Array_, openSession, runArtifact, runSession, scalar, vector } from "../run_artifact.ts";
import { within } from "../within.ts";
import {
  actions,
  batchOf,
  droppedOf,
  experienceInputs,
  experienceOf,
  feedsOf,
  gradientsOf,
  loraOf,
  noise,
  ROWS,
} from "./batch.ts";

const FULL: Tuning = { type: "full" };
const KINDS = { lora: loraOf, "lora with dropout": droppedOf, full: () => FULL };
const EVERYTHING = { values: true, entropyBonus: true, accumulate: false };
const PLAIN = { values: false, entropyBonus: false, accumulate: false };

/** A PPO batch of ROWS on a fixture. */
async function setting(name: string, tuningOf: typeof loraOf = loraOf) {
  const model = await loadFixture(name);
  const tuning = tuningOf(model);
  const experience = await experienceOf(model, tuning, ROWS);
  return {
    model,
    tuning,
    experience,
    feeds: feedsOf(model, { ...batchOf(ROWS), ...experienceInputs(experience) }),
  };
}

function norm(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

/**
 * Checks the gradients of `artifact` at `feeds` of `model`: of every parameter along its own gradient, and of all of them
 * together along a random direction.
 */
async function checkGradients(
  artifact: Artifact,
  { model, feeds }: { model: Fixture; feeds: Record<string, Array_> },
): Promise<void> {
  using session = await openSession(artifact, feeds);
  const gradients = gradientsOf(await runSession(session, artifact, feeds));
  const lossAt = async (moves: Record<string, number[]>, step: number) => {
    const moved = Object.fromEntries(
      Object.entries(moves).map(([name, by]) => {
        const { dims, data } = feeds[name]!;
        return [name, { dims, data: Array.from(data as number[], (value, i) => value + step * by[i]!) }];
      }),
    );
    const merged = mergedWeights({ ...model, lora: { ...model.lora, ...moved } });
    return (await runSession(session, artifact, { ...feeds, ...moved, ...merged })).loss!.data[0]!;
  };
  const slope = async (moves: Record<string, number[]>, step: number) =>
    (await lossAt(moves, step) - await lossAt(moves, -step)) / (2 * step);

  for (const [name, gradient] of Object.entries(gradients)) {
    const length = norm(gradient);
    assert.ok(length > 0, `no gradient reaches ${name}`);
    const direction = gradient.map((value) => value / length);
    // Small enough to stay on one side of most clips, long enough to change the loss by more than it rounds.
    const numeric = await slope({ [name]: direction }, 2e-3 / length);
    assert.ok(
      Math.abs(numeric - length) < 0.02 * length,
      `${name}: finite difference ${numeric}, norm ${length}`,
    );
  }
  const moves = Object.fromEntries(
    Object.entries(gradients).map(([name, { length }], index) => [name, noise(200 + index, length)]),
  );
  const analytic = Object.entries(gradients)
    .reduce(
      (sum, [name, gradient]) => sum + gradient.reduce((s, value, i) => s + value * moves[name]![i]!, 0),
      0,
    );
  const numeric = await slope(moves, 3e-4);
  const tolerance = 5e-3 * (1 + Math.abs(analytic));
  assert.ok(Math.abs(numeric - analytic) < tolerance, `finite difference ${numeric}, rules ${analytic}`);
}

for (const name of ["qwen3", "qwen2", "llama", "gpt2"]) {
  for (const [kind, tuningOf] of Object.entries(KINDS)) {
    Deno.test(`${name}, ${kind}: policy_training with values and entropy has the gradients of its loss`, async () => {
      const { model, tuning, feeds } = await setting(name, tuningOf);
      await checkGradients(policyTrainingArtifact(model.config, tuning, EVERYTHING), { model, feeds });
    });
  }
}

for (const kl of ["k2", "k3"] as const) {
  Deno.test(`policy_training with the KL by ${kl} in its loss has the gradients of that`, async () => {
    const { model, tuning, feeds, experience } = await setting("qwen3");
    const count = experienceInputs(experience).old_logprobs!.data.length;
    const reference = Float32Array.from(experienceInputs(experience).old_logprobs!.data as Float32Array);
    noise(91, count).forEach((value, at) => reference[at]! += value);
    const options = { ...EVERYTHING, kl };
    await checkGradients(policyTrainingArtifact(model.config, tuning, options), {
      model,
      feeds: { ...feeds, ref_logprobs: vector(Array.from(reference)), kl_coef: scalar(0.7) },
    });
  });
}

for (const name of ["qwen3", "gpt2"]) {
  for (const [kind, tuningOf] of Object.entries(KINDS)) {
    Deno.test(`${name}, ${kind}: gradients are the same whatever is recomputed for them`, async () => {
      const { model, tuning, feeds } = await setting(name, tuningOf);
      const run = (recompute: Recompute) =>
        runArtifact(policyTrainingArtifact(model.config, tuning, { ...EVERYTHING, recompute }), feeds);
      const kept = gradientsOf(await run("none"));
      for (const recompute of ["selective", "full"] as const) {
        const again = gradientsOf(await run(recompute));
        assert.deepEqual(Object.keys(again), Object.keys(kept));
        for (const [parameter, gradient] of Object.entries(kept)) {
          within(again[parameter]!, gradient, 1e-6 * (1 + norm(gradient)), `${recompute}: ${parameter}`);
        }
      }
    });
  }
}

Deno.test("The loss is policy loss + value_coef · value loss − entropy_coef · entropy", async () => {
  const { model, tuning, feeds, experience } = await setting("qwen3");
  const loss = async (options: typeof PLAIN) => {
    const outputs = await runArtifact(policyTrainingArtifact(model.config, tuning, options), feeds);
    return outputs.loss!.data[0]!;
  };
  const policy = await loss(PLAIN);
  const value = (await runArtifact(valueTrainingArtifact(model.config, tuning, { accumulate: false }), feeds))
    .loss!;
  const { entropy } = await runArtifact(
    policyEvalArtifact(model.config, tuning, { entropy: true, values: false }),
    feeds,
  );
  const bonus = entropy!.data.reduce((sum, h, i) => sum + h * experience.weights[i]!, 0);
  const [valueCoef, entropyCoef] = ["value_coef", "entropy_coef"].map((name) => Number(feeds[name]!.data[0]));
  assert.ok(value.data[0]! > 0.01 && bonus > 0.01);
  within(
    [await loss({ ...PLAIN, values: true })],
    [policy + valueCoef! * value.data[0]!],
    1e-5,
    "with values",
  );
  within(
    [await loss({ ...PLAIN, entropyBonus: true })],
    [policy - entropyCoef! * bonus],
    1e-5,
    "with entropy",
  );
  const everything = policy + valueCoef! * value.data[0]! - entropyCoef! * bonus;
  within([await loss(EVERYTHING)], [everything], 1e-5, "with everything");
});

Deno.test("value_training has the gradients of its loss", async () => {
  const { model, tuning, feeds } = await setting("qwen3");
  await checkGradients(valueTrainingArtifact(model.config, tuning, { accumulate: false }), { model, feeds });
});

Deno.test("sft_training has the gradients of its loss", async () => {
  const { model, tuning, feeds } = await setting("qwen3");
  await checkGradients(sftTrainingArtifact(model.config, tuning, { accumulate: false }), { model, feeds });
});

Deno.test("sft_training gives minus the logprobs of policy_eval, weighted", async () => {
  const { model, tuning, feeds, experience } = await setting("llama");
  const { logprobs } = await runArtifact(
    policyEvalArtifact(model.config, tuning, { entropy: true, values: false }),
    feeds,
  );
  const { loss } = await runArtifact(
    sftTrainingArtifact(model.config, tuning, { accumulate: false }),
    feeds,
  );
  const sum = -logprobs!.data.reduce((a, b) => a + b);
  within(loss!.data, [sum * experience.weights[0]!], 1e-4, "loss");
});

Deno.test("Evaluation and training agree: the first step has ratio 1 and no KL, at temperature 0.7", async () => {
  const { model, tuning, feeds, experience } = await setting("qwen3");
  const { logprobs } = await runArtifact(
    policyEvalArtifact(model.config, tuning, { entropy: true, values: false }),
    feeds,
  );
  const { policy_stats } = await runArtifact(policyTrainingArtifact(model.config, tuning, PLAIN), {
    ...feeds,
    ...experienceInputs({ ...experience, old_logprobs: logprobs!.data }),
  });
  const stats = Object.fromEntries(POLICY_STATS.map((name, index) => [name, policy_stats!.data[index]!]));
  const count = actions(ROWS);
  within([stats.ratio_sum! / count], [1], 1e-6, "mean ratio");
  within([stats.approxkl_sum!, stats.k3_sum!], [0, 0], 1e-6, "KL");
  assert.equal(stats.clipfrac_sum, 0);
});

Deno.test("The value of a state is the same from policy_eval, value_eval and the loss that trains it", async () => {
  const { model, tuning, feeds } = await setting("qwen3");
  const shared = await runArtifact(
    policyEvalArtifact(model.config, tuning, { entropy: true, values: true }),
    feeds,
  );
  const own = await runArtifact(valueEvalArtifact(model.config, tuning), feeds);
  assert.deepEqual(own.values!.data, shared.values!.data);
  const { value_stats } = await runArtifact(
    valueTrainingArtifact(model.config, tuning, { accumulate: false }),
    {
      ...feeds,
      old_values: { dims: own.values!.dims, data: own.values!.data },
      returns: { dims: own.values!.dims, data: own.values!.data },
    },
  );
  within(value_stats!.data, [0, 0], 1e-9, "loss of values that are the returns");
});

Deno.test("EOS is an action: alone with its weight it has a gradient, as it has in a row that is nothing else", async () => {
  const { model, tuning, experience } = await setting("qwen3");
  const artifact = policyTrainingArtifact(model.config, tuning, PLAIN);
  const ends = ROWS.map((_, row) => actions(ROWS.slice(0, row + 1)) - 1);
  for (const end of ends) {
    const weights = experience.weights.map((weight, i) => i === end ? weight : 0);
    const outputs = await runArtifact(
      artifact,
      // A range this wide cuts nothing, so the gradient is −A·ρ times that of the logprob.
      feedsOf(model, {
        ...batchOf(ROWS),
        ...experienceInputs({ ...experience, weights }),
        clip_low: scalar(0),
        clip_high: scalar(1e9),
      }),
    );
    assert.ok(norm(Object.values(gradientsOf(outputs)).flat()) > 1e-4, `the action ${end}`);
  }
});

Deno.test("With no advantage and no value error nothing is taught", async () => {
  const { model, tuning, experience } = await setting("qwen3");
  const nothing = { ...experience, advantages: experience.advantages.map(() => 0) };
  const outputs = await runArtifact(
    policyTrainingArtifact(model.config, tuning, PLAIN),
    feedsOf(model, { ...batchOf(ROWS), ...experienceInputs(nothing) }),
  );
  for (const [name, gradient] of Object.entries(gradientsOf(outputs))) {
    assert.ok(gradient.every((value) => value === 0), name);
  }
});

Deno.test("The value head starts at 0: then only the head has a gradient, and V is 0 everywhere", async () => {
  const { model, tuning, feeds } = await setting("qwen3");
  const zero = {
    ...feeds,
    [VALUE_HEAD.weight]: {
      dims: [1, model.config.hidden_size],
      data: new Array<number>(model.config.hidden_size).fill(0),
    },
    [VALUE_HEAD.bias]: { dims: [1], data: [0] },
  };
  const { values } = await runArtifact(valueEvalArtifact(model.config, tuning), zero);
  assert.ok(values!.data.every((value) => value === 0));
  const gradients = gradientsOf(
    await runArtifact(valueTrainingArtifact(model.config, tuning, { accumulate: false }), zero),
  );
  for (const [name, gradient] of Object.entries(gradients)) {
    assert.equal(norm(gradient) > 0, name.startsWith("score."), name);
  }
});
