/** Starts the server as a process of its own on a free port and a data folder of its own, for tasks and tests. */
import { fileURLToPath } from "node:url";
import { serverFlags } from "./server_permissions.ts";

export interface RunningServer {
  /** Where it listens, without a slash at the end. */
  url: string;
  pid: number;
  dataDir: string;
  /** Resolves when the process has ended, however it did. */
  ended: Promise<unknown>;
  /** Stops it gracefully and removes its data folder. */
  stop(): Promise<void>;
}

/** Resolves when the server says that it is ready. Throws with its exit code when it never does. */
export async function startServer(env: Record<string, string> = {}): Promise<RunningServer> {
  const dataDir = env.DATA_DIR ?? await Deno.makeTempDir({ prefix: "proximal-" });
  const main = fileURLToPath(new URL("../main.ts", import.meta.url));
  const config = fileURLToPath(new URL("../deno.json", import.meta.url));
  // Those of the shell are for the server that its user runs.
  const own = { HOST: "127.0.0.1", PORT: "0", API_KEYS: "", LOG_LEVEL: "warn", ...env, DATA_DIR: dataDir };
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...serverFlags({ ...Deno.env.toObject(), ...own }), "--no-check", "--config", config, main],
    env: own,
    stdout: "piped",
    stderr: "inherit",
    stdin: "null",
  }).spawn();
  let printed = "";
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) {
      throw new Error(`The server stopped with exit code ${(await child.status).code} before it was ready`);
    }
    printed += value;
    const url = /listening on (http:\/\/\S+)/.exec(printed)?.[1];
    if (!url) continue;
    reader.cancel().catch(() => {});
    return {
      url,
      pid: child.pid,
      dataDir,
      ended: child.status,
      async stop() {
        child.kill("SIGTERM");
        await child.status;
        if (!env.DATA_DIR) await Deno.remove(dataDir, { recursive: true });
      },
    };
  }
}
