/** A server as a process, for tests that stop it and start it again. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

export interface SpawnedServer {
  url: string;
  process: Deno.ChildProcess;
  /** When it is gone: what it has logged. */
  ended: Promise<string>;
  /** Process ids of its engines; none where the system does not tell. */
  engines(): number[];
}

/** Starts a server on a free port and waits until it listens. */
export async function spawnServer(environment: Record<string, string>): Promise<SpawnedServer> {
  const env = {
    HOME: Deno.env.get("HOME") ?? "/",
    PATH: Deno.env.get("PATH") ?? "",
    PORT: "0",
    ...environment,
  };
  const process = new Deno.Command(Deno.execPath(), {
    ...{ args: ["run", "-A", "--no-check", "main.ts"], cwd: ROOT, env, clearEnv: true },
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
  const log = new Response(process.stderr).text();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let stdout = "";
  while (!stdout.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`The server did not start: ${await log}`);
    stdout += value;
  }
  reader.releaseLock();
  await process.stdout.cancel().catch(() => {});
  return {
    url: stdout.trim().split(" ").at(-1)!,
    process,
    ended: process.status.then(() => log),
    engines: () => childrenOf(process.pid).filter(isEngine),
  };
}

/** Asks a server for JSON below an address. What it throws says what was answered otherwise than 2xx. */
export function jsonCaller(base: string) {
  // deno-lint-ignore no-explicit-any
  return async (method: string, path: string, body?: unknown): Promise<any> => {
    const response = await fetch(base + path, {
      method,
      headers: { "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = await response.json();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };
}

/** Process ids of a process's children; none where the system does not tell. */
export function childrenOf(pid: number): number[] {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/task`)].flatMap(({ name }) =>
      Deno.readTextFileSync(`/proc/${pid}/task/${name}/children`).trim().split(" ").filter(Boolean).map(
        Number,
      )
    );
  } catch {
    return [];
  }
}

function isEngine(pid: number): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes("core/engine/main.ts");
  } catch {
    return false;
  }
}
