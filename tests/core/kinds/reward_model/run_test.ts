/** A job that trains a reward model, through the table of kinds: planned, run, stopped and resumed, and used. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { evaluationJobSchema } from "../../../../core/contract/evaluation_job.ts";
import { ppoJobSchema } from "../../../../core/contract/ppo_job.ts";
import { rewardModelJobSchema } from "../../../../core/contract/reward_model_job.ts";
import { sftJobSchema } from "../../../../core/contract/sft_job.ts";
import type { TrainingEvent } from "../../../../core/contract/training_events.ts";
import { planJob } from "../../../../core/kinds/plan_job.ts";
import { trainJob } from "../../../../core/kinds/train_job.ts";
import { loadCheckpoint } from "../../../../core/networks/checkpoint.ts";
import { loadRewardCheckpoint } from "../../../../core/networks/reward_checkpoint.ts";
import { RewardModel } from "../../../../core/networks/reward_model.ts";
import { loadReward } from "../../../../core/rewards/load_reward_model.ts";
import { loadTokenizer } from "../../../../core/tokenizer/tokenizer.ts";
import { reproducible } from "../../../../core/train/metric_sums.ts";
import { BaseModel } from "../../../../core/weights/base_model.ts";
import { within } from "../../../kernels/within.ts";
import { inFolder } from "../../networks/in_folder.ts";
import { fixtureFolder, runtime } from "../../networks/tiny_models.ts";
import { hashes } from "../../serve/hashes.ts";

const FOLDERS = { model: fixtureFolder("qwen3"), rewards: {} };
const WORDS = ["fox", "dog", "cat", "cow", "hen"];
/** The answer that says the lazy dog is the better one. */
const PREFERENCES = WORDS.flatMap((word) =>
  ["The", "A brown"].map((prompt) => ({
    prompt,
    chosen: ` ${word} lazy dog`,
    rejected: ` ${word} my ${word}`,
    margin: 0.1,
  }))
);

function job(given: object = {}) {
  return rewardModelJobSchema.parse({
    ...{ kind: "reward_model", model: "qwen3", preferences: PREFERENCES, epochs: 2, held_out: 2 },
    ...{ checkpoint_every_steps: 1, reward_model: { batch_size: 4, learning_rate: 0.01 } },
    ...given,
  });
}

/** Runs a job that continues from `resume`, paused after so many steps; gives its events. */
async function run(
  output: string,
  { resume = [] as string[], steps = Infinity, given = {}, folders = {} } = {},
): Promise<TrainingEvent[]> {
  const pause = new AbortController();
  const events = [];
  const request = { job: job(given), folders: { ...FOLDERS, ...folders, output }, resume };
  for await (const event of trainJob(runtime, request, { pause: pause.signal })) {
    events.push(event);
    if (event.type === "step" && event.progress.step === steps) pause.abort();
  }
  return events;
}

function epochs(events: readonly TrainingEvent[]) {
  return events.flatMap((event) => event.type === "epoch" ? [event.metrics] : []);
}

function lastCheckpoint(events: readonly TrainingEvent[]): string {
  return events.flatMap((event) => event.type === "checkpoint" ? event.folder : []).at(-1)!;
}

async function scorer(folder: string): Promise<RewardModel> {
  const base = await BaseModel.open(runtime, FOLDERS.model);
  return new RewardModel(base, await loadRewardCheckpoint(base, folder));
}

Deno.test("a plan counts steps of the pairs that are trained on, and names the answer that does not fit", async () => {
  const { plan, work } = await planJob(job(), FOLDERS);
  assert.deepEqual([plan.steps, plan.steps_per_epoch], [4, 2]);
  assert.deepEqual([work.train.length, work.held_out.length], [8, 2]);
  const { memory, memory_bytes } = plan.estimate;
  assert.deepEqual([memory.cache, memory.reward_models], [0, 0]);
  assert.equal(memory_bytes, Object.values(memory).reduce((a, b) => a + b));
  const long = { prompt: "The", chosen: "fox ".repeat(5000), rejected: "dog" };
  const with_ = (given: object) => planJob(job({ preferences: [PREFERENCES[0], long], ...given }), FOLDERS);
  await assert.rejects(with_({}), { code: "prompt_too_long", message: /^preferences\.1\.chosen: / });
  const cut = await with_({ reward_model: { max_length: 20, overlong: "truncate" } });
  assert.deepEqual([cut.work.pairs.at(1)!.chosen.length, cut.work.pairs.at(1)!.rejected.length <= 20], [
    20,
    true,
  ]);
});

for (
  const given of [{ trainable: { type: "lora" } }, { trainable: { type: "lora", dropout: 0.1 } }, {
    trainable: { type: "full" },
  }, {
    base_precision: "int8",
  }]
) {
  Deno.test(`${JSON.stringify(given)}: a job learns its preferences, and one that was stopped and resumed ends with the same bytes`, () =>
    inFolder(async (parent) => {
      const whole = await run(join(parent, "whole"), { given });
      const [first, second] = epochs(whole);
      assert.ok(second!["held_out/loss"]! < first!["held_out/loss"]!, JSON.stringify(epochs(whole)));
      for (
        const name of [
          ...["loss", "accuracy", "margin", "held_out/accuracy", "held_out/margin"],
          ...["held_out/calibration_error", "held_out/brier", "score/mean", "score/std"],
        ]
      ) assert.ok(Number.isFinite(second![name]), name);
      const output = join(parent, "parts");
      await run(output, { steps: 1, given });
      const rest = await run(output, { resume: [join(output, "step-0001")], given });
      const [started] = rest;
      assert.ok(started?.type === "started" && started.resumed?.step === 1);
      assert.deepEqual(epochs(rest).map(reproducible), epochs(whole).map(reproducible));
      for (const name of ["epoch-0001", "epoch-0002"]) {
        assert.deepEqual(await hashes(join(output, name)), await hashes(join(parent, "whole", name)));
      }
      const base = await BaseModel.open(runtime, FOLDERS.model);
      await assert.rejects(loadCheckpoint(base, lastCheckpoint(whole)), {
        code: "unsupported_model",
        message: /got one of a reward model/,
      });
    }));
}

Deno.test("the head starts at zero: the first step's loss is log 2 of pairs without a margin, and nothing is right", () =>
  inFolder(async (output) => {
    const preferences = PREFERENCES.map(({ margin: _, ...pair }) => pair);
    const [step] = (await run(output, { given: { preferences }, steps: 1 }))
      .flatMap((event) => event.type === "step" ? [event.metrics] : []);
    within([step!.loss!], [Math.LN2], 1e-6, "loss");
    assert.deepEqual([step!.accuracy, step!.margin, step!.center], [0, 0, 0]);
  }));

Deno.test("a checkpoint scores with mean 0 and deviation 1 on what was held out; one within an epoch is raw, as is one that asked for that", () =>
  inFolder(async (parent) => {
    const events = await run(join(parent, "out"));
    const { work } = await planJob(job(), FOLDERS);
    const held = work.held_out.flatMap((index) => {
      const { chosen, rejected } = work.pairs.at(index)!;
      return [chosen, rejected];
    });
    const model = await scorer(lastCheckpoint(events));
    const scores = [...await model.score(held)];
    const mean = scores.reduce((a, b) => a + b) / scores.length;
    const deviation = Math.sqrt(scores.reduce((sum, x) => sum + (x - mean) ** 2, 0) / scores.length);
    within([mean, deviation], [0, 1], 1e-5, "mean and deviation");

    const { "score/mean": center, "score/std": std, "held_out/margin": margin } = epochs(events).at(-1)!;
    const raw = await run(join(parent, "raw"), {
      given: { reward_model: { ...job().reward_model, normalize: false } },
    });
    const rawScores = await (await scorer(lastCheckpoint(raw))).score(held);
    within(scores.map((x) => x * std! + center!), rawScores, 1e-5, "raw scores");
    const difference = work.held_out.reduce(
      (sum, _, i) => sum + rawScores[2 * i]! - rawScores[2 * i + 1]!,
      0,
    );
    within([margin!], [difference / work.held_out.length], 1e-5, "held-out margin");

    const within_ = await loadRewardCheckpoint(
      await BaseModel.open(runtime, FOLDERS.model),
      join(parent, "out", "step-0003"),
    );
    assert.equal(within_.normalization, null);
  }));

Deno.test("as a reward it reads ids where the policy's tokenizer is its own, and else the text by its own, with its own end", () =>
  inFolder(async (parent) => {
    const checkpoint = lastCheckpoint(await run(join(parent, "out")));
    const rm = { model: FOLDERS.model, checkpoint };
    const [text, answer] = ["The quick", " brown fox"];
    const tiny = fileURLToPath(new URL("../../../../models/tiny", import.meta.url));
    const own = await loadTokenizer(FOLDERS.model);
    const expected = await (await scorer(checkpoint)).score([[...own.encode(text + answer), 2]]);
    for (const model of [FOLDERS.model, tiny]) {
      const tokenizer = await loadTokenizer(model);
      const { source, dispose } = await loadReward(runtime, { model, rewards: { rm } }, "rm");
      const sample = {
        ...{ prompt_idx: 0, prompt: text, completion: answer, terminated: true },
        prompt_ids: Int32Array.from(tokenizer.encode(text)),
        response_ids: Int32Array.from([...tokenizer.encode(answer, { add_special_tokens: false }), 2]),
      };
      within(await source.score([sample]), expected, 1e-5, model);
      dispose();
    }
    const reward = { type: "model", model: "rm" };
    const ppo = ppoJobSchema.parse({
      ...{ kind: "ppo", model: "tiny", prompts: ["POST: A cat.\nTL;DR:", "POST: A dog.\nTL;DR:"], reward },
      epochs: 2,
      ppo: { batch_size: 2, max_new_tokens: 4 },
    });
    const folders = { model: tiny, rewards: { rm } };
    const { plan } = await planJob(ppo, folders);
    assert.ok(plan.estimate.memory.reward_models > 0);
    const events = await Array.fromAsync(
      trainJob(runtime, { job: ppo, folders: { ...folders, output: join(parent, "ppo") } }),
    );
    const [step] = events.flatMap((event) => event.type === "step" ? [event.metrics] : []);
    assert.ok(Number.isFinite(step!["objective/scores"]));
    const resume = [join(parent, "ppo", "epoch-0001")];
    const request = { job: ppo, folders: { ...folders, output: join(parent, "again") }, resume };
    const [resumed] = await Array.fromAsync(trainJob(runtime, request));
    assert.ok(
      resumed?.type === "started" && resumed.resumed?.step === 1,
      "the files are those it began with",
    );
    assert.deepEqual(
      await hashes(join(parent, "again", "epoch-0002")),
      await hashes(join(parent, "ppo", "epoch-0002")),
    );
    const other = { ...folders, rewards: { rm: { ...rm, checkpoint: join(parent, "out", "epoch-0001") } } };
    const why: string[] = [];
    const anew = trainJob(runtime, { ...request, folders: { ...other, output: join(parent, "other") } }, {
      passedOver: (_, reason) => why.push(String(reason)),
    });
    await anew.next();
    await anew.return(null!);
    assert.match(why[0]!, /files of the job's reward rm checkpoint/);
    await Deno.truncate(join(checkpoint, "adapter_model.safetensors"), 100);
    await assert.rejects(planJob(ppo, folders), { code: "damaged_checkpoint", message: /^reward: / });
  }));

Deno.test("without held-out pairs, scores are normalised on those that are trained on", () =>
  inFolder(async (output) => {
    const [metrics] = epochs(await run(output, { given: { held_out: 0, epochs: 1 } }));
    assert.equal(Object.keys(metrics!).some((name) => name.startsWith("held_out/")), false);
    assert.ok(metrics!["score/std"]! > 0);
  }));

Deno.test("micro-batches and seeds: the first change nothing, another seed other pairs", () =>
  inFolder(async (parent) => {
    const of = async (name: string, given: object) => epochs(await run(join(parent, name), { given }));
    const config = job().reward_model;
    const losses: number[] = [];
    for (const dropout of [0, 0.3]) {
      const trainable = { type: "lora", dropout };
      const whole = await of(`whole ${dropout}`, { trainable });
      const parts = await of(`parts ${dropout}`, {
        trainable,
        reward_model: { ...config, micro_batch_size: 1 },
      });
      for (const [at, metrics] of whole.entries()) {
        const { skipped_steps: _, padding_share, tokens, ...compared } = metrics;
        assert.ok(padding_share! >= 0 && padding_share! < 1);
        for (const [name, value] of Object.entries(compared)) {
          within([parts[at]![name]!], [value!], 1e-3, name);
        }
        assert.equal(parts[at]!.tokens, tokens);
      }
      losses.push(whole.at(-1)!["held_out/loss"]!);
    }
    assert.ok(Math.abs(losses[0]! - losses[1]!) > 1e-4, `dropout changes what is learned: ${losses}`);
    const held = await Promise.all([0, 1, 2, 3].map(async (seed) => {
      const { work } = await planJob(job({ seed }), FOLDERS);
      return work.held_out.join();
    }));
    assert.ok(new Set(held).size > 1, held.join(" "));
  }));

Deno.test("a job starts from a policy's checkpoint with a new head, from a reward model's with its own, and from an adapter", () =>
  inFolder(async (parent) => {
    const first = await run(join(parent, "first"));
    const again = await run(join(parent, "again"), {
      given: { checkpoint: "given" },
      folders: { checkpoint: lastCheckpoint(first) },
      steps: 1,
    });
    const steps = (events: TrainingEvent[]) =>
      events.flatMap((event) => event.type === "step" ? [event.metrics] : []);
    assert.notEqual(steps(again)[0]!.margin, 0, "the head goes on");
    const examples = PREFERENCES.map(({ prompt, chosen }) => ({ prompt, completion: chosen }));
    const sft = sftJobSchema.parse({
      ...{ kind: "sft", model: "qwen3", examples, sft: { learning_rate: 0.01 } },
    });
    const told = await Array.fromAsync(
      trainJob(runtime, { job: sft, folders: { ...FOLDERS, output: join(parent, "sft") } }),
    );
    const checkpoint = lastCheckpoint(told);
    const tuned = await run(join(parent, "tuned"), {
      given: { checkpoint: "given" },
      folders: { checkpoint },
      steps: 2,
    });
    const bare = await run(join(parent, "bare"), { steps: 2 });
    assert.equal(steps(tuned)[0]!.margin, 0, "a new head");
    assert.notEqual(steps(tuned)[1]!.loss, steps(bare)[1]!.loss, "on another trunk");
    await assert.rejects(
      planJob({ ...sft, checkpoint: "rm" }, { ...FOLDERS, checkpoint: lastCheckpoint(first) }),
      {
        code: "unsupported_model",
        message: /^checkpoint: .*reward model/,
      },
    );
    const evaluation = evaluationJobSchema.parse({
      ...{ kind: "evaluation", model: "qwen3", prompts: ["The"], reward: { type: "length", target: 5 } },
      against: "given",
    });
    await assert.rejects(planJob(evaluation, { ...FOLDERS, against: lastCheckpoint(first) }), {
      code: "unsupported_model",
      message: /^against: .*reward model/,
    });
    const given = { adapter: "given", trainable: { type: "lora", r: 4, alpha: 8 } };
    const adapter = await run(join(parent, "adapter"), {
      given,
      folders: { adapter: join(FOLDERS.model, "adapter") },
      steps: 1,
    });
    assert.equal(steps(adapter)[0]!.margin, 0);
  }));
