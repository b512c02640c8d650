/** Whole jobs inside the engine: folders in, events and checkpoints out, the same bytes for the same job. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { JobFolders } from "../../../../core/contract/protocol.ts";
import type { JobPlan } from "../../../../core/contract/job_plan.ts";
import type { TrainingEvent } from "../../../../core/contract/training_events.ts";
import { generate } from "../../../../core/serve/generate.ts";
import { generationSchema } from "../../../../core/contract/generation.ts";
import { scoreSchema } from "../../../../core/contract/score.ts";
import { planJob } from "../../../../core/kinds/plan_job.ts";
import { score } from "../../../../core/serve/score.ts";
import { ServedModels } from "../../../../core/serve/served_models.ts";
import { trainJob, withEstimate } from "../../../../core/kinds/train_job.ts";
import { UserError } from "../../../../core/errors.ts";
import { adapterFiles, readAdapter } from "../../../../core/formats/adapter_files.ts";
import { writeCheckpoint } from "../../../../core/formats/checkpoint_folder.ts";
import type { PpoJobConfig } from "../../../../core/contract/ppo_job.ts";
import { within } from "../../../kernels/within.ts";
import { inFolder } from "../../networks/in_folder.ts";
import { KINDS, makeJob } from "../../networks/make_learner.ts";
import { fixtureFolder, runtime } from "../../networks/tiny_models.ts";
import { hashes } from "../../serve/hashes.ts";
import { copyModel, editConfig } from "../../serve/model_copies.ts";

const PPO = { max_new_tokens: 6, batch_size: 4, learning_rate: 1e-3 } as const;
const FOLDERS: JobFolders = { model: fixtureFolder("qwen3"), rewards: {} };

async function run(job: PpoJobConfig, output: string, folders = FOLDERS): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  for await (const event of trainJob(runtime, { job, folders: { ...folders, output } })) events.push(event);
  return events;
}

/** Codes of warnings, but for what these jobs cannot help: all their responses are as long, and so as good. */
function faults(events: readonly TrainingEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === "warning" && event.code !== "no_signal" ? [event.code] : []
  );
}

for (const [kind, given] of Object.entries(KINDS)) {
  Deno.test(`${kind}: the same job and seed write the same bytes; another seed does not`, () =>
    inFolder(async (parent) => {
      const job = makeJob({ ...given, epochs: 2, ppo: PPO, seed: 9 });
      await run(job, join(parent, "a"));
      await run(job, join(parent, "b"));
      await run({ ...job, seed: 10 }, join(parent, "c"));
      const [a, b, c] = await Promise.all(["a", "b", "c"].map((name) => hashes(join(parent, name))));
      assert.ok(Object.keys(a!).some((name) => name.startsWith("epoch-0001/")));
      assert.ok(Object.keys(a!).some((name) => name.startsWith("epoch-0002/")));
      assert.deepEqual(b, a);
      const weights = Object.keys(a!).find((name) => /adapter_model|model.safetensors/.test(name))!;
      assert.notEqual(c![weights], a![weights]);
    }));
}

Deno.test("a job's checkpoint event lists the files on disk; a next job goes on from it", () =>
  inFolder(async (parent) => {
    const job = makeJob({ ...KINDS["lora, separate"], ppo: PPO });
    const events = await run(job, parent);
    const checkpoint = events.find((event) => event.type === "checkpoint")!;
    const found = await hashes(checkpoint.folder);
    assert.deepEqual(
      Object.fromEntries(checkpoint.files.map(({ name, sha256 }) => [name, sha256])),
      // What only resuming needs is for nobody else.
      Object.fromEntries(
        Object.entries(found).filter(([name]) => !/checkpoint.json$|^training_state/.test(name)),
      ),
    );
    const manifest = JSON.parse(await Deno.readTextFile(join(checkpoint.folder, "checkpoint.json")));
    assert.deepEqual([manifest.facts.model, manifest.facts.base, manifest.facts.epoch], [
      "fixture",
      "qwen3",
      1,
    ]);
    assert.equal(manifest.facts.state.step, 1);
    const next = await run({ ...job, checkpoint: "ckpt" }, join(parent, "next"), {
      ...FOLDERS,
      checkpoint: checkpoint.folder,
    });
    // Its reference is its own start, and its critic is the one that was saved.
    const step = next.find((event) => event.type === "step")!;
    assert.ok(Math.abs(step.metrics["objective/kl"]!) < 1e-5);
    assert.deepEqual(faults(next), []);
  }));

Deno.test("a model without end-of-sequence ids is warned of, and its responses run to the limit", () =>
  inFolder(async (parent) => {
    const model = await copyModel("qwen3", join(parent, "m"), [
      "generation_config.json",
      "tokenizer_config.json",
    ]);
    await editConfig(model, { eos_token_id: null });
    const events = await run(makeJob({ ppo: PPO }), join(parent, "out"), { model, rewards: {} });
    assert.deepEqual(faults(events), ["no_stop_tokens"]);
    const step = events.find((event) => event.type === "step")!;
    assert.equal(step.metrics["response_len/min"], 6);
    assert.equal(step.metrics.truncated_frac, 1);
  }));

Deno.test("stop ids of the job end responses, and count as terminated", () =>
  inFolder(async (parent) => {
    const stop_token_ids = Array.from({ length: 64 }, (_, id) => 250 + id);
    const events = await run(makeJob({ ppo: { ...PPO, max_new_tokens: 12, stop_token_ids } }), parent);
    const step = events.find((event) => event.type === "step")!;
    assert.ok(step.metrics["val/num_eos_tokens"]! > 0);
    assert.ok(step.metrics["response_len/min"]! < 12);
  }));

Deno.test("an abort ends a job with its reason and leaves the checkpoints that were written", () =>
  inFolder(async (parent) => {
    const job = makeJob({ ...KINDS["lora, shared"], epochs: 50, ppo: PPO });
    const abort = new AbortController();
    const reason = new UserError("cancelled", "The job was cancelled");
    const events = trainJob(runtime, { job, folders: { ...FOLDERS, output: parent } }, {
      signal: abort.signal,
    });
    await assert.rejects(async () => {
      for await (const event of events) if (event.type === "checkpoint") abort.abort(reason);
    }, reason);
    assert.deepEqual([...Deno.readDirSync(parent)].map(({ name }) => name), ["epoch-0001"]);
  }));

for (const [kind, given] of Object.entries(KINDS)) {
  Deno.test(`gpt2, ${kind}: two steps keep every invariant and write a checkpoint that a job goes on from`, () =>
    inFolder(async (parent) => {
      const folders = { model: fixtureFolder("gpt2"), rewards: {} };
      const job = makeJob({ ...given, epochs: 2, ppo: PPO });
      const events = await run(job, parent, folders);
      // A violated invariant of the first step throws, a later one warns.
      assert.deepEqual(faults(events), []);
      const steps = events.filter((event) => event.type === "step");
      assert.equal(steps.length, 2);
      assert.ok(Math.abs(steps[0]!.metrics["objective/kl"]!) < 1e-5);
      assert.ok(Math.abs(steps[1]!.metrics["objective/kl"]!) > 1e-6);
      const checkpoint = events.findLast((event) => event.type === "checkpoint")!.folder;
      const again = { ...job, epochs: 1, checkpoint: "ckpt" };
      const next = await run(again, join(parent, "next"), { ...folders, checkpoint });
      assert.ok(Math.abs(next.find((event) => event.type === "step")!.metrics["objective/kl"]!) < 1e-5);
    }));
}

// Where sampler and training graph multiply alike, they differ by no more than what the order of sums decides.
for (
  const [precision, gap] of [
    [{ base_precision: "int8" }, [0, 0.02]],
    [{ rollout_precision: "int8" }, [1e-3, 0.2]],
  ] as const
) {
  const [[field]] = Object.entries(precision) as [[string, string]];
  for (const kind of ["lora, separate", "lora, shared"] as const) {
    Deno.test(`${kind}: a job with ${field} int8 keeps every invariant, repeats, and leaves a checkpoint for float32`, () =>
      inFolder(async (parent) => {
        const job = makeJob({ ...KINDS[kind], ...precision, epochs: 2, ppo: PPO });
        const events = await run(job, join(parent, "a"));
        await run(job, join(parent, "b"));
        assert.deepEqual(await hashes(join(parent, "b")), await hashes(join(parent, "a")));
        assert.deepEqual(faults(events), []);
        const steps = events.flatMap((event) => event.type === "step" ? [event.metrics] : []);
        assert.equal(steps[0]!["objective/kl"], 0);
        for (const metrics of steps) {
          const mean = metrics["rollout_gap/mean_abs"]!;
          assert.ok(mean >= gap[0] && mean < gap[1], `the gap is ${mean}`);
        }
        const checkpoint = events.findLast((event) => event.type === "checkpoint")!.folder;
        const served = await new ServedModels(runtime).policy({ ...FOLDERS, checkpoint });
        const signal = new AbortController().signal;
        const asked = scoreSchema.parse({
          model: "m",
          items: [{ prompt: "The quick", completion: " brown fox" }],
        });
        const [scored] = (await score(served, asked, null, signal)).data;
        assert.ok(Math.abs(scored!.kl) > 1e-6);
        const wanted = generationSchema.parse({
          model: "m",
          prompts: [{ token_ids: [5, 6, 7] }],
          max_new_tokens: 8,
          logprobs: true,
        });
        const [generated] = (await generate([served], wanted, signal)).data;
        // What serves is float32: sampler and scores agree as closely as ever.
        const again = scoreSchema.parse({
          model: "m",
          items: [{ prompt_token_ids: [5, 6, 7], completion_token_ids: generated!.token_ids }],
        });
        const [measured] = (await score(served, again, null, signal)).data;
        within(generated!.logprobs!, measured!.tokens!.map(({ logprob }) => logprob), 1e-4, "logprobs");
      }));
  }
}

for (
  const [kind, value] of Object.entries({ separate: KINDS["lora, separate"], shared: KINDS["lora, shared"] })
) {
  Deno.test(`a job goes on from a PEFT adapter of uneven ranks and leaves one that PEFT reads, critic ${kind}`, () =>
    inFolder(async (parent) => {
      const { config, tensors } = await readAdapter(join(FOLDERS.model, "adapter"));
      // The fixture's, with the queries' rank cut to 3 and another alpha for one value projection.
      const cut = Object.entries(tensors).map(([key, { shape: [rows, columns], data }]) => {
        if (!key.includes("q_proj")) return [key, { shape: [rows!, columns!], data }];
        const wide = columns === config.r;
        const kept = data.filter((_, at) => wide ? at % columns! < 3 : at < 3 * columns!);
        return [key, { shape: wide ? [rows!, 3] : [3, columns!], data: kept }];
      });
      const patterns = { rank_pattern: { q_proj: 3 }, alpha_pattern: { "layers.1.self_attn.v_proj": 5 } };
      const adapter = join(parent, "adapter");
      await writeCheckpoint(adapter, adapterFiles({ ...config, ...patterns }, Object.fromEntries(cut)));

      const job = makeJob({ ...value, adapter: "given", ppo: PPO, epochs: 2 });
      const events = await run(job, join(parent, "out"), { ...FOLDERS, adapter });
      assert.equal(events.find((event) => event.type === "step")!.metrics["objective/kl"], 0);
      const checkpoint = events.findLast((event) => event.type === "checkpoint")!.folder;
      const [before, after] = [await readAdapter(adapter), await readAdapter(checkpoint)];
      assert.deepEqual(after.modules, before.modules);
      assert.notDeepEqual(after.tensors, before.tensors);
      const { rank_pattern, alpha_pattern } = after.config;
      assert.deepEqual(
        Object.entries(rank_pattern),
        [0, 1, 2].map((at) => [`model.layers.${at}.self_attn.q_proj`, 3]),
      );
      assert.deepEqual(alpha_pattern, { "model.layers.1.self_attn.v_proj": 5 });

      const wrong = makeJob({ ...value, trainable: { type: "lora", r: 8 }, adapter: "given" });
      await assert.rejects(planJob(wrong, { ...FOLDERS, adapter }), (thrown: UserError) => {
        assert.deepEqual([thrown.code, thrown.errors[0]!.path], ["invalid_request", "trainable"]);
        assert.match(thrown.message, /r 4 and alpha 8.*it is r 8 and alpha 32/);
        return true;
      });
      const others = join(fixtureFolder("gpt2"), "adapter");
      await assert.rejects(planJob(job, { ...FOLDERS, adapter: others }), (thrown: UserError) => {
        assert.deepEqual([thrown.code, thrown.errors[0]!.path], ["damaged_model", "adapter"]);
        return true;
      });
    }));
}

Deno.test("a reward model scores the rollouts of a job", () =>
  inFolder(async (parent) => {
    const job = makeJob({ reward: { type: "model", model: "rm" }, ppo: PPO });
    const folders = { ...FOLDERS, rewards: { rm: fixtureFolder("reward-qwen3") } };
    const step = (await run(job, parent, folders)).find((event) => event.type === "step")!;
    assert.notEqual(step.metrics["objective/scores_std"], 0);
  }));

Deno.test("withEstimate() adds to a lack of memory what the job was thought to need, and to nothing else", () => {
  const plan = { estimate: { memory_bytes: 12.34e9 } } as JobPlan;
  const lack = withEstimate(
    new UserError("out_of_memory", "Cannot run"),
    plan,
    "ppo.micro_batch_size",
  ) as UserError;
  assert.equal(lack.code, "out_of_memory");
  assert.match(
    lack.message,
    /^Cannot run; the job was estimated to need 12\.3 GB: a smaller ppo\.micro_batch/,
  );
  const other = new Error("x");
  assert.equal(withEstimate(other, plan, "ppo.micro_batch_size"), other);
});
