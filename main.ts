/**
 * The API process: reads the environment, puts the parts together, serves until it is told to stop. It holds
 * no model and imports no runtime; engines are processes of their own.
 */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { printedInstead } from "./core/settings/command_line.ts";
import { prepareDataDir } from "./core/settings/data_dir.ts";
import { Datasets } from "./core/datasets/datasets.ts";
import { FineTuning } from "./core/fine_tuning/fine_tuning.ts";
import { Files } from "./core/files/files.ts";
import { DATASETS_FOLDER, SURVEYS_FOLDER } from "./core/formats/row_store.ts";
import { type Database, openDatabase } from "./core/db/open_database.ts";
import { whileLeased } from "./core/db/leases.ts";
import { openServerDatabase } from "./core/db/open_server_database.ts";
import { DEADLINES } from "./core/contract/deadlines.ts";
import { engineCommand } from "./core/processes/engine_command.ts";
import { engineEnvironment } from "./core/processes/engine_environment.ts";
import { EngineProcess } from "./core/processes/engine_process.ts";
import { directly, type Launch, Launcher } from "./core/processes/launchers.ts";
import type { PlacedJob } from "./core/processes/placing.ts";
import { linkedFolders } from "./core/processes/linked_folders.ts";
import { machineMemory, memoryPart } from "./core/system_memory.ts";
import { ServingEngine } from "./core/processes/serving_engine.ts";
import { sweepMadeModels } from "./core/models/made_models.ts";
import { ModelRegistry } from "./core/models/model_registry.ts";
import { UserError } from "./core/errors.ts";
import { EventFeed } from "./core/jobs/event_feed.ts";
import { jobTrace } from "./core/jobs/job_trace.ts";
import { OtherServers } from "./core/jobs/other_servers.ts";
import { JobLogs } from "./core/jobs/job_log.ts";
import { resolveFolders } from "./core/jobs/resolve_folders.ts";
import { Supervisor } from "./core/jobs/supervisor.ts";
import { KeyRing } from "./core/keys/key_ring.ts";
import { createLogger, type Logger } from "./core/log.ts";
import { startTracing } from "./core/tracing.ts";
import { rootsWithoutModels } from "./core/models/model_folder.ts";
import { checkModelRoots } from "./core/models/model_places.ts";
import { answering, type MakeAnswering } from "./core/questions/answering.ts";
import type { GraderServices } from "./core/questions/grader_question.ts";
import { Judge } from "./core/questions/judge.ts";
import { PyodideFolder } from "./core/questions/pyodide_folder.ts";
import { PythonGraders } from "./core/questions/python_graders.ts";
import { checkReward } from "./core/questions/check_reward.ts";
import { RewardModules } from "./core/questions/reward_modules.ts";
import { OutboundGuard } from "./core/outbound/outbound_guard.ts";
import {
  mistakenNames,
  readSettings,
  requireKeys,
  settingFault,
  type Settings,
} from "./core/settings/settings.ts";
import { Deliverer } from "./core/webhooks/deliverer.ts";
import { createApp } from "./routes/app.ts";
import { type Answer, listen } from "./routes/listen.ts";

/** How long answers in progress may take when the server stops. */
const DRAIN_MS = 3000;

/** How long one server's download of a model goes on without a word. */
const DOWNLOAD_MS = 60_000;

/** Hub models; whoever names the hub in HF_ENDPOINT allows it, for downloads alone. */
function modelRegistry(settings: Settings, db: Database, logger: Logger): ModelRegistry {
  const { HF_ENDPOINT: url, HF_TOKEN: token, OUTBOUND_ALLOW, DATA_DIR } = settings;
  const guard = new OutboundGuard([...OUTBOUND_ALLOW, new URL(url).hostname]);
  return new ModelRegistry({
    ...{ hub: { url, guard, token }, folder: join(DATA_DIR, "models"), logger },
    ...(db.isShared && { exclusively: (name, work) => whileLeased(db, name, DOWNLOAD_MS, work) }),
  });
}

/** Where the registry is reached through, for who fetches packages: it may have a password in it, and no engine needs it. */
function proxies(): Record<string, string> {
  const names = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"].flatMap((name) => [name, name.toLowerCase()]);
  const all = Deno.env.toObject();
  return Object.fromEntries(names.filter((name) => all[name]).map((name) => [name, all[name]!]));
}

/** What answers for graders; whoever names the judge allows it, for judging alone. */
function graderServices(
  { GRADER_BASE_URL: base_url, GRADER_API_KEY: api_key, ...settings }: Settings,
  environment: Record<string, string>,
  logger: Logger,
): GraderServices {
  const { DATA_DIR: dataDir, OUTBOUND_ALLOW, GRADER_PYTHON_SECONDS, GRADER_PYTHON_MB: memory_mb } = settings;
  return {
    python: new PythonGraders({
      ...{ dataDir, logger, pyodide: new PyodideFolder({ ...environment, ...proxies() }, logger) },
      limits: { timeout_ms: GRADER_PYTHON_SECONDS * 1000, memory_mb },
    }),
    judge: base_url === undefined ? null : new Judge({
      ...{ base_url, api_key },
      guard: new OutboundGuard([...OUTBOUND_ALLOW, new URL(base_url).hostname]),
    }),
  };
}

/** Where another onnxruntime is, with what it loads. */
function libraryFolder({ ORT_LIBRARY }: Settings): string[] {
  return ORT_LIBRARY === undefined ? [] : [dirname(resolve(ORT_LIBRARY))];
}

/**
 * Refuses a runtime or a device that a job could not be had on. Asked of an engine, and only where somebody chose one: the
 * API process loads no native code, and what comes with the program needs no asking.
 */
async function requireRuntime(
  settings: Settings,
  env: Record<string, string>,
  logger: Logger,
): Promise<void> {
  const { DEVICE, ORT_LIBRARY } = settings;
  if (ORT_LIBRARY !== undefined && !await Deno.stat(ORT_LIBRARY).then(({ isFile }) => isFile, () => false)) {
    throw settingFault(
      "ORT_LIBRARY",
      ORT_LIBRARY,
      "Expected the path of an onnxruntime library: no file is there",
    );
  }
  if (DEVICE === "cpu" && ORT_LIBRARY === undefined) return;
  const engine = new EngineProcess({
    command: engineCommand({ read: linkedFolders(libraryFolder(settings)), write: [] }),
    ...{ env, logger, start_timeout_ms: DEADLINES.start_ms },
  });
  try {
    await engine.request({ type: "probe" });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const message = error.errors[0]?.message ?? error.message;
    throw DEVICE === "cpu"
      ? settingFault("ORT_LIBRARY", ORT_LIBRARY, message)
      : settingFault("DEVICE", DEVICE, message);
  } finally {
    await engine.stop(DEADLINES.stop_ms);
  }
}

/** @throws UserError where the folder for adapters is none that can be written to */
async function requireAdaptersFolder(folder: string): Promise<void> {
  const isFolder = await Deno.stat(folder).then(({ isDirectory }) => isDirectory, () => false);
  if (isFolder) return;
  throw settingFault("ROLLOUT_ADAPTERS_DIR", folder, "Expected a folder: none is there");
}

/** Engines that work beside each other share the cores. Always by the same number, as what comes out depends on it. */
function sharedThreads({ THREADS }: Settings, engines: number): Record<string, string> {
  if (engines === 1) return {};
  const threads = THREADS ?? navigator.hardwareConcurrency;
  return { THREADS: String(Math.max(1, Math.floor(threads / engines))) };
}

/** The file below DATA_DIR, or what a server has. */
async function database(settings: Settings, logger: Logger): Promise<Database> {
  const { DATABASE_URL: url, DATABASE_AUTH_TOKEN: token, DATA_DIR } = settings;
  return url === undefined
    ? await openDatabase(DATA_DIR, logger)
    : await openServerDatabase({ url, token }, DATA_DIR, logger);
}

async function serve(settings: Settings, logger: Logger): Promise<void> {
  const dataDir = settings.DATA_DIR;
  const environment = engineEnvironment(Deno.env.toObject());
  await requireRuntime(settings, environment, logger);
  await prepareDataDir(dataDir);
  await checkModelRoots(settings.MODELS_DIR);
  for (const folder of await rootsWithoutModels(settings.MODELS_DIR)) {
    logger.warn("A folder of MODELS_DIR holds no model", { folder });
  }
  const db = await database(settings, logger);
  const keys = new KeyRing({ db, environment: settings.API_KEYS, logger });
  await keys.open();
  requireKeys(settings, keys.required);
  const registry = modelRegistry(settings, db, logger);
  await registry.open();
  await sweepMadeModels([registry.root, join(dataDir, "jobs")], db.isShared);
  const modelRoots = [
    ...settings.MODELS_DIR,
    fileURLToPath(new URL("./models", import.meta.url)),
    { folder: registry.root, links: false } as const,
  ];
  const sources = { db, modelRoots, dataDir, hasJudge: settings.GRADER_BASE_URL !== undefined };
  const servingBytes = memoryPart(settings.SERVING_MEMORY, machineMemory().total);
  const { SERVING_ENGINES: engines, SERVING_PRECISION } = settings;
  if (SERVING_PRECISION === "int8" && settings.DEVICE !== "cpu") {
    throw settingFault(
      "SERVING_PRECISION",
      "int8",
      "Expected float32 with a GPU: only the CPU multiplies int8",
    );
  }
  const env = {
    ...environment,
    ...{ SERVING_MEMORY: String(Math.floor(servingBytes / engines)), SERVING_PRECISION },
  };
  const jobLogs = new JobLogs(db, logger);
  const adapters = settings.ROLLOUT_ADAPTERS_DIR;
  if (adapters !== null) await requireAdaptersFolder(adapters);
  const engine = () =>
    engineCommand({
      read: [
        ...linkedFolders([...settings.MODELS_DIR, registry.root, ...libraryFolder(settings)]),
        ...linkedFolders([dataDir]).map((folder) => join(folder, DATASETS_FOLDER)),
      ],
      write: linkedFolders([dataDir]).flatMap((folder) => [
        join(folder, "jobs"),
        join(folder, SURVEYS_FOLDER),
      ]).concat(adapters === null ? [] : linkedFolders([adapters])),
    }, machineMemory());
  const startEngine = (
    engineLogger: Logger,
    { command, env: more, launched, queues, silence_ms, placing }: Launch,
    of?: PlacedJob,
  ) =>
    new EngineProcess({
      command,
      env: { ...env, ...more },
      logger: engineLogger,
      trace: () => jobTrace(db, engineLogger.fields),
      start_timeout_ms: queues ? Infinity : DEADLINES.start_ms,
      spool: launched ? of?.folder : undefined,
      placing,
      ...(silence_ms !== undefined && { silence_ms }),
    });
  const launcher = new Launcher({
    name: settings.LAUNCHER,
    args: settings.LAUNCHER_ARGS,
    library: settings.MPI_LIBRARY,
    mpiFolder: fileURLToPath(new URL(".mpi", import.meta.url)),
    timeout_s: settings.REPLICA_TIMEOUT_S,
    ...(settings.RAY_ADDRESS !== undefined && {
      ray: {
        ...{ address: settings.RAY_ADDRESS, token: settings.RAY_AUTH_TOKEN },
        cpus: settings.THREADS ?? 1,
      },
    }),
  });
  const datasets = new Datasets({
    ...{ db, dataDir, logger, env: environment },
    max_bytes: memoryPart(settings.MAX_DATASET_BYTES, 0),
    memory: machineMemory().total,
  });
  await datasets.sweep();
  const files = new Files({
    ...{ db, dataDir, logger },
    max_bytes: memoryPart(settings.MAX_FILE_BYTES, 0),
  });
  await files.sweep();
  const guard = new OutboundGuard(settings.OUTBOUND_ALLOW);
  const feed = new EventFeed();
  const deliverer = new Deliverer({ db, guard, logger });
  const serving = new ServingEngine({
    start: (number) => {
      const launch = directly(engine());
      if (engines === 1) return startEngine(logger, launch);
      const threads = { ...launch.env, ...sharedThreads(settings, engines) };
      return startEngine(logger.with({ serving_engine: number }), { ...launch, env: threads });
    },
    engines,
    request_timeout_ms: settings.REQUEST_TIMEOUT_S * 1000,
    memory_bytes: servingBytes,
    idle_timeout_ms: settings.SERVING_IDLE_S * 1000,
    limits: { processes: settings.SERVING_PROCESSES },
  });
  const modules = new RewardModules(dataDir);
  await modules.sweep(db.isShared);
  const graders = graderServices(settings, environment, logger);
  const makeAnswering: MakeAnswering = (asking) => answering(asking, { guard, modules, graders, adapters });
  const supervisor = new Supervisor({
    answering: makeAnswering,
    adaptersDir: adapters,
    ...{ db, dataDir, feed, logger: jobLogs.observing(logger) },
    startEngine: (engineLogger, of) => {
      const launch = launcher.launch(engine(), of);
      const given = {
        ...launch,
        env: { ...sharedThreads(settings, settings.MAX_CONCURRENT_JOBS), ...launch.env },
      };
      return startEngine(engineLogger, given, of);
    },
    endLeft: (id) => launcher.endLeft(id, logger),
    elsewhere: launcher.elsewhere,
    resolveFolders: (config) => resolveFolders(sources, config),
    onOutbox: () => deliverer.wake(),
    max_concurrent_jobs: settings.MAX_CONCURRENT_JOBS,
    freeMemory: () => serving.giveBack(),
    cancel_grace_ms: DEADLINES.job_cancel_ms,
    stop_grace_ms: DEADLINES.stop_ms,
    shutdown_grace_ms: settings.SHUTDOWN_GRACE_S * 1000,
    lease_ms: settings.DATABASE_LEASE_S * 1000,
  });
  const fineTuning = new FineTuning({
    ...{ sources, files, datasets, serving, supervisor, feed, logger },
    onOutbox: () => deliverer.wake(),
    checkReward: (reward) => checkReward(reward, { guard, modules, graders }, logger),
    device: settings.DEVICE,
  });
  const others = new OtherServers({ db, feed, logger, supervisor, workers: [deliverer, fineTuning] });
  const closing = new AbortController();
  const app = createApp({
    ...{
      ...sources,
      supervisor,
      feed,
      deliverer,
      serving,
      guard,
      registry,
      datasets,
      files,
      fineTuning,
      logger,
    },
    answering: makeAnswering,
    adapters,
    launcher,
    modules,
    graders,
    device: settings.DEVICE,
    servingPrecision: SERVING_PRECISION,
    metricsPublic: settings.METRICS_PUBLIC,
    keys,
    rate_limit: settings.RATE_LIMIT,
    max_event_streams_of_key: settings.EVENT_STREAMS_PER_KEY,
    corsOrigins: settings.CORS_ORIGINS,
    closing: closing.signal,
  });

  const signalled = Promise.withResolvers<Deno.Signal>();
  /** Aborted by a second signal: whoever sends it does not want to wait. */
  const hurry = new AbortController();
  let signals = 0;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => {
      signalled.resolve(signal);
      if (++signals > 1) hurry.abort();
    });
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
  fineTuning.wake();
  others.start();
  started.resolve();
  const host = server.hostname.includes(":") ? `[${server.hostname}]` : server.hostname;
  const url = `http://${host}:${server.port}`;
  console.log(`listening on ${url}`);
  const { DEVICE: device } = settings;
  logger.info(
    `Data is in ${dataDir}, models run on ${device}, ` +
      `${keys.required ? "an API key is needed" : "no API key is needed"}, the page is at ${url}/, ` +
      `the reference at ${url}/docs`,
    { url, data_dir: dataDir, device, api_keys: keys.size, docs: `${url}/docs` },
  );

  logger.info("Stopping", { signal: await signalled.promise });
  closing.abort();
  const drained = server.shutdown();
  await Promise.all([
    fineTuning.stop(),
    supervisor.stop(hurry.signal),
    serving.close(),
    deliverer.stop(),
    registry.close(),
    graders.python.close(),
  ]);
  await others.stop();
  await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, DRAIN_MS))]);
  await jobLogs.close();
  await keys.close();
  await db.close();
  logger.info("Stopped");
}

if (import.meta.main) {
  try {
    const printed = printedInstead(Deno.args);
    if (printed !== null) {
      await Deno.stdout.write(new TextEncoder().encode(printed));
      Deno.exit(0);
    }
    const environment = Deno.env.toObject();
    const settings = readSettings(environment);
    await startTracing(environment.OTEL_DENO);
    const logger = createLogger(settings.LOG_LEVEL);
    for (const sentence of mistakenNames(environment)) logger.warn(sentence);
    await serve(settings, logger);
    Deno.exit(0);
  } catch (error) {
    // Before the server runs there is nobody but the person who started it to tell.
    const known = error instanceof UserError ||
      Object.values(Deno.errors).some((kind) => error instanceof kind);
    console.error(known ? `error: ${(error as Error).message}` : error);
    Deno.exit(1);
  }
}
