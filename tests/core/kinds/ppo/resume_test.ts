/** A job that was stopped after any step, and resumed, ends as the one that ran through: bytes, metrics and warnings. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { JobFolders, TrainFolders } from "../../../../core/contract/protocol.ts";
import type { TrainingEvent, TrainingSummary } from "../../../../core/contract/training_events.ts";
import type { PpoJobConfig, PpoJobRequest } from "../../../../core/contract/ppo_job.ts";
import { parseRecordFile } from "../../../../core/formats/record_files.ts";
import { trainJob } from "../../../../core/kinds/train_job.ts";
import { reproducible } from "../../../../core/train/metric_sums.ts";
import { inFolder } from "../../networks/in_folder.ts";
import { KINDS, makeJob } from "../../networks/make_learner.ts";
import { fixtureFolder, runtime } from "../../networks/tiny_models.ts";
import { within } from "../../../kernels/within.ts";
import { hashes } from "../../serve/hashes.ts";
import { copyModel, editConfig } from "../../serve/model_copies.ts";

const FOLDERS: JobFolders = { model: fixtureFolder("qwen3"), rewards: {} };
/** Two epochs of two steps, and a checkpoint after each. */
const SHAPE = {
  prompts: ["The quick", "TL;DR: my", "I have", "Write a short summary"],
  epochs: 2,
  checkpoint_every_steps: 1,
};
const STEPS = 4;
const PPO = { batch_size: 2, max_new_tokens: 6, learning_rate: 1e-3, num_ppo_epochs: 2 } as const;

const WITHOUT_CRITIC = { trainable: KINDS["lora, separate"].trainable };

/** Jobs whose next step depends on something that another's does not. */
const JOBS: Record<string, Partial<PpoJobRequest>> = {
  "LoRA, separate critic": { ...KINDS["lora, separate"], ppo: PPO },
  "LoRA, shared critic, whitened rewards": {
    ...KINDS["lora, shared"],
    ppo: { ...PPO, whiten_rewards: true, lr_scheduler: "cosine", warmup_steps: 3 },
  },
  "adapters of some layers, dropout, critic of others": {
    trainable: { type: "lora", r: 4, alpha: 8, dropout: 0.2, layers: { last: 1 } },
    value: { type: "separate", r: 4, alpha: 8, layers: [1, 2] },
    ppo: { ...PPO, bootstrap_truncated: true },
  },
  "all weights of some layers, shared critic": {
    trainable: { type: "full", layers: [1, 2] },
    value: { type: "shared" },
    ppo: PPO,
  },
  "full fine-tuning, shared critic, adaptive KL": {
    ...KINDS["full, shared"],
    ppo: { ...PPO, kl_controller: { type: "adaptive", target: 0.01, horizon: 20 }, weight_decay: 0.1 },
  },
  "full fine-tuning, separate critic, scores by running statistics": {
    ...KINDS["full, separate"],
    ppo: { ...PPO, score_scaling: "mean_std", score_clip: 2 },
  },
  "a reward by running statistics, in a sum": {
    ...KINDS["lora, separate"],
    ppo: PPO,
    reward: {
      type: "sum",
      terms: [
        { reward: { type: "normalize", clip: 2, reward: { type: "length", unit: "characters", target: 9 } } },
        { weight: 0.5, reward: { type: "normalize", reward: { type: "keywords", keywords: ["e"] } } },
      ],
    },
  },
  "a grader's reward, whose rows have items": {
    ...KINDS["lora, separate"],
    ppo: PPO,
    prompts: SHAPE.prompts.map((text, index) => ({ text, item: { label: "e".repeat(index), index } })),
    reward: {
      type: "grader",
      grader: {
        type: "multi",
        graders: {
          close: {
            ...{ type: "text_similarity", evaluation_metric: "fuzzy_match" },
            ...{ input: "{{ sample.output_text }}", reference: "{{ item.label }}" },
          },
          lacking: {
            ...{ type: "string_check", operation: "eq" },
            ...{ input: "{{ item.index }}", reference: "{{ item.other }}" },
          },
        },
        calculate_output: "10 * close + lacking",
      },
    },
  },
  "updates that target_kl ends, and mini-batches": {
    ...KINDS["lora, separate"],
    ppo: { ...PPO, learning_rate: 1e-2, num_ppo_epochs: 4, num_mini_batches: 2, target_kl: 1e-4 },
  },
  "GRPO, whose KL is in the loss": {
    ...WITHOUT_CRITIC,
    ppo: {
      ...{ ...PPO, advantage: "grpo", rollouts_per_prompt: 3, num_mini_batches: 2 },
      kl_controller: { type: "adaptive", target: 0.01, horizon: 20 },
    },
  },
  "RLOO, full fine-tuning": {
    trainable: { type: "full" },
    ppo: { ...PPO, advantage: "rloo", rollouts_per_prompt: 2 },
  },
  "REINFORCE++, whitened rewards": {
    ...WITHOUT_CRITIC,
    ppo: { ...PPO, advantage: "reinforce++", whiten_rewards: true },
  },
  "an int8 base": { ...KINDS["lora, separate"], base_precision: "int8", ppo: PPO },
  "dropout, separate critic": {
    trainable: { type: "lora", r: 4, alpha: 8, dropout: 0.3 },
    value: { type: "separate", r: 4, alpha: 8, dropout: 0.1 },
    ppo: { ...PPO, num_mini_batches: 2 },
  },
  "dropout, shared critic, an int8 base": {
    trainable: { type: "lora", r: 4, alpha: 8, dropout: 0.3 },
    value: { type: "shared" },
    base_precision: "int8",
    ppo: PPO,
  },
  "a critic that warms up": { ...KINDS["lora, separate"], ppo: { ...PPO, critic_warmup_steps: 3 } },
};

/** Those that are stopped after each of their steps. */
const EVERY_STEP = ["LoRA, separate critic", "full fine-tuning, shared critic, adaptive KL"];

interface Ended {
  events: TrainingEvent[];
  summary: TrainingSummary;
}

/** Runs a job to its end, or until it is paused in a step. */
async function run(
  job: PpoJobConfig,
  folders: TrainFolders,
  resume: string[] = [],
  { pauseAt }: { pauseAt?: number } = {},
): Promise<Ended> {
  const events: TrainingEvent[] = [];
  const pause = new AbortController();
  const training = trainJob(runtime, { job, folders, resume }, { pause: pause.signal });
  for (;;) {
    const { done, value } = await training.next();
    if (done) return { events, summary: value };
    events.push(value);
    if (value.type === "step" && value.progress.step === pauseAt) pause.abort();
  }
}

/** Events as they are told whenever the same happens: without times, folders and what a process says of its start. */
function told(events: readonly TrainingEvent[]): unknown[] {
  return events.flatMap((event): unknown[] => {
    if (event.type === "started" || event.type === "checkpoint") return [];
    if (event.type === "warning" || event.type === "evaluating") return [event];
    const metrics = reproducible(event.metrics);
    return [{ ...event, metrics, progress: { ...event.progress, eta_seconds: null } }];
  });
}

/** The files of the checkpoints below `folder` that were written after `step`. */
async function written(folder: string, step: number): Promise<Record<string, string>> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const { facts } = JSON.parse(await Deno.readTextFile(join(folder, name, "checkpoint.json")));
    if (facts.state.step > step) names.push(name);
  }
  const all = await hashes(folder);
  return Object.fromEntries(Object.entries(all).filter(([path]) => names.includes(path.split("/")[0]!)));
}

function checkpointsOf(events: readonly TrainingEvent[]) {
  return events.flatMap((event) => event.type === "checkpoint" ? [event] : []);
}

function startedOf({ events }: Ended) {
  return events.flatMap((event) => event.type === "started" ? [event] : [])[0]!;
}

/** The folder of the checkpoint after a step. */
function folderOf({ events }: Ended, step: number): string {
  return checkpointsOf(events).find((event) => event.step === step)!.folder;
}

/** The records of a job that was killed in the step after the next: those of the step since its checkpoint are wrong. */
async function leaveRecords(from: string, to: string, step: number): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) {
    const own = parseRecordFile(name)!.step;
    if (own <= step) await Deno.copyFile(join(from, name), join(to, name));
    else if (own === step + 1) await Deno.writeTextFile(join(to, name), "cut off");
  }
}

type Stop = "kill" | "pause";

/** A job is stopped in each way after each of its steps. */
const EVERY_STOP: readonly (readonly [Stop, number])[] = [1, 2, 3].flatMap((step) =>
  [
    ["kill", step],
    ["pause", step],
  ] as const
);
/** In its first epoch and in its last: what another job's state shows after each step need not be shown of all. */
const TWO_STOPS: typeof EVERY_STOP = [["kill", 1], ["pause", 3]];

/**
 * Stops a job by a pause, and by a kill, after which its last checkpoint is what there is of it. Compares what the rest
 * comes to.
 */
async function compareAll(
  parent: string,
  job: PpoJobConfig,
  { folders = FOLDERS, stops = TWO_STOPS } = {},
): Promise<Ended> {
  const place = (name: string) => ({
    ...folders,
    output: join(parent, name),
    records: join(parent, `records of ${name}`),
  });
  const whole = await run(job, place("whole"));
  const records = await hashes(place("whole").records);
  assert.equal(Object.keys(records).length, 2 * STEPS);
  // A pause leaves its own checkpoint where no other is due.
  const seldom = { ...job, checkpoint_every_steps: null };
  for (const [how, step] of stops) {
    const rest = told(
      whole.events.slice(
        whole.events.findIndex((event) => event.type === "checkpoint" && event.step === step),
      ),
    );
    const left = place(`${how} ${step}`);
    let stopped = whole;
    if (how === "kill") await leaveRecords(place("whole").records, left.records, step);
    else {
      stopped = await run(seldom, left, [], { pauseAt: step });
      assert.equal(stopped.summary.paused, true);
    }
    const { output } = place(`${how} ${step} resumed`);
    const resumed = await run(how === "kill" ? job : seldom, { ...left, output }, [folderOf(stopped, step)]);
    assert.deepEqual(await hashes(left.records), records, `records, ${how} after ${step}`);
    const { resumed: from, damaged } = startedOf(resumed);
    assert.deepEqual([from?.step, damaged], [step, []], `${how} after ${step}`);
    assert.deepEqual(told(resumed.events), rest, `${how} after ${step}`);
    assert.deepEqual(reproducible(resumed.summary.metrics), reproducible(whole.summary.metrics));
    const files = await written(place("whole").output, step);
    const own = Object.entries(files).filter(([path]) => how === "kill" || path.startsWith("epoch-"));
    assert.deepEqual(await written(output, step), Object.fromEntries(own), `${how} after ${step}`);
  }
  return whole;
}

/** What a job would continue from, and why not from others; nothing is loaded. */
async function found(job: PpoJobConfig, resume: string[], folders = FOLDERS) {
  const why: string[] = [];
  const options = {
    pause: AbortSignal.abort(),
    passedOver: (_: string, reason: unknown) => why.push(String(reason)),
  };
  const request = { job, folders: { ...folders, output: "/nowhere" }, resume };
  const { done, value } = await trainJob(runtime, request, options).next();
  assert.ok(done && value.paused);
  return { step: value.progress.step, why };
}

Deno.test("a folder with a flipped bit, without a file, or of another job is passed over, and named", () =>
  inFolder(async (parent) => {
    const job = makeJob({ ...SHAPE, ...KINDS["lora, separate"], ppo: PPO });
    const output = join(parent, "out");
    const whole = await run(job, { ...FOLDERS, output });
    const [older, newer] = [folderOf(whole, 1), folderOf(whole, 2)];
    assert.deepEqual(await found(job, [newer, older]), { step: 2, why: [] });

    for (const file of Object.keys(await hashes(newer))) {
      const path = join(newer, file);
      const bytes = await Deno.readFile(path);
      for (const at of [0, bytes.length >> 1, bytes.length - 1]) {
        const flipped = bytes.slice();
        flipped[at]! ^= 1;
        await Deno.writeFile(path, flipped);
        const { step, why } = await found(job, [newer, older]);
        assert.deepEqual([step, why.length], [1, 1], `${file} at ${at}`);
      }
      await Deno.remove(path);
      assert.deepEqual((await found(job, [newer, older])).step, 1, `without ${file}`);
      await Deno.writeFile(path, bytes);
    }
    // Each half is whole, and they do not belong together.
    await Deno.rename(join(newer, "training_state"), join(parent, "aside"));
    await Deno.rename(join(older, "training_state"), join(newer, "training_state"));
    assert.match((await found(job, [newer])).why[0]!, /training_state is another checkpoint's/);
    await Deno.rename(join(newer, "training_state"), join(older, "training_state"));
    await Deno.rename(join(parent, "aside"), join(newer, "training_state"));

    const other = makeJob({ ...SHAPE, ...KINDS["lora, separate"], ppo: { ...PPO, kl_coef: 0.2 }, seed: 1 });
    assert.match((await found(other, [newer])).why[0]!, /another ppo, seed/);
    const asked = { ...job, prompts: [...job.prompts.slice(1), "Another"] };
    assert.match((await found(asked, [newer])).why[0]!, /another prompts/);
    // A job from before there was a field has it at its default.
    const { dropout: _, ...value } = job.value as Extract<PpoJobConfig["value"], { type: "separate" }>;
    const before = await run({ ...job, value: value as PpoJobConfig["value"] }, {
      ...FOLDERS,
      output: join(parent, "before"),
    });
    assert.deepEqual(await found(job, [folderOf(before, 2)]), { step: 2, why: [] });
    // What nothing is computed from may be another.
    assert.equal((await found({ ...job, checkpoint_every_steps: 5, metadata: { a: "b" } }, [newer])).step, 2);

    const model = await copyModel("qwen3", join(parent, "copy"));
    const beside = "expected.safetensors"; // in the fixture's folder it counts as weights
    assert.match((await found(job, [newer], { ...FOLDERS, model })).why[0]!, /files of the job's model/);
    await Deno.copyFile(join(FOLDERS.model, beside), join(model, beside));
    assert.equal((await found(job, [newer], { ...FOLDERS, model })).step, 2, "the same bytes elsewhere");
    await editConfig(model, { rope_theta: 5000 });
    assert.match((await found(job, [newer], { ...FOLDERS, model })).why[0]!, /files of the job's model/);

    await Deno.truncate(join(newer, "value_head.safetensors"), 8);
    const resumed = await run(job, { ...FOLDERS, output: join(parent, "again") }, [newer, older]);
    const { resumed: from, damaged } = startedOf(resumed);
    assert.deepEqual([from, damaged], [{ step: 1, folder: older }, [newer]]);
    const nothing = await run(job, { ...FOLDERS, output: join(parent, "anew") }, [newer]);
    assert.deepEqual(startedOf(nothing).resumed, null);
    assert.deepEqual(told(nothing.events), told(whole.events));
  }));

Deno.test("a job that starts from a checkpoint, or from an adapter, keeps that as its reference when it resumes", () =>
  inFolder(async (parent) => {
    const kind = KINDS["lora, separate"];
    const first = await run(makeJob({ ...kind, ppo: { ...PPO, learning_rate: 1e-2 } }), {
      ...FOLDERS,
      output: join(parent, "first"),
    });
    const checkpoint = checkpointsOf(first.events).at(-1)!.folder;
    const starts = {
      checkpoint: [{ checkpoint: "given" }, { ...FOLDERS, checkpoint }],
      adapter: [{ adapter: "given" }, { ...FOLDERS, adapter: join(FOLDERS.model, "adapter") }],
    } as const;
    for (const [name, [given, folders]] of Object.entries(starts)) {
      const job = makeJob({ ...SHAPE, ...kind, ...given, ppo: PPO });
      const { events } = await compareAll(join(parent, name), job, { folders });
      const kls = events.flatMap((event) => event.type === "step" ? [event.metrics["objective/kl"]!] : []);
      assert.ok(Math.abs(kls[0]!) < 1e-5 && Math.abs(kls.at(-1)!) > 1e-6, String(kls));
    }
  }));

Deno.test("a job whose folder is removed fails by name at its next step", () =>
  inFolder(async (parent) => {
    const job = makeJob({ ...KINDS["lora, separate"], epochs: 5, ppo: PPO });
    const output = join(parent, "out");
    const training = trainJob(runtime, { job, folders: { ...FOLDERS, output } });
    let steps = 0;
    await assert.rejects(async () => {
      for await (const { type } of training) {
        if (type === "step" && ++steps === 3) await Deno.remove(output, { recursive: true });
      }
    }, { code: "damaged_checkpoint", message: /folder was removed/ });
    assert.equal(steps, 3);
  }));

Deno.test("a share of the memory cuts a job's runs, and its estimate, and changes its numbers by rounding alone", () =>
  inFolder(async (parent) => {
    const job = makeJob({ ...KINDS["lora, separate"], ppo: { ...PPO, batch_size: 4, max_new_tokens: 24 } });
    const [whole, cut] = await Promise.all([1, 0.01].map(async (memory_share) => {
      const request = {
        job,
        folders: { ...FOLDERS, output: join(parent, String(memory_share)) },
        memory_share,
      };
      return await Array.fromAsync(trainJob(runtime, request));
    }));
    const estimate = (events: TrainingEvent[]) =>
      startedOf({ events, summary: null! }).plan.estimate.memory_bytes as number;
    assert.ok(estimate(cut!) < estimate(whole!));
    const loss = (events: TrainingEvent[]) =>
      events.flatMap((event) => event.type === "step" ? [event.metrics["loss/value_avg"]!] : []);
    within(loss(cut!), loss(whole!), 1e-4, "value loss");
  }));

for (const [name, given] of Object.entries(JOBS)) {
  const stops = EVERY_STEP.includes(name) ? EVERY_STOP : TWO_STOPS;
  Deno.test(`${name}: stopped and resumed, a job ends as if it had not been`, () =>
    inFolder(async (parent) => {
      await compareAll(parent, makeJob({ ...SHAPE, ...given, seed: 7 }), { stops });
    }));
}
