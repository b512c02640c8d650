/**
 * Every row of the op table on the real runtime: the inferred type against what comes out, and the gradient rule
 * against a finite difference in one random direction, <∇(v·y), u> = d/dh v·y(x + h·u).
 */
import assert from "node:assert/strict";
import { Builder } from "../../../kernels/graph/builder.ts";
import { gradients } from "../../../kernels/graph/gradient.ts";
import type { Value } from "../../../kernels/graph/value.ts";
import type { OpRow, Sample, SampleInput } from "../../../kernels/ops/op_row.ts";
import { OPS } from "../../../kernels/ops/table.ts";
import { uniform } from "../../../core/rng.ts";
import { type Array_, runArtifact } from "../run_artifact.ts";
import { within } from "../within.ts";

function draw(input: SampleInput, row: number): Array_ {
  const [low, high] = input.range ?? [-1, 1];
  const size = input.shape.reduce((a, b) => a * b, 1);
  const data = input.values ??
    Array.from({ length: size }, (_, i) => Math.fround(low + (high - low) * uniform(7, "data", 0, row, i)));
  return { dims: input.shape, data };
}

function inputsOf(g: Builder, sample: Sample): Value[] {
  return sample.inputs.map(({ shape, dtype = "float32" }, index) => g.input(`x${index}`, dtype, shape));
}

function feeds(arrays: Array_[]): Record<string, Array_> {
  return Object.fromEntries(arrays.map((array, index) => [`x${index}`, array]));
}

/** Whether it gives numbers that change with its inputs by degrees: a cast to integers has no gradient. */
function isDifferentiable(sample: Sample): boolean {
  const g = new Builder("sample");
  return sample.build(g, ...inputsOf(g, sample)).some(({ dtype }) => dtype === "float32");
}

/** What `build` gives for a sample, and the gradient of a sum of it for the first input. */
function firstGradient(sample: Sample, build: Sample["build"]): ReturnType<typeof runArtifact> {
  const g = new Builder("sample");
  const inputs = inputsOf(g, sample);
  const outputs = build(g, ...inputs);
  const [gradient] = gradients(g, weighed(g, outputs), inputs.slice(0, 1));
  const named = Object.fromEntries(outputs.map((value, index) => [`y${index}`, value]));
  return runArtifact(g.finish({ ...named, gradient: gradient! }), feeds(sample.inputs.map(draw)));
}

/** A scalar that every element of `outputs` counts in, each with a random weight. */
function weighed(g: Builder, outputs: readonly Value[]): Value {
  return outputs.map((y, index) => {
    const v = Array.from(
      { length: y.shape.reduce<number>((a, b) => a * Number(b), 1) },
      (_, i) => 2 * uniform(8, "data", 0, index, i) - 1,
    );
    const direction = g.reshape(g.floats(v), y.shape);
    const axes = y.shape.map((_, axis) => axis);
    return axes.length === 0 ? g.mul(y, direction) : g.reduceSum(g.mul(y, direction), axes, false);
  }).reduce((a, b) => g.add(a, b));
}

for (const [name, row] of Object.entries(OPS) as [string, OpRow<unknown>][]) {
  Deno.test(`${name} has samples, and one to differentiate where it has a gradient`, () => {
    assert.ok(row.samples.length > 0);
    assert.ok(row.vjp === "none" || row.samples.some(isDifferentiable));
  });

  row.samples.forEach((sample, number) => {
    Deno.test(`${name} sample ${number} has the type it infers`, async () => {
      const g = new Builder("sample");
      const outputs = sample.build(g, ...inputsOf(g, sample));
      assert.ok(g.tape.some(({ op }) => op === name), `The sample does not apply ${name}`);
      const named = Object.fromEntries(outputs.map((value, index) => [`y${index}`, value]));
      const results = await runArtifact(g.finish(named), feeds(sample.inputs.map(draw)));
      outputs.forEach((value, index) => {
        assert.deepEqual([...results[`y${index}`]!.dims], [...value.shape]);
        assert.equal(results[`y${index}`]!.dtype, value.dtype);
      });
    });

    if (row.vjp === "none" || !isDifferentiable(sample)) return;
    if (sample.like) {
      const { build, like, tolerance } = sample;
      Deno.test(`${name} sample ${number} has values and gradient of what it stands for`, async () => {
        const [actual, expected] = [await firstGradient(sample, build), await firstGradient(sample, like)];
        assert.deepEqual(Object.keys(actual), Object.keys(expected));
        for (const key of Object.keys(expected)) {
          within(actual[key]!.data, expected[key]!.data, tolerance!, key);
        }
      });
      return;
    }
    Deno.test(`${name} sample ${number} has the gradient of a finite difference`, async () => {
      const x = sample.inputs.map(draw);
      const g = new Builder("sample");
      const inputs = inputsOf(g, sample);
      const outputs = sample.build(g, ...inputs).filter(({ dtype }) => dtype === "float32");
      const loss = weighed(g, outputs);
      const differentiable = inputs.filter(({ dtype }) => dtype === "float32");
      const grads = gradients(g, loss, differentiable);
      const named = Object.fromEntries(grads.map((grad, index) => [`grad${index}`, grad]));
      const artifact = g.finish({ loss, ...named });
      const at = await runArtifact(artifact, feeds(x));

      const u = x.map(({ data }, index) =>
        Array.from(data as ArrayLike<number>, (_, i) => 2 * uniform(9, "data", 0, index, i) - 1)
      );
      const h = 1 / 256;
      const lossAt = async (step: number) => {
        const moved = x.map(({ dims, data }, index) => ({
          dims,
          data: Array.from(data as ArrayLike<number>, (value, i) => value + step * u[index]![i]!),
        }));
        return (await runArtifact(artifact, feeds(moved))).loss!.data[0]!;
      };
      const numeric = (await lossAt(h) - await lossAt(-h)) / (2 * h);
      let analytic = 0;
      differentiable.forEach((input, index) => {
        const grad = at[`grad${index}`]!;
        assert.deepEqual([...grad.dims], [...input.shape]);
        grad.data.forEach((value, i) => analytic += value * u[inputs.indexOf(input)]![i]!);
      });
      const tolerance = (sample.tolerance ?? 4e-3) * (1 + Math.abs(numeric));
      assert.ok(Math.abs(numeric - analytic) < tolerance, `finite difference ${numeric}, rule ${analytic}`);
    });
  });
}
