/** The gradient norm and AdamW: golden numbers of ppo-spec §19, extreme vectors, and updates in place. */
import assert from "node:assert/strict";
import { adamwArtifact, gradientNormArtifact } from "../../../kernels/optimizers/adamw.ts";
import { Tensor } from "../../../core/ort/tensor.ts";
import { uniform } from "../../../core/rng.ts";
import { runArtifact, runtime, scalar, vector } from "../run_artifact.ts";
import { within } from "../within.ts";

interface Hyper {
  lr: number;
  decay?: number;
  eps?: number;
  coefficient?: number;
}

/** The scalar inputs of step `t`, at PyTorch's defaults. */
function scalars(t: number, { lr, decay = 0, eps = 1e-8, coefficient = 1 }: Hyper): Record<string, number> {
  return {
    lr,
    decay,
    eps,
    coefficient,
    beta1: 0.9,
    beta2: 0.999,
    correction1: 1 - 0.9 ** t,
    correction2: Math.sqrt(1 - 0.999 ** t),
  };
}

/** Parameters after each gradient in turn. */
async function steps(parameters: number[], gradients: number[][], hyper: (t: number) => Hyper) {
  const zeros = parameters.map(() => 0);
  let state = { parameters, m: zeros, v: zeros };
  const history: number[][] = [];
  for (const [index, gradient] of gradients.entries()) {
    const t = index + 1;
    const { next_parameters, next_m, next_v } = await runArtifact(adamwArtifact(), {
      parameters: vector(state.parameters),
      gradients: vector(gradient),
      m: vector(state.m),
      v: vector(state.v),
      ...Object.fromEntries(
        Object.entries(scalars(t, hyper(t))).map(([name, value]) => [name, scalar(value)]),
      ),
    });
    state = { parameters: next_parameters!.data, m: next_m!.data, v: next_v!.data };
    history.push(state.parameters);
  }
  return history;
}

async function norm(values: ArrayLike<number>): Promise<number> {
  return (await runArtifact(gradientNormArtifact(), { gradients: vector(values) })).norm!.data[0]!;
}

const GOLDEN = {
  1e-8: [0.9990000999, 0.999366180368, 0.999022955171],
  1e-5: [0.999090909091, 0.999435238577, 0.999107179348],
};

for (const [eps, expected] of Object.entries(GOLDEN)) {
  Deno.test(`adamw with eps ${eps} takes PyTorch's golden steps`, async () => {
    const gradients = [1e-4, -2e-4, 3e-4].map((gradient) => [gradient]);
    const history = await steps([1], gradients, () => ({ lr: 1e-3, eps: Number(eps) }));
    // One float32 step at 1 is 6e-8.
    within(history.flat(), expected, 2e-7, "parameter");
  });
}

Deno.test("adamw with weight decay and clipping takes the golden steps, by golden norms", async () => {
  const gradients = [[3, 4], [0.3, 0.4]];
  const norms = await Promise.all(gradients.map(norm));
  within(norms, [5, 0.5], 1e-6, "norms");
  const [lr, maxNorm] = [0.01, 1];
  const history = await steps([1, -2], gradients, (t) => ({
    lr,
    decay: lr * 0.1,
    coefficient: Math.min(1, maxNorm / (norms[t - 1]! + 1e-6)),
  }));
  within(history.flat(), [0.989, -2.008, 0.9786892, -2.0153138], 5e-7, "parameters");
});

Deno.test("adamw leaves a parameter that never had a gradient where it is, but for its decay", async () => {
  const history = await steps([0.5, -3], [[0, 0], [0, 0]], () => ({ lr: 0.1 }));
  assert.deepEqual(history.at(-1), [0.5, -3]);
  const decayed = await steps([0.5, -3], [[0, 0]], () => ({ lr: 0.1, decay: 0.01 }));
  within(decayed[0]!, [0.495, -2.97], 1e-6, "decayed");
});

Deno.test("adamw with lr 0 changes nothing but its moments", async () => {
  const history = await steps([0.5, -3], [[7, -9]], () => ({ lr: 0 }));
  assert.deepEqual(history[0], [0.5, -3]);
});

Deno.test("adamw bound in place gives what it gives with outputs of their own", async () => {
  const size = 5000;
  const draw = (row: number) =>
    Float32Array.from({ length: size }, (_, i) => uniform(1, "data", 0, row, i) - 0.5);
  const artifact = adamwArtifact();
  const start = { parameters: draw(0), m: draw(1), v: draw(2).map((value) => value * value) };
  const gradients = draw(3);
  const values = scalars(3, { lr: 0.01, decay: 1e-3, coefficient: 0.7 });
  const expected = await runArtifact(artifact, {
    ...Object.fromEntries(
      Object.entries({ ...start, gradients }).map(([name, data]) => [name, vector(data)]),
    ),
    ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, scalar(value)])),
  });
  using session = await runtime.createSession(artifact.bytes);
  using binding = session.bind();
  for (const [name, data] of Object.entries(start)) {
    const tensor = Tensor.from(runtime, "float32", [size], data);
    binding.input(name, tensor).output(`next_${name}`, tensor);
  }
  binding.input("gradients", Tensor.from(runtime, "float32", [size], gradients));
  for (const [name, value] of Object.entries(values)) {
    binding.input(name, Tensor.from(runtime, "float32", [], Float32Array.of(value)));
  }
  await binding.run();
  for (const [name, data] of Object.entries(start)) {
    assert.deepEqual(Array.from(data), expected[`next_${name}`]!.data, name);
  }
});

Deno.test("gradient_norm neither overflows nor vanishes", async () => {
  within([await norm([3e30, -4e30]) / 5e30], [1], 1e-6, "huge");
  within([await norm([3e-30, 4e-30]) / 5e-30], [1], 1e-6, "tiny");
  within([await norm([1e38, 0, 1e-38]) / 1e38], [1], 1e-6, "both");
  assert.equal(await norm([0, 0, 0]), 0);
  assert.equal(await norm([-7]), 7);
});

Deno.test("gradient_norm of a vector with NaN or an infinity is not finite, wherever it sits", async () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    for (const at of [0, 1, 50, 99]) {
      const values = Array.from({ length: 100 }, (_, i) => i === at ? bad : 1);
      assert.ok(!Number.isFinite(await norm(values)), `${bad} at ${at}`);
    }
  }
});

Deno.test("gradient_norm agrees with a sum in double, however long the vector", async () => {
  for (const size of [1, 1023, 1024, 1025, 3e6]) {
    const values = Float32Array.from({ length: size }, (_, i) => Math.cos(i * 1.7) * (1 + i % 13));
    const expected = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
    within([await norm(values) / expected], [1], 1e-6, `norm of ${size}`);
  }
});
