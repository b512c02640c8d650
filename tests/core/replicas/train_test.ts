/** A job that several processes train comes to what one process comes to, but for the order in which gradients are added. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { PpoJobRequest } from "../../../core/contract/ppo_job.ts";
import { rewardModelJobSchema } from "../../../core/contract/reward_model_job.ts";
import { sftJobSchema } from "../../../core/contract/sft_job.ts";
import type { Metrics } from "../../../core/contract/progress.ts";
import type { TrainFolders } from "../../../core/contract/protocol.ts";
import type { TrainingEvent, TrainingSummary } from "../../../core/contract/training_events.ts";
import type { EngineJob } from "../../../core/kinds/kinds.ts";
import { trainJob, type TrainOptions } from "../../../core/kinds/train_job.ts";
import { UserError } from "../../../core/errors.ts";
import { ALONE, type Replicas } from "../../../core/replicas/replicas.ts";
import { reproducible } from "../../../core/train/metric_sums.ts";
import { inFolder } from "../networks/in_folder.ts";
import { KINDS, makeJob } from "../networks/make_learner.ts";
import { fixtureFolder, runtime } from "../networks/tiny_models.ts";
import { inAll, inMemoryReplicas } from "./in_memory.ts";

const FOLDERS = { model: fixtureFolder("qwen3"), rewards: {} };
const PPO = { batch_size: 4, max_new_tokens: 6, learning_rate: 1e-3, num_ppo_epochs: 2 } as const;
const SHAPE = { epochs: 2, prompts: ["The quick", "TL;DR: my", "I have", "Write a short summary"] };

interface Ended {
  events: TrainingEvent[];
  summary: TrainingSummary;
}

interface RunOptions extends Pick<TrainOptions, "ask"> {
  resume?: string[];
  onEvent?: (event: TrainingEvent, pause: AbortController) => void;
}

async function run(
  job: EngineJob,
  folders: TrainFolders,
  replicas: Replicas = ALONE,
  { resume = [], onEvent = () => {}, ask }: RunOptions = {},
): Promise<Ended> {
  const events: TrainingEvent[] = [];
  const pause = new AbortController();
  const training = trainJob(runtime, { job, folders, resume }, { replicas, ask, pause: pause.signal });
  for (;;) {
    const { done, value } = await training.next();
    if (done) return { events, summary: value };
    events.push(value);
    onEvent(value, pause);
  }
}

/** Of each step, without times and memory. */
function stepMetrics(events: TrainingEvent[]): Metrics[] {
  return events.flatMap((event) => event.type === "step" ? [reproducible(event.metrics)] : []);
}

/** Texts with their scores. */
function samplesOf(events: TrainingEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === "step" ? event.samples.map(({ prompt, completion }) => `${prompt}: ${completion}`) : []
  );
}

/** Of the gradients' order and no more: float32 sums of a few hundred terms, through Adam. */
const TOLERANCE = 1e-3;

/** Another with shares: how many micro-batches there are, and how often a prompt is run for its rollouts. */
const OF_SHARES = [
  "val/ratio_var",
  "padding_share",
  "rollout/prefill_tokens",
  "rollout/prefill_tokens_saved",
];

function near(actual: Metrics[], expected: Metrics[], skip: readonly string[] = []): void {
  assert.equal(actual.length, expected.length);
  for (const [step, wanted] of expected.entries()) {
    assert.deepEqual(
      Object.keys(actual[step]!).filter((name) => !name.startsWith("replicas/")),
      Object.keys(wanted),
    );
    for (const [name, value] of Object.entries(wanted)) {
      if (skip.includes(name)) continue;
      const got = actual[step]![name]!;
      const off = Math.abs(got - value!);
      assert.ok(
        off <= TOLERANCE * Math.max(1, Math.abs(value!)),
        `step ${step + 1}: ${name} ${got}, not ${value}`,
      );
    }
  }
}

const PPO_JOBS: Record<string, { job: Partial<PpoJobRequest>; size: number }> = {
  "LoRA, separate critic, mini- and micro-batches": {
    size: 2,
    job: { ...KINDS["lora, separate"], ppo: { ...PPO, num_mini_batches: 2, micro_batch_size: 1 } },
  },
  "LoRA, shared critic, more processes than rows of a mini-batch": {
    size: 3,
    job: { ...KINDS["lora, shared"], ppo: { ...PPO, num_mini_batches: 2 } },
  },
  "more processes than rows": { size: 5, job: { ...KINDS["lora, separate"], ppo: PPO } },
  "full fine-tuning, separate critic": { size: 2, job: { ...KINDS["full, separate"], ppo: PPO } },
  "full fine-tuning, shared critic, adaptive KL, whitened rewards": {
    size: 3,
    job: {
      ...KINDS["full, shared"],
      ppo: { ...PPO, whiten_rewards: true, kl_controller: { type: "adaptive", target: 0.01, horizon: 20 } },
    },
  },
  "dropout": {
    size: 2,
    job: {
      trainable: { type: "lora", r: 4, alpha: 8, dropout: 0.3 },
      value: { type: "separate", r: 4, alpha: 8, dropout: 0.1 },
      ppo: PPO,
    },
  },
  "some layers, rows that another process measured, an evaluation": {
    size: 3,
    job: {
      trainable: { type: "lora", r: 4, alpha: 8, layers: { last: 1 } },
      value: { type: "separate", r: 4, alpha: 8, layers: { last: 2 } },
      ppo: { ...PPO, num_mini_batches: 2, bootstrap_truncated: true },
      evaluate: { prompts: ["A cat"], every_steps: 1, samples_per_prompt: 2 },
    },
  },
  "GRPO, groups that are cut, the KL in the loss": {
    size: 3,
    job: {
      trainable: KINDS["lora, separate"].trainable,
      ppo: { ...PPO, batch_size: 2, advantage: "grpo", rollouts_per_prompt: 4 },
    },
  },
  "target_kl that ends updates": {
    size: 2,
    job: {
      ...KINDS["lora, separate"],
      ppo: { ...PPO, learning_rate: 1e-2, num_ppo_epochs: 4, target_kl: 1e-4 },
    },
  },
  "rewards by running statistics, scores of several": {
    size: 3,
    job: {
      ...KINDS["lora, separate"],
      ppo: { ...PPO, score_scaling: "mean_std", score_clip: 2 },
      reward: {
        type: "sum",
        terms: [
          { reward: { type: "normalize", reward: { type: "length", unit: "characters", target: 9 } } },
          { weight: 0.5, reward: { type: "keywords", keywords: ["e"] } },
        ],
      },
    },
  },
  "an evaluation on the way": {
    size: 2,
    job: {
      ...KINDS["lora, separate"],
      ppo: { ...PPO, batch_size: 2 },
      evaluate: { held_out: 0.5, every_steps: 1, samples_per_prompt: 2 },
    },
  },
};

const EXAMPLES = ["The quick", "brown fox", "jumps over", "the lazy", "my dog"].map((prompt, at) => (
  { prompt, completion: "dog".repeat(at + 1) }
));
const PREFERENCES = ["fox", "dog", "cat", "cow", "hen"].map((word) => (
  { prompt: "The", chosen: ` ${word} lazy dog`, rejected: ` ${word} my ${word}` }
));

const JOBS: Record<string, { job: EngineJob; size: number }> = {
  ...Object.fromEntries(
    Object.entries(PPO_JOBS).map((
      [name, { job, size }],
    ) => [name, { job: makeJob({ ...SHAPE, ...job }), size }]),
  ),
  ...Object.fromEntries(
    [{}, { trainable: { type: "lora", r: 4, alpha: 8, dropout: 0.2 } }, { trainable: { type: "full" } }].map((
      given,
    ) => [
      `sft ${JSON.stringify(given)}`,
      {
        size: 3,
        job: sftJobSchema.parse({
          ...{ kind: "sft", model: "qwen3", examples: EXAMPLES, epochs: 2, held_out: 1, ...given },
          sft: { batch_size: 2, learning_rate: 0.01, packing: "r" in given },
        }),
      },
    ]),
  ),
  "a reward model": {
    size: 3,
    job: rewardModelJobSchema.parse({
      ...{ kind: "reward_model", model: "qwen3", preferences: PREFERENCES, epochs: 2, held_out: 1 },
      reward_model: { batch_size: 2, learning_rate: 0.01 },
    }),
  },
};

for (const [name, { job, size }] of Object.entries(JOBS)) {
  Deno.test(`${size} processes come to what one does: ${name}`, () =>
    inFolder(async (parent) => {
      const alone = await run(job, { ...FOLDERS, output: join(parent, "alone") });
      const output = join(parent, "together");
      const all = await inAll(size, (replicas) => run(job, { ...FOLDERS, output }, replicas));
      const [first] = all;
      assert.deepEqual(samplesOf(first!.events), samplesOf(alone.events));
      near(stepMetrics(first!.events), stepMetrics(alone.events), OF_SHARES);
      assert.deepEqual(first!.events.map(({ type }) => type), alone.events.map(({ type }) => type));
      for (const other of all) {
        assert.deepEqual(stepMetrics(other.events), stepMetrics(first!.events));
        assert.deepEqual(other.summary, first!.summary);
      }
    }));
}

/** Two epochs of two steps, a checkpoint after each step. */
const STEPS = makeJob({
  ...SHAPE,
  ...KINDS["lora, separate"],
  checkpoint_every_steps: 1,
  ppo: { ...PPO, batch_size: 2 },
});

/** Folder and hashes of the checkpoint that a run wrote last. */
function lastCheckpoint(events: TrainingEvent[]): { folder: string; files: unknown } {
  const { folder, files } = events.filter((event) => event.type === "checkpoint").at(-1)!;
  return { folder, files };
}

Deno.test("a pause that rank 0 hears of ends all after the same step, and processes that resume end as if there had been none", () =>
  inFolder(async (parent) => {
    const whole = await inAll(
      2,
      (replicas) => run(STEPS, { ...FOLDERS, output: join(parent, "whole") }, replicas),
    );
    const folders = { ...FOLDERS, output: join(parent, "paused") };
    const paused = await inAll(2, (replicas) =>
      run(STEPS, folders, replicas, {
        onEvent: (event, pause) => {
          if (replicas.rank === 0 && event.type === "step" && event.progress.step === 1) pause.abort();
        },
      }));
    assert.deepEqual(paused.map(({ summary }) => summary.paused), [true, true]);
    const { folder } = lastCheckpoint(paused[0]!.events);
    const resumed = await inAll(2, (replicas) => run(STEPS, folders, replicas, { resume: [folder] }));
    assert.deepEqual(lastCheckpoint(resumed[0]!.events).files, lastCheckpoint(whole[0]!.events).files);
    // Of another number of processes it goes on as well.
    const alone = await run(STEPS, { ...FOLDERS, output: join(parent, "alone") }, ALONE, {
      resume: [folder],
    });
    assert.deepEqual(samplesOf(alone.events), samplesOf(resumed[0]!.events));
  }));

Deno.test("rank 0 alone asks services and writes; what a service fails with ends all with the same error", () =>
  inFolder(async (parent) => {
    const job = makeJob({
      ...SHAPE,
      ...KINDS["lora, separate"],
      ppo: PPO,
      reward: { type: "http", url: "http://127.0.0.1:9/" },
    });
    const asked: number[] = [];
    const scoring = (rank: number, failing: boolean): RunOptions => ({
      ask: (question) => {
        asked.push(rank);
        if (failing) return Promise.reject(new UserError("reward_failed", "The service is ill"));
        const rows = "items" in question ? question.items.length : 0;
        return Promise.resolve(
          { type: "scores", scores: Array(rows).fill(1), terms: {}, faults: [] } as never,
        );
      },
    });
    const output = join(parent, "output");
    await inAll(3, (replicas) => run(job, { ...FOLDERS, output }, replicas, scoring(replicas.rank, false)));
    assert.deepEqual(asked, [0, 0]);
    const { all } = inMemoryReplicas(3);
    const ended = await Promise.allSettled(
      all.map((replicas) => run(job, { ...FOLDERS, output }, replicas, scoring(replicas.rank, true))),
    );
    for (const result of ended) {
      assert.equal(result.status, "rejected");
      assert.equal((result.reason as UserError).code, "reward_failed");
      assert.match((result.reason as Error).message, /The service is ill/);
    }
  }));

Deno.test("a gradient that is not finite in one process is skipped by all", () =>
  inFolder(async (parent) => {
    const given = { ...SHAPE, ...KINDS["lora, separate"], ppo: PPO };
    const all = await inAll(2, (replicas) => {
      const poisoned: Replicas = {
        ...replicas,
        sum: async (data) => {
          if (replicas.rank === 1) data[0] = NaN;
          await replicas.sum(data);
        },
      };
      return run(makeJob(given), { ...FOLDERS, output: join(parent, "o") }, poisoned);
    });
    for (const { events } of all) {
      for (const metrics of stepMetrics(events)) assert.equal(metrics["skipped_steps"], 2);
    }
  }));

Deno.test("processes whose parameters are no longer the same end with an error of its own", () =>
  inFolder(async (parent) => {
    const { all } = inMemoryReplicas(2);
    const ended = await Promise.allSettled(all.map((replicas) => {
      const off: Replicas = {
        ...replicas,
        sum: async (data) => {
          await replicas.sum(data);
          if (replicas.rank === 1) data[3]! *= 1.5;
        },
      };
      return run(
        makeJob({ ...SHAPE, ...KINDS["lora, separate"], ppo: PPO }),
        { ...FOLDERS, output: parent },
        off,
      );
    }));
    for (const result of ended) {
      assert.equal(result.status, "rejected");
      assert.equal((result.reason as UserError).code, "replicas_diverged");
      assert.match(
        (result.reason as Error).message,
        /After step 1 .* rank 0 [0-9a-f]{8}, rank 1 [0-9a-f]{8}/,
      );
    }
  }));
