import assert from "node:assert/strict";
import { STEP_SAMPLES } from "../../../core/contract/training_events.ts";
import { boundedSamples } from "../../../core/jobs/bounded_samples.ts";

Deno.test("samples are cut between characters: a prompt before its end, a completion behind its beginning", () => {
  const samples = ["", "a"].map((text) => ({
    prompt: "🙂".repeat(1500) + text,
    completion: text + "🙂".repeat(1500),
    score: 1,
  }));
  for (const [at, { prompt, completion }] of boundedSamples(samples).entries()) {
    assert.deepEqual([prompt.isWellFormed(), completion.isWellFormed()], [true, true]);
    assert.deepEqual([prompt.length, completion.length], at === 0 ? [2000, 2000] : [1999, 1999]);
  }
  assert.equal(boundedSamples(Array.from({ length: 20 }, () => samples[0]!)).length, STEP_SAMPLES);
});
