/**
 * Rollouts that a server samples: one that follows the policy by its adapters leads a job to the very weights that its own
 * engine does; one that does not is told of by the gap.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Ask } from "../../../../core/contract/engine_question.ts";
import type { PpoJobConfig, PpoJobRequest } from "../../../../core/contract/ppo_job.ts";
import type { Metrics } from "../../../../core/contract/progress.ts";
import type { RolloutQuestion } from "../../../../core/contract/rollouts.ts";
import type { TrainingEvent } from "../../../../core/contract/training_events.ts";
import { ppoMetricNames } from "../../../../core/kinds/ppo/metric_names.ts";
import { trainJob } from "../../../../core/kinds/train_job.ts";
import { OutboundGuard } from "../../../../core/outbound/outbound_guard.ts";
import { RolloutServer } from "../../../../core/questions/rollout_server.ts";
import { reproducible } from "../../../../core/train/metric_sums.ts";
import { inFolder } from "../../networks/in_folder.ts";
import { KINDS, makeJob } from "../../networks/make_learner.ts";
import { fixtureFolder, runtime } from "../../networks/tiny_models.ts";
import { hashes } from "../../serve/hashes.ts";
import { SERVED_NAME, VllmServer } from "./vllm_server.ts";

const MODEL = { model: fixtureFolder("qwen3"), rewards: {} };
const SHAPE = { prompts: ["The quick", "TL;DR: my", "I have", "Write a short summary"], epochs: 2 };
const STEPS = 4;
const GROUPS = 2;
const PPO = { batch_size: GROUPS, max_new_tokens: 6, learning_rate: 1e-2, num_ppo_epochs: 2 } as const;

interface Ended {
  steps: Metrics[];
  warnings: string[];
  checkpoints: string[];
}

/** Runs a job to its end, its questions answered as the API process does. */
async function run(
  job: PpoJobConfig,
  parent: string,
  { resume = [], pauseAt }: { resume?: string[]; pauseAt?: number } = {},
): Promise<Ended> {
  const server = job.rollouts &&
    new RolloutServer(job.rollouts, {
      guard: new OutboundGuard(["127.0.0.1"]),
      ...{ asker: "job_1", adapters: join(parent, "adapters"), first_pause_ms: 1 },
    });
  const pause = new AbortController();
  const unaborted = new AbortController().signal;
  const ask = server &&
    (((question: RolloutQuestion) => server.answer(question, unaborted)) as unknown as Ask);
  const folders = { ...MODEL, output: join(parent, "out"), adapters: join(parent, "adapters", "job_1") };
  const training = trainJob(runtime, { job, folders, resume }, {
    ...(ask && { askRollouts: ask }),
    pause: pause.signal,
  });
  const events: TrainingEvent[] = [];
  for (;;) {
    const { done, value } = await training.next();
    if (done) break;
    events.push(value);
    if (value.type === "step" && value.progress.step === pauseAt) pause.abort();
  }
  await server?.close();
  return {
    steps: events.flatMap((event) => event.type === "step" ? [event.metrics] : []),
    warnings: events.flatMap((event) => event.type === "warning" ? [event.code] : []),
    checkpoints: events.flatMap((event) => event.type === "checkpoint" ? [event.folder] : []),
  };
}

const ofServer = (url: string, more: object = {}): PpoJobRequest["rollouts"] => ({
  ...{ type: "openai", url, model: SERVED_NAME, adapter: "vllm", ...more },
});

/** What the gap and the server have of their own. */
const OWN = /^(rollout_gap|rollouts|rollout)\//;

const others = (metrics: Metrics) =>
  Object.fromEntries(Object.entries(reproducible(metrics)).filter(([name]) => !OWN.test(name)));

/** The hashes of all weights and moments; a manifest has the job in it. */
async function weights(folder: string): Promise<Record<string, string>> {
  const all = await hashes(folder);
  return Object.fromEntries(Object.entries(all).filter(([name]) => name.endsWith(".safetensors")));
}

const JOBS: Record<string, Partial<PpoJobRequest>> = {
  "PPO": { ...KINDS["lora, separate"], ppo: PPO },
  "GRPO, a temperature": {
    trainable: KINDS["lora, separate"].trainable,
    ppo: { ...PPO, advantage: "grpo", rollouts_per_prompt: 3, temperature: 0.7 },
  },
};

for (const [name, given] of Object.entries(JOBS)) {
  Deno.test(`${name} by a server that follows the policy comes to the bytes of the job's own engine`, () =>
    inFolder(async (parent) => {
      const local = makeJob({ ...SHAPE, ...given, seed: 5 });
      await using server = await VllmServer.start({ seed: 5, steps: STEPS, groups: GROUPS });
      const rollouts = ofServer(server.url, { logprobs: "processed" });
      const remote = makeJob({ ...SHAPE, ...given, seed: 5, rollouts });
      const expected = await run(local, join(parent, "local"));
      const actual = await run(remote, join(parent, "remote"));
      assert.equal(actual.steps.length, STEPS);
      assert.deepEqual(actual.steps.map(others), expected.steps.map(others));
      assert.deepEqual(
        await weights(actual.checkpoints.at(-1)!),
        await weights(expected.checkpoints.at(-1)!),
      );
      for (const metrics of actual.steps) {
        assert.ok(metrics["rollout_gap/mean_abs"]! < 1e-4, String(metrics["rollout_gap/mean_abs"]));
        assert.equal(metrics["rollouts/retokenized_frac"], 0);
      }
      assert.deepEqual(actual.warnings, expected.warnings);
      for (const known of ppoMetricNames(remote).names.filter((one) => one.startsWith("rollouts/"))) {
        assert.ok(known in actual.steps[0]!, known);
      }
      // Each adapter is there before it is sampled from, and the one before it goes.
      const paths = server.seen.map(({ path }) => path);
      assert.deepEqual(paths.slice(0, 3), ["load_lora_adapter", "completions", "completions"]);
      assert.deepEqual(
        server.seen.filter(({ path }) => path === "load_lora_adapter").map(({ body }) => body.lora_name),
        Array.from({ length: STEPS }, (_, step) => `proximal-job_1-${step}`),
      );
      assert.deepEqual(server.models, [SERVED_NAME]);
    }));
}

Deno.test("a server that does not follow is told of by a gap that grows, and a warning", () =>
  inFolder(async (parent) => {
    await using server = await VllmServer.start({ seed: 5, steps: STEPS, groups: GROUPS });
    const job = makeJob({
      ...SHAPE,
      ...KINDS["lora, separate"],
      ppo: { ...PPO, learning_rate: 5e-2 },
      seed: 5,
      rollouts: ofServer(server.url, { adapter: "none" }),
    });
    const { steps, warnings } = await run(job, parent);
    const gaps = steps.map((metrics) => metrics["rollout_gap/mean_abs"]!);
    assert.ok(gaps[0]! < 1e-4 && gaps.at(-1)! > 0.1, gaps.join());
    assert.ok(warnings.includes("rollouts_off_policy"), warnings.join());
    assert.ok(server.seen.every(({ path, body }) => path === "completions" && body.model === SERVED_NAME));
  }));

Deno.test("a job that was paused goes on with the server, over an adapter that an earlier attempt left there", () =>
  inFolder(async (parent) => {
    await using server = await VllmServer.start({ seed: 5, steps: STEPS, groups: GROUPS });
    const rollouts = ofServer(server.url, { logprobs: "processed" });
    const job = makeJob({ ...SHAPE, ...JOBS["PPO"], seed: 5, rollouts });
    const whole = await run(job, join(parent, "whole"));
    const begun = await run(job, join(parent, "begun"), { pauseAt: 2 });
    // As if the server still had what it was given before: another policy by the same name.
    const [first] = server.seen.filter(({ path }) => path === "load_lora_adapter");
    assert.ok(first);
    await fetch(`${server.url}/load_lora_adapter`, {
      method: "POST",
      body: JSON.stringify({
        lora_name: "proximal-job_1-2",
        lora_path: join(fixtureFolder("qwen3"), "adapter"),
      }),
    }).then((answer) => answer.text());
    const ended = await run(job, join(parent, "rest"), { resume: [begun.checkpoints.at(-1)!] });
    assert.equal(begun.steps.length + ended.steps.length, STEPS);
    assert.deepEqual(await weights(ended.checkpoints.at(-1)!), await weights(whole.checkpoints.at(-1)!));
  }));
