/** The loop that kinds share, with steps that only count: order of events, checkpoints beside steps, pauses, progress. */
import assert from "node:assert/strict";
import type { TrainingEvent } from "../../../core/contract/training_events.ts";
import { type Counters, type Course, runSteps } from "../../../core/train/step_loop.ts";

const START = { state: { step: 0, episodes: 0, tokens: 0 }, sums: {}, metrics: {} };

type Save = NonNullable<Course<Counters>["checkpoints"]>["save"];

/** Two epochs of three steps, two seconds each, that give their own number; checkpoints are written at once. */
function course(
  given: Partial<Course<Counters>> = {},
  save: Partial<{ every: number; save: Save }> = {},
): Course<Counters> {
  return {
    plan: { steps: 6, steps_per_epoch: 3 },
    epochs: 2,
    start: START,
    step: ({ step, episodes, tokens }) =>
      Promise.resolve({
        next: { step: step + 1, episodes: episodes + 4, tokens: tokens + 10 },
        metrics: { number: step + 1 },
        samples: [],
        warnings: [],
        seconds: 2,
      }),
    epochMetrics: (sums) => ({ mean: sums.number!.sum / sums.number!.count }),
    checkpoints: {
      every_steps: save.every ?? null,
      ready: () => Promise.resolve(),
      save: save.save ?? (({ state }) => ({
        read: Promise.resolve(),
        saved: Promise.resolve({ folder: String(state.step), files: [] }),
      })),
    },
    ...given,
  };
}

/** An event in a word. */
function word(event: TrainingEvent): string {
  if (event.type === "checkpoint") return `${event.reason} ${event.step}: ${event.metrics.mean}`;
  return event.type === "step" ? String(event.progress.step) : event.type;
}

Deno.test("epochs end with their means and a checkpoint; others come every so many steps, with the means so far", async () => {
  const events = await Array.fromAsync(runSteps(course({}, { every: 2 })));
  assert.deepEqual(events.map(word), [
    ...["1", "2", "steps 2: 1.5", "3", "epoch", "epoch 3: 2"],
    ...["4", "steps 4: 4", "5", "6", "epoch", "epoch 6: 5"],
  ]);
});

Deno.test("a job that resumes goes on with its counters and sums; the time left is by the steps of this process", async () => {
  const start = {
    state: { step: 4, episodes: 16, tokens: 40 },
    sums: { number: { sum: 4, count: 1 } },
    metrics: { number: 4 },
  };
  const events = await Array.fromAsync(runSteps(course({ start })));
  assert.deepEqual(events.map(word), ["5", "6", "epoch", "epoch 6: 5"]);
  const step = events[0]!;
  assert.deepEqual(step.type === "step" && step.progress, {
    ...{ epoch: 2, epochs: 2, step: 5, steps: 6, episodes: 20, tokens: 50, eta_seconds: 2 },
  });
});

Deno.test("a checkpoint's event comes while the next step runs, which changes nothing before it was read", async () => {
  const read = Promise.withResolvers<void>(), saved = Promise.withResolvers<{ folder: string; files: [] }>();
  const order: string[] = [];
  const plain = course();
  const training = runSteps(course({
    step: async (state, options) => {
      if (state.step === 3) {
        order.push("samples");
        await options.free;
        order.push("updates");
      }
      return await plain.step(state, options);
    },
  }, {
    save: ({ state }) =>
      state.step === 3
        ? { read: read.promise, saved: saved.promise }
        : { read: Promise.resolve(), saved: Promise.resolve({ folder: "", files: [] }) },
  }));
  const next = async () => word((await training.next()).value as TrainingEvent);
  for (const expected of ["1", "2", "3", "epoch"]) assert.equal(await next(), expected);
  const event = next();
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(order, ["samples"]);
  read.resolve();
  saved.resolve({ folder: "3", files: [] });
  assert.equal(await event, "epoch 3: 2");
  assert.equal(await next(), "4");
  assert.deepEqual(order, ["samples", "updates"]);
  await training.return(undefined as never);
});

Deno.test("a checkpoint that cannot be written ends the step that runs, and then the training", async () => {
  const fault = new Error("no room");
  let ended = false;
  const plain = course();
  const training = runSteps(course({
    step: async (state, options) => {
      if (state.step < 3) return await plain.step(state, options);
      await new Promise((resolve) => options.signal.addEventListener("abort", resolve));
      ended = true;
      options.signal.throwIfAborted();
      throw new Error("unreachable");
    },
  }, { save: () => ({ read: Promise.resolve(), saved: Promise.reject(fault) }) }));
  await assert.rejects(Array.fromAsync(training), fault);
  assert.ok(ended);
});

Deno.test("a pause ends after the step, by a checkpoint where none is due there; before any step it ends at once", async () => {
  const told: Record<string, string[]> = {};
  for (const at of [0, 1, 2, 3, 6]) {
    const pause = new AbortController();
    if (at === 0) pause.abort();
    const training = runSteps(course({}, { every: 2 }), { pause: pause.signal });
    const words: string[] = [];
    let summary;
    for (;;) {
      const { done, value } = await training.next();
      if (done) {
        summary = value;
        break;
      }
      words.push(word(value));
      if (value.type === "step" && value.progress.step === at) pause.abort();
    }
    assert.equal(summary.paused, at === 6 ? undefined : true);
    assert.equal(summary.progress.step, at);
    told[at] = words.slice(words.indexOf(String(at)) + (at ? 1 : 0));
  }
  assert.deepEqual(told, {
    0: [],
    1: ["pause 1: 1"],
    2: ["pause 2: 1.5"],
    3: ["epoch", "epoch 3: 2"],
    6: ["epoch", "epoch 6: 5"],
  });
});
