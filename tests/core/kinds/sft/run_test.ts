/** A job of supervised fine-tuning through the table of kinds: planned, run, stopped and resumed as any other is. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { sftJobSchema } from "../../../../core/contract/sft_job.ts";
import { planJob } from "../../../../core/kinds/plan_job.ts";
import { trainJob } from "../../../../core/kinds/train_job.ts";
import { loadCheckpoint } from "../../../../core/networks/checkpoint.ts";
import { BaseModel } from "../../../../core/weights/base_model.ts";
import { inFolder } from "../../networks/in_folder.ts";
import { fixtureFolder, runtime } from "../../networks/tiny_models.ts";
import { hashes } from "../../serve/hashes.ts";

const FOLDERS = { model: fixtureFolder("qwen3"), rewards: {} };
const EXAMPLES = ["The quick", "brown fox", "jumps over"].map((prompt, at) => ({
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

Deno.test("a plan counts steps, tokens and parameters, and names the example that does not fit", async () => {
  const { plan, work } = await planJob(job(), FOLDERS);
  assert.deepEqual([plan.steps, plan.steps_per_epoch], [6, 2]);
  assert.equal(work.examples.length, 3);
  assert.ok(plan.trainable_parameters > 0);
  const { memory, memory_bytes } = plan.estimate;
  assert.deepEqual([memory.cache, memory.reward_models], [0, 0]);
  assert.equal(memory_bytes, Object.values(memory).reduce((a, b) => a + b));
  const long = { prompt: "The", completion: "fox ".repeat(5000) };
  await assert.rejects(planJob(job({ examples: [EXAMPLES[0], long] }), FOLDERS), {
    code: "prompt_too_long",
    message: /^examples\.1\.prompt: /,
  });
});

for (
  const given of [{ trainable: { type: "lora" } }, { trainable: { type: "full" } }, {
    base_precision: "int8",
  }]
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
    }));
}
