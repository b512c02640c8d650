import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { EngineProcess } from "../../../core/engine/engine_process.ts";
import type { JobPlan, TrainingEvent, TrainingSummary } from "../../../core/engine/protocol.ts";
import { ServingEngine } from "../../../core/engine/serving_engine.ts";
import type { UserError } from "../../../core/errors.ts";
import { createLogger } from "../../../core/log.ts";
import { trainingJobSchema } from "../../../core/ppo/config.ts";
import { BEHAVIOURS } from "../../fake_engine.ts";

const FAKE = fileURLToPath(new URL("../../fake_engine.ts", import.meta.url));
const rewards = {};

function start(script = FAKE, lines: string[] = [], start_timeout_ms = 10_000): EngineProcess {
  return new EngineProcess({
    command: [Deno.execPath(), "run", "-A", "--no-check", script],
    env: { HOME: Deno.env.get("HOME") ?? "/", PATH: Deno.env.get("PATH") ?? "" },
    logger: createLogger("debug", {}, (line) => lines.push(line)),
    start_timeout_ms,
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
  const summary = await engine.request<TrainingSummary>(
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
  assert.equal(summary.progress.step, 4);
  assert.deepEqual(await engine.stop(5000), { code: 0, signal: null });
  await Deno.remove(folders.output, { recursive: true });
});

Deno.test("EngineProcess gives the environment it is told and no other", async () => {
  const lines: string[] = [];
  const engine = start(FAKE, lines);
  await engine.request<JobPlan>({ type: "check", job: job(0), folders: { model: "/m", rewards } });
  await engine.stop(5000);
  const line = lines.map((text) => JSON.parse(text)).find(({ message }) => message === "engine")!.line;
  assert.deepEqual(JSON.parse(line).env.sort(), ["HOME", "PATH"]);
});

for (
  const [behaviour, detail] of [
    ["exit", /stopped with exit code 7/],
    ["die", /killed by SIGKILL; often .* memory/],
    ["garbage", /not the protocol/],
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
  await engine.stop(5000);
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
  const engine = start(script, [], 300);
  await assert.rejects(engine.request({ type: "check", job: job(0), folders: { model: "/m", rewards } }), {
    code: "runtime_unavailable",
  });
  await engine.exited;
  await Deno.remove(script);
});

const serve = (options: { idle_timeout_ms?: number; max_pending?: number } = {}) =>
  new ServingEngine({
    start: () => start(),
    idle_timeout_ms: 60_000,
    max_pending: 4,
    stop_grace_ms: 5000,
    cancel_grace_ms: 5000,
    ...options,
  });

const check = { type: "check", job: job(0), folders: { model: "/m", rewards } } as const;

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

Deno.test("ServingEngine starts once, survives a crash and stops when idle", async () => {
  const serving = serve({ idle_timeout_ms: 200 });
  assert.equal(serving.pid, null);
  const plans = await Promise.all([serving.request(check), serving.request(check)]);
  assert.equal(plans[0].steps, 2);
  const first = serving.pid;
  const request = { model: "m", checkpoint: null, prompts: ["a"], seed: BEHAVIOURS.die } as never;
  await assert.rejects(serving.request({ type: "generate", request, folders: check.folders }), {
    code: "engine_crashed",
  });
  await serving.request(check);
  assert.notEqual(serving.pid, first);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(serving.pid, null);
  await serving.close();
  await assert.rejects(serving.request(check), { code: "runtime_unavailable" });
});

Deno.test("ServingEngine refuses more requests than it may hold", async () => {
  const serving = serve({ max_pending: 1 });
  const abort = new AbortController();
  const request = { model: "m", checkpoint: null, prompts: ["a"], seed: BEHAVIOURS.hang } as never;
  const hanging = serving.request({ type: "generate", request, folders: check.folders }, abort.signal);
  await assert.rejects(serving.request(check), { code: "engine_busy" });
  abort.abort();
  await assert.rejects(hanging);
  await serving.request(check);
  await serving.close();
});
