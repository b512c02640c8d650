/** Gradients of micro-batches added up: outside, and in place on the memory the optimizer reads. */
import assert from "node:assert/strict";
import {
  GRADIENT,
  policyTrainingArtifact,
  sftTrainingArtifact,
  valueTrainingArtifact,
} from "../../../kernels/artifacts.ts";
import type { Artifact } from "../../../kernels/graph/artifact.ts";
import { Tensor } from "../../../core/ort/tensor.ts";
import { loadFixture } from "../models/fixture.ts";
import { type Array_, openSession, runArtifact, runSession, runtime, typed } from "../run_artifact.ts";
import { within } from "../within.ts";
import {
  actions,
  batchOf,
  experienceInputs,
  experienceOf,
  feedsOf,
  gradientsOf,
  loraOf,
  ROWS,
} from "./batch.ts";

const EVERYTHING = { values: true, entropyBonus: true, accumulate: false };

/** Micro-batches of consecutive rows, with the whole batch's token weights. */
async function microBatches(parts: number) {
  const model = await loadFixture("qwen3");
  const tuning = loraOf(model);
  const experience = await experienceOf(model, tuning, ROWS);
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
  const { model, tuning, feeds } = await microBatches(1);
  const plain = await runArtifact(policyTrainingArtifact(model.config, tuning, EVERYTHING), feeds[0]!);
  for (const [name, gradient] of Object.entries(gradientsOf(plain))) {
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
      const tensor = Tensor.onHost(runtime, "float32", dims);
      sums.set(name.replace("accumulated.", ""), tensor);
      binding.input(name, tensor).output(name.replace("accumulated.", GRADIENT), tensor);
    }
    binding.outputOnDevice("loss");
    for (const inputs of feeds) {
      for (const { name, dtype } of artifact.inputs) {
        if (name.startsWith("accumulated.")) continue;
        const { dims, data } = inputs[name]!;
        binding.input(name, Tensor.onHost(runtime, dtype, dims, typed(dtype, data)));
      }
      await binding.run();
    }
    const { feeds: [whole] } = await microBatches(1);
    const expected = gradientsOf(await runArtifact(make(false), whole!));
    assert.equal(sums.size, Object.keys(expected).length);
    for (const [name, tensor] of sums) within(tensor.data, expected[name]!, 1e-6, name);
  });
}
