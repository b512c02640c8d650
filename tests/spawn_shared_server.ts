/** Starts `shared_server.ts`, and breaks it. */
import { fileURLToPath } from "node:url";
import { childrenOf } from "./spawn_server.ts";

const PROGRAM = fileURLToPath(new URL("shared_server.ts", import.meta.url));

export interface SharedServer {
  url: string;
  /** Its name in leases. */
  owner: string;
  pid: number;
  /** Process ids of its engines. */
  engines(): number[];
  /** Ends the process and with SIGKILL its engines, and waits until they are gone. */
  end(signal: Deno.Signal): Promise<void>;
}

export async function spawnSharedServer(
  { database_url, data_dir, lease_ms, max_jobs }: {
    database_url: string;
    data_dir: string;
    lease_ms: number;
    max_jobs: number;
  },
): Promise<SharedServer> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", PROGRAM],
    env: {
      ...{ DATABASE_URL: database_url, DATA_DIR: data_dir },
      ...{ LEASE_MS: String(lease_ms), MAX_JOBS: String(max_jobs) },
    },
    ...{ stdin: "null", stdout: "piped", stderr: "inherit" },
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let printed = "";
  while (!printed.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`The server did not start: it ended with ${(await process.status).code}`);
    printed += value;
  }
  reader.cancel().catch(() => {});
  return {
    ...JSON.parse(printed) as { url: string; owner: string },
    pid: process.pid,
    engines: () => childrenOf(process.pid),
    async end(signal) {
      const engines = signal === "SIGKILL" ? childrenOf(process.pid) : [];
      process.kill(signal);
      for (const pid of engines) {
        try {
          Deno.kill(pid, "SIGKILL");
        } catch {
          // It has gone with its server.
        }
      }
      await process.status;
    },
  };
}
