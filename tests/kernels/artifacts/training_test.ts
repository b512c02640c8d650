/** Whole training graphs: gradients against finite differences, accumulation, and which tokens teach. */
import assert from "node:assert/strict";
import {
  GRADIENT,
  policyEvalArtifact,
  policyTrainingArtifact,
  sftTrainingArtifact,
  type Tuning,
  VALUE_HEAD,
  valueEvalArtifact,
  valueTrainingArtifact,
} from "../../../kernels/artifacts.ts";
import type { Artifact } from "../../../kernels/graph/graph.ts";
import { POLICY_STATS } from "../../../kernels/losses/policy_loss.ts";
import { Tensor } from "../../../core/ort/tensor.ts";
import { loadFixture } from "../models/fixture.ts";
import {
  type Array_,
  openSession,
  type Result,
  runArtifact,
  runSession,
  runtime,
  scalar,
  typed,
} from "../run_artifact.ts";
import { within } from "../within.ts";
import { actions, batchOf, experienceInputs, experienceOf, feedsOf, loraOf, noise, ROWS } from "./batch.ts";

/** Gradient outputs by parameter. */
function gradientsOf(outputs: Record<string, Result>): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(outputs).filter(([name]) => name.startsWith(GRADIENT))
      .map(([name, { data }]) => [name.slice(GRADIENT.length), data]),
  );
}

const FULL: Tuning = { type: "full" };
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
 * Checks the gradients of `artifact` at `feeds`: of every parameter along its own gradient, and of all of them
 * together along a random direction.
 */
async function checkGradients(artifact: Artifact, feeds: Record<string, Array_>): Promise<void> {
  using session = await openSession(artifact, feeds);
  const gradients = gradientsOf(await runSession(session, artifact, feeds));
  const lossAt = async (moves: Record<string, number[]>, step: number) => {
    const moved = Object.fromEntries(
      Object.entries(moves).map(([name, by]) => {
        const { dims, data } = feeds[name]!;
        return [name, { dims, data: Array.from(data as number[], (value, i) => value + step * by[i]!) }];
      }),
    );
    return (await runSession(session, artifact, { ...feeds, ...moved })).loss!.data[0]!;
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
  const numeric = await slope(moves, 1e-3);
  const tolerance = 5e-3 * (1 + Math.abs(analytic));
  assert.ok(Math.abs(numeric - analytic) < tolerance, `finite difference ${numeric}, rules ${analytic}`);
}

for (const name of ["qwen3", "qwen2", "llama"]) {
  for (const [kind, tuningOf] of [["lora", loraOf], ["full", () => FULL]] as const) {
    Deno.test(`${name}, ${kind}: policy_training with values and entropy has the gradients of its loss`, async () => {
      const { model, tuning, feeds } = await setting(name, tuningOf);
      await checkGradients(policyTrainingArtifact(model.config, tuning, EVERYTHING), feeds);
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
  await checkGradients(valueTrainingArtifact(model.config, tuning, { accumulate: false }), feeds);
});

Deno.test("sft_training has the gradients of its loss", async () => {
  const { model, tuning, feeds } = await setting("qwen3");
  await checkGradients(sftTrainingArtifact(model.config, tuning, { accumulate: false }), feeds);
});

Deno.test("sft_training gives minus the logprobs of policy_eval, summed and weighted", async () => {
  const { model, tuning, feeds, experience } = await setting("llama");
  const { logprobs } = await runArtifact(
    policyEvalArtifact(model.config, tuning, { entropy: true, values: false }),
    feeds,
  );
  const { loss, loss_sum } = await runArtifact(
    sftTrainingArtifact(model.config, tuning, { accumulate: false }),
    feeds,
  );
  const sum = -logprobs!.data.reduce((a, b) => a + b);
  within([loss_sum!.data[0]!, loss!.data[0]!], [sum, sum * experience.weights[0]!], 1e-4, "loss");
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

/** Micro-batches of consecutive rows, with the whole batch's token weights. */
async function microBatches(parts: number) {
  const { model, tuning, experience } = await setting("qwen3");
  const size = ROWS.length / parts;
  let from = 0;
  const feeds = Array.from({ length: parts }, (_, part) => {
    const rows = ROWS.slice(part * size, (part + 1) * size);
    const to = from + actions(rows);
    const inputs = experienceInputs(experience, from, to);
    from = to;
    return feedsOf(model, { ...batchOf(rows), ...inputs });
  });
  return { model, tuning, feeds };
}

function zerosFor(artifact: Artifact): Record<string, Array_> {
  return Object.fromEntries(
    artifact.inputs.filter(({ name }) => name.startsWith("accumulated.")).map(({ name, shape }) => {
      const dims = shape as number[];
      return [name, { dims, data: new Array<number>(dims.reduce((a, b) => a * b, 1)).fill(0) }];
    }),
  );
}

Deno.test("The same batch in 1, 2 and 4 uneven micro-batches accumulates to the same gradients", async () => {
  const results = await Promise.all([1, 2, 4].map(async (parts) => {
    const { model, tuning, feeds } = await microBatches(parts);
    const artifact = policyTrainingArtifact(model.config, tuning, { ...EVERYTHING, accumulate: true });
    using session = await openSession(artifact, feeds[0]!);
    let accumulated = zerosFor(artifact);
    let loss = 0;
    for (const inputs of feeds) {
      const outputs = await runSession(session, artifact, { ...inputs, ...accumulated });
      loss += outputs.loss!.data[0]!;
      accumulated = Object.fromEntries(
        Object.keys(accumulated).map((name) => [name, outputs[name.replace("accumulated.", GRADIENT)]!]),
      );
    }
    return { loss, accumulated };
  }));
  const [whole, ...split] = results;
  for (const { loss, accumulated } of split) {
    within([loss], [whole!.loss], 1e-6, "loss");
    for (const [name, { data }] of Object.entries(accumulated)) {
      within(data as number[], whole!.accumulated[name]!.data as number[], 1e-6, name);
    }
  }
  const { model, tuning, feeds } = await setting("qwen3");
  const plain = gradientsOf(
    await runArtifact(policyTrainingArtifact(model.config, tuning, EVERYTHING), feeds),
  );
  for (const [name, gradient] of Object.entries(plain)) {
    within(gradient, whole!.accumulated[`accumulated.${name}`]!.data as number[], 1e-7, name);
  }
});

for (const kind of ["policy_training", "value_training", "sft_training"] as const) {
  Deno.test(`${kind} accumulates in place, each gradient bound as input and output`, async () => {
    const { model, tuning, feeds } = await microBatches(4);
    const make = (accumulate: boolean) => ({
      policy_training: () => policyTrainingArtifact(model.config, tuning, { ...EVERYTHING, accumulate }),
      value_training: () => valueTrainingArtifact(model.config, tuning, { accumulate }),
      sft_training: () => sftTrainingArtifact(model.config, tuning, { accumulate }),
    }[kind]());
    const artifact = make(true);
    using session = await openSession(artifact, feeds[0]!);
    using binding = session.bind();
    const sums = new Map<string, Tensor<"float32">>();
    for (const [name, { dims }] of Object.entries(zerosFor(artifact))) {
      const tensor = Tensor.from(runtime, "float32", dims);
      sums.set(name.replace("accumulated.", ""), tensor);
      binding.input(name, tensor).output(name.replace("accumulated.", GRADIENT), tensor);
    }
    binding.outputOnDevice("loss");
    for (const inputs of feeds) {
      for (const { name, dtype } of artifact.inputs) {
        if (name.startsWith("accumulated.")) continue;
        const { dims, data } = inputs[name]!;
        binding.input(name, Tensor.from(runtime, dtype, dims, typed(dtype, data)));
      }
      await binding.run();
    }
    const { feeds: [whole] } = await microBatches(1);
    const expected = gradientsOf(await runArtifact(make(false), whole!));
    assert.equal(sums.size, Object.keys(expected).length);
    for (const [name, tensor] of sums) within(tensor.data, expected[name]!, 1e-6, name);
  });
}

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
