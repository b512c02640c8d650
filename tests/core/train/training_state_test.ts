/** What a checkpoint keeps of a loop's state, written and found again; jobs that resume are in kinds/ppo/resume_test.ts. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { filesOf, identityOf } from "../../../core/formats/folder_identity.ts";
import { writeCheckpoint } from "../../../core/formats/checkpoint_folder.ts";
import { findResumable, jobIdentity, trainingState } from "../../../core/train/training_state.ts";
import { inFolder } from "../networks/in_folder.ts";
import { makeJob } from "../networks/make_learner.ts";

Deno.test("a state comes back as it was, numbers that JSON has none of too, and without what a clock measured", () =>
  inFolder(async (folder) => {
    const source = join(folder, "model");
    await Deno.mkdir(source);
    await Deno.writeTextFile(join(source, "config.json"), "{}");
    const model = await identityOf(source, await filesOf(source), new AbortController().signal);
    const job = jobIdentity(makeJob());
    const state = {
      step: 3,
      episodes: 12,
      tokens: 99,
      kl_coef: NaN,
      watch: { past: [-0, Infinity], told: {} },
    };
    const at = {
      state,
      sums: { "objective/kl": { sum: -Infinity, count: 2 }, "time/step_s": { sum: 3, count: 2 } },
      metrics: { "objective/kl": NaN, lr: 0.1 + 0.2, eps: 7 },
    };
    const about = { job, base: Promise.resolve({ model }), optimizers: {}, steps_per_epoch: 2 };
    const checkpoint = join(folder, "step-0003");
    await writeCheckpoint(checkpoint, {}, {}, { parts: trainingState(at, about) });

    const why: unknown[] = [];
    const wanted = { job, sources: { model: source }, steps: 4 };
    const find = (more: Partial<typeof wanted> = {}) =>
      findResumable([checkpoint], { ...wanted, ...more }, (_, reason) => why.push(reason));
    const { found } = await find();
    assert.deepEqual(found?.at, {
      state,
      sums: { "objective/kl": { sum: -Infinity, count: 2 } },
      metrics: { "objective/kl": NaN, lr: 0.1 + 0.2 },
    });
    assert.deepEqual(found.base, { model });

    assert.deepEqual(await find({ steps: 2 }), { found: null, damaged: [checkpoint] });
    assert.deepEqual((await find({ sources: {} as typeof wanted.sources })).found, null);
    await Deno.writeTextFile(join(source, "config.json"), "[]");
    assert.deepEqual((await find()).found, null);
    assert.match(why.join("\n"), /after step 3[^]*job's model[^]*job's model/);
  }));
