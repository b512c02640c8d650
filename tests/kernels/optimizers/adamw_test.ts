/** AdamW: golden numbers of ppo-spec §19, what clipping and a gradient that is not finite change, and updates in place. */
import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import { type AdamConfig, adamwArtifact } from "../../../kernels/optimizers/adamw.ts";
import { Tensor } from "../../../core/ort/tensor.ts";
import { uniform } from "../../../core/rng.ts";
import { runArtifact, runtime, scalar, vector } from "../run_artifact.ts";
import { within, worst } from "../within.ts";

/** PyTorch's defaults, nothing clipped. */
const ADAM: AdamConfig = { adam_beta1: 0.9, adam_beta2: 0.999, adam_eps: 1e-8, max_grad_norm: null };

interface State {
  parameters: ArrayLike<number>;
  m: ArrayLike<number>;
  v: ArrayLike<number>;
  /** Steps taken. */
  step: number;
}

/** The state and the norm after one step of a single group. */
async function step(
  { parameters, m, v, step }: State,
  gradient: ArrayLike<number>,
  { lr, decay = 0, ...config }: { lr: number; decay?: number } & Partial<AdamConfig>,
): Promise<State & { norm: number }> {
  const result = await runArtifact(adamwArtifact(["g"], { ...ADAM, ...config }), {
    "gradients": vector(gradient),
    "step": scalar(step),
    "parameters.g": vector(parameters),
    "gradients.g": vector(gradient),
    "m.g": vector(m),
    "v.g": vector(v),
    "lr.g": scalar(lr),
    "decay.g": scalar(decay),
  });
  const of = (name: string) => result[name]!.data;
  return {
    parameters: of("next_parameters.g"),
    m: of("next_m.g"),
    v: of("next_v.g"),
    step: of("next_step")[0]!,
    norm: of("norm")[0]!,
  };
}

/** Moments at zero. */
function startAt(parameters: ArrayLike<number>): State {
  const zeros = new Float32Array(parameters.length);
  return { parameters, m: zeros, v: zeros, step: 0 };
}

/** The state after each gradient in turn. */
async function steps(parameters: number[], gradients: number[][], hyper: Parameters<typeof step>[2]) {
  const history = [];
  let state = startAt(parameters);
  for (const gradient of gradients) {
    const next = await step(state, gradient, hyper);
    history.push(next);
    state = next;
  }
  return history;
}

const GOLDEN = {
  1e-8: [0.9990000999, 0.999366180368, 0.999022955171],
  1e-5: [0.999090909091, 0.999435238577, 0.999107179348],
};

for (const [eps, expected] of Object.entries(GOLDEN)) {
  Deno.test(`adamw with eps ${eps} takes PyTorch's golden steps`, async () => {
    const gradients = [1e-4, -2e-4, 3e-4].map((gradient) => [gradient]);
    const history = await steps([1], gradients, { lr: 1e-3, adam_eps: Number(eps) });
    // One float32 step at 1 is 6e-8.
    within(history.flatMap(({ parameters }) => [...parameters as number[]]), expected, 2e-7, "parameter");
    assert.deepEqual(history.map(({ step }) => step), [1, 2, 3]);
  });
}

Deno.test("adamw with weight decay and clipping takes the golden steps, by golden norms", async () => {
  const hyper = { lr: 0.01, decay: 0.01 * 0.1, max_grad_norm: 1 };
  const history = await steps([1, -2], [[3, 4], [0.3, 0.4]], hyper);
  within(history.map(({ norm }) => norm), [5, 0.5], 1e-6, "norms");
  const parameters = history.flatMap(({ parameters }) => [...parameters as number[]]);
  within(parameters, [0.989, -2.008, 0.9786892, -2.0153138], 5e-7, "parameters");
});

Deno.test("adamw clips to the largest norm, leaves what is below it alone, and never scales without one", async () => {
  const moment = async (gradient: number[], max_grad_norm: number | null) =>
    Array.from((await step(startAt([0, 0]), gradient, { lr: 1, max_grad_norm })).m);
  // After the first step the moment is a tenth of the clipped gradient.
  within(await moment([30, -40], 2), [0.12, -0.16], 1e-7, "clipped");
  assert.deepEqual(await moment([3, -4], 50), await moment([3, -4], null));
  within((await moment([3e9, -4e9], null)).map((value) => value / 1e9), [0.3, -0.4], 1e-7, "never scaled");
  assert.deepEqual(await moment([0, 0], 2), [0, 0]);
  // PyTorch's 1e-6 beside the norm: half of it is left here.
  within(await moment([0, 1e-6], 1e-6), [0, 0.5e-7], 1e-12, "a norm as small as what is added to it");
});

Deno.test("adamw leaves a parameter that never had a gradient where it is, but for its decay", async () => {
  const history = await steps([0.5, -3], [[0, 0], [0, 0]], { lr: 0.1 });
  assert.deepEqual(history.at(-1)!.parameters, [0.5, -3]);
  const decayed = await steps([0.5, -3], [[0, 0]], { lr: 0.1, decay: 0.01 });
  within(decayed[0]!.parameters, [0.495, -2.97], 1e-6, "decayed");
});

Deno.test("adamw with lr 0 changes nothing but its moments", async () => {
  const history = await steps([0.5, -3], [[7, -9]], { lr: 0 });
  assert.deepEqual(history[0]!.parameters, [0.5, -3]);
});

Deno.test("a gradient that is not finite changes nothing, and the step after it is the one it would have been", async () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    for (const max_grad_norm of [null, 1]) {
      const hyper = { lr: 0.1, decay: 0.01, max_grad_norm };
      // Before the first step too, where 1 − βᵗ of the steps taken is 0.
      const first = await step(startAt([0.5, -3]), [bad, 1], hyper);
      assert.ok(!Number.isFinite(first.norm));
      assert.deepEqual({ ...first, norm: 0 }, {
        ...{ parameters: [0.5, -3], m: [0, 0], v: [0, 0], step: 0 },
        norm: 0,
      });
      const [before] = await steps([0.5, -3], [[0.2, -0.1]], hyper);
      const skipped = await step(before!, [1, bad], hyper);
      assert.deepEqual({ ...skipped, norm: 0 }, { ...before, norm: 0 });
      assert.deepEqual(await step(skipped, [0.3, 0.3], hyper), await step(before!, [0.3, 0.3], hyper));
    }
  }
});

/** The same in float64, as the paper and PyTorch have it, but that the moments' β are of float32. */
class Reference {
  readonly m: Float64Array;
  readonly v: Float64Array;
  t = 0;

  constructor(readonly parameters: Float64Array, readonly config: AdamConfig) {
    this.m = new Float64Array(parameters.length);
    this.v = new Float64Array(parameters.length);
  }

  step(gradient: Float32Array, lr: number, decay: number): void {
    const norm = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
    if (!Number.isFinite(norm)) return;
    const { adam_beta1, adam_beta2, adam_eps, max_grad_norm } = this.config;
    const coefficient = max_grad_norm === null ? 1 : Math.min(1, max_grad_norm / (norm + 1e-6));
    const [beta1, beta2] = [Math.fround(adam_beta1), Math.fround(adam_beta2)];
    this.t++;
    gradient.forEach((value, i) => {
      const clipped = coefficient * value;
      this.m[i] = beta1 * this.m[i]! + (1 - beta1) * clipped;
      this.v[i] = beta2 * this.v[i]! + (1 - beta2) * clipped * clipped;
      const mean = this.m[i]! / (1 - adam_beta1 ** this.t);
      const square = this.v[i]! / (1 - adam_beta2 ** this.t);
      this.parameters[i]! -= decay * this.parameters[i]! + lr * mean / (Math.sqrt(square) + adam_eps);
    });
  }
}

Deno.test("adamw agrees with a reference in float64 over steps of any size, some of them not finite", async () => {
  const finite = fc.double({ min: -5, max: 5, noNaN: true });
  const cases = fc.record({
    size: fc.integer({ min: 1, max: 40 }),
    seed: fc.nat(),
    /** log10 of a gradient's size, or what one of its entries is. */
    gradients: fc.array(fc.oneof(finite, fc.constantFrom("NaN", "Infinity", "-Infinity")), {
      minLength: 1,
      maxLength: 12,
    }),
    max_grad_norm: fc.option(fc.constantFrom(1e-3, 1, 50)),
    adam_beta1: fc.constantFrom(0, 0.5, 0.9, 0.99),
    adam_beta2: fc.constantFrom(0, 0.9, 0.95, 0.999, 0.99999),
    adam_eps: fc.constantFrom(1e-8, 1e-5),
    decay: fc.constantFrom(0, 1e-3),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ size, seed, gradients, decay, ...config }) => {
      const lr = 1e-2;
      const draw = (row: number, scale: number) =>
        Float32Array.from({ length: size }, (_, i) => scale * (uniform(seed, "data", 0, row, i) - 0.5));
      const start = draw(0, 2);
      const reference = new Reference(Float64Array.from(start), config);
      let state = startAt(start);
      for (const [index, kind] of gradients.entries()) {
        const gradient = draw(index + 1, typeof kind === "number" ? 10 ** kind : 1);
        if (typeof kind === "string") gradient[seed % size] = Number(kind);
        reference.step(gradient, lr, decay);
        state = await step(state, gradient, { lr, decay, ...config });
        assert.equal(state.step, reference.t);
        const off = worst(state.parameters, reference.parameters);
        // A step rounds a dozen times: by 2⁻²⁴ of a parameter of about 1, and of an update of a few rates.
        assert.ok(off <= 2e-6 * (index + 1), `off by ${off} after ${index + 1} steps`);
      }
    }),
    { numRuns: 40, seed: 1 },
  );
});

Deno.test("adamw's bias corrections are exact however many steps were taken", async () => {
  for (const taken of [0, 1, 9, 99, 12_345, 1e7]) {
    const { parameters, step: t } = await step({ parameters: [0], m: [0], v: [0], step: taken }, [1], {
      lr: 1,
      adam_eps: 1e-30,
    });
    assert.equal(t, taken + 1);
    const [correction1, correction2] = [1 - 0.9 ** t, Math.sqrt(1 - 0.999 ** t)];
    const [gain1, gain2] = [1 - Math.fround(0.9), 1 - Math.fround(0.999)];
    const expected = -(gain1 / correction1) / (Math.sqrt(gain2) / correction2);
    within([parameters[0]! / expected], [1], 1e-6, `step ${t}`);
  }
});

Deno.test("adamw bound in place gives what it gives with outputs of their own, group by group", async () => {
  const sizes = { a: 5000, b: 16 };
  const groups = Object.entries(sizes);
  const draw = (size: number, row: number) =>
    Float32Array.from({ length: size }, (_, i) => uniform(1, "data", 0, row, i) - 0.5);
  const artifact = adamwArtifact(Object.keys(sizes), { ...ADAM, max_grad_norm: 0.7 });
  for (const bad of [null, NaN]) {
    const gradients = Float32Array.from([...draw(sizes.a, 3), ...draw(sizes.b, 7)]);
    if (bad !== null) gradients[5010] = bad;
    const state = Object.fromEntries(groups.flatMap(([name, size], group) => [
      [`parameters.${name}`, draw(size, 4 * group)],
      [`m.${name}`, draw(size, 4 * group + 1)],
      [`v.${name}`, draw(size, 4 * group + 2).map((value) => value * value)],
    ]));
    const steps = Float64Array.of(3);
    const arrays = {
      gradients,
      "gradients.a": gradients.subarray(0, sizes.a),
      "gradients.b": gradients.subarray(sizes.a),
    };
    const scalars = { "lr.a": 0.01, "decay.a": 1e-3, "lr.b": 0.1, "decay.b": 0 };
    const expected = await runArtifact(artifact, {
      ...Object.fromEntries(
        Object.entries({ ...state, ...arrays }).map(([name, data]) => [name, vector(data)]),
      ),
      ...Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, scalar(value)])),
      step: scalar(steps[0]!),
    });
    using session = await runtime.createSession(artifact.bytes);
    using binding = session.bind();
    const step = Tensor.onHost(runtime, "float64", [], steps);
    binding.input("step", step).output("next_step", step).outputOnDevice("norm");
    for (const [name, data] of Object.entries(state)) {
      const tensor = Tensor.onHost(runtime, "float32", [data.length], data);
      binding.input(name, tensor).output(`next_${name}`, tensor);
    }
    for (const [name, data] of Object.entries(arrays)) {
      binding.input(name, Tensor.onHost(runtime, "float32", [data.length], data));
    }
    for (const [name, value] of Object.entries(scalars)) {
      binding.input(name, Tensor.onHost(runtime, "float32", [], Float32Array.of(value)));
    }
    await binding.run();
    for (const [name, data] of Object.entries({ ...state, step: steps })) {
      assert.deepEqual(Array.from(data), expected[`next_${name}`]!.data, name);
    }
    assert.equal(steps[0], bad === null ? 4 : 3);
  }
});
