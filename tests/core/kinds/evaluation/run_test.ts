/** Evaluations through the table of kinds: what they measure, compared with each network asked by hand; stopped and resumed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type EvaluationJobConfig, evaluationJobSchema } from "../../../../core/contract/evaluation_job.ts";
import type { EvaluationResult } from "../../../../core/contract/evaluation_result.ts";
import type { JobFolders } from "../../../../core/contract/protocol.ts";
import type { TrainingEvent, TrainingSummary } from "../../../../core/contract/training_events.ts";
import { planJob } from "../../../../core/kinds/plan_job.ts";
import { trainJob } from "../../../../core/kinds/train_job.ts";
import { uniform } from "../../../../core/rng.ts";
import { loadTokenizer } from "../../../../core/tokenizer/tokenizer.ts";
import { reproducible } from "../../../../core/train/metric_sums.ts";
import { within } from "../../../kernels/within.ts";
import { inFolder } from "../../networks/in_folder.ts";
import { KINDS, makeJob } from "../../networks/make_learner.ts";
import { EOS, fixtureFolder, openAdapted, runtime } from "../../networks/tiny_models.ts";

const FOLDERS: JobFolders = { model: fixtureFolder("qwen3"), rewards: {} };
const ADAPTED = { ...FOLDERS, adapter: join(FOLDERS.model, "adapter") };
const PROMPTS = ["The quick", "TL;DR: my", "I have", "Write a short summary", "brown fox"];

function job(given: object = {}): EvaluationJobConfig {
  return evaluationJobSchema.parse({
    ...{
      kind: "evaluation",
      model: "fixture",
      prompts: PROMPTS,
      samples_per_prompt: 2,
      batch_size: 2,
      seed: 3,
    },
    reward: {
      type: "sum",
      terms: [
        { reward: { type: "length", target: 5 } },
        { weight: 0.5, reward: { type: "keywords", keywords: ["e"] } },
      ],
    },
    generation: { max_new_tokens: 8 },
    checkpoint_every_steps: 1,
    ...given,
  });
}

interface Ended {
  events: TrainingEvent[];
  summary: TrainingSummary;
  result: EvaluationResult;
}

async function run(
  job: EvaluationJobConfig,
  folders: JobFolders & { output: string },
  { resume = [] as string[], pauseAt = Infinity } = {},
): Promise<Ended> {
  const events: TrainingEvent[] = [];
  const pause = new AbortController();
  const evaluating = trainJob(runtime, { job, folders, resume }, { pause: pause.signal });
  for (;;) {
    const { done, value } = await evaluating.next();
    if (done) return { events, summary: value, result: value.result! };
    events.push(value);
    if (value.type === "step" && value.progress.step === pauseAt) pause.abort();
  }
}

function checkpointAfter({ events }: Ended, step: number): string {
  return events.flatMap((event) => event.type === "checkpoint" && event.step === step ? [event] : [])[0]!
    .folder;
}

Deno.test("an adapter against its base: what each says, scored, and how far they are apart, as each says by itself", () =>
  inFolder(async (output) => {
    const { result, events, summary } = await run(job({ adapter: "given" }), { ...ADAPTED, output });
    const policy = await openAdapted();
    const tokenizer = await loadTokenizer(FOLDERS.model);
    const sequences: { prompt_ids: number[]; response_ids: number[]; stopped: boolean }[] = [];
    for (const [prompt_idx, prompt] of PROMPTS.entries()) {
      for (const sample of [0, 1]) {
        const prompt_ids = tokenizer.encode(prompt);
        const request = {
          ...{ prompt_ids, max_new_tokens: 8, temperature: 1, top_k: 0, top_p: 1 },
          uniform: (position: number) => uniform(3, "evaluate", sample, prompt_idx, position),
          stop_token_ids: new Set([EOS]),
        };
        const { response_ids, finish_reason } = (await policy.respond([request]))[0]!;
        sequences.push({ prompt_ids, response_ids, stopped: finish_reason === "stop" });
      }
    }
    const own = await policy.analyze(sequences, { temperature: 1, entropy: true });
    const base = await policy.analyze(sequences, { temperature: 1, reference: true });
    const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);
    const tokens = sum(sequences.map(({ response_ids }) => response_ids.length));
    const kl = sum(own.logprobs.map((row, at) => sum(row) - sum(base.logprobs[at]!))) / sequences.length;
    assert.ok(Math.abs(kl) > 0.01, `The adapter changes too little: ${kl}`);
    within([result.kl!], [kl], 1e-4, "kl");
    within([result.entropy!], [sum(own.entropy!.map(sum)) / tokens], 1e-5, "entropy");
    assert.equal(result.length, tokens / sequences.length);
    assert.equal(
      result.finish_share,
      sum(sequences.map(({ stopped }) => Number(stopped))) / sequences.length,
    );
    assert.equal(result.n, 10);
    const text = ({ response_ids, stopped }: typeof sequences[number]) =>
      tokenizer.decode(stopped ? response_ids.slice(0, -1) : response_ids, { skip_special_tokens: true });
    const texts = sequences.map(text);
    assert.deepEqual(
      result.samples.map(({ completion }) => completion),
      texts.filter((_, at) => at % 2 === 0),
    );
    const keywords = sum(texts.map((text) => Number(text.toLowerCase().includes("e")))) / texts.length;
    within([result.terms.keywords!.mean], [keywords], 1e-6, "keywords");
    const { length } = result.terms;
    within([result.reward.mean], [length!.mean + 0.5 * keywords], 1e-6, "reward");
    assert.equal(result.against!.kl, 0);
    assert.ok(result.samples.some(({ completion, against }) => completion !== against));
    assert.equal(result.wins! + result.ties! + result.losses!, 10);
    within(
      [result.reward.difference!.mean],
      [result.reward.mean - result.reward.against!],
      1e-6,
      "difference",
    );

    // Running means on the way; the epoch's are the last step's, and the checkpoints are nobody's to download.
    const steps = events.flatMap((event) => event.type === "step" ? [event] : []);
    assert.deepEqual(steps.map(({ progress }) => progress.episodes), [4, 8, 10]);
    assert.equal(steps.at(-1)!.metrics["eval/avg_reward"], result.reward.mean);
    const [epoch] = events.flatMap((event) => event.type === "epoch" ? [event] : []);
    assert.deepEqual(epoch!.metrics, steps.at(-1)!.metrics);
    assert.deepEqual(
      events.flatMap((event) => event.type === "checkpoint" ? [event.files] : []),
      [[], [], []],
    );
    assert.equal(summary.progress.step, 3);
  }));

Deno.test("a policy against itself ties in all; another seed samples something else", () =>
  inFolder(async (output) => {
    const itself = (await run(job({ against: "base" }), { ...FOLDERS, output: join(output, "a") })).result;
    assert.deepEqual([itself.ties, itself.win_rate, itself.kl], [10, 0, 0]);
    assert.deepEqual(itself.reward.difference, { mean: 0, ci95: [0, 0] });
    const alone = (await run(job(), { ...FOLDERS, output: join(output, "b") })).result;
    assert.equal(alone.against, null);
    assert.equal(alone.reward.mean, itself.reward.mean);
    const other = (await run(job({ seed: 4 }), { ...FOLDERS, output: join(output, "c") })).result;
    assert.notDeepEqual(other.samples, alone.samples);
    const greedy = job({ generation: { max_new_tokens: 8, temperature: 0 } });
    const { samples } = (await run(greedy, { ...FOLDERS, output: join(output, "d") })).result;
    assert.deepEqual(
      (await run({ ...greedy, seed: 9 }, { ...FOLDERS, output: join(output, "e") })).result.samples,
      samples,
    );
  }));

Deno.test("stopped after any step, by a pause or a kill, an evaluation comes to what it would have", () =>
  inFolder(async (parent) => {
    const place = (name: string) => ({ ...ADAPTED, output: join(parent, name) });
    const one = job({ adapter: "given" });
    const whole = await run(one, place("whole"));
    const told = ({ events }: Ended, after: number) =>
      events.flatMap((event) =>
        event.type === "step" && event.progress.step > after ? [reproducible(event.metrics)] : []
      );
    const seldom = { ...one, checkpoint_every_steps: 100 };
    for (const step of [1, 2, 3]) {
      const paused = await run(seldom, place(`paused ${step}`), { pauseAt: step });
      assert.equal(paused.summary.paused, step < 3 ? true : undefined);
      for (const [how, before] of [["kill", whole], ["pause", paused]] as const) {
        const resume = [checkpointAfter(before, step)];
        const resumed = await run(one, place(`${how} ${step} resumed`), { resume });
        assert.deepEqual(resumed.result, whole.result, `${how} after ${step}`);
        assert.deepEqual(told(resumed, 0), told(whole, step), `${how} after ${step}`);
      }
    }
    // Another job's results are not taken.
    const other = await run({ ...one, seed: 5 }, place("other"), { resume: [checkpointAfter(whole, 2)] });
    assert.equal(other.events.filter(({ type }) => type === "step").length, 3);
  }));

Deno.test("prompts a step change what an evaluation takes, and its numbers by rounding alone", () =>
  inFolder(async (parent) => {
    const results = [];
    for (const batch_size of [1, 3, 100]) {
      const output = join(parent, String(batch_size));
      results.push((await run(job({ adapter: "given", batch_size }), { ...ADAPTED, output })).result);
    }
    const [first, ...others] = results as [EvaluationResult, ...EvaluationResult[]];
    for (const other of others) {
      assert.deepEqual(other.samples, first.samples);
      assert.deepEqual([other.wins, other.ties, other.losses], [first.wins, first.ties, first.losses]);
      within([other.kl!, other.entropy!], [first.kl!, first.entropy!], 1e-5, "measures");
    }
  }));

Deno.test("checkpoints of any layout are compared, full weights with the bare model as their reference", () =>
  inFolder(async (parent) => {
    const trained: Record<string, string> = {};
    for (const kind of ["lora, shared", "full, separate"] as const) {
      const training = makeJob({
        ...KINDS[kind],
        ppo: { batch_size: 4, max_new_tokens: 6, learning_rate: 1e-2 },
      });
      const output = join(parent, kind);
      for await (const event of trainJob(runtime, { job: training, folders: { ...FOLDERS, output } })) {
        if (event.type === "checkpoint") trained[kind] = event.folder;
      }
    }
    const [checkpoint, against] = [trained["full, separate"]!, trained["lora, shared"]!];
    const folders = { ...FOLDERS, checkpoint, against, output: join(parent, "out") };
    const one = job({ checkpoint: "ckpt_full", against: "ckpt_lora" });
    const { result } = await run(one, folders);
    assert.ok(Math.abs(result.kl!) > 1e-4 && Math.abs(result.against!.kl!) > 1e-4, JSON.stringify(result));
    const swapped = await run(job({ checkpoint: "ckpt_lora", against: "ckpt_full" }), {
      ...folders,
      checkpoint: against,
      against: checkpoint,
      output: join(parent, "swapped"),
    });
    assert.deepEqual([swapped.result.wins, swapped.result.losses], [result.losses, result.wins]);
    assert.equal(swapped.result.reward.mean, result.reward.against);
    assert.equal(swapped.result.kl, result.against!.kl);
    await assert.rejects(planJob({ ...one, base_precision: "int8" }, folders), {
      code: "invalid_request",
      message: /^base_precision: .*checkpoint has all weights/,
    });
  }));

Deno.test("a plan counts batches and estimates both policies; the prompt and the stop token at fault are named", async () => {
  const { plan } = await planJob(job({ adapter: "given" }), ADAPTED);
  assert.deepEqual([plan.steps, plan.steps_per_epoch, plan.trainable_parameters], [3, 3, 0]);
  const alone = (await planJob(job({ adapter: "given", against: null }), ADAPTED)).plan;
  assert.ok(plan.estimate.step_flops > alone.estimate.step_flops);
  assert.ok(plan.estimate.memory_bytes >= alone.estimate.memory_bytes);
  await assert.rejects(planJob(job({ prompts: ["The", "fox ".repeat(5000)] }), FOLDERS), {
    code: "prompt_too_long",
    message: /^prompts\.1: /,
  });
  await assert.rejects(planJob(job({ generation: { stop_token_ids: [1, 99_999] } }), FOLDERS), {
    code: "invalid_token_id",
    message: /^generation\.stop_token_ids\.1: /,
  });
});

Deno.test("a request says what is compared, or it is the base where there is something to compare with it", () => {
  const against = (given: object) => job(given).against;
  assert.equal(against({}), null);
  assert.equal(against({ checkpoint: "ckpt_1" }), "base");
  assert.equal(against({ adapter: "a" }), "base");
  assert.equal(against({ checkpoint: "ckpt_1", against: null }), null);
  assert.equal(against({ against: "ckpt_2" }), "ckpt_2");
  const refused = (given: object) => evaluationJobSchema.safeParse({ ...job(), ...given }).error!.issues[0]!;
  assert.deepEqual(refused({ checkpoint: "c", adapter: "a" }).path, ["adapter"]);
  assert.deepEqual(refused({ trainable: { type: "full" } }).code, "unrecognized_keys");
  assert.deepEqual(refused({ prompts: ["a"], reward: { type: "exact_match" } }).path, [
    "prompts",
    0,
    "answer",
  ]);
  assert.deepEqual(evaluationJobSchema.parse(job({ checkpoint: "ckpt_1" })), job({ checkpoint: "ckpt_1" }));
});
