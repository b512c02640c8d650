/** A job that several processes train comes to what one process comes to, but for the order in which gradients are added. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { PpoJobConfig, PpoJobRequest } from "../../../core/contract/ppo_job.ts";
import type { MetricsRecord } from "../../../core/contract/progress.ts";
import type { TrainFolders } from "../../../core/contract/protocol.ts";
import type { TrainingEvent, TrainingSummary } from "../../../core/contract/training_events.ts";
import { trainJob } from "../../../core/kinds/train_job.ts";
import { ALONE, type Replicas } from "../../../core/replicas/replicas.ts";
import { reproducible } from "../../../core/train/metric_sums.ts";
import { inFolder } from "../networks/in_folder.ts";
import { KINDS, makeJob } from "../networks/make_learner.ts";
import { fixtureFolder, runtime } from "../networks/tiny_models.ts";
import { inAll } from "./in_memory.ts";

const FOLDERS = { model: fixtureFolder("qwen3"), rewards: {} };
const PPO = { batch_size: 4, max_new_tokens: 6, learning_rate: 1e-3, num_ppo_epochs: 2 } as const;
const SHAPE = { epochs: 2, prompts: ["The quick", "TL;DR: my", "I have", "Write a short summary"] };

interface Ended {
  events: TrainingEvent[];
  summary: TrainingSummary;
}

async function run(
  job: PpoJobConfig,
  folders: TrainFolders,
  replicas: Replicas = ALONE,
  resume: string[] = [],
  onEvent: (event: TrainingEvent, pause: AbortController) => void = () => {},
): Promise<Ended> {
  const events: TrainingEvent[] = [];
  const pause = new AbortController();
  const training = trainJob(runtime, { job, folders, resume }, { replicas, pause: pause.signal });
  for (;;) {
    const { done, value } = await training.next();
    if (done) return { events, summary: value };
    events.push(value);
    onEvent(value, pause);
  }
}

/** Of each step, without times and memory. */
function stepMetrics(events: TrainingEvent[]): MetricsRecord[] {
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
const OF_SHARES = ["val/ratio_var", "rollout/prefill_tokens", "rollout/prefill_tokens_saved"];

function near(actual: MetricsRecord[], expected: MetricsRecord[], skip: readonly string[] = []): void {
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

const JOBS: Record<string, { job: Partial<PpoJobRequest>; size: number }> = {
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

for (const [name, { job: given, size }] of Object.entries(JOBS)) {
  Deno.test(`${size} processes come to what one does: ${name}`, () =>
    inFolder(async (parent) => {
      const job = makeJob({ ...SHAPE, ...given });
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
