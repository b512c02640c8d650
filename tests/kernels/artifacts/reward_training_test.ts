/** The graph that trains a reward model: what PyTorch computes on the same pairs, and gradients against finite differences. */
import assert from "node:assert/strict";
import {
  rewardTrainingArtifact,
  SCORE_HEAD,
  scoreArtifact,
  type Tuning,
} from "../../../kernels/artifacts.ts";
import { PREFERENCE_STATS } from "../../../kernels/losses/preference_loss.ts";
import { loadFixture, mergedWeights } from "../models/fixture.ts";
import { type Array_, openSession, runArtifact, runSession, scalar, vector } from "../run_artifact.ts";
import { within } from "../within.ts";
import { feedsOf, gradientsOf, loraOf, type Model, noise } from "./batch.ts";

interface Pair {
  chosen: number[];
  rejected: number[];
  margin: number;
}

const golden = JSON.parse(
  await Deno.readTextFile(new URL("../../fixtures/reward-qwen3/preferences.json", import.meta.url)),
) as {
  center_coef: number;
  pairs: Pair[];
  scores: [number, number][];
  loss: number;
  ranking: number[];
  center: number[];
  head_gradient: number[];
  gradient_norms: Record<string, number>;
};

/** Pairs as the graph takes them: the chosen and the rejected of each pair in one batch, padded on the right. */
function pairInputs(pairs: readonly Pair[], center = golden.center_coef): Record<string, Array_> {
  const rows = pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]);
  const columns = Math.max(...rows.map(({ length }) => length));
  return {
    ids: {
      dims: [rows.length, columns],
      data: rows.flatMap((row) => Array.from({ length: columns }, (_, s) => row[s] ?? 0)),
    },
    positions: vector(rows.map((row, at) => at * columns + row.length - 1)),
    chosen: vector(pairs.map((_, at) => 2 * at)),
    rejected: vector(pairs.map((_, at) => 2 * at + 1)),
    margins: vector(pairs.map(({ margin }) => margin)),
    weights: vector(pairs.map(() => 1 / pairs.length)),
    center_coef: scalar(center),
  };
}

/** Feeds of pairs on a model whose head is what it has, or noise. */
function feeds(model: Model, pairs = golden.pairs): Record<string, Array_> {
  const head = model.weights[SCORE_HEAD];
  return feedsOf(model, { ...pairInputs(pairs), ...(head && { [SCORE_HEAD]: head }) });
}

Deno.test("reward_training gives PyTorch's scores, loss and gradients of every weight", async () => {
  const model = await loadFixture("reward-qwen3");
  const given = feeds(model);
  const { scores } = await runArtifact(scoreArtifact(model.config), given);
  within(scores!.data, golden.scores.flat(), 1e-4, "scores");
  const outputs = await runArtifact(
    rewardTrainingArtifact(model.config, { type: "full" }, { accumulate: false }),
    given,
  );
  within(outputs.loss!.data, [golden.loss], 1e-5, "loss");
  const sum = (values: number[]) => values.reduce((a, b) => a + b);
  const stats = Object.fromEntries(
    PREFERENCE_STATS.map((name, at) => [name, outputs.preference_stats!.data[at]!]),
  );
  within([stats.loss_sum!, stats.center_sum!], [sum(golden.ranking), sum(golden.center)], 1e-4, "sums");
  assert.equal(stats.accuracy_sum, golden.scores.filter(([chosen, rejected]) => chosen > rejected).length);
  const gradients = gradientsOf(outputs);
  within(gradients[SCORE_HEAD]!, golden.head_gradient, 1e-4, "gradient of the head");
  assert.deepEqual(Object.keys(gradients).sort(), Object.keys(golden.gradient_norms).sort());
  for (const [name, gradient] of Object.entries(gradients)) {
    const norm = Math.hypot(...gradient);
    within([norm / golden.gradient_norms[name]!], [1], 1e-3, name);
  }
});

for (const name of ["qwen3", "gpt2"]) {
  for (const [kind, tuningOf] of [["lora", loraOf], ["full", (): Tuning => ({ type: "full" })]] as const) {
    Deno.test(`${name}, ${kind}: reward_training has the gradient of its loss along a random direction`, async () => {
      const model = await loadFixture(name);
      const given = feeds(model);
      const artifact = rewardTrainingArtifact(model.config, tuningOf(model), { accumulate: false });
      using session = await openSession(artifact, given);
      const gradients = gradientsOf(await runSession(session, artifact, given));
      assert.ok(SCORE_HEAD in gradients && Object.keys(gradients).length > 10);
      const moves = Object.fromEntries(
        Object.entries(gradients).map(([name, { length }], at) => [name, noise(300 + at, length)]),
      );
      const lossAt = async (step: number) => {
        const moved = Object.fromEntries(
          Object.entries(moves).map(([name, by]) => {
            const { dims, data } = given[name]!;
            return [name, { dims, data: Array.from(data as number[], (value, i) => value + step * by[i]!) }];
          }),
        );
        const merged = mergedWeights({ ...model, lora: { ...model.lora, ...moved } });
        return (await runSession(session, artifact, { ...given, ...moved, ...merged })).loss!.data[0]!;
      };
      const analytic = Object.entries(gradients).reduce(
        (sum, [name, gradient]) => sum + gradient.reduce((s, value, i) => s + value * moves[name]![i]!, 0),
        0,
      );
      const numeric = (await lossAt(1e-3) - await lossAt(-1e-3)) / 2e-3;
      assert.ok(
        Math.abs(numeric - analytic) < 1e-2 * (1 + Math.abs(analytic)),
        `finite difference ${numeric}, rules ${analytic}`,
      );
    });
  }
}

Deno.test("reward_training gives the same in parts of whole pairs as at once, whatever is recomputed", async () => {
  const model = await loadFixture("qwen3");
  const tuning = loraOf(model);
  const make = (recompute: "none" | "full") =>
    rewardTrainingArtifact(model.config, tuning, { accumulate: false, recompute });
  const whole = gradientsOf(await runArtifact(make("none"), feeds(model)));
  const parts = await Promise.all(golden.pairs.map(async (pair) => {
    const weights = vector([1 / golden.pairs.length]);
    return gradientsOf(await runArtifact(make("full"), { ...feeds(model, [pair]), weights }));
  }));
  for (const [name, gradient] of Object.entries(whole)) {
    const sum = gradient.map((_, i) => parts.reduce((total, part) => total + part[name]![i]!, 0));
    within(sum, gradient, 1e-5, name);
  }
});
