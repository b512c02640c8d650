/** What a session can be told when it is made, and its translation into onnxruntime's option object. */
import { join } from "node:path";
import { type Api, cString } from "./api.ts";
import type { Device } from "./device.ts";
import type { PrepackedWeights } from "./prepacked_weights.ts";
import type { Place } from "./memory.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Where external initializers claim to be. onnxruntime wants their file to exist even when `AddInitializer` replaces
 * every one, so this folder has an empty one by the name that the messages give (`WEIGHTS_LOCATION`).
 */
const WEIGHTS_FOLDER = join(import.meta.dirname!, "external");

/**
 * onnxruntime rewrites nothing. Our graphs say what they mean, its optimizers found nothing in them (135M weights: 4 nodes
 * of 5,470), took a second to look, and would merge what is recomputed for the backward pass with what was made before.
 */
const NO_OPTIMIZATION = 0;
const ALL_OPTIMIZATIONS = 99;

export interface SessionOptions {
  /**
   * Weights by name, where the runtime's device is, shared and not copied; the session keeps them alive. Disposing them
   * earlier is fine. Their shape is not checked.
   */
  initializers?: Readonly<Record<string, Tensor>>;
  /** Shares reordered weights with every other session that names the same container. */
  prepacked?: PrepackedWeights;
  /**
   * Where a run's values come from and what it frees goes. `shared`: the arena of all sessions, so that what one has freed
   * serves the next; runs side by side wait for each other there. `own`: an arena of the session's. `none`: the
   * system's allocator, which takes less memory and makes small runs slower.
   * @default {"shared"}
   */
  arena?: "shared" | "own" | "none";
  /**
   * Plan one block for all intermediate values of a known shape.
   * @default {true}
   */
  memoryPattern?: boolean;
  /**
   * Reorder constant weights for faster small matmuls, at the cost of a second copy of them.
   * @default {true}
   */
  prepacking?: boolean;
  /**
   * Threads of this session alone instead of the pool that all share; 1 runs on the calling thread, so that several
   * runs can go on side by side.
   */
  threads?: number;
  /** Write a profile to `<profile>_<time>.json`; `endProfiling` closes it and gives the name. */
  profile?: string;
  /** Names of nodes that may run on the host though the session is on a device: they compute shapes. */
  hostNodes?: readonly string[];
  /** Let onnxruntime rewrite the graph, as it does by default: for one that is not ours. */
  optimize?: boolean;
  /** Let the host run also what it should not: whoever asks looks at `nodes` itself. */
  anyProvider?: boolean;
  /** Session config entries as onnxruntime names them; they win over ours. */
  config?: Readonly<Record<string, string>>;
}

/** What all sessions of a runtime have in common. */
export interface ProcessOptions {
  readonly threads: number;
  readonly spin: boolean;
  readonly deterministic: boolean;
  /** Use the environment's thread pool, not one of the session's own. */
  readonly sharedPool: boolean;
  /** Where sessions run; null: on the host. */
  readonly device: Device | null;
}

/** Calls `use` with the option object that says all of this, and releases it afterwards. */
export async function withSessionOptions<T>(
  api: Api,
  options: SessionOptions,
  process: ProcessOptions,
  use: (native: Deno.PointerObject) => Promise<T>,
): Promise<T> {
  const native = api.pointer("make session options", api.CreateSessionOptions);
  const set = (status: Deno.PointerValue, what: string) => api.check(status, `set the session's ${what}`);
  try {
    if (process.sharedPool && options.threads === undefined) {
      set(api.DisablePerSessionThreads(native), "thread pool");
    } else set(api.SetIntraOpNumThreads(native, options.threads ?? process.threads), "number of threads");
    if (options.arena === "none") set(api.DisableCpuMemArena(native), "arena");
    if (options.memoryPattern === false) set(api.DisableMemPattern(native), "memory pattern");
    if (process.deterministic) set(api.SetDeterministicCompute(native, true), "determinism");
    const level = options.optimize ? ALL_OPTIMIZATIONS : NO_OPTIMIZATION;
    set(api.SetSessionGraphOptimizationLevel(native, level), "optimization level");
    if (options.profile !== undefined) {
      set(api.EnableProfiling(native, nativePath(options.profile)), "profile");
    }
    for (const [key, value] of Object.entries(configEntries(options, process))) {
      set(api.AddSessionConfigEntry(native, cString(key), cString(value)), `config entry '${key}'`);
    }
    process.device?.configure(native);
    addInitializers(api, native, Object.entries(options.initializers ?? {}), process.device?.place ?? "cpu");
    return await use(native);
  } finally {
    api.ReleaseSessionOptions(native);
  }
}

/** @throws TypeError for one that is not where the session is: onnxruntime would read it as if it were */
function addInitializers(
  api: Api,
  native: Deno.PointerObject,
  initializers: readonly [string, Tensor][],
  place: Place,
): void {
  for (const [name, { handle, place: here }] of initializers) {
    if (here !== place) {
      throw new TypeError(`Cannot share initializer '${name}' on ${here}: want it on ${place}`);
    }
    api.check(api.AddInitializer(native, cString(name), handle.pointer), `share initializer '${name}'`);
  }
}

function configEntries(options: SessionOptions, { spin, device }: ProcessOptions): Record<string, string> {
  const entries: Record<string, string> = {
    "session.intra_op.allow_spinning": spin ? "1" : "0",
    // The environment's arenas. A device has but the one.
    "session.use_env_allocators": (options.arena ?? "shared") === "shared" || device ? "1" : "0",
  };
  if (device) entries["session.record_ep_graph_assignment_info"] = "1";
  if (options.prepacking === false) entries["session.disable_prepacking"] = "1";
  if (options.initializers && Object.keys(options.initializers).length > 0) {
    entries["session.model_external_initializers_file_folder_path"] = WEIGHTS_FOLDER;
  }
  return { ...entries, ...options.config };
}

/** A path as the library's `ORTCHAR_T*`: UTF-16 on Windows, UTF-8 elsewhere. */
function nativePath(path: string): Uint8Array<ArrayBuffer> {
  if (Deno.build.os !== "windows") return cString(path);
  const units = Uint16Array.from(`${path}\0`, (unit) => unit.charCodeAt(0));
  return new Uint8Array(units.buffer);
}
