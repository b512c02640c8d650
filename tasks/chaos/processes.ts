/** The processes of a server that can be broken: the server itself, and the engines that are its children. */

/** Ids of the engine processes of the server `pid`; with `orphans`, of those below `dataDir` whose server is gone. */
export function enginesOf(pid: number): number[] {
  return [...processes()].filter(({ parent, command }) => parent === pid && isEngine(command))
    .map(({ pid }) => pid);
}

/** Engines whose parent is no server any more. */
export function orphanEngines(servers: readonly number[]): number[] {
  const alive = new Set([...processes()].map(({ pid }) => pid));
  return [...processes()]
    .filter(({ parent, command }) => isEngine(command) && (parent === 1 || !alive.has(parent)))
    .filter(({ pid }) => !servers.includes(pid)).map(({ pid }) => pid);
}

function isEngine(command: string): boolean {
  return command.includes("core/engine/main.ts");
}

function* processes(): Generator<{ pid: number; parent: number; command: string }> {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const [state, parent] = Deno.readTextFileSync(`/proc/${name}/stat`).replace(/^.*\) /s, "").split(" ");
      if (state === "Z") continue;
      yield {
        pid: Number(name),
        parent: Number(parent),
        command: Deno.readTextFileSync(`/proc/${name}/cmdline`),
      };
    } catch {
      // It ended while it was looked at.
    }
  }
}

/** Sends a signal, if there is still somebody to get it. */
export function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch (thrown) {
    if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
  }
}
