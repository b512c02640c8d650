/** When a job is warned of, and when not: by figures of steps, and by the real trainer on tiny models. */
import assert from "node:assert/strict";
import type { Scorer } from "../../../../core/rewards/reward_source.ts";
import {
  NOTHING_SEEN,
  type StepFigures,
  stepFigures,
  WARNING_CODES,
  watchStep,
} from "../../../../core/kinds/ppo/step_watch.ts";
import { KINDS, makeJob } from "../../networks/make_learner.ts";
import { makeExperience } from "./make_experience.ts";
import { setUp, trainAll } from "./training.ts";

/** A step in which all is well. */
const HEALTHY: StepFigures = {
  lowest_score: 0,
  highest_score: 1,
  shaped_range: 1,
  rows: 16,
  truncated_frac: 0,
  kl: 4,
  tokens: 12,
  entropy: 0.6,
  grad_norm: 0.3,
  temperature: 1,
  target: null,
  skipped: 0,
  violations: [],
  unscored: 0,
  fault: null,
};
const EQUAL = { lowest_score: 0, highest_score: 0, shaped_range: 0 };
const BEST = { lowest_score: 1, highest_score: 1, shaped_range: 0 };

/** Codes with the steps after which they come. */
function told(steps: readonly Partial<StepFigures>[]): string[] {
  let seen = NOTHING_SEEN;
  return steps.flatMap((figures, index) => {
    const { warnings, next } = watchStep(seen, { ...HEALTHY, ...figures }, index + 1);
    seen = next;
    return warnings.map(({ code, step }) => `${code} ${step}`);
  });
}

Deno.test("where responses to a prompt are compared, scores are as far apart as one prompt's are at most", () => {
  const row = (group: number, score: number) => makeExperience(2, { group, score, raw_score: score });
  const rows = [row(0, 1), row(0, 1), row(1, 5), row(1, 5.5)];
  const { shaped_range: all, ...others } = { ...HEALTHY, grouped: false };
  assert.deepEqual([all, stepFigures(rows, others).shaped_range], [1, 4.5]);
  assert.equal(stepFigures(rows, { ...others, grouped: true }).shaped_range, 0.5);
});

const times = <T>(count: number, of: T): T[] => Array.from({ length: count }, () => of);

const CASES: Readonly<Record<string, readonly [steps: readonly Partial<StepFigures>[], told: string[]]>> = {
  "a healthy job": [times(40, {}), []],
  "a job that ends with all scores at their best": [[{}, {}, ...times(30, BEST)], []],
  "scores that differ in no step": [times(20, EQUAL), ["no_signal 1"]],
  "scores that are all clipped to one number": [times(5, { shaped_range: 0 }), ["no_signal 1"]],
  "equal scores, of which some pay for a missing end": [times(5, { ...EQUAL, shaped_range: 1 }), [
    "no_signal 1",
  ]],
  "scores that are the best there is, from the start": [times(5, BEST), ["no_signal 1"]],
  "prompts whose responses score the same, each otherwise than the others": [
    times(5, { grouped: true, shaped_range: 0 }),
    ["no_signal 3"],
  ],
  "some prompts whose responses score the same": [times(5, { grouped: true }), []],
  "scores that are equal but for rounding": [times(3, { lowest_score: 3, highest_score: 3 + 1e-7 }), [
    "no_signal 1",
  ]],
  "equal scores of each step, others in the next": [[EQUAL, BEST, EQUAL, BEST], ["no_signal 1"]],
  "one step or two of equal scores by chance": [[{}, EQUAL, {}, EQUAL, EQUAL, {}], []],
  "equal scores that last": [[{}, {}, ...times(9, EQUAL)], ["no_signal 5"]],
  "equal scores that end and begin anew": [
    [EQUAL, EQUAL, {}, ...times(4, EQUAL), {}, ...times(3, EQUAL)],
    ["no_signal 1", "no_signal 6", "no_signal 11"],
  ],
  "small batches, whose scores are often equal": [[{ rows: 2 }, ...times(7, { ...EQUAL, rows: 2 }), {
    rows: 2,
  }], []],
  "a gradient of 0 from the start": [times(4, { grad_norm: 0 }), ["no_signal 1"]],
  "a gradient of 0 that begins later, at the best scores too": [
    [{}, ...times(3, { ...BEST, grad_norm: 0 })],
    [
      "no_signal 4",
    ],
  ],
  "a policy that is not trained yet": [times(4, { grad_norm: null }), []],
  "single rows that score the same": [times(8, { ...EQUAL, rows: 1 }), ["no_signal 3"]],
  "single rows that do not": [
    [0, 1, 0, 0, 1, 0, 0, 0, 1].map((score) => ({ rows: 1, lowest_score: score, highest_score: score })),
    [],
  ],
  "a collapse as it was seen": [
    [{}, {}, ...times(5, { kl: 83, tokens: 8, entropy: 0, lowest_score: 1 })],
    ["kl_high 3", "entropy_collapsed 3"],
  ],
  "a KL that is usual for long responses": [times(3, { kl: 60, tokens: 200 }), []],
  "the same KL of short ones": [times(3, { kl: 60, tokens: 20 }), ["kl_high 1"]],
  "a KL that is no number": [[{}, { kl: NaN }], ["kl_high 2"]],
  "a KL around the bound": [[20, 22, 20, 22, 20].map((kl) => ({ kl })), ["kl_high 2"]],
  "a KL that comes back": [[25, 5, 25, 5, 25].map((kl) => ({ kl })), ["kl_high 1", "kl_high 3", "kl_high 5"]],
  "a KL that goes up and down for good": [times(20, [25, 5]).flat().map((kl) => ({ kl })), [
    ...[1, 3, 5, 7, 9].map((step) => `kl_high ${step}`),
  ]],
  "a KL near the controller's target": [times(4, { kl: 40, target: 36 }), []],
  "a KL far above it": [[{ kl: 10, target: 6 }, { kl: 19, target: 6 }], ["kl_high 2"]],
  "a KL at a low temperature": [times(3, { kl: 60, temperature: 0.25 }), []],
  "an entropy that shrinks and stays": [[0.6, 0.4, 0.2, 0.1].map((entropy) => ({ entropy })), []],
  "an entropy that vanishes, and comes back, and vanishes": [
    [0.6, 0.01, 0.001, 0.3, 0.2, 0.01].map((entropy) => ({ entropy })),
    ["entropy_collapsed 2", "entropy_collapsed 6"],
  ],
  "an entropy around the bound": [[0.6, 0.049, 0.051, 0.049, 0.06].map((entropy) => ({ entropy })), [
    "entropy_collapsed 2",
  ]],
  "a policy that was sure from the start": [[0.03, 0.01, 0.0001, 0].map((entropy) => ({ entropy })), []],
  "a low temperature": [[0.02, 0.005, 0.001].map((entropy) => ({ entropy, temperature: 0.1 })), []],
  "rows without a score": [[{ unscored: 1 }, { unscored: 3 }, {}, { unscored: 1 }], [
    "rewards_failed 1",
    "rewards_failed 4",
  ]],
  "gradients that are not finite": [[{ skipped: 1 }, { skipped: 2 }, {}, { skipped: 1 }], [
    "gradient_not_finite 1",
    "gradient_not_finite 4",
  ]],
};

for (const [name, [steps, expected]] of Object.entries(CASES)) {
  Deno.test(`warnings of ${name}`, () => assert.deepEqual(told(steps), expected));
}

Deno.test("a warning has its figures, in words and as numbers, and what helps", () => {
  const { next } = watchStep(NOTHING_SEEN, HEALTHY, 1);
  const [kl, entropy] = watchStep(next, { ...HEALTHY, kl: 83, tokens: 8, entropy: 0 }, 2).warnings;
  assert.deepEqual(kl, {
    code: "kl_high",
    detail:
      "The policy has left its reference by 83 nats per response of 8 tokens, 10.4 a token; more than 19 is more " +
      "than most jobs can use. Texts may please the reward alone by now: read the samples, and use an earlier " +
      "checkpoint, a higher ppo.kl_coef, a lower ppo.learning_rate or a ppo.target_kl",
    figures: { kl: 83, kl_per_token: 10.375, bound: 19, tokens: 8 },
    step: 2,
  });
  assert.match(entropy!.detail, /have 0 nats .* 0\.6 when the job began.*ppo\.entropy_coef$/);
  assert.deepEqual(entropy!.figures, { entropy: 0, first_entropy: 0.6 });
  const [signal] = watchStep(NOTHING_SEEN, { ...HEALTHY, ...EQUAL, truncated_frac: 1 }, 1).warnings;
  assert.match(signal!.detail, /^All scores in the step are 0 \(16 rows a step\).*ppo\.max_new_tokens/);
});

/** Codes of what the supervisor sees, and no step; and of another kind of job. */
const OF_OTHERS = ["damaged_checkpoint", "memory_reduced", "examples_truncated"];

Deno.test("docs/jobs.md has a row for each code", async () => {
  const text = await Deno.readTextFile(new URL("../../../../docs/jobs.md", import.meta.url));
  const table = text.slice(text.indexOf("### Warnings"), text.indexOf("## Webhooks"));
  const codes = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, code]) => code);
  assert.deepEqual(codes.sort(), [...WARNING_CODES, ...OF_OTHERS].sort());
});

const SMALL = { max_new_tokens: 8, batch_size: 8, num_ppo_epochs: 1, learning_rate: 1e-6 } as const;
const PROMPTS = ["a", "b", "c", "d", "e", "f", "g", "h"];

/** Scores by step, from 1, and row. */
function scripted(score: (step: number, row: number) => number): Scorer {
  let step = 0;
  return {
    score(samples) {
      step++;
      return Promise.resolve(Float32Array.from(samples, (_, row) => score(step, row)));
    },
  };
}

const differing = scripted((_, row) => row % 3);

async function run(
  given: Parameters<typeof makeJob>[0],
  reward: Scorer,
  before?: (step: number, parts: Awaited<ReturnType<typeof setUp>>) => void,
) {
  const job = makeJob({ prompts: PROMPTS, ...given });
  const parts = await setUp(job, { reward });
  const { policy } = parts.learner;
  const respond = policy.respond.bind(policy);
  let step = 0;
  policy.respond = (...call) => {
    before?.(++step, parts);
    return respond(...call);
  };
  const { warnings, steps, events } = await trainAll(parts, job);
  return { told: warnings.map(({ code, step }) => `${code} ${step}`), warnings, steps, events };
}

Deno.test("the trainer warns of scores without a signal when it begins, and when it begins anew", async () => {
  const reward = scripted((step, row) => [3, 7].includes(step) ? row % 3 : 0);
  const { told, events } = await run({ epochs: 10, ppo: SMALL }, reward);
  assert.deepEqual(told, ["no_signal 1", "no_signal 6", "no_signal 10"]);
  const first = events.findIndex(({ type }) => type === "warning");
  assert.equal(events[first - 1]!.type, "step", "it comes after its step");
});

Deno.test("the trainer warns of scores that shaping makes equal, and of a single row's", async () => {
  const clipped = { ...SMALL, missing_eos_penalty: 0, score_clip: 0.5 };
  const high = await run({ epochs: 2, ppo: clipped }, scripted((_, row) => 1 + row));
  assert.deepEqual(high.told, ["no_signal 1"]);
  const single = { prompts: ["a"], epochs: 4, ppo: { ...SMALL, batch_size: 1, missing_eos_penalty: 0 } };
  assert.deepEqual((await run(single, scripted(() => 0))).told, ["no_signal 3"]);
  assert.deepEqual((await run(single, scripted((step) => step % 2))).told, []);
});

for (const kind of Object.keys(KINDS) as (keyof typeof KINDS)[]) {
  Deno.test(`${kind}: a healthy run has no warnings`, async () => {
    const ppo = { ...SMALL, learning_rate: 1e-3 };
    assert.deepEqual((await run({ ...KINDS[kind], epochs: 4, ppo }, differing)).told, []);
  });
}

Deno.test("the trainer warns of a policy that has collapsed, once, and again when it does so again", async () => {
  let whole: Float32Array | undefined;
  const job = { ...KINDS["full, separate"], epochs: 7, ppo: SMALL };
  const { told, warnings, steps } = await run(job, differing, (step, { learner }) => {
    const { flat } = learner.policy.parameters;
    whole ??= flat.copy() as Float32Array;
    // Weights twenty times as large leave no token but one a chance.
    flat.write(whole.map((value) => value * ([2, 3, 5, 6].includes(step) ? 20 : 1)));
  });
  assert.deepEqual(told, ["kl_high 2", "entropy_collapsed 2", "kl_high 5", "entropy_collapsed 5"]);
  assert.equal(warnings[0]!.figures.kl, steps[1]!["objective/kl"]);
  assert.ok(warnings[0]!.figures.kl! > warnings[0]!.figures.bound!);
  assert.ok(warnings[1]!.figures.entropy! < 0.01 && warnings[1]!.figures.first_entropy! > 1);
});
