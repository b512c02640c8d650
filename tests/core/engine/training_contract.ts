/**
 * What whoever speaks the protocol says of a training: the real engine's events and the fake's pass the same check, or the
 * fake stands in for something else.
 */
import assert from "node:assert/strict";
import { z } from "zod";
import {
  STEP_SAMPLES,
  type TrainingEvent,
  trainingEventSchema,
} from "../../../core/contract/training_events.ts";
import { WARNING_CODES } from "../../../core/kinds/ppo/step_watch.ts";

const finite = z.record(z.string(), z.number());
const fourMeans = finite.and(
  z.object({ policy_loss: z.number(), value_loss: z.number(), kl_div: z.number(), avg_reward: z.number() }),
);

/** What is true of each event beside what its schema says. */
const RULES: { [T in TrainingEvent["type"]]: (event: Extract<TrainingEvent, { type: T }>) => void } = {
  started: ({ plan }) => assert.ok(plan.trainable_parameters > 0 && plan.base_parameters > 0),
  step({ progress, metrics, samples }) {
    finite.parse(metrics);
    assert.ok(progress.eta_seconds! >= 0);
    assert.ok(samples.length >= 1 && samples.length <= STEP_SAMPLES);
  },
  evaluating: ({ done, of }) => assert.ok(done < of),
  evaluation({ metrics, samples }) {
    finite.parse(metrics);
    assert.ok(samples.length >= 1 && samples.length <= STEP_SAMPLES);
  },
  epoch: ({ metrics }) => void fourMeans.parse(metrics),
  checkpoint({ folder, metrics }) {
    assert.notEqual(folder, "");
    fourMeans.parse(metrics);
  },
  warning({ code, detail, figures }) {
    z.enum(WARNING_CODES).parse(code);
    assert.notEqual(detail, "");
    finite.parse(figures);
  },
};

/** The event, once it is what the contract says: all of that, no other key, and no number below 0 in its progress. */
function checked(event: TrainingEvent): TrainingEvent {
  assert.deepEqual(event, trainingEventSchema.parse(event));
  if ("progress" in event) {
    for (const number of Object.values(event.progress)) {
      assert.ok((number ?? 0) >= 0);
    }
  }
  (RULES[event.type] as (event: TrainingEvent) => void)(event);
  return event;
}

/** Checks each event of a training that ended well, and that their numbers count up from 1 in the stated order. */
export function checkTraining(events: readonly TrainingEvent[], epochs: number): void {
  const [started, ...rest] = events.map(checked);
  assert.equal(started!.type, "started");
  const { plan, progress } = started as Extract<TrainingEvent, { type: "started" }>;
  const none = { epoch: 0, epochs, step: 0, steps: plan.steps, episodes: 0, tokens: 0, eta_seconds: null };
  assert.deepEqual(progress, none);
  assert.equal(plan.steps, epochs * plan.steps_per_epoch);
  const due = rest.filter(({ type }) => !["warning", "evaluating", "evaluation"].includes(type));
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
