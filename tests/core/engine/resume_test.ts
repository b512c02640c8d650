/** Engine processes that are killed, paused or run out of disk, and the ones that continue what they left. */
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TrainingEvent } from "../../../core/contract/training_events.ts";
import { readCheckpoint } from "../../../core/formats/checkpoint_folder.ts";
import { trainJob } from "../../../core/kinds/train_job.ts";
import { createLogger } from "../../../core/log.ts";
import { engineCommand } from "../../../core/processes/engine_command.ts";
import { EngineProcess } from "../../../core/processes/engine_process.ts";
import { PATIENCE_MS } from "../jobs/supervised.ts";
import { inFolder } from "../networks/in_folder.ts";
import { KINDS, makeJob } from "../networks/make_learner.ts";
import { fixtureFolder, runtime } from "../networks/tiny_models.ts";
import { hashes } from "../serve/hashes.ts";

const FOLDERS = { model: fixtureFolder("qwen3"), rewards: {} };
const JOB = makeJob({
  ...KINDS["lora, separate"],
  prompts: ["The quick", "TL;DR: my", "I have", "Write", "Hello", "What is"],
  epochs: 2,
  checkpoint_every_steps: 1,
  ppo: { max_new_tokens: 6, batch_size: 2, learning_rate: 1e-3 },
  seed: 3,
});
/** Of the fixtures' runtime: sums depend on it. */
const ENV = { HOME: Deno.env.get("HOME") ?? "/", PATH: Deno.env.get("PATH") ?? "", THREADS: "2" };

/** @param blocks of 512 bytes that a file of the process may have */
function start(blocks?: number): EngineProcess {
  const command = engineCommand({ read: [], write: [tmpdir()] });
  const limited = [
    "/bin/sh",
    "-c",
    `trap "" XFSZ; ulimit -f ${blocks}; exec "$@"`,
    "sh",
    ...command,
  ] as const;
  return new EngineProcess({
    command: blocks === undefined ? command : [...limited],
    env: ENV,
    logger: createLogger("silent"),
    start_timeout_ms: PATIENCE_MS,
  });
}

/** Folders of checkpoints in `output`, the newest first, as their names sort. */
function left(output: string): string[] {
  const steps = [...Deno.readDirSync(output)].filter(({ name }) => !name.startsWith(".")).map(({ name }) => {
    const manifest = JSON.parse(Deno.readTextFileSync(join(output, name, "checkpoint.json")));
    return { step: manifest.facts.state.step as number, folder: join(output, name) };
  });
  return steps.sort((a, b) => b.step - a.step).map(({ folder }) => folder);
}

Deno.test("processes that are killed in a step, and then paused, leave what the next one ends like a single one", () =>
  inFolder(async (parent) => {
    const place = (name: string) => ({ ...FOLDERS, output: join(parent, name) });
    for await (const _ of trainJob(runtime, { job: JOB, folders: place("whole") }));

    const killed = start();
    const first = killed.request(
      { type: "train", job: JOB, folders: place("killed") },
      (event: TrainingEvent) => {
        // By now the next step runs.
        if (event.type === "checkpoint" && event.step === 2) killed.kill();
      },
    );
    await assert.rejects(first, { code: "engine_crashed" });
    await killed.exited;

    const paused = start();
    const pause = new AbortController();
    const events: TrainingEvent[] = [];
    const summary = await paused.request(
      { type: "train", job: JOB, folders: place("paused"), resume: left(join(parent, "killed")) },
      (event: TrainingEvent) => {
        events.push(event);
        if (event.type === "step") pause.abort();
      },
      undefined,
      { pause: pause.signal },
    );
    await paused.stop(PATIENCE_MS);
    const [started] = events;
    assert.ok(started?.type === "started" && started.resumed!.step >= 2);
    assert.equal(summary.paused, true);
    const last = events.at(-1)!;
    assert.ok(last.type === "checkpoint" && last.step === summary.progress.step);

    const resumed = start();
    const resume = [...left(join(parent, "paused")), ...left(join(parent, "killed"))];
    const end = await resumed.request({ type: "train", job: JOB, folders: place("resumed"), resume });
    await resumed.stop(PATIENCE_MS);
    assert.deepEqual([end.paused, end.progress.step], [undefined, 6]);
    assert.deepEqual(
      await hashes(join(parent, "resumed", "epoch-0002")),
      await hashes(join(parent, "whole", "epoch-0002")),
    );
  }));

Deno.test("a full disk fails a job by its code, and the checkpoint before stays whole", {
  ignore: Deno.build.os === "windows",
}, () =>
  inFolder(async (parent) => {
    const output = join(parent, "out");
    const whole = start();
    const pause = new AbortController();
    await whole.request(
      { type: "train", job: JOB, folders: { ...FOLDERS, output } },
      (event: TrainingEvent) =>
        event.type === "step" && event.progress.step === 1 ? pause.abort() : undefined,
      undefined,
      { pause: pause.signal },
    );
    await whole.stop(PATIENCE_MS);
    const before = await hashes(output);
    const moments =
      Deno.statSync(join(left(output)[0]!, "training_state", "policy_moments.safetensors")).size;

    const full = start(Math.floor(moments / 512) - 1);
    const request = {
      type: "train",
      job: JOB,
      folders: { ...FOLDERS, output },
      resume: left(output),
    } as const;
    await assert.rejects(full.request(request), { code: "disk_full" });
    await full.stop(PATIENCE_MS);
    assert.deepEqual(await hashes(output), before, "nothing changed, and nothing is left");
    for (const folder of left(output)) await readCheckpoint(folder);
  }));

Deno.test(
  "a disk that has no room for a step's records fails the job by the same code, and those before stay",
  {
    ignore: Deno.build.os === "windows",
  },
  () =>
    inFolder(async (parent) => {
      const folders = { ...FOLDERS, output: join(parent, "out"), records: join(parent, "records") };
      const whole = start();
      const pause = new AbortController();
      await whole.request(
        { type: "train", job: JOB, folders },
        (event: TrainingEvent) => event.type === "step" ? pause.abort() : undefined,
        undefined,
        { pause: pause.signal },
      );
      await whole.stop(PATIENCE_MS);
      const before = await hashes(folders.records);
      assert.ok(Object.keys(before).length >= 2);
      const full = start(1);
      const request = { type: "train", job: JOB, folders, resume: left(folders.output) } as const;
      await assert.rejects(full.request(request), { code: "disk_full", message: /disk is full/ });
      await full.stop(PATIENCE_MS);
      assert.deepEqual(await hashes(folders.records), before, "nothing changed, and nothing is left");
    }),
);
