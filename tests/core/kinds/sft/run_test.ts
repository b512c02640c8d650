/** A job of supervised fine-tuning through the table of kinds: planned, run, stopped and resumed as any other is. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { sftJobSchema } from "../../../../core/contract/sft_job.ts";
import { planJob } from "../../../../core/kinds/plan_job.ts";
import { trainJob } from "../../../../core/kinds/train_job.ts";
import { loadCheckpoint } from "../../../../core/networks/checkpoint.ts";
import { BaseModel } from "../../../../core/weights/base_model.ts";
import { reproducible } from "../../../../core/train/metric_sums.ts";
import { inFolder } from "../../networks/in_folder.ts";
import { fixtureFolder, runtime } from "../../networks/tiny_models.ts";
import { writeDataset } from "../../train/write_dataset.ts";
import { hashes } from "../../serve/hashes.ts";

const FOLDERS = { model: fixtureFolder("qwen3"), rewards: {} };
const EXAMPLES = ["The quick", "brown fox", "jumps over", "the lazy"].map((prompt, at) => ({
  prompt,
  completion: "dog".repeat(at + 1),
}));

function job(given: object = {}) {
  return sftJobSchema.parse({
    ...{ kind: "sft", model: "qwen3", examples: EXAMPLES, epochs: 3, checkpoint_every_steps: 1 },
    sft: { batch_size: 2, learning_rate: 0.01 },
    ...given,
  });
}

/** Runs a job that continues from `resume`, paused after so many steps; gives its events. */
async function run(output: string, { resume = [] as string[], steps = Infinity, given = {} } = {}) {
  const pause = new AbortController();
  const events = [];
  const training = trainJob(runtime, { job: job(given), folders: { ...FOLDERS, output }, resume }, {
    pause: pause.signal,
  });
  for await (const event of training) {
    events.push(event);
    if (event.type === "step" && event.progress.step === steps) pause.abort();
  }
  return events;
}

Deno.test("a plan counts steps, tokens and parameters, without the examples that are held out", async () => {
  const { plan, work } = await planJob(job(), FOLDERS);
  assert.deepEqual([plan.steps, plan.steps_per_epoch], [6, 2]);
  assert.equal(work.examples.length, 4);
  assert.ok(plan.trainable_parameters > 0);
  const { memory, memory_bytes } = plan.estimate;
  assert.deepEqual([memory.cache, memory.reward_models], [0, 0]);
  assert.equal(memory_bytes, Object.values(memory).reduce((a, b) => a + b));
  const held = await planJob(job({ held_out: 1 }), FOLDERS);
  assert.deepEqual([held.plan.steps_per_epoch, held.work.train.length, held.work.held_out.length], [2, 3, 1]);
});

Deno.test("what is too long is cut at its end, and a warning says how much; where all is lost the job is refused", () =>
  inFolder(async (parent) => {
    const given = {
      examples: [
        ...EXAMPLES,
        { prompt: "The", completion: "fox ".repeat(5000) },
        { prompt: "fox ".repeat(5000), completion: "The" },
      ],
      sft: { batch_size: 6, max_length: 48 },
      epochs: 1,
    };
    const { plan, work } = await planJob(job(given), FOLDERS);
    const { tokens, ...examples } = plan.examples!;
    assert.deepEqual([examples, work.most], [{ trained: 6, held_out: 0, truncated: 2, empty: 1 }, 48]);
    const learned = Array.from({ length: 6 }, (_, at) => work.examples.at(at)!.targets.length);
    assert.equal(tokens, learned.reduce((a, b) => a + b));
    const events = await run(parent, { given });
    const [warning] = events.flatMap((event) => event.type === "warning" ? [event] : []);
    assert.deepEqual([warning?.code, warning?.figures.truncated, warning?.step], [
      "examples_truncated",
      2,
      1,
    ]);
    const [step] = events.flatMap((event) => event.type === "step" ? [event.metrics] : []);
    assert.equal(step!.truncated, 2);
    // Beyond the model's context nothing can be learned, however long examples may be.
    const { info, work: longest } = await planJob(job({ ...given, sft: { max_length: 1_000_000 } }), FOLDERS);
    assert.equal(longest.most, info.model.max_position_embeddings);
    await assert.rejects(planJob(job({ ...given, examples: given.examples.slice(5) }), FOLDERS), {
      code: "prompt_too_long",
      message: /^sft\.max_length: /,
    });
  }));

for (
  const given of [
    { trainable: { type: "lora" }, held_out: 1 },
    { trainable: { type: "lora", dropout: 0.2 } },
    { trainable: { type: "full" } },
    { base_precision: "int8", held_out: 1 },
    { held_out: 0.25, sft: { batch_size: 2, learning_rate: 0.01, packing: false, loss_on: "all" } },
  ]
) {
  Deno.test(`${JSON.stringify(given)}: a job learns its examples, and one that was stopped and resumed ends with the same bytes`, () =>
    inFolder(async (parent) => {
      const whole = await run(join(parent, "whole"), { given });
      const losses = whole.flatMap((event) => event.type === "epoch" ? event.metrics.loss! : []);
      assert.equal(losses.length, 3);
      assert.ok(losses[2]! < losses[0]!, String(losses));
      const written = whole.flatMap((event) => event.type === "checkpoint" ? event.folder : []);
      assert.deepEqual(written.map((folder) => folder.split("/").at(-1)), [
        "step-0001",
        "epoch-0001",
        "step-0003",
        "epoch-0002",
        "step-0005",
        "epoch-0003",
      ]);

      const output = join(parent, "parts");
      const first = await run(output, { steps: 3, given });
      assert.equal(first.filter(({ type }) => type === "step").length, 3);
      const rest = await run(output, { resume: [join(output, "step-0003")], given });
      const [started] = rest;
      assert.ok(started?.type === "started");
      assert.equal(started.resumed?.step, 3);
      for (const name of ["epoch-0002", "epoch-0003"]) {
        assert.deepEqual(await hashes(join(output, name)), await hashes(join(parent, "whole", name)));
      }
      const { spec, critic } = await loadCheckpoint(
        await BaseModel.open(runtime, FOLDERS.model),
        written.at(-1)!,
      );
      assert.deepEqual([spec.trainable.type, spec.value, critic], [job(given).trainable.type, null, null]);
      const told = (events: typeof whole) =>
        events.flatMap((event) =>
          event.type === "step" || event.type === "epoch" ? [reproducible(event.metrics)] : []
        );
      assert.deepEqual([...told(first), ...told(rest)], told(whole));
      assert.equal(job(given).held_out > 0, "held_out/loss" in told(whole).at(-1)!);
    }));
}

Deno.test("a job on a dataset, from an adapter, gives the bytes of one whose request holds the examples", () =>
  inFolder(async (parent) => {
    const rows = [
      ...EXAMPLES.map(({ prompt, completion }) => ({ question: prompt, completion })),
      { question: "Why", completion: "not" },
    ];
    const dataset = await writeDataset(parent, rows);
    const given = {
      ...{ adapter: "given", trainable: { type: "lora", r: 4, alpha: 8 }, held_out: 1 },
      examples: rows.map(({ question, completion }) => ({ prompt: question, completion })),
    };
    const stored = {
      ...given,
      ...{ examples: [], dataset: "ds_01k0000000000000000000000a", columns: { prompt: "question" } },
    };
    const filesOf = async (given: object, more: object, name: string) => {
      const output = join(parent, name);
      const folders = { ...FOLDERS, ...more, adapter: join(FOLDERS.model, "adapter"), output };
      const events = await Array.fromAsync(trainJob(runtime, { job: job(given), folders }));
      return events.flatMap((event) => event.type === "checkpoint" ? [event.files] : []);
    };
    const inline = await filesOf(given, {}, "inline");
    assert.equal(inline.length, 6);
    assert.deepEqual(await filesOf(stored, { dataset, surveys: join(parent, "surveys") }, "stored"), inline);
    const wrong = await writeDataset(parent, [...rows, { question: "x", completion: "" }], "wrong");
    await assert.rejects(planJob(job(stored), { ...FOLDERS, dataset: wrong }), {
      message: /^dataset\.rows\.5/,
    });
  }));
