/**
 * The process that makes a dataset's rows of an uploaded file: started for one file, allowed to read that and to write one
 * folder, watched for memory, room and time, ended when nobody waits for it.
 */
import { dirname } from "node:path";
import type { ConversionFormat, ConvertAnswer, MadeRows } from "../contract/dataset_conversion.ts";
import { UserError } from "../errors.ts";
import { residentBytes } from "../system_memory.ts";
import { commaless, folderFlag, packageFlags, path } from "./engine_command.ts";

/** What its heap may hold, at most and as a share of the machine's memory. */
const HEAP_BYTES = 4 * 1024 ** 3;
const HEAP_SHARE = 1 / 8;
/** A row group of Parquet takes several times its size as rows. */
const GROUP_SHARE = 1 / 4;
/** Buffers beside the heap. */
const RESIDENT_RATIO = 2;
const LOOK_MS = 200;
const BASE_MS = 600_000;
/** Of the slowest format, on a slow machine. */
const BYTES_PER_MS = 2000;

export interface Conversion {
  format: ConversionFormat;
  source: string;
  /** Where the store is written; it is there, and empty. */
  folder: string;
  /** Of the source. */
  bytes: number;
}

export interface ConvertOptions {
  /** Of the process. */
  env: Record<string, string>;
  /** Of the machine, in bytes. */
  memory: number;
  /** Asked again and again; what it throws ends the process. */
  check: () => Promise<void>;
  signal: AbortSignal;
}

/** The process's program and arguments. */
function command({ format, source, folder }: Conversion, heap: number): [string, string[]] {
  const flags = [
    folderFlag("allow-read", [path("../.."), ...commaless([dirname(source), folder])])[0]!,
    folderFlag("allow-write", commaless([folder]))[0]!,
    ...["--allow-env", "--deny-ffi", "--deny-import", "--deny-net", "--deny-run"],
    ...["--no-prompt", "--no-check", ...packageFlags()],
    `--v8-flags=--max-old-space-size=${Math.floor(heap / 1024 ** 2)}`,
  ];
  const program = ["--config", path("../../deno.json"), path("../convert/main.ts")];
  return [
    Deno.execPath(),
    ["run", ...flags, ...program, format, source, folder, String(Math.floor(heap * GROUP_SHARE))],
  ];
}

/**
 * Makes a store of rows.
 *
 * @throws {UserError} with the faults of the file; the signal's reason; what `check` throws
 */
export async function convert(
  conversion: Conversion,
  { env, memory, check, signal }: ConvertOptions,
): Promise<MadeRows> {
  signal.throwIfAborted();
  const heap = Math.min(HEAP_BYTES, memory * HEAP_SHARE);
  const [program, args] = command(conversion, heap);
  const child = new Deno.Command(program, {
    ...{ args, env, clearEnv: true, detached: true },
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
  let fault: unknown = null;
  const end = (why: unknown) => {
    fault ??= why;
    try {
      child.kill("SIGKILL");
    } catch {
      // It is gone already.
    }
  };
  const onAbort = () => end(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const late = performance.now() + BASE_MS + conversion.bytes / BYTES_PER_MS;
  const looks = setInterval(async () => {
    if (residentBytes(child.pid) > heap * RESIDENT_RATIO) end(tooMuch());
    if (performance.now() > late) {
      end(new UserError("deadline_exceeded", "The file's rows could not be read in time"));
    }
    await check().catch(end);
  }, LOOK_MS);
  try {
    const { stdout, stderr, code } = await child.output();
    if (fault !== null) throw fault;
    return answered(stdout, stderr, code);
  } finally {
    clearInterval(looks);
    signal.removeEventListener("abort", onAbort);
  }
}

function answered(stdout: Uint8Array, stderr: Uint8Array, code: number): MadeRows {
  const text = new TextDecoder();
  let answer: ConvertAnswer;
  try {
    answer = JSON.parse(text.decode(stdout));
  } catch {
    const said = text.decode(stderr);
    if (/out of memory/i.test(said)) throw tooMuch();
    throw new Error(`The process that reads datasets ended with code ${code}: ${said.slice(0, 2000)}`);
  }
  if (!answer.error) return answer.about;
  const { code: why, detail, errors } = answer.error;
  if (why === "internal") {
    throw new Error(`The process that reads datasets failed: ${text.decode(stderr).slice(0, 2000)}`);
  }
  throw new UserError(why, detail, errors);
}

function tooMuch(): UserError {
  const message =
    "Expected a file whose rows can be read within the server's memory: write it with smaller rows or row groups";
  return new UserError("invalid_request", message, [{ path: "body", message }]);
}
