/** A ready classifier as a reward, in a real engine process: checked, trained by, and scored by. */
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scoreSchema } from "../../../core/contract/score.ts";
import type { TrainingEvent } from "../../../core/contract/training_events.ts";
import { createLogger } from "../../../core/log.ts";
import { engineCommand } from "../../../core/processes/engine_command.ts";
import { EngineProcess } from "../../../core/processes/engine_process.ts";
import { PATIENCE_MS } from "../jobs/supervised.ts";
import { inFolder } from "../networks/in_folder.ts";
import { KINDS, makeJob } from "../networks/make_learner.ts";
import { fixtureFolder } from "../networks/tiny_models.ts";
import { writeClassifier } from "../rewards/classifier_folder.ts";

Deno.test("an engine checks a classifier, trains by it, goes on with it, and scores by it", () =>
  inFolder(async (parent) => {
    const folder = join(parent, "classifier");
    await writeClassifier(folder, { external: true });
    const engine = new EngineProcess({
      command: engineCommand({ read: [], write: [tmpdir()] }),
      env: { HOME: Deno.env.get("HOME") ?? "/", PATH: Deno.env.get("PATH") ?? "", THREADS: "2" },
      logger: createLogger("error"),
      start_timeout_ms: PATIENCE_MS,
    });
    const reward = { type: "classifier", model: "c", label: "L1" } as const;
    const folders = { model: fixtureFolder("qwen3"), rewards: {}, classifiers: { c: folder } };
    const ppo = { max_new_tokens: 6, batch_size: 4 };
    const job = makeJob({ ...KINDS["lora, separate"], epochs: 2, ppo, reward });
    await engine.request({ type: "check", job, folders });
    const wrong = { ...job, reward: { ...job.reward, label: "good" } } as typeof job;
    await assert.rejects(engine.request({ type: "check", job: wrong, folders }), (error: Error) => {
      assert.match(error.message, /^reward: Expected a label among L0, L1, L2, got 'good'/);
      return true;
    });
    const events: TrainingEvent[] = [];
    const train = (name: string, resume: string[] = []) =>
      engine.request(
        { type: "train", job, folders: { ...folders, output: join(parent, name) }, resume },
        (event) => void events.push(event),
      );
    await train("first");
    const [step] = events.flatMap((event) => event.type === "step" ? [event] : []);
    const mean = step!.metrics["reward/classifier/mean"]!;
    assert.ok(mean > 0 && mean < 1, String(mean));
    const left = join(parent, "first", "epoch-0001");
    events.length = 0;
    await train("second", [left]);
    assert.ok(events.some((event) => event.type === "started" && event.resumed?.folder === left));
    // Another graph is another job's.
    await writeClassifier(folder, { labels: 2 });
    events.length = 0;
    await train("third", [left]);
    assert.ok(events.some((event) => event.type === "started" && event.resumed === null));
    const request = scoreSchema.parse({
      ...{ model: "m", reward, tokens: false },
      items: [{ prompt: "The quick", completion: " brown fox" }],
    });
    const { data } = await engine.request({ type: "score", request, folders });
    assert.ok(data[0]!.reward! > 0 && data[0]!.reward! < 1);
    await engine.stop(PATIENCE_MS);
  }));
