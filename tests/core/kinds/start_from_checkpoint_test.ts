/** Jobs that start from a checkpoint of a job of another kind: its policy is where they begin, and PPO's reference. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { JobFolders } from "../../../core/contract/protocol.ts";
import type { TrainingEvent } from "../../../core/contract/training_events.ts";
import { sftJobSchema } from "../../../core/contract/sft_job.ts";
import type { EngineJob } from "../../../core/kinds/kinds.ts";
import { trainJob } from "../../../core/kinds/train_job.ts";
import { inFolder } from "../networks/in_folder.ts";
import { KINDS, makeJob } from "../networks/make_learner.ts";
import { fixtureFolder, runtime } from "../networks/tiny_models.ts";

const FOLDERS: JobFolders = { model: fixtureFolder("qwen3"), rewards: {} };

async function run(job: EngineJob, output: string, folders = FOLDERS): Promise<TrainingEvent[]> {
  return await Array.fromAsync(trainJob(runtime, { job, folders: { ...folders, output } }));
}

const stepsOf = (events: TrainingEvent[]) =>
  events.flatMap((event) => event.type === "step" ? [event.metrics] : []);
const lastFolder = (events: TrainingEvent[]) =>
  events.flatMap((event) => event.type === "checkpoint" ? [event.folder] : []).at(-1)!;

/** A job on the texts of `makeJob`, so that what it learns shows in PPO's figures. */
function sft(given: object = {}) {
  return sftJobSchema.parse({
    ...{ kind: "sft", model: "fixture", epochs: 4 },
    examples: ["The quick", "TL;DR: my"].map((prompt) => ({ prompt, completion: " fox" })),
    sft: { batch_size: 2, learning_rate: 0.02 },
    ...given,
  });
}

const PPO = { batch_size: 2, max_new_tokens: 6, learning_rate: 1e-2, num_ppo_epochs: 2 };

for (const [name, kind] of Object.entries(KINDS)) {
  const { trainable } = kind;
  Deno.test(`${name}: PPO starts from a checkpoint of SFT, which is its reference, with a fresh critic, and SFT from PPO's`, () =>
    inFolder(async (parent) => {
      const first = await run(sft({ trainable }), join(parent, "sft"));
      const checkpoint = lastFolder(first);
      const job = makeJob({ ...kind, checkpoint: "given", epochs: 3, ppo: PPO });
      const ppo = await run(job, join(parent, "ppo"), { ...FOLDERS, checkpoint });
      const steps = stepsOf(ppo);
      // The policy is the reference, and the head's values are 0.
      assert.ok(Math.abs(steps[0]!["objective/kl"]!) < 1e-5, String(steps[0]!["objective/kl"]));
      assert.ok(Math.abs(steps.at(-1)!["objective/kl"]!) > 1e-6);
      const bare = stepsOf(await run(makeJob({ ...kind, ppo: PPO }), join(parent, "bare")));
      assert.notEqual(steps[0]!["objective/entropy"], bare[0]!["objective/entropy"]);

      const again = stepsOf(
        await run(sft({ trainable, checkpoint: "given", epochs: 1 }), join(parent, "again"), {
          ...FOLDERS,
          checkpoint: lastFolder(ppo),
        }),
      );
      const fresh = stepsOf(first)[0]!.loss!;
      assert.ok(again[0]!.loss! < fresh - 0.1, `${again[0]!.loss} after both, ${fresh} before`);
    }));
}

Deno.test("a checkpoint with another adapter, or another kind of critic, is refused by the field", () =>
  inFolder(async (parent) => {
    const checkpoint = lastFolder(
      await run(sft({ trainable: { type: "lora", r: 4, alpha: 8 } }), join(parent, "a")),
    );
    const start = (job: EngineJob, from: string) =>
      run(job, join(parent, "b"), { ...FOLDERS, checkpoint: from });
    await assert.rejects(start(makeJob({ checkpoint: "given" }), checkpoint), {
      message: /^trainable: Expected what/,
    });
    const { trainable, value } = KINDS["lora, shared"];
    const job = makeJob({ trainable, value, checkpoint: "given", ppo: PPO });
    const shared = lastFolder(await start(job, checkpoint));
    await assert.rejects(start(makeJob({ ...KINDS["lora, separate"], checkpoint: "given" }), shared), {
      message: /^value: Expected what the checkpoint was trained with, shared/,
    });
  }));
