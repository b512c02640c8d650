/** What stays in memory when many policies are asked in turn: not what each of them took. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { generate } from "../../../core/serve/generate.ts";
import type { ModelFolders } from "../../../core/contract/protocol.ts";
import { generationSchema } from "../../../core/contract/generation.ts";
import { scoreSchema } from "../../../core/contract/score.ts";
import { score } from "../../../core/serve/score.ts";
import { ServedModels } from "../../../core/serve/served_models.ts";
import { trainJob } from "../../../core/kinds/train_job.ts";
import { headerLength, LENGTH_BYTES, parseHeader } from "../../../core/formats/safetensors_header.ts";
import { Session } from "../../../core/ort/session.ts";
import { newVersion } from "../formats/new_version.ts";
import { inFolder } from "../networks/in_folder.ts";
import { KINDS, makeJob } from "../networks/make_learner.ts";
import { fixtureFolder, runtime } from "../networks/tiny_models.ts";

const FOLDERS: ModelFolders = { model: fixtureFolder("qwen3"), rewards: {} };
const never = new AbortController().signal;

/** Runs `work`, which can ask how many sessions are open that were made in it. */
async function countingSessions(work: (open: () => number) => Promise<void>): Promise<void> {
  const sessions = new Set<Session>();
  const { createSession } = runtime;
  const { dispose } = Session.prototype;
  runtime.createSession = async (...given) => {
    const session = await createSession.apply(runtime, given);
    sessions.add(session);
    return session;
  };
  Session.prototype.dispose = function () {
    sessions.delete(this);
    dispose.call(this);
  };
  try {
    await work(() => sessions.size);
  } finally {
    runtime.createSession = createSession;
    Session.prototype.dispose = dispose;
  }
}

/** `count` folders with the files of `from`. */
async function copies(from: string, parent: string, count: number): Promise<string[]> {
  const folders = Array.from({ length: count }, (_, copy) => join(parent, `copy-${copy}`));
  for (const folder of folders) {
    await Deno.mkdir(folder);
    for await (const { name, isFile } of Deno.readDir(from)) {
      if (isFile) await Deno.copyFile(join(from, name), join(folder, name));
    }
  }
  return folders;
}

Deno.test("policies that are scored in turn do not all keep their sessions", () =>
  inFolder(async (parent) => {
    const adapters = await copies(join(FOLDERS.model, "adapter"), parent, 7);
    const items = [{ prompt_token_ids: [5, 6], completion_token_ids: [7, 8] }];
    const request = scoreSchema.parse({ model: "m", items });
    const served = new ServedModels(runtime);
    await countingSessions(async (open) => {
      const counts: number[] = [];
      const answers = [];
      // The first comes again at last.
      for (const adapter of [...adapters, adapters[0]!]) {
        using policy = await served.scorer({ ...FOLDERS, adapter });
        answers.push(await score(policy, request, null, never));
        counts.push(open());
      }
      assert.equal(counts.at(-1), counts[2]);
      for (const answer of answers) assert.deepEqual(answer, answers[0]);
    });
  }));

Deno.test("full weights that are sampled in turn do not all stay with their sessions", () =>
  inFolder(async (parent) => {
    const output = join(parent, "job");
    const ppo = { max_new_tokens: 4, batch_size: 4 };
    const job = makeJob({ ...KINDS["full, shared"], ppo });
    for await (const _ of trainJob(runtime, { job, folders: { ...FOLDERS, output } }));
    const checkpoints = await copies(join(output, "epoch-0001"), parent, 12);
    const request = generationSchema.parse({
      model: "m",
      prompts: [{ token_ids: [5, 6] }],
      max_new_tokens: 4,
    });
    const served = new ServedModels(runtime);
    await countingSessions(async (open) => {
      const counts: number[] = [];
      const answers = [];
      for (const checkpoint of [...checkpoints, checkpoints[0]!]) {
        using policy = await served.policy({ ...FOLDERS, checkpoint });
        answers.push(await generate([policy], request, never));
        counts.push(open());
      }
      assert.equal(counts.at(-1), counts[8]);
      for (const answer of answers) assert.deepEqual(answer, answers[0]);
    });
  }));

/** Turns the signs of a tensor around where it lies, the file's size and time as they were. */
async function negate(file: string, tensor: string): Promise<void> {
  const { atime, mtime } = await Deno.stat(file);
  const bytes = await Deno.readFile(file);
  const length = headerLength(bytes.subarray(0, LENGTH_BYTES), bytes.length, "x");
  const json = bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
  const { begin, end } = parseHeader(json, bytes.length, "x").tensors.get(tensor)!;
  for (let at = begin + 3; at < end; at += 4) bytes[at]! ^= 0x80; // float32, whose last byte has the sign
  await newVersion(file, async () => {
    await Deno.writeFile(file, bytes);
    await Deno.utime(file, atime!, mtime!);
  });
}

Deno.test("a reward model whose files are written again is read again, whichever of them it is", () =>
  inFolder(async (parent) => {
    const [folder] = await copies(fixtureFolder("reward-qwen3"), parent, 1);
    const served = new ServedModels(runtime);
    const sample = {
      ...{ prompt_idx: 0, prompt: "a", completion: "b", terminated: true },
      ...{ prompt_ids: Int32Array.of(5), response_ids: Int32Array.of(6, 7) },
    };
    const scored = async () => {
      using reward = await served.reward({ ...FOLDERS, rewards: { r: folder! } }, "r");
      return (await reward.score([sample], never))[0]!;
    };
    const before = await scored();
    assert.equal(await scored(), before);
    await negate(join(folder!, "model.safetensors"), "score.weight");
    assert.equal(await scored(), -before);
    const shard = "model-00001-of-00001.safetensors";
    await Deno.rename(join(folder!, "model.safetensors"), join(folder!, shard));
    const index = JSON.stringify({ metadata: {}, weight_map: { "score.weight": shard } });
    await Deno.writeTextFile(join(folder!, "model.safetensors.index.json"), index);
    assert.equal(await scored(), -before);
    await negate(join(folder!, shard), "score.weight");
    assert.equal(await scored(), before);
  }));

Deno.test("a policy is read again when a file of its model, adapter or checkpoint is another", () =>
  inFolder(async (parent) => {
    const [model] = await copies(FOLDERS.model, parent, 1);
    const adapter = join(parent, "adapter");
    await Deno.mkdir(adapter);
    for (const name of ["adapter_config.json", "adapter_model.safetensors"]) {
      await Deno.copyFile(join(FOLDERS.model, "adapter", name), join(adapter, name));
    }
    const items = [{ prompt_token_ids: [5, 6], completion_token_ids: [7, 8] }];
    const request = scoreSchema.parse({ model: "m", items });
    const served = new ServedModels(runtime);
    const scored = async () => {
      using policy = await served.scorer({ model: model!, adapter, rewards: {} });
      return (await score(policy, request, null, never)).data[0]!;
    };
    const first = await scored();
    assert.deepEqual(await scored(), first);
    const config = JSON.parse(await Deno.readTextFile(join(adapter, "adapter_config.json")));
    await Deno.writeTextFile(
      join(adapter, "adapter_config.json"),
      JSON.stringify({ ...config, lora_alpha: 0.5 }),
    );
    const second = await scored();
    assert.equal(second.ref_logprob, first.ref_logprob);
    assert.notEqual(second.logprob, first.logprob);
    await negate(join(model!, "model.safetensors"), "model.norm.weight");
    assert.notEqual((await scored()).ref_logprob, first.ref_logprob);
  }));

Deno.test("a model whose files change while it is loaded is not put together of both", () =>
  inFolder(async (parent) => {
    const [model] = await copies(FOLDERS.model, parent, 1);
    const served = new ServedModels(runtime);
    const request = scoreSchema.parse({
      model: "m",
      items: [{ prompt_token_ids: [5], completion_token_ids: [7] }],
    });
    {
      using policy = await served.scorer({ model: model!, rewards: {} });
      // Its weights are read with the first score.
      const config = join(model!, "config.json");
      const same = await Deno.readFile(config);
      await newVersion(config, () => Deno.writeFile(config, same));
      await assert.rejects(score(policy, request, null, never), {
        code: "damaged_model",
        message: /changed while they were read: ask again/,
      });
    }
    using again = await served.scorer({ model: model!, rewards: {} });
    assert.equal((await score(again, request, null, never)).data.length, 1);
  }));

Deno.test("policies beyond the memory's budget are evicted, but for the last, and without one all that nobody has", () =>
  inFolder(async (parent) => {
    const adapters = await copies(join(FOLDERS.model, "adapter"), parent, 3);
    /** The policy of each adapter, asked for in turn and given back. */
    const ask = async (served: ServedModels) => {
      const policies: unknown[] = [];
      for (const adapter of adapters) {
        using leases = await served.policy({ ...FOLDERS, adapter });
        policies.push(leases.policy);
      }
      return policies;
    };
    const roomy = new ServedModels(runtime);
    assert.deepEqual(await ask(roomy), await ask(roomy), "there is room for all");
    const tight = new ServedModels(runtime, 1);
    const before = await ask(tight);
    const last = { ...FOLDERS, adapter: adapters.at(-1)! };
    {
      using leases = await tight.policy(last);
      assert.equal(leases.policy, before.at(-1), "the last stays");
      tight.trim(0);
    }
    assert.notEqual((await ask(tight))[0], before[0]);
    const { base } = await roomy.policy(FOLDERS);
    roomy.trim(0);
    using held = await roomy.policy(FOLDERS);
    assert.equal(held.base, base, "somebody has it");
  }));
