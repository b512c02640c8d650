/**
 * The engine process: reads commands on stdin, answers on stdout, logs on stderr. When stdin closes, running commands
 * are stopped and the process leaves.
 */
import { HEARTBEAT_MS } from "../contract/deadlines.ts";
import { readLines } from "../contract/ndjson.ts";
import type { Message } from "../contract/protocol.ts";
import { createLogger, type LogLevel } from "../log.ts";
import { Mpi } from "../mpi/mpi.ts";
import { takeMachineMemory } from "../system_memory.ts";
import { startTracing } from "../tracing.ts";
import { CommandRunner } from "./command_runner.ts";
import { EngineParts } from "./engine_parts.ts";
import { Ranks } from "./ranks.ts";

/** A job of 100,000 long prompts stays below. */
const MAX_COMMAND_BYTES = 256 * 1024 * 1024;
/** A line that only names the file of a command. */
const SPOOLED = /^\{"file":("(?:[^"\\]|\\.)*")\}\s*$/;

for (const argument of Deno.args) {
  if (argument.startsWith("--memory=")) takeMachineMemory(argument.slice("--memory=".length));
}
const level = (Deno.env.get("LOG_LEVEL") ?? "info") as LogLevel;
const ranks = Deno.args.includes("--replicas") ? joinRanks() : null;
const logger = createLogger(level, { process: "engine", ...(ranks && { rank: ranks.replicas.rank }) });
const threads = Deno.env.get("THREADS");
const parts = new EngineParts({
  device: Deno.env.get("DEVICE") || "cpu",
  library: Deno.env.get("ORT_LIBRARY") || undefined,
  threads: threads ? Number(threads) : undefined,
  inexactInt8: Deno.env.get("INEXACT_INT8"),
  // The API process has made bytes of a share of the machine.
  servingBytes: Number(Deno.env.get("SERVING_MEMORY") || 1 << 30),
  servingPrecision: Deno.env.get("SERVING_PRECISION") === "int8" ? "int8" : "float32",
}, ranks);

/** Joins the processes that were started with this one. */
function joinRanks(): Ranks {
  const seconds = Number(Deno.env.get("REPLICA_TIMEOUT_S") || 600);
  return new Ranks(
    new Mpi(Deno.env.get("MPI_LIBRARY") ?? "", {
      timeoutMs: seconds * 1000,
      onTimeout: (collective) => {
        logger.error("Another process of this job is gone or too slow", { collective, seconds });
        const detail = `A process of this job waited ${seconds} s for the others, which are gone or too slow`;
        // A launcher may wait for ever for a host that is gone: the API process ends it.
        if (ranks?.replicas.rank === 0) send({ type: "lost", detail });
        Deno.exit(FAULT_EXIT_CODE);
      },
    }),
  );
}

const encoder = new TextEncoder();

/** Writes a whole line or waits: a short write would tear a message. */
function send(message: Message): void {
  const bytes = encoder.encode(JSON.stringify(message) + "\n");
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
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

/** The text that a line stands for: one that is too long for a launcher's pipe is in a file, which only it names. */
async function unspooled(line: string): Promise<string> {
  if (!ranks) return line;
  const file = SPOOLED.exec(line)?.[1];
  if (file === undefined) return line;
  const path = JSON.parse(file) as string;
  const text = await Deno.readTextFile(path);
  await Deno.remove(path).catch(() => {});
  return text;
}

/** The command on a line. What else the line holds is not logged: it may be somebody's text. */
function parseCommand(line: string): { id: string } {
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

if (ranks && ranks.replicas.rank > 0) {
  await ranks.follow(parts, logger);
  Deno.exit(0);
}
await startTracing(Deno.env.get("OTEL_DENO"));
const runner = new CommandRunner(parts, send, logger);
send({ type: "ready", pid: Deno.pid });
Deno.unrefTimer(setInterval(() => send({ type: "alive" }), HEARTBEAT_MS));
try {
  for await (const line of readLines(Deno.stdin.readable, MAX_COMMAND_BYTES)) {
    if (line.trim() !== "") runner.accept(parseCommand(await unspooled(line)));
  }
} catch (fault) {
  // Whoever sends this is no API process of ours: nothing more it says can be trusted, nor answered.
  logger.error("Stopping: stdin is not the protocol", { fault: String(fault) });
  Deno.exit(FAULT_EXIT_CODE);
}
await runner.stop();
if (ranks) {
  await ranks.leave();
  Deno.exit(0);
}
