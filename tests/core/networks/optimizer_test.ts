/** The optimizer over parameter groups: golden steps, what clipping and skipping change, and which rate a group has. */
import assert from "node:assert/strict";
import { Optimizer } from "../../../core/networks/optimizer.ts";
import { type ParameterGroup, ParameterSet } from "../../../core/weights/parameter_set.ts";
import { runtime } from "../../kernels/run_artifact.ts";
import { within } from "../../kernels/within.ts";

const GROUPS: ParameterGroup[] = [
  { name: "matrices", parameters: [{ name: "a", shape: [1, 2] }] },
  { name: "vectors", parameters: [{ name: "b", shape: [3] }, { name: "c", shape: [1] }] },
];
const ADAM = { adam_beta1: 0.9, adam_beta2: 0.999, adam_eps: 1e-8, max_grad_norm: null };

Deno.test("apply() makes the golden AdamW steps, with clipping and decay", async () => {
  const parameters = new ParameterSet(runtime, [{ name: "g", parameters: [{ name: "w", shape: [2] }] }]);
  parameters.set("w", Float32Array.from([1, -2]));
  const optimizer = await Optimizer.create(runtime, parameters, { ...ADAM, max_grad_norm: 1 });
  const step = async (gradient: number[]) => {
    optimizer.gradients.set("w", Float32Array.from(gradient));
    return (await optimizer.apply({ g: { lr: 0.01, weight_decay: 0.1 } })).read();
  };
  const first = await step([3, 4]);
  within([first.grad_norm], [5], 1e-6, "norm");
  within(parameters.values("w"), [0.989, -2.008], 1e-6, "parameters");
  within([(await step([0.3, 0.4])).grad_norm], [0.5], 1e-6, "norm");
  within(parameters.values("w"), [0.9786892, -2.0153138], 1e-6, "parameters");
  assert.equal(optimizer.step, 2);
});

Deno.test("apply() clips by the norm over all groups and steps each at its own rate", async () => {
  const parameters = new ParameterSet(runtime, GROUPS);
  parameters.flat.write(new Float32Array(parameters.flat.size).fill(1));
  const optimizer = await Optimizer.create(runtime, parameters, ADAM);
  optimizer.gradients.set("a", Float32Array.from([2, 0]));
  optimizer.gradients.set("b", Float32Array.from([0, 0, -1]));
  optimizer.gradients.set("c", Float32Array.from([2]));
  const outcome = await optimizer.apply({
    matrices: { lr: 0.1, weight_decay: 0.5 },
    vectors: { lr: 0.01, weight_decay: 0 },
  });
  const { grad_norm, skipped } = outcome.read();
  assert.equal(skipped, false);
  within([grad_norm], [3], 1e-6, "norm");
  // Adam's first step is the rate times the gradient's sign; decay is rate times weight decay.
  within(parameters.values("a"), [0.85, 0.95], 1e-6, "a");
  within(parameters.values("b"), [1, 1, 1.01], 1e-6, "b");
  within(parameters.values("c"), [0.99], 1e-6, "c");
});

Deno.test("apply() at rate 0 changes no bit; a gradient that is not finite changes nothing at all", async () => {
  const parameters = new ParameterSet(runtime, GROUPS);
  parameters.flat.write(new Float32Array(parameters.flat.size).map((_, i) => Math.sin(i)));
  const optimizer = await Optimizer.create(runtime, parameters, ADAM);
  const before = parameters.flat.copy();
  optimizer.gradients.flat.write(new Float32Array(parameters.flat.size).fill(0.3));
  const still = { lr: 0, weight_decay: 0.1 };
  using _still = await optimizer.apply({ matrices: still, vectors: still });
  assert.deepEqual(parameters.flat.read(), before);
  const moments = [optimizer.m.flat.copy(), optimizer.v.flat.copy()];
  for (const bad of [NaN, Infinity, -Infinity]) {
    optimizer.gradients.set("b", Float32Array.of(0.3, bad, 0.3));
    const rate = { lr: 0.1, weight_decay: 0.1 };
    const { skipped, grad_norm } = (await optimizer.apply({ matrices: rate, vectors: rate })).read();
    assert.equal(skipped, true);
    assert.ok(!Number.isFinite(grad_norm));
    assert.equal(optimizer.step, 1);
    assert.deepEqual(parameters.flat.read(), before);
    assert.deepEqual([optimizer.m.flat.read(), optimizer.v.flat.read()], moments);
  }
});

Deno.test("apply() counts only the steps that were taken, and the next is corrected for as many", async () => {
  const run = async (gradients: number[]) => {
    const parameters = new ParameterSet(runtime, [{ name: "g", parameters: [{ name: "w", shape: [1] }] }]);
    const optimizer = await Optimizer.create(runtime, parameters, { ...ADAM, max_grad_norm: 1 });
    const outcomes = [];
    for (const gradient of gradients) {
      optimizer.gradients.set("w", Float32Array.of(gradient));
      outcomes.push(await optimizer.apply({ g: { lr: 0.01, weight_decay: 0.1 } }));
    }
    // Read when all steps are made: each has kept its own.
    const skipped = outcomes.map((outcome) => outcome.read().skipped);
    return { skipped, step: optimizer.step, w: parameters.values("w")[0] };
  };
  const disturbed = await run([NaN, 0.5, Infinity, -0.2, -Infinity, 0.1]);
  assert.deepEqual(disturbed.skipped, [true, false, true, false, true, false]);
  assert.deepEqual(disturbed, { ...await run([0.5, -0.2, 0.1]), skipped: disturbed.skipped });
  assert.equal(disturbed.step, 3);
});

Deno.test("a parameter set shares its memory with its tensors, and its copies share nothing", () => {
  const parameters = new ParameterSet(runtime, GROUPS);
  assert.equal(parameters.count, 6);
  assert.deepEqual(parameters.names, ["a", "b", "c"]);
  parameters.set("b", Float32Array.from([1, 2, 3]));
  assert.deepEqual([...parameters.tensor("b").read() as Float32Array], [1, 2, 3]);
  const vectors = parameters.group("vectors").read() as Float32Array;
  assert.deepEqual([...vectors.subarray(0, 3)], [1, 2, 3]);
  const copy = parameters.clone();
  parameters.set("b", Float32Array.of(9, 2, 3));
  assert.deepEqual([...copy.values("b")], [1, 2, 3]);
  assert.ok(copy.like().flat.read().every((value) => value === 0));
  assert.throws(() => parameters.values("d"), TypeError);
  assert.throws(() => parameters.group("d"), TypeError);
});
