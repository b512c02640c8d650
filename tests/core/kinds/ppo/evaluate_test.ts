/** A policy that is evaluated while it is trained: what is measured, that training does not notice, and that it resumes exactly. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { PpoJobConfig } from "../../../../core/contract/ppo_job.ts";
import type { JobFolders } from "../../../../core/contract/protocol.ts";
import type { TrainingEvent, TrainingSummary } from "../../../../core/contract/training_events.ts";
import type { TrainingJobRequest } from "../../../../core/contract/training_job.ts";
import { evaluationJobSchema } from "../../../../core/contract/evaluation_job.ts";
import { ppoJobSchema } from "../../../../core/contract/ppo_job.ts";
import { planJob } from "../../../../core/kinds/plan_job.ts";
import { trainJob } from "../../../../core/kinds/train_job.ts";
import { heldOutSplit } from "../../../../core/train/held_out.ts";
import { reproducible } from "../../../../core/train/metric_sums.ts";
import { within } from "../../../kernels/within.ts";
import { inFolder } from "../../networks/in_folder.ts";
import { KINDS, makeJob } from "../../networks/make_learner.ts";
import { fixtureFolder, runtime } from "../../networks/tiny_models.ts";

const FOLDERS: JobFolders = { model: fixtureFolder("qwen3"), rewards: {} };
const PROMPTS = ["The quick", "TL;DR: my", "I have", "Write a short summary"];
const PPO = { batch_size: 2, max_new_tokens: 6, learning_rate: 1e-2, num_ppo_epochs: 2 } as const;
const REWARD = {
  type: "sum",
  terms: [{ reward: { type: "length", target: 4 } }, { reward: { type: "keywords", keywords: ["a"] } }],
} as const;

type PpoRequest = Extract<TrainingJobRequest, { kind: "ppo" }>;

/** Two epochs of two steps. */
function job(given: Partial<PpoRequest> = {}): PpoJobConfig {
  return makeJob({
    ...{ prompts: [...PROMPTS], epochs: 2, ppo: PPO, reward: REWARD, seed: 5 } as unknown as Partial<
      PpoRequest
    >,
    ...KINDS["lora, separate"],
    ...given,
  });
}

interface Ended {
  events: TrainingEvent[];
  summary: TrainingSummary;
}

async function run(
  job: PpoJobConfig,
  output: string,
  { resume = [] as string[], pauseAt = Infinity } = {},
): Promise<Ended> {
  const events: TrainingEvent[] = [];
  const pause = new AbortController();
  const folders = { ...FOLDERS, output };
  const training = trainJob(runtime, { job, folders, resume }, { pause: pause.signal });
  for (;;) {
    const { done, value } = await training.next();
    if (done) return { events, summary: value };
    events.push(value);
    if (value.type === "step" && value.progress.step === pauseAt) pause.abort();
  }
}

type EventOf<Type extends TrainingEvent["type"]> = Extract<TrainingEvent, { type: Type }>;

function eventsOf<Type extends TrainingEvent["type"]>({ events }: Ended, type: Type): EventOf<Type>[] {
  return events.filter((event) => event.type === type) as EventOf<Type>[];
}

/** Metrics of steps that the training, and not an evaluation, has measured. */
function ownMetrics(ended: Ended): Record<string, unknown>[] {
  return eventsOf(ended, "step").map(({ metrics }) =>
    Object.fromEntries(Object.entries(reproducible(metrics)).filter(([name]) => !name.startsWith("eval/")))
  );
}

Deno.test("a run that is evaluated trains as one that is not, with every kind of learner", () =>
  inFolder(async (parent) => {
    for (const kind of ["lora, separate", "lora, shared", "full, shared"] as const) {
      const place = (name: string) => join(parent, kind, name);
      await Deno.mkdir(join(parent, kind));
      const plain = await run(job(KINDS[kind]), place("plain"));
      const evaluate = { every_steps: 1, prompts: ["brown fox", "lazy"], samples_per_prompt: 3 };
      const evaluated = await run(job({ ...KINDS[kind], evaluate }), place("evaluated"));
      assert.deepEqual(ownMetrics(evaluated), ownMetrics(plain), kind);
      const hashes = (ended: Ended) => eventsOf(ended, "checkpoint").map(({ files }) => files);
      assert.deepEqual(hashes(evaluated), hashes(plain), kind);
      assert.deepEqual(eventsOf(evaluated, "evaluation").map(({ step }) => step), [0, 1, 2, 3, 4]);
    }
  }));

Deno.test("an evaluation measures what an evaluation of its checkpoint does, and the first one the model itself", () =>
  inFolder(async (parent) => {
    const prompts = ["brown fox", "lazy", "over the"];
    const ended = await run(job({ evaluate: { prompts, samples_per_prompt: 2 } }), join(parent, "training"));
    const evaluations = eventsOf(ended, "evaluation");
    assert.deepEqual(evaluations.map(({ step }) => step), [0, 2, 4]);
    const [before, , after] = evaluations.map(({ metrics }) => metrics);
    assert.equal(before!["eval/kl"], 0);
    const names = ["avg_reward", "kl", "entropy", "length", "finish_share", "distinct_1", "distinct_2"]
      .map((name) => `eval/${name}`);
    const terms = ["eval/reward/length", "eval/reward/keywords"];
    for (const name of [...names, ...terms, "eval/avg_reward_ci95"]) {
      assert.equal(typeof after![name], "number", name);
    }
    const request = {
      ...{ kind: "evaluation", model: "fixture", prompts, samples_per_prompt: 2, reward: REWARD, seed: 5 },
      generation: { max_new_tokens: PPO.max_new_tokens },
    };
    const { folder: checkpoint } = eventsOf(ended, "checkpoint").at(-1)!;
    const folders = { ...FOLDERS, checkpoint, output: join(parent, "evaluation") };
    const evaluation = evaluationJobSchema.parse({ ...request, checkpoint: "ckpt_1", against: "base" });
    const events = trainJob(runtime, { job: evaluation, folders });
    let next = await events.next();
    while (!next.done) next = await events.next();
    const { result } = next.value;
    within([after!["eval/avg_reward"]!], [result!.reward.mean], 1e-6, "reward");
    within([before!["eval/avg_reward"]!], [result!.reward.against!], 1e-6, "reward before");
    within([after!["eval/kl"]!], [result!.kl!], 1e-4, "kl");
    assert.deepEqual(
      evaluations.at(-1)!.samples.map(({ completion }) => completion),
      result!.samples.map(({ completion }) => completion),
    );
    // In the rows of the step and the epoch, and with the checkpoint.
    const last = eventsOf(ended, "step").at(-1)!.metrics;
    assert.equal(last["eval/kl"], after!["eval/kl"]);
    for (const type of ["epoch", "checkpoint"] as const) {
      assert.equal(eventsOf(ended, type).at(-1)!.metrics["eval/kl"], after!["eval/kl"], type);
    }
    assert.equal(eventsOf(ended, "step")[0]!.metrics["eval/kl"], undefined);
  }));

Deno.test("what is held out is evaluated and never trained on, by the number that it has among the job's prompts", () =>
  inFolder(async (output) => {
    const prompts = Array.from({ length: 6 }, (_, at) => `Number ${at}`);
    const one = job({ prompts, evaluate: { held_out: 2, every_steps: 100 } });
    const { held_out, train } = heldOutSplit(6, 2, one.seed);
    const { plan, work } = await planJob(one, FOLDERS);
    assert.deepEqual([work.trained, work.evaluation!.indices], [train, held_out]);
    assert.equal(plan.steps_per_epoch, 2, "four of six, two a step");
    const ended = await run(one, output);
    const text = (rows: readonly number[]) => rows.map((row) => prompts[row]!).sort();
    assert.deepEqual(
      eventsOf(ended, "evaluation")[0]!.samples.map(({ prompt }) => prompt).sort(),
      text(held_out),
    );
    assert.deepEqual(
      eventsOf(ended, "step").slice(0, 2).flatMap(({ samples }) => samples.map(({ prompt }) => prompt))
        .sort(),
      text(train),
    );
    assert.deepEqual(
      eventsOf(ended, "evaluation").map(({ step }) => step),
      [0, 4],
      "the last step has one always",
    );
    await assert.rejects(planJob(job({ prompts: ["a"], evaluate: { held_out: 1 } }), FOLDERS), {
      code: "invalid_request",
      message: /^evaluate\.held_out: .*at least two prompts/,
    });
  }));

Deno.test("stopped after any step and resumed, a job evaluates, keeps and stops as the one that ran through", () =>
  inFolder(async (parent) => {
    const one = job({
      epochs: 3,
      checkpoint_every_steps: 1,
      evaluate: { every_steps: 2, held_out: 1, samples_per_prompt: 2 },
      keep: { last: 1, best_by: "eval/avg_reward" },
      early_stop: { metric: "eval/kl", patience: 1 },
    });
    const whole = await run(one, join(parent, "whole"));
    // Further from its reference each time, and 0 before the first step: no better since then.
    assert.equal(whole.summary.stopped?.code, "early_stop");
    assert.match(
      whole.summary.stopped!.detail,
      /^eval\/kl was best before the first step, 0, and no better 1 times/,
    );
    assert.equal(whole.summary.progress.step, 2);
    const told = ({ events }: Ended) =>
      events.flatMap((event) =>
        event.type === "step" || event.type === "evaluation"
          ? [[event.type, event.progress.step, reproducible(event.metrics), event.samples]]
          : []
      );
    for (const step of [1, 2]) {
      const { folder } = eventsOf(whole, "checkpoint").find((event) => event.step === step)!;
      const killed = await run(one, join(parent, `killed ${step}`), { resume: [folder] });
      const rest = told(whole).filter(([, at]) => (at as number) > step);
      assert.deepEqual(told(killed), rest, `after ${step}`);
      assert.deepEqual(killed.summary.stopped, whole.summary.stopped);
      assert.equal(killed.summary.progress.step, 2);
    }
    const paused = await run({ ...one, checkpoint_every_steps: null }, join(parent, "paused"), {
      pauseAt: 1,
    });
    assert.equal(paused.summary.paused, true);
    const resumed = await run(one, join(parent, "resumed"), {
      resume: [eventsOf(paused, "checkpoint").at(-1)!.folder],
    });
    assert.deepEqual([...told(paused), ...told(resumed)], told(whole));
  }));

Deno.test("a request says how often and on what, or it is told which is missing", () => {
  const parse = (evaluate: object) => ppoJobSchema.safeParse({ ...job(), evaluate });
  assert.equal(parse({ held_out: 0.1 }).data!.evaluate!.every_epochs, 1);
  assert.equal(parse({ held_out: 0.1, every_steps: 5 }).data!.evaluate!.every_epochs, null);
  const fault = (evaluate: object) => parse(evaluate).error!.issues[0]!.path.join(".");
  assert.equal(fault({}), "evaluate.prompts");
  assert.equal(fault({ held_out: 0 }), "evaluate.prompts");
  assert.equal(fault({ held_out: 0.5, prompts: ["a"] }), "evaluate.held_out");
  assert.equal(fault({ held_out: 0.5, every_steps: 1, every_epochs: 1 }), "evaluate.every_steps");
  assert.equal(fault({ prompts: ["a".repeat(200_001)] }), "evaluate.prompts");
  const answers = ppoJobSchema.safeParse({
    ...job(),
    ...{
      prompts: [{ text: "a", answer: "b" }],
      reward: { type: "exact_match" },
      evaluate: { prompts: ["a"] },
    },
  });
  assert.equal(answers.error!.issues[0]!.path.join("."), "evaluate.prompts.0.answer");
});
