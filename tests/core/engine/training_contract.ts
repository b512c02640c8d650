/**
 * What whoever speaks the protocol says of a training: the real engine's events and the fake's pass the same check, or the
 * fake stands in for something else.
 */
import assert from "node:assert/strict";
import { z } from "zod";
import type { JobPlan } from "../../../core/contract/job_plan.ts";
import { STEP_SAMPLES, type TrainingEvent } from "../../../core/contract/training_events.ts";
import { WARNING_CODES } from "../../../core/kinds/ppo/step_watch.ts";

const number = z.number(); // finite
const count = z.int().min(0);
const fromOne = z.int().min(1);

const progress = z.strictObject({
  epoch: count,
  epochs: fromOne,
  step: count,
  steps: fromOne,
  episodes: count,
  tokens: count,
  eta_seconds: number.min(0).nullable(),
});
const metrics = z.record(z.string(), number);
const epochMetrics = z.looseObject({
  policy_loss: number,
  value_loss: number,
  kl_div: number,
  avg_reward: number,
}).catchall(number);
const plan = z.looseObject({
  steps: fromOne,
  steps_per_epoch: fromOne,
  prompt_tokens: z.strictObject({ min: number, mean: number, max: number }),
  trainable_parameters: fromOne,
  base_parameters: fromOne,
  estimate: z.looseObject({ memory_bytes: number }),
}) as unknown as z.ZodType<JobPlan>;

const trainingEvent = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("started"),
    plan,
    progress,
    resumed: z.strictObject({ step: fromOne, folder: z.string().min(1) }).nullable(),
    damaged: z.array(z.string().min(1)),
  }),
  z.strictObject({
    type: z.literal("step"),
    progress: progress.extend({ epoch: fromOne, step: fromOne, eta_seconds: number }),
    metrics,
    samples: z.array(z.strictObject({ prompt: z.string(), completion: z.string(), score: number }))
      .min(1).max(STEP_SAMPLES),
  }),
  z.strictObject({ type: z.literal("epoch"), epoch: fromOne, progress, metrics: epochMetrics }),
  z.strictObject({
    type: z.literal("checkpoint"),
    reason: z.enum(["epoch", "steps", "pause"]),
    epoch: fromOne,
    step: fromOne,
    folder: z.string().min(1),
    files: z.array(z.strictObject({ name: z.string(), bytes: count, sha256: z.string() })),
    metrics: epochMetrics,
  }),
  z.strictObject({
    type: z.literal("warning"),
    code: z.enum(WARNING_CODES),
    detail: z.string().min(1),
    figures: metrics,
    step: fromOne,
  }),
]) satisfies z.ZodType<TrainingEvent>;

/** Checks each event of a training that ended well, and that their numbers count up from 1 in the stated order. */
export function checkTraining(events: readonly TrainingEvent[], epochs: number): void {
  const [started, ...rest] = events.map((event) => trainingEvent.parse(event));
  assert.equal(started!.type, "started");
  const { plan, progress } = started as Extract<TrainingEvent, { type: "started" }>;
  const none = { epoch: 0, epochs, step: 0, steps: plan.steps, episodes: 0, tokens: 0, eta_seconds: null };
  assert.deepEqual(progress, none);
  assert.equal(plan.steps, epochs * plan.steps_per_epoch);
  const due = rest.filter(({ type }) => type !== "warning");
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (let inEpoch = 1; inEpoch <= plan.steps_per_epoch; inEpoch++) {
      const step = due.shift() as Extract<TrainingEvent, { type: "step" }>;
      const at = (epoch - 1) * plan.steps_per_epoch + inEpoch;
      assert.deepEqual([step.type, step.progress.epoch, step.progress.step], ["step", epoch, at]);
    }
    const last = epoch * plan.steps_per_epoch;
    const whole = due.shift() as Extract<TrainingEvent, { type: "epoch" }>;
    const checkpoint = due.shift() as Extract<TrainingEvent, { type: "checkpoint" }>;
    assert.deepEqual(
      [whole.type, whole.epoch, whole.progress.epoch, whole.progress.step],
      ["epoch", epoch, epoch, last],
    );
    assert.deepEqual([checkpoint.type, checkpoint.epoch, checkpoint.step], ["checkpoint", epoch, last]);
  }
  assert.deepEqual(due, []);
  let step = 1;
  for (const event of rest) {
    if (event.type === "step") step = event.progress.step;
    if (event.type === "warning") assert.equal(event.step, step, "a warning comes after its step");
  }
}
