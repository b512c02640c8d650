/**
 * The API process: reads the environment, puts the parts together, serves until it is told to stop. It holds
 * no model and imports no runtime; engines are processes of their own.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openDatabase } from "./core/db/open_database.ts";
import { DEADLINES } from "./core/engine/deadlines.ts";
import { engineCommand } from "./core/engine/engine_command.ts";
import { engineEnvironment } from "./core/engine/engine_environment.ts";
import { EngineProcess } from "./core/engine/engine_process.ts";
import { machineMemory, memoryPart } from "./core/engine/machine.ts";
import { ServingEngine } from "./core/engine/serving_engine.ts";
import { ModelRegistry } from "./core/hub/model_registry.ts";
import { UserError } from "./core/errors.ts";
import { EventFeed } from "./core/jobs/event_feed.ts";
import { resolveFolders } from "./core/jobs/resolve_folders.ts";
import { Supervisor } from "./core/jobs/supervisor.ts";
import { createLogger, type Logger } from "./core/log.ts";
import { checkModelRoots } from "./core/model/model_places.ts";
import { OutboundGuard } from "./core/outbound/outbound_guard.ts";
import { readSettings, type Settings } from "./core/settings.ts";
import { Deliverer } from "./core/webhooks/deliverer.ts";
import { createApp } from "./routes/app.ts";
import { type Answer, listen } from "./routes/listen.ts";

/** How long answers in progress may take when the server stops. */
const DRAIN_MS = 3000;

/** Hub models; whoever names the hub in HF_ENDPOINT allows it, for downloads alone. */
function modelRegistry(settings: Settings, logger: Logger): ModelRegistry {
  const { HF_ENDPOINT: url, HF_TOKEN: token, OUTBOUND_ALLOW, DATA_DIR } = settings;
  const guard = new OutboundGuard([...OUTBOUND_ALLOW, new URL(url).hostname]);
  return new ModelRegistry({ hub: { url, guard, token }, folder: join(DATA_DIR, "models"), logger });
}

async function serve(settings: Settings, logger: Logger): Promise<void> {
  const dataDir = settings.DATA_DIR;
  await checkModelRoots(settings.MODELS_DIR);
  const db = await openDatabase(dataDir, logger);
  const registry = modelRegistry(settings, logger);
  await registry.open();
  const modelRoots = [
    ...settings.MODELS_DIR,
    fileURLToPath(new URL("./models", import.meta.url)),
    { folder: registry.root, links: false } as const,
  ];
  const sources = { db, modelRoots, dataDir };
  const servingBytes = memoryPart(settings.SERVING_MEMORY, machineMemory().total);
  const env = { ...engineEnvironment(Deno.env.toObject()), SERVING_MEMORY: String(servingBytes) };
  const startEngine = (engineLogger: Logger) =>
    new EngineProcess({
      command: engineCommand(),
      env,
      logger: engineLogger,
      start_timeout_ms: DEADLINES.start_ms,
    });
  const guard = new OutboundGuard(settings.OUTBOUND_ALLOW);
  const feed = new EventFeed();
  const deliverer = new Deliverer({ db, guard, logger });
  const serving = new ServingEngine({
    start: () => startEngine(logger),
    request_timeout_ms: settings.REQUEST_TIMEOUT_S * 1000,
    memory_bytes: servingBytes,
  });
  const supervisor = new Supervisor({
    ...{ db, logger, dataDir, feed, startEngine },
    resolveFolders: (config) => resolveFolders(sources, config),
    onOutbox: () => deliverer.wake(),
    max_concurrent_jobs: settings.MAX_CONCURRENT_JOBS,
    freeMemory: () => serving.giveBack(),
    cancel_grace_ms: DEADLINES.cancel_ms,
    stop_grace_ms: DEADLINES.stop_ms,
  });
  const closing = new AbortController();
  const app = createApp({
    ...{ ...sources, supervisor, feed, serving, guard, registry, logger },
    device: settings.DEVICE,
    apiKeys: settings.API_KEYS,
    closing: closing.signal,
  });

  const signalled = Promise.withResolvers<Deno.Signal>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => signalled.resolve(signal));
  }
  // One request's bug must not end everybody's jobs.
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    const { reason } = event;
    logger.error("Unhandled rejection", { error: String(reason), stack: (reason as Error)?.stack });
  });
  // A server that has no port begins no job.
  const started = Promise.withResolvers<void>();
  const answer: Answer = (request, connection) => started.promise.then(() => app.fetch(request, connection));
  const server = await listen(answer, { hostname: settings.HOST, port: settings.PORT, logger });
  await supervisor.start();
  deliverer.start();
  started.resolve();
  const host = server.hostname.includes(":") ? `[${server.hostname}]` : server.hostname;
  console.log(`listening on http://${host}:${server.port}`);

  logger.info("Stopping", { signal: await signalled.promise });
  closing.abort();
  const drained = server.shutdown();
  await Promise.all([supervisor.stop(), serving.close(), deliverer.stop(), registry.close()]);
  await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, DRAIN_MS))]);
  await db.close();
  logger.info("Stopped");
}

if (import.meta.main) {
  try {
    const settings = readSettings(Deno.env.toObject());
    await serve(settings, createLogger(settings.LOG_LEVEL));
    Deno.exit(0);
  } catch (error) {
    // Before the server runs there is nobody but the person who started it to tell.
    const known = error instanceof UserError ||
      Object.values(Deno.errors).some((kind) => error instanceof kind);
    console.error(known ? `error: ${(error as Error).message}` : error);
    Deno.exit(1);
  }
}
