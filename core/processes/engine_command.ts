/**
 * The command line of an engine process: the same program, started with another entry, and allowed what it needs. It can
 * run no program, reach no network, load no code from elsewhere, read nothing but the program, the models and the jobs'
 * folders, and write nothing but the latter (docs/security.md says why each is so).
 */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { MachineMemory } from "../system_memory.ts";

/** The folders that an engine may use, each with all that is in it. */
export interface EngineAccess {
  /** Beside the program's own. */
  read: readonly string[];
  /** May be read, too. */
  write: readonly string[];
}

export const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Folders as Deno can be told of them: of a path with a comma, the first above it that has none. */
export function commaless(folders: readonly string[]): string[] {
  return [
    ...new Set(folders.map((folder) => {
      while (folder.includes(",")) folder = dirname(folder);
      return folder;
    })),
  ];
}

/**
 * Nothing is fetched where a task has installed what engines import, and looking for it would take a tenth of a start.
 * Where only `deno run main.ts` was used, the first engine fetches its packages.
 */
export function packageFlags(): string[] {
  const isInstalled = existsSync(path("../../node_modules/onnxruntime-node"));
  return isInstalled ? ["--cached-only", "--node-modules-dir=manual"] : [];
}

export function folderFlag(name: string, folders: readonly string[]): string[] {
  return folders.length === 0 ? [] : [`--${name}=${commaless(folders).join(",")}`];
}

/**
 * The running Deno, told to run the engine's entry with this project's configuration.
 *
 * @param memory What this process knows of the machine's memory: only a process that may do everything can read that.
 */
export function engineCommand(
  { read, write }: EngineAccess = { read: [], write: [] },
  memory?: MachineMemory,
): [string, ...string[]] {
  const flags = [
    ...folderFlag("allow-read", [path("../.."), ...read, ...write]),
    ...folderFlag("allow-write", write),
    "--allow-sys=systemMemoryInfo",
    // Its environment was chosen for it. Pointers need all of ffi, so libraries cannot be named one by one.
    ...["--allow-env", "--allow-ffi", "--deny-import", "--deny-net", "--deny-run"],
    ...["--no-prompt", "--no-check", ...packageFlags()],
    "--v8-flags=--expose-gc", // memory that was let go is wanted at once
  ];
  const config = ["--config", path("../../deno.json")];
  const told = memory ? [`--memory=${memory.total},${memory.available}`] : [];
  return [Deno.execPath(), "run", ...flags, ...config, path("../engine/main.ts"), ...told];
}
