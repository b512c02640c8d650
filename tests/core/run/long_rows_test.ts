/** Long rows: attended in blocks, by a graph that is made when the first of them comes, with the numbers of short ones' graphs. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import {
  type GradientOptions,
  policyEvalArtifact,
  policyTrainingArtifact,
} from "../../../kernels/artifacts.ts";
import { AdapterMerge } from "../../../core/run/adapter_merge.ts";
import { attentionBlocks } from "../../../core/run/attention_blocks.ts";
import { BaseModel } from "../../../core/weights/base_model.ts";
import { Feeds } from "../../../core/run/feeds.ts";
import { evaluate, TrainingGraph } from "../../../core/run/graph_runner.ts";
import { initialParameters, tuningOf } from "../../../core/weights/parameter_layout.ts";
import { SessionCache } from "../../../core/run/session_cache.ts";
import { tokenBatch, type TokenSequence, unpack } from "../../../core/run/token_batch.ts";
import { uniform } from "../../../core/rng.ts";
import { worst } from "../../kernels/within.ts";
import { runtime } from "../networks/tiny_models.ts";

const folder = fileURLToPath(new URL("../../../models/tiny", import.meta.url));
const base = await BaseModel.open(runtime, folder);
const tuning = tuningOf(base.config, { type: "lora", r: 4, alpha: 8, target_modules: "all-linear" });
const parameters = await initialParameters(base, tuning, { head: false, seed: 1, role: "policy" });
parameters.flat.write(
  parameters.flat.copy().map((value, i) => value + 0.02 * (uniform(1, "data", 0, 0, i) - 0.5)),
);

function row(key: number, prompt: number, response: number): TokenSequence {
  const ids = (from: number, length: number) =>
    Array.from({ length }, (_, s) => 3 + Math.floor(1500 * uniform(2, "data", 0, key, from + s)));
  return { prompt_ids: ids(0, prompt), response_ids: ids(prompt, response) };
}

/** Rows of 330, 290 and 9 tokens. */
const ROWS = [row(0, 300, 30), row(1, 280, 10), row(2, 4, 5)];
/** Of 3 tokens: fewer than a batch with one of the others has blocks. */
const SHORT = row(3, 2, 1);

function feeds(rows: readonly TokenSequence[], least = 1) {
  const batch = tokenBatch(rows, least);
  const vector = (value: number) => new Float32Array(batch.tokens).map((_, i) => value + 0.1 * Math.sin(i));
  const inputs = new Feeds(runtime).batch(batch).vector("weights", vector(1 / 45))
    .vector("advantages", vector(0.5)).vector("old_logprobs", vector(-7));
  const scalars = {
    inverse_temperature: 1,
    adapter_scale: 1,
    clip_low: 0.8,
    clip_high: 1.2,
    dual_clip: 1e30,
  };
  for (const [name, value] of Object.entries(scalars)) inputs.scalar(name, value);
  return { feeds: inputs, columns: batch.columns };
}

/** A training graph that takes blocks as it is asked, or none; and the forms it was asked for. */
function training(blocks?: number) {
  const asked: number[] = [];
  const artifact = (options: GradientOptions) => {
    asked.push(options.blocks!);
    const plain = { values: false, entropyBonus: false };
    return policyTrainingArtifact(base.config, tuning, {
      ...plain,
      ...options,
      blocks: blocks ?? options.blocks,
    });
  };
  const gradients = parameters.like();
  const sessions = new SessionCache(base);
  const merge = new AdapterMerge(sessions, tuning);
  const graph = new TrainingGraph(sessions, `long:${blocks}`, artifact, { merge, parameters, gradients });
  return { asked, gradients, graph };
}

Deno.test("Long rows train in blocks, and get the gradients they get without", async () => {
  assert.equal(attentionBlocks(329, "cpu"), 4);
  const [parts, whole] = [training(), training(1)];
  await parts.graph.run([ROWS[2]!], feeds, { first: true });
  assert.deepEqual(parts.asked, [1]);
  for (const { graph } of [parts, whole]) await graph.run(ROWS, feeds, { first: true });
  assert.deepEqual(parts.asked, [1, 4]);
  const [actual, expected] = [parts.gradients.flat.copy(), whole.gradients.flat.copy()];
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  assert.ok(largest > 0);
  assert.ok(worst(actual, expected) < 1e-5 * largest, `${worst(actual, expected)} of ${largest}`);
  await parts.graph.run(ROWS.slice(0, 2), feeds, { first: true });
  assert.deepEqual(parts.asked, [1, 4]);
  for (const { graph, gradients } of [parts, whole]) {
    graph.dispose();
    gradients.dispose();
  }
});

Deno.test("Long rows are measured in blocks, and get the log-probabilities they get without", async () => {
  const asked: number[] = [];
  const measure = async (rows: readonly TokenSequence[], blocks?: number) => {
    const sessions = new SessionCache(base);
    const merge = new AdapterMerge(sessions, tuning);
    const evaluation = {
      name: "long",
      artifact: (options: { blocks?: number }) => {
        asked.push(options.blocks!);
        const how = { entropy: false, values: false, blocks: blocks ?? options.blocks };
        return policyEvalArtifact(base.config, tuning, how);
      },
      parameters: [parameters, await merge.merge(parameters)],
      prepare: feeds,
      width: base.config.vocab_size,
    };
    const runs = await evaluate(sessions, evaluation, rows);
    const logprobs = runs.flatMap(({ part, outputs }) =>
      unpack(outputs.logprobs!, part.map(({ response_ids }) => response_ids.length))
    );
    merge.dispose();
    sessions.dispose();
    return logprobs;
  };
  const [parts, whole] = [await measure(ROWS), await measure(ROWS, 1)];
  const short = await measure([ROWS[2]!]);
  assert.deepEqual(asked, [4, 4, 1]);
  parts.forEach((row, at) => assert.ok(worst(row, whole[at]!) < 2e-5, `row ${at}`));
  assert.ok(worst(short[0]!, parts[2]!) < 2e-5);
  const [beside, alone] = [await measure([SHORT, ROWS[0]!]), await measure([SHORT])];
  assert.deepEqual(asked.slice(3), [4, 1]);
  assert.ok(worst(beside[0]!, alone[0]!) < 2e-5);
  assert.ok(worst(beside[1]!, parts[0]!) < 2e-5);
});

Deno.test("A row of fewer tokens than a long one's blocks is trained on beside it", async () => {
  const rows = [SHORT, ROWS[0]!];
  const [parts, whole] = [training(), training(1)];
  for (const { graph } of [parts, whole]) await graph.run(rows, feeds, { first: true });
  const [actual, expected] = [parts.gradients.flat.copy(), whole.gradients.flat.copy()];
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  assert.ok(worst(actual, expected) < 1e-5 * largest, `${worst(actual, expected)} of ${largest}`);
  for (const { graph, gradients } of [parts, whole]) {
    graph.dispose();
    gradients.dispose();
  }
});
