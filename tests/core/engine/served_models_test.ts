/** What stays in memory when many policies are asked in turn: not what each of them took. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { generate } from "../../../core/engine/generate.ts";
import type { ModelFolders } from "../../../core/engine/protocol.ts";
import { generationSchema, scoreSchema } from "../../../core/engine/requests.ts";
import { score } from "../../../core/engine/score.ts";
import { ServedModels } from "../../../core/engine/served_models.ts";
import { trainJob } from "../../../core/engine/train_job.ts";
import { Session } from "../../../core/ort/session.ts";
import { inFolder } from "../model/in_folder.ts";
import { KINDS, makeJob } from "../model/make_learner.ts";
import { fixtureFolder, runtime } from "../model/tiny_models.ts";

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
    for await (const { name } of Deno.readDir(from)) {
      await Deno.copyFile(join(from, name), join(folder, name));
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
    for await (const _ of trainJob(runtime, job, { ...FOLDERS, output }, never));
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
