/** The loop that kinds share, with steps that only count: order of events, checkpoints beside steps, pauses, progress. */
import assert from "node:assert/strict";
import type { TrainingEvent } from "../../../core/contract/training_events.ts";
import { type Counters, type Course, runSteps, type TrainSignals } from "../../../core/train/step_loop.ts";

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

/** An evaluation every two steps that gives these figures, the first before the first step. */
function evaluation(figures: number[], every = 2): NonNullable<Course<Counters>["evaluation"]> {
  return {
    due: (step) => step % every === 0,
    async *run(step) {
      yield { type: "evaluating", step, done: 1, of: 1 };
      await Promise.resolve();
      return { metrics: { "eval/figure": figures[step / every]! }, samples: [], seconds: 1 };
    },
  };
}

/** All events in words, and how it ended. */
async function all(
  { watching, ...given }: Partial<Course<Counters>> & Pick<TrainSignals, "watching">,
  save: Parameters<typeof course>[1] = {},
) {
  const training = runSteps(course(given, save), { watching });
  const events: TrainingEvent[] = [];
  for (;;) {
    const { done, value } = await training.next();
    if (done) return { events, words: events.map(word), summary: value };
    events.push(value);
  }
}

Deno.test("an evaluation is made before the first step and where it is due, and is in the step's, epoch's and checkpoint's metrics", async () => {
  const { events, words } = await all({ evaluation: evaluation([0.5, 1, 2, 3]) }, { every: 2 });
  assert.deepEqual(words, [
    ...["evaluating", "evaluation", "1", "evaluating", "2", "evaluation", "steps 2: 1.5", "3", "epoch"],
    ...[
      "epoch 3: 2",
      "evaluating",
      "4",
      "evaluation",
      "steps 4: 4",
      "5",
      "evaluating",
      "6",
      "evaluation",
      "epoch",
    ],
    "epoch 6: 5",
  ]);
  const figures = (type: string) =>
    events.flatMap((event) =>
      event.type === type && "metrics" in event ? [event.metrics["eval/figure"] ?? null] : []
    );
  assert.deepEqual(figures("evaluation"), [0.5, 1, 2, 3]);
  assert.deepEqual(figures("step"), [null, 1, null, 2, null, 3]);
  assert.deepEqual(figures("epoch"), [null, 3], "of the policy that the epoch ends with, or not there");
  assert.deepEqual(figures("checkpoint"), [1, null, 2, 3]);
  const steps = events.flatMap((event) => event.type === "evaluation" ? [event.step] : []);
  assert.deepEqual(steps, [0, 2, 4, 6]);
});

Deno.test("an evaluation between checkpoints that is the best so far has one of its own, where that is asked for", async () => {
  const figures = [9, 1, 2, 3]; // what was before the first step has no checkpoint and is the best of none
  const kept = (best_by: string | null, figures: number[]) =>
    all({ evaluation: evaluation(figures), watching: { kind: "ppo", keep: { best_by } } })
      .then(({ words }) => words.filter((word) => word.includes(":")));
  assert.deepEqual(await kept("eval/figure", figures), [
    "best 2: 1.5",
    "epoch 3: 2",
    "best 4: 4",
    "epoch 6: 5",
  ]);
  assert.deepEqual(await kept("eval/figure", [0, 2, 2, 1]), ["best 2: 1.5", "epoch 3: 2", "epoch 6: 5"]);
  assert.deepEqual(await kept("mean", figures), ["epoch 3: 2", "epoch 6: 5"], "of epochs, which have one");
  assert.deepEqual(await kept(null, figures), ["epoch 3: 2", "epoch 6: 5"]);
});

Deno.test("a job stops when its metric has been no better for so long, with the reason and a checkpoint", async () => {
  const watching = (patience: number, more = {}) => ({
    kind: "ppo",
    early_stop: { metric: "eval/figure", patience, min_delta: 0, mode: null, ...more },
  });
  // Of evaluations, the one before the first step included: best at once, and worse after steps 2 and 4.
  const { words, summary } = await all({ evaluation: evaluation([3, 1, 2, 9]), watching: watching(2) });
  assert.deepEqual(words.slice(-3), ["4", "evaluation", "best 4: 4"]);
  assert.equal(summary.progress.step, 4);
  assert.deepEqual(summary.stopped, {
    code: "early_stop",
    detail: "eval/figure was best before the first step, 3, and no better 2 times in a row since",
  });
  const less = await all({ evaluation: evaluation([3, 1, 2, 9]), watching: watching(1, { mode: "min" }) });
  assert.deepEqual([less.summary.progress.step, less.words.at(-1)], [4, "stop 4: 4"]);
  assert.match(less.summary.stopped!.detail, /best after step 2, 1, and no better 1 times/);
  // Of epochs: means 2 and 5, which get better; with min_delta, not by enough.
  const epochs = (more: object) =>
    all({
      watching: {
        kind: "ppo",
        early_stop: { metric: "mean", patience: 1, min_delta: 0, mode: null, ...more },
      },
    });
  assert.equal((await epochs({})).summary.stopped, undefined);
  const after = await epochs({ min_delta: 9 });
  assert.equal(after.summary.stopped, undefined, "all steps were done");
  // Never there, never judged.
  assert.equal((await epochs({ metric: "none" })).summary.progress.step, 6);
});

Deno.test("a job that resumes judges, stops and evaluates as the one that ran through, from wherever it stopped", async () => {
  const given = {
    evaluation: evaluation([3, 1, 2, 2, 1, 0, 4], 1),
    watching: {
      kind: "ppo",
      keep: { best_by: "eval/figure" },
      early_stop: { metric: "eval/figure", patience: 3, min_delta: 0, mode: null },
    },
  };
  const saved: Parameters<Save>[0][] = [];
  const save: Save = (at, { reason }) => {
    saved.push(at);
    return { read: Promise.resolve(), saved: Promise.resolve({ folder: reason, files: [] }) };
  };
  const whole = await all(given, { every: 1, save });
  assert.equal(whole.summary.progress.step, 3);
  for (const at of saved.slice()) {
    // As a file keeps it.
    const start = JSON.parse(JSON.stringify(at));
    const resumed = await all({ ...given, start }, { every: 1 });
    assert.deepEqual(resumed.summary.stopped, whole.summary.stopped, `after step ${start.state.step}`);
    const from = whole.words.findIndex((_, index) => {
      const event = whole.events[index]!;
      return event.type === "checkpoint" && event.step === start.state.step;
    });
    assert.deepEqual(resumed.words, whole.words.slice(from + 1), `after step ${start.state.step}`);
  }
});
