/** A guard in jobs that run: going back restores weights, moments and state, exactly, and through whatever ends an engine. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { TrainingEvent, TrainingSummary } from "../../../../core/contract/training_events.ts";
import type { PpoJobConfig } from "../../../../core/contract/ppo_job.ts";
import { trainJob } from "../../../../core/kinds/train_job.ts";
import { reproducible } from "../../../../core/train/metric_sums.ts";
import { inFolder } from "../../networks/in_folder.ts";
import { KINDS, makeJob } from "../../networks/make_learner.ts";
import { fixtureFolder, runtime } from "../../networks/tiny_models.ts";
import { hashes } from "../../serve/hashes.ts";

const FOLDERS = { model: fixtureFolder("qwen3"), rewards: {} };
/** Four epochs of two steps, at rates that carry the policy away. */
const STEPS = 8;
const PPO = {
  ...{ batch_size: 2, max_new_tokens: 6, learning_rate: 3e-3, num_ppo_epochs: 2 },
  lr_scheduler: "constant",
} as const;

function jobOf(guard: Record<string, unknown>, more: Record<string, unknown> = {}): PpoJobConfig {
  return makeJob({
    ...KINDS["lora, separate"],
    ...{ epochs: 4, seed: 8, ppo: { ...PPO, guard: guard as never } },
    ...more,
  });
}

interface Ended {
  events: TrainingEvent[];
  summary: TrainingSummary;
}

async function run(
  job: PpoJobConfig,
  output: string,
  resume: string[] = [],
  pauseAt?: number,
): Promise<Ended> {
  const events: TrainingEvent[] = [];
  const pause = new AbortController();
  const training = trainJob(runtime, { job, folders: { ...FOLDERS, output }, resume }, {
    pause: pause.signal,
  });
  for (;;) {
    const { done, value } = await training.next();
    if (done) return { events, summary: value };
    events.push(value);
    if (value.type === "step" && value.progress.step === pauseAt) pause.abort();
  }
}

const stepsOf = ({ events }: Ended) => events.flatMap((event) => event.type === "step" ? [event] : []);
const warningsOf = ({ events }: Ended) =>
  events.flatMap((event) => event.type === "warning" && event.code !== "no_signal" ? [event] : []);
const folderAfter = ({ events }: Ended, step: number) =>
  events.flatMap((event) => event.type === "checkpoint" && event.step === step ? [event.folder] : [])[0];

/** What of a step does not depend on the clock. */
const numbers = (events: TrainingEvent[]) =>
  events.flatMap((event) => event.type === "step" ? [reproducible(event.metrics)] : []);

async function manifest(folder: string) {
  return JSON.parse(await Deno.readTextFile(join(folder, "checkpoint.json"))).facts;
}

Deno.test("a job that goes back has the good checkpoint's weights and moments, counts on, and learns more slowly", () =>
  inFolder(async (parent) => {
    const job = jobOf({ kl_budget: 1, action: "rollback" });
    const free = await run(jobOf({ kl_budget: 1 }), join(parent, "free"));
    const guarded = await run(job, join(parent, "guarded"));
    // The same up to the step that is too far; a warning changes nothing.
    const kl = stepsOf(free).map(({ metrics }) => metrics["objective/kl"]!);
    assert.ok(kl.slice(0, 3).every((value) => value <= 1) && kl[3]! > 1, String(kl));
    assert.deepEqual(numbers(guarded.events).slice(0, 4), numbers(free.events).slice(0, 4));
    assert.deepEqual(warningsOf(free)[0]!.code, "guard_kl_budget");
    // Steps are counted on, each once.
    assert.deepEqual(stepsOf(guarded).map(({ progress }) => progress.step), [1, 2, 3, 4, 5, 6, 7, 8]);
    const back = warningsOf(guarded).filter(({ code }) => code === "rolled_back");
    assert.deepEqual([back[0]!.figures.step, back[0]!.figures.to], [4, 2]);

    // Epoch 2 ends with step 4: its checkpoint has the weights and moments of epoch 1's.
    const [good, after] = [folderAfter(guarded, 2)!, folderAfter(guarded, 4)!];
    const files = (folder: string) => hashes(folder);
    const [before, then] = [await files(good), await files(after)];
    const tensors = Object.keys(before).filter((name) => name.endsWith(".safetensors"));
    assert.ok(tensors.length >= 5, String(tensors));
    for (const name of tensors) assert.equal(then[name], before[name], name);
    const { state } = await manifest(after);
    assert.deepEqual(state.guard, {
      rollbacks: [{ at: 4, to: 2, code: "guard_kl_budget" }],
      lr_scale: 0.5,
    });
    assert.equal(state.step, 4);

    // The rates are half from there on.
    const rates = stepsOf(guarded).map(({ metrics }) => metrics["lr"]!);
    assert.deepEqual(rates.slice(0, 5), [3e-3, 3e-3, 3e-3, 3e-3, 1.5e-3]);
  }));

for (
  const [name, guard, more] of [
    ["to a checkpoint", { kl_budget: 1, action: "rollback" }, {}],
    ["to where the job began, again and again, until it may no more", {
      ...{ kl_budget: 1e-6, action: "rollback", max_rollbacks: 2 },
    }, {}],
    ["by GRPO, all weights", { kl_budget: 0.2, action: "rollback" }, {
      ...{ trainable: { type: "full" }, value: null, checkpoint_every_steps: 1 },
      reward: { type: "length", unit: "characters", target: 30 },
      ppo: {
        ...{ ...PPO, learning_rate: 1e-3, advantage: "grpo", rollouts_per_prompt: 2 },
        guard: { kl_budget: 0.2, action: "rollback" },
      },
    }],
  ] as const
) {
  Deno.test(`going back ${name}: stopped around that and resumed, a job ends as if it had not been`, () =>
    inFolder(async (parent) => {
      const job = jobOf(guard, more as Record<string, unknown>);
      const whole = await run(job, join(parent, "whole"));
      assert.ok(warningsOf(whole).some(({ code }) => code === "rolled_back"), "it goes back");
      const [first] = warningsOf(whole).filter(({ code }) => code === "rolled_back");
      // Around where it first goes back.
      const count = stepsOf(whole).length;
      const stops = [first!.step - 1, first!.step, first!.step + 1];
      for (const step of stops.filter((step) => step > 0 && step < count)) {
        const paused = await run(job, join(parent, `paused ${step}`), [], step);
        assert.equal(paused.summary.paused, true);
        const resumes = { pause: folderAfter(paused, step)!, kill: folderAfter(whole, step) };
        for (const [how, folder] of Object.entries(resumes)) {
          if (!folder) continue;
          // What an attempt has written stays where it is: there it may have to go back to.
          const output = how === "pause" ? join(parent, `paused ${step}`) : join(parent, `killed ${step}`);
          const resumed = await run(job, output, [folder]);
          assert.deepEqual(numbers(resumed.events), numbers(whole.events).slice(step), `${how} ${step}`);
          const codes = (ended: Ended) => warningsOf(ended).map((warning) => [warning.code, warning.step]);
          const rest = codes(whole).filter(([, at]) => Number(at) > step);
          assert.deepEqual(codes(resumed), rest, `${how} ${step}`);
          assert.deepEqual(resumed.summary.stopped, whole.summary.stopped);
          const [last, end] = [resumed, whole].map(({ events }) =>
            events.findLast((event) => event.type === "checkpoint")!.folder
          );
          const [mine, theirs] = [await hashes(last!), await hashes(end!)];
          for (const file of Object.keys(theirs).filter((file) => file.endsWith(".safetensors"))) {
            assert.equal(mine[file], theirs[file], `${how} ${step}: ${file}`);
          }
        }
      }
    }));
}

Deno.test("a job that is told to stops by a checkpoint, with its reason, and has no step more when it is resumed", () =>
  inFolder(async (parent) => {
    const job = jobOf({ kl_budget: 0.1, action: "stop" });
    const ended = await run(job, join(parent, "out"));
    const count = stepsOf(ended).length;
    assert.ok(count < STEPS, String(count));
    assert.equal(ended.summary.stopped?.code, "guard_kl_budget");
    assert.equal(ended.summary.progress.step, count);
    const last = ended.events.at(-1)!;
    assert.ok(last.type === "checkpoint" && last.step === count);
    const again = await run(job, join(parent, "again"), [last.folder]);
    assert.deepEqual([stepsOf(again).length, again.summary.stopped], [0, ended.summary.stopped]);
  }));

Deno.test("a job whose good checkpoint was removed fails by name instead of going on from another", () =>
  inFolder(async (parent) => {
    const job = jobOf({ kl_budget: 1, action: "rollback" });
    const output = join(parent, "out");
    const training = trainJob(runtime, { job, folders: { ...FOLDERS, output } });
    await assert.rejects(async () => {
      for await (const event of training) {
        if (event.type === "step" && event.progress.step === 3) {
          await Deno.remove(join(output, "epoch-0001"), { recursive: true });
        }
      }
    }, { code: "damaged_checkpoint", message: /checkpoint after step 2.*gone/ });
  }));
