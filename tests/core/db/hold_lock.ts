/**
 * A second process that holds a lock on a database, as a backup tool or a shell does: runs the statement it is given,
 * says so, and lets go when its stdin ends.
 */
import { fileURLToPath } from "node:url";
import { join } from "node:path";

export interface Lock {
  /** Resolves when the lock is gone. */
  release(): Promise<void>;
}

/** @param sql What takes the lock. */
export async function holdLock(folder: string, sql = "begin immediate"): Promise<Lock> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", fileURLToPath(import.meta.url), join(folder, "proximal.db"), sql],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { done } = await reader.read();
  if (done) throw new Error("The other process did not get the lock");
  return {
    async release() {
      await child.stdin.close();
      await child.status;
      await reader.cancel();
    },
  };
}

if (import.meta.main) {
  const { DatabaseSync } = await import("node:sqlite");
  const [path, sql] = Deno.args as [string, string];
  const database = new DatabaseSync(path, { timeout: 5000 });
  database.exec(sql);
  console.log("held");
  await Deno.stdin.readable.pipeTo(new WritableStream());
  database.close();
}
