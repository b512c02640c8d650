/** The command line of an engine process: the same program, started with another entry. */
import { fileURLToPath } from "node:url";

/** The running Deno, told to run the engine's entry with this project's configuration. */
export function engineCommand(): [string, ...string[]] {
  const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
  const flags = ["-A", "--no-check", "--v8-flags=--expose-gc"]; // memory that was let go is wanted at once
  return [Deno.execPath(), "run", ...flags, "--config", path("../../deno.json"), path("../engine/main.ts")];
}
