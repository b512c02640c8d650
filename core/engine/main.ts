/**
 * The engine process: reads commands on stdin, answers on stdout, logs on stderr. Commands begin in order.
 * Generations run beside each other, in one batch where they are of one model; what else needs the runtime runs by
 * itself, as it would share the processor anyway. `cancel` and `pause` act at once. When stdin closes, running commands are
 * stopped and the process leaves.
 */
import { placeOf } from "../device_name.ts";
import { errorRecord, invalid, saysMore, UserError } from "../errors.ts";
import { createLogger, type LogLevel } from "../log.ts";
import { inexactInt8 } from "../weights/int8_products.ts";
import { type MachineRates, machineRates, secondsOf } from "../run/measured_rates.ts";
import { Runtime } from "../ort/runtime.ts";
import { makeReward } from "../rewards/rewards.ts";
import { exportModel } from "../serve/export_model.ts";
import { generate } from "../serve/generate.ts";
import { requireDevice } from "../kinds/require_device.ts";
import { planJob, planOptions } from "../kinds/ppo/plan.ts";
import { HEARTBEAT_MS } from "../contract/deadlines.ts";
import { readLines } from "../contract/ndjson.ts";
import type { Command, Message, Result } from "../contract/protocol.ts";
import { requireInt8 } from "../kinds/prove_int8.ts";
import { score } from "../serve/score.ts";
import { ServedModels, type ServedPolicy } from "../serve/served_models.ts";
import { TextWork } from "../serve/text_work.ts";
import { trainJob } from "../kinds/ppo/run.ts";

/** A job of 100,000 long prompts stays below. */
const MAX_COMMAND_BYTES = 256 * 1024 * 1024;

const logger = createLogger((Deno.env.get("LOG_LEVEL") ?? "info") as LogLevel, { process: "engine" });
const threads = Deno.env.get("THREADS");

let runtime: Runtime | undefined;
let served: ServedModels | undefined;
let rates: Promise<MachineRates> | undefined;

const library = Deno.env.get("ORT_LIBRARY") || undefined;
const DEVICE = Deno.env.get("DEVICE") || "cpu";
/** The API process has made bytes of a share of the machine. */
const SERVING_BYTES = Number(Deno.env.get("SERVING_MEMORY") || 1 << 30);

/**
 * onnxruntime is opened by the first command that needs it, on that command's device: a process that trains does nothing
 * else.
 */
function openRuntime(device = DEVICE): Runtime {
  return runtime ??= Runtime.open({
    library,
    device: placeOf(device),
    // What a GPU still computes in float32 need not be more exact than what PyTorch's users get there.
    tf32: true,
    inexactInt8: inexactInt8(Deno.env.get("INEXACT_INT8")),
    ...(threads && { threads: Number(threads) }),
    logSeverity: "error",
  });
}

function servedModels(): ServedModels {
  return served ??= new ServedModels(openRuntime(), SERVING_BYTES);
}

/** Commands that act at once, beside those that work. */
type Work = Exclude<Command, { type: "cancel" | "pause" | "trim" }>;

/** Which commands may run while others of their kind do. */
const TOGETHER: ReadonlySet<Work["type"]> = new Set(["check", "generate"]);

/** Whoever watches this process is told when a command begins to work on texts. */
function textWork(id: string): TextWork {
  return new TextWork((work) => send({ id, type: "text", work }));
}

/** What each command does; the table is total, so a command without a row does not compile. */
const COMMANDS: {
  [Type in Work["type"]]: (
    command: Extract<Work, { type: Type }>,
    signal: AbortSignal,
    pause: AbortSignal,
  ) => Promise<Result>;
} = {
  check: async ({ id, job, folders }) => {
    const device = job.device ?? DEVICE;
    requireDevice(job, device, library);
    const target = placeOf(device) === "cpu" ? "cpu" : "cuda";
    if (target === openRuntime().target) await requireInt8(openRuntime(), job);
    const { plan } = await planJob(
      job,
      folders,
      planOptions({ threads: openRuntime().threads, target }, "total"),
      textWork(id),
    );
    if (openRuntime().target !== target) return plan; // how fast the other device is, is not known here
    const { step_flops: flops, step_reads: reads } = plan.estimate;
    const step_seconds = secondsOf({ flops, reads }, await (rates ??= machineRates(openRuntime())));
    return { ...plan, estimate: { ...plan.estimate, step_seconds } };
  },
  train: async ({ id, ...request }, signal, pause) => {
    const runtime = openRuntime(request.job.device ?? DEVICE);
    const events = trainJob(runtime, request, { signal, pause, text: textWork(id) });
    for (;;) {
      const { done, value } = await events.next();
      if (done) return value;
      send({ id, type: "event", event: value });
    }
  },
  generate: async ({ id, request, folders, each, tokens }, signal) => {
    using leases = new DisposableStack();
    const text = textWork(id);
    const wanted = each ?? request.prompts.map(() => folders);
    const policies = new Map<string, ServedPolicy>();
    for (const of of wanted) {
      const key = JSON.stringify(of);
      if (!policies.has(key)) policies.set(key, leases.use(await servedModels().policy(of, text)));
    }
    return await generate(wanted.map((of) => policies.get(JSON.stringify(of))!), request, signal, {
      ...{ tokens, text },
      emit: (deltas) => send({ id, type: "event", event: { type: "deltas", deltas } }),
    });
  },
  probe: () => {
    requireDevice({ base_precision: null, rollout_precision: null }, DEVICE, library);
    openRuntime();
    return Promise.resolve(null);
  },
  export: async ({ format, folders, output }, signal) => ({
    files: await exportModel(openRuntime(), format, folders, output, signal),
  }),
  score: async ({ id, request, folders }, signal) => {
    using leases = new DisposableStack();
    const text = textWork(id);
    const policy = leases.use(await servedModels().scorer(folders, text));
    const context = {
      model: async (name: string) => leases.use(await servedModels().reward(folders, name, text)),
    };
    const reward = request.reward && await makeReward(request.reward, context);
    return await score(policy, request, reward, signal, text);
  },
};

const encoder = new TextEncoder();

/** Writes a whole line or waits: a short write would tear a message. */
function send(message: Message): void {
  const bytes = encoder.encode(JSON.stringify(message) + "\n");
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

/** What stops a command: at once, or after the step that a train command is in. */
interface Stops {
  cancel: AbortController;
  pause: AbortController;
}

const running = new Map<string, Stops>();
/** Those of the running that have not begun. */
const waiting = new Set<string>();

const CANCELLED = new UserError("cancelled", "The command was cancelled");

function cancel(id: string): void {
  running.get(id)?.cancel.abort(CANCELLED);
  if (!waiting.delete(id)) return;
  running.delete(id);
  send({ id, type: "error", error: errorRecord(CANCELLED) });
}

async function run(command: Work, { cancel, pause }: Stops): Promise<void> {
  if (!waiting.delete(command.id)) return; // cancelled, and answered
  try {
    cancel.signal.throwIfAborted();
    if (!Object.hasOwn(COMMANDS, command.type)) {
      const known = [...Object.keys(COMMANDS), "cancel", "pause", "trim"].join(", ");
      throw invalid("type", `Expected a command among ${known}: it is '${command.type}'`);
    }
    const handler = COMMANDS[command.type] as (command: Work, ...signals: AbortSignal[]) => Promise<Result>;
    const result = await handler(command, cancel.signal, pause.signal);
    send({ id: command.id, type: "result", result });
  } catch (thrown) {
    const error = errorRecord(thrown);
    if (saysMore(thrown, error)) {
      logger.error("Command failed", {
        command: command.type,
        stack: thrown instanceof Error ? thrown.stack : thrown,
      });
    }
    send({ id: command.id, type: "error", error });
  } finally {
    running.delete(command.id);
  }
}

// An error nobody caught would end the isolate under onnxruntime's threads, which crashes without a word.
const FAULT_EXIT_CODE = 70;
for (const type of ["error", "unhandledrejection"] as const) {
  globalThis.addEventListener(type, (event) => {
    const fault = event instanceof PromiseRejectionEvent ? event.reason : (event as ErrorEvent).error;
    logger.error("Uncaught error", { stack: fault instanceof Error ? fault.stack : String(fault) });
    Deno.exit(FAULT_EXIT_CODE);
  });
}

/** The command on a line. What else the line holds is not logged: it may be somebody's text. */
function parseCommand(line: string): Command {
  let command;
  try {
    command = JSON.parse(line);
  } catch {
    throw new TypeError(`Cannot read a line of ${line.length} characters as a command: it is not JSON`);
  }
  if (typeof command?.id !== "string") {
    throw new TypeError(`Cannot read a line of ${line.length} characters as a command: it has no id`);
  }
  return command;
}

send({ type: "ready", pid: Deno.pid });
Deno.unrefTimer(setInterval(() => send({ type: "alive" }), HEARTBEAT_MS));
/** The last command that ran by itself, and those since that run together. */
let alone: Promise<void> = Promise.resolve();
let together: Promise<void>[] = [];

function schedule(command: Work, stops: Stops): void {
  if (TOGETHER.has(command.type)) {
    const done = alone.then(() => run(command, stops));
    together.push(done);
    done.then(() => together = together.filter((other) => other !== done));
  } else {
    alone = Promise.all([alone, ...together]).then(() => run(command, stops));
    together = [];
  }
}

try {
  for await (const line of readLines(Deno.stdin.readable, MAX_COMMAND_BYTES)) {
    if (line.trim() === "") continue;
    const command = parseCommand(line);
    if (command.type === "cancel") {
      cancel(command.target);
      continue;
    }
    if (command.type === "pause") {
      running.get(command.target)?.pause.abort();
      continue;
    }
    if (command.type === "trim") {
      served?.trim(0);
      send({ id: command.id, type: "result", result: null });
      continue;
    }
    const stops = { cancel: new AbortController(), pause: new AbortController() };
    running.set(command.id, stops);
    waiting.add(command.id);
    schedule(command, stops);
  }
} catch (fault) {
  // Whoever sends this is no API process of ours: nothing more it says can be trusted, nor answered.
  logger.error("Stopping: stdin is not the protocol", { fault: String(fault) });
  Deno.exit(FAULT_EXIT_CODE);
}
for (const { cancel } of running.values()) cancel.abort(new UserError("cancelled", "The engine is stopping"));
await Promise.all([alone, ...together]);
