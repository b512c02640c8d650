/** The README's job on the embedded model: it learns to ask, and there is nothing to warn of. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TrainingEvent } from "../../../core/contract/training_events.ts";
import { trainJob } from "../../../core/kinds/train_job.ts";
import { trainingJobSchema } from "../../../core/contract/training_job.ts";
import { inFolder } from "../../core/networks/in_folder.ts";
import { runtime } from "../../core/networks/tiny_models.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

Deno.test("the README's job learns what it is rewarded for, and is not warned of", () =>
  inFolder(async (output) => {
    const readme = await Deno.readTextFile(join(ROOT, "README.md"));
    const [, body] = /\/v1\/training-jobs -H [^\n]*-d '([^']*)'/.exec(readme)!;
    const job = trainingJobSchema.parse(JSON.parse(body!));
    const folders = { model: join(ROOT, "models", job.model), rewards: {}, output };
    const events: TrainingEvent[] = [];
    for await (const event of trainJob(runtime, { job, folders })) {
      events.push(event);
    }
    const scores = events.flatMap((event) => event.type === "epoch" ? [event.metrics.avg_reward!] : []);
    assert.equal(scores.length, 12);
    const mean = (some: number[]) => some.reduce((sum, score) => sum + score, 0) / some.length;
    assert.ok(mean(scores.slice(0, 3)) < 0.5, `it begins with few questions: ${scores}`);
    assert.ok(mean(scores.slice(-3)) > mean(scores.slice(0, 3)) + 0.3, `it learns: ${scores}`);
    assert.deepEqual(events.filter(({ type }) => type === "warning"), []);
  }));
