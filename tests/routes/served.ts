/** The app around a real database, supervisor and serving process with the fake engine, for tests. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { Datasets } from "../../core/datasets/datasets.ts";
import { FineTuning } from "../../core/fine_tuning/fine_tuning.ts";
import { Files } from "../../core/files/files.ts";
import { KeyRing } from "../../core/keys/key_ring.ts";
import { ModelRegistry } from "../../core/models/model_registry.ts";
import { engineEnvironment } from "../../core/processes/engine_environment.ts";
import { ServingEngine } from "../../core/processes/serving_engine.ts";
import { createLogger } from "../../core/log.ts";
import { answering } from "../../core/questions/answering.ts";
import { PyodideFolder } from "../../core/questions/pyodide_folder.ts";
import { PythonGraders } from "../../core/questions/python_graders.ts";
import { checkReward } from "../../core/questions/check_reward.ts";
import { RewardModules } from "../../core/questions/reward_modules.ts";
import { OutboundGuard } from "../../core/outbound/outbound_guard.ts";
import { Launcher } from "../../core/processes/launchers.ts";
import { createApp } from "../../routes/app.ts";
import type { AppContext } from "../../routes/context.ts";
import { BEHAVIOURS } from "../fake_engine.ts";
import {
  type Behaviour,
  PATIENCE_MS,
  startFakeEngine,
  type Supervised,
  supervised,
} from "../core/jobs/supervised.ts";

export const FIXTURES = fileURLToPath(new URL("../fixtures", import.meta.url));

export interface Served extends Supervised {
  app: ReturnType<typeof createApp>;
  keys: KeyRing;
  fineTuning: FineTuning;
  /** Another, as the next start of the server would have it. */
  makeFineTuning: () => FineTuning;
  /** Sends a request; a body that is no text is sent as JSON. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // deno-lint-ignore no-explicit-any
  json: any;
}

/** A job that the fake engine treats as `behaviour` says. */
export function jobRequest(behaviour: Behaviour = "succeed", more: Record<string, unknown> = {}) {
  return {
    ...{ kind: "ppo", model: "qwen3", prompts: ["a", "b"], epochs: 2, seed: BEHAVIOURS[behaviour] },
    reward: { type: "length", target: 5 },
    ...more,
  };
}

type Options = Partial<AppContext> & { apiKeys?: readonly string[] };

/** Runs `work` on a server whose supervisor has started. */
export async function served(work: (it: Served) => Promise<void>, options: Options = {}): Promise<void> {
  await supervised((it) => servedOn(it, work, options));
}

/** Runs `work` on a server around a database and a supervisor, which is started. */
export async function servedOn(
  it: Supervised,
  work: (it: Served) => Promise<void>,
  { apiKeys = [], ...more }: Options = {},
): Promise<void> {
  const logger = createLogger("debug", {}, (line) => it.logs.push(line));
  const serving = new ServingEngine({
    start: () => startFakeEngine(logger),
    ...{ request_timeout_ms: PATIENCE_MS, memory_bytes: Infinity },
    limits: { running: 4, running_of_client: 4, waiting: 0 },
  });
  const modules = new RewardModules(it.folder);
  const pyodide = new PyodideFolder(engineEnvironment(Deno.env.toObject()), logger);
  const limits = { timeout_ms: 5000, memory_mb: 256 };
  const graders = {
    python: new PythonGraders({ pyodide, dataDir: it.folder, limits, logger }),
    judge: null,
  };
  const guard = new OutboundGuard(["127.0.0.1"]);
  // Nobody listens there.
  const hub = { url: "http://127.0.0.1:9", guard };
  const registry = more.registry ?? new ModelRegistry({ hub, folder: join(it.folder, "models"), logger });
  await registry.open();
  const keys = new KeyRing({ db: it.db, environment: apiKeys, logger, refresh_ms: 100 });
  await keys.open();
  const datasets = new Datasets({
    ...{ db: it.db, dataDir: it.folder, logger, env: engineEnvironment(Deno.env.toObject()) },
    ...{ max_bytes: 64 * 1024 ** 2, memory: 8 * 1024 ** 3 },
  });
  const files = new Files({ db: it.db, dataDir: it.folder, logger, max_bytes: 64 * 1024 ** 2 });
  const answerers = { guard, modules, graders };
  const makeFineTuning = () =>
    new FineTuning({
      sources: { db: it.db, modelRoots: [FIXTURES, join(it.folder, "models")], dataDir: it.folder },
      ...{ files, datasets, serving, supervisor: it.supervisor, feed: it.feed, logger, device: "cpu" },
      onOutbox: () => it.deliverer.wake(),
      checkReward: (reward) => checkReward(reward, answerers, logger),
      retry_ms: 10,
    });
  const fineTuning = makeFineTuning();
  const app = createApp({
    ...{
      db: it.db,
      supervisor: it.supervisor,
      feed: it.feed,
      deliverer: it.deliverer,
      serving,
      logger,
      dataDir: it.folder,
      keys,
      device: "cpu",
    },
    guard,
    answering: (asking) => answering(asking, { guard, modules, graders }),
    modules,
    graders,
    launcher: new Launcher({ name: "local", args: [], library: undefined, mpiFolder: "", timeout_s: 1 }),
    modelRoots: [FIXTURES, join(it.folder, "models")],
    registry,
    datasets,
    files,
    fineTuning,
    closing: new AbortController().signal,
    ...more,
  });
  const call = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    const response = await app.request(path, {
      method,
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await response.text();
    const isJson = /^application\/([\w.-]+\+)?json\b/.test(response.headers.get("content-type") ?? "");
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson && text !== "" ? JSON.parse(text) : null,
    };
  };
  await it.supervisor.start();
  try {
    await work(Object.assign(it, { app, call, keys, fineTuning, makeFineTuning }));
  } finally {
    await fineTuning.stop();
    await keys.close();
    await registry.close();
    await serving.close();
    await graders.python.close();
  }
}

/** Checks that an answer is a problem with this status and code, and that it tells nothing about the machine. */
export function assertProblem(answer: Answer, status: number, code: string, path?: string): void {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  const { type, title, detail, errors } = answer.json;
  assert.deepEqual({ status: answer.json.status, code: answer.json.code }, { status, code });
  assert.ok([type, title, detail].every((text) => typeof text === "string" && text.length > 0));
  if (path !== undefined) {
    assert.ok(errors.some((error: { path: string }) => error.path === path), answer.text);
  }
  assert.doesNotMatch(answer.text, /\/(work|tmp|home|root|usr)\/|\bat .*\.ts:\d+/);
}
