import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { EngineLost, type EngineOptions, EngineProcess } from "../../../core/processes/engine_process.ts";
import type { TrainingEvent } from "../../../core/contract/training_events.ts";
import { generationSchema } from "../../../core/contract/generation.ts";
import type { UserError } from "../../../core/errors.ts";
import { createLogger } from "../../../core/log.ts";
import { trainingJobSchema } from "../../../core/contract/training_job.ts";
import { BEHAVIOURS } from "../../fake_engine.ts";
import { PATIENCE_MS } from "../jobs/supervised.ts";
import { checkTraining } from "../engine/training_contract.ts";

const FAKE = fileURLToPath(new URL("../../fake_engine.ts", import.meta.url));
const rewards = {};

function start(
  script = FAKE,
  lines: string[] = [],
  deadlines: Partial<Pick<EngineOptions, "start_timeout_ms" | "silence_ms" | "text_ms">> = {},
): EngineProcess {
  return new EngineProcess({
    command: [Deno.execPath(), "run", "-A", "--no-check", script],
    env: { HOME: Deno.env.get("HOME") ?? "/", PATH: Deno.env.get("PATH") ?? "" },
    logger: createLogger("debug", {}, (line) => lines.push(line)),
    start_timeout_ms: PATIENCE_MS,
    ...deadlines,
  });
}

function job(seed: number, epochs = 1) {
  const reward = { type: "length" as const, target: 5 };
  return trainingJobSchema.parse({ kind: "ppo", model: "m", prompts: ["a"], reward, seed, epochs });
}

async function trainFolders() {
  return { model: "/m", rewards, output: await Deno.makeTempDir() };
}

Deno.test("EngineProcess hands out events in order, then the result", async () => {
  const engine = start();
  const events: TrainingEvent[] = [];
  const folders = await trainFolders();
  let busy = false;
  const summary = await engine.request(
    { type: "train", job: job(0, 2), folders },
    async (event) => {
      assert.equal(busy, false, "one event at a time");
      busy = true;
      await new Promise((resolve) => setTimeout(resolve, 2));
      events.push(event);
      busy = false;
    },
  );
  assert.deepEqual(events.map(({ type }) => type), [
    ...["started", "step", "warning", "step", "epoch", "checkpoint", "step", "step", "epoch", "checkpoint"],
  ]);
  checkTraining(events, 2);
  assert.deepEqual(summary.progress, events.findLast((event) => event.type === "epoch")!.progress);
  assert.deepEqual(await engine.stop(PATIENCE_MS), { code: 0, signal: null });
  await Deno.remove(folders.output, { recursive: true });
});

Deno.test("EngineProcess gives the environment it is told and no other", async () => {
  const lines: string[] = [];
  const engine = start(FAKE, lines);
  await engine.request({ type: "check", job: job(0), folders: { model: "/m", rewards } });
  await engine.stop(PATIENCE_MS);
  const line = lines.map((text) => JSON.parse(text)).find(({ message }) => message === "engine")!.line;
  assert.deepEqual(JSON.parse(line).env.sort(), ["HOME", "PATH"]);
});

for (
  const [behaviour, detail] of [
    ["exit", /stopped with exit code 7/],
    ["die", /killed by SIGKILL; often .* memory/],
    ["garbage", /not the protocol/],
    ["nonsense", /not the protocol/],
  ] as const
) {
  Deno.test(`request() fails with engine_crashed when the process does ${behaviour}`, async () => {
    const lines: string[] = [];
    const engine = start(FAKE, lines);
    const folders = await trainFolders();
    const request = engine.request({ type: "train", job: job(BEHAVIOURS[behaviour]), folders }, () => {});
    await assert.rejects(request, (error: Error & { code?: string }) => {
      assert.equal(error.code, "engine_crashed");
      assert.match(error.message, detail);
      return true;
    });
    await engine.exited;
    await assert.rejects(engine.request({ type: "check", job: job(0), folders }), { code: "engine_crashed" });
    if (behaviour === "exit") assert.ok(lines.some((line) => line.includes("native library: out of luck")));
    await Deno.remove(folders.output, { recursive: true });
  });
}

Deno.test("request() sends cancel when its signal is aborted", async () => {
  const engine = start();
  const folders = await trainFolders();
  const abort = new AbortController();
  const request = engine.request(
    { type: "train", job: job(BEHAVIOURS.hang), folders },
    (event) => event.type === "step" ? abort.abort() : undefined,
    abort.signal,
  );
  await assert.rejects(request, { code: "cancelled" });
  assert.equal(engine.pending, 0);
  await engine.stop(PATIENCE_MS);
  await Deno.remove(folders.output, { recursive: true });
});

Deno.test("request() fails with what an event handler throws", async () => {
  const engine = start();
  const folders = await trainFolders();
  const request = engine.request({ type: "train", job: job(BEHAVIOURS.hang), folders }, () => {
    throw new Error("disk full");
  });
  await assert.rejects(request, /disk full/);
  engine.kill();
  assert.equal((await engine.exited).signal, "SIGKILL");
  await Deno.remove(folders.output, { recursive: true });
});

Deno.test("EngineProcess gives up on a program that never says ready", async () => {
  const script = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(script, "setInterval(() => {}, 1000);");
  const engine = start(script, [], { start_timeout_ms: 300 });
  await assert.rejects(engine.request({ type: "check", job: job(0), folders: { model: "/m", rewards } }), {
    code: "engine_crashed",
  });
  await engine.exited;
  await Deno.remove(script);
});

Deno.test("EngineProcess says that a program cannot be started, and only the log says which", () => {
  const lines: string[] = [];
  const options = {
    command: ["/nowhere/deno"] as const,
    env: {},
    logger: createLogger("debug", {}, (line) => lines.push(line)),
    start_timeout_ms: 1000,
  };
  assert.throws(
    () => new EngineProcess(options),
    (error: UserError) => error.code === "runtime_unavailable" && !error.message.includes("nowhere"),
  );
  assert.ok(lines.some((line) => line.includes("/nowhere/deno")), lines.join());
});

Deno.test("a process that hangs in a text is ended; that request is told what hung, the others that they can try again", async () => {
  const engine = start(FAKE, [], { text_ms: 200 });
  const folders = { model: "/m", rewards };
  const ask = (seed: number) =>
    engine.request({
      type: "generate",
      folders,
      request: generationSchema.parse({ model: "m", prompts: ["a"], seed }),
    });
  const other = ask(BEHAVIOURS.hang);
  const hanging = ask(BEHAVIOURS.endless_text);
  await Promise.all([
    assert.rejects(hanging, (error: UserError) => {
      assert.deepEqual([error.code, error.errors[0]!.path], ["damaged_model", "model"]);
      assert.match(error.message, /tokenizer or chat template/);
      return true;
    }),
    assert.rejects(other, (error) => error instanceof EngineLost),
  ]);
  assert.equal((await engine.exited).signal, "SIGKILL");
});

Deno.test("a process that has work and says nothing is ended, and one that has none may be silent", async () => {
  const engine = start(FAKE, [], { silence_ms: 4000 });
  const folders = await trainFolders();
  const silent = engine.request({ type: "train", job: job(BEHAVIOURS.silent), folders }, () => {});
  await assert.rejects(silent, { code: "engine_crashed", message: /said nothing for 4 s/ });
  await Deno.remove(folders.output, { recursive: true });
});
