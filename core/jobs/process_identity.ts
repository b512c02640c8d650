/**
 * Which process an id stands for, so that an engine whose server died is found again and no other process is taken for it:
 * ids are given again. Known where the system tells in /proc; elsewhere an engine is trusted to leave when its stdin closes.
 */

import { readSystemFile } from "../system_file.ts";

const GONE_MS = 5000;
const LOOK_MS = 20;

/** The process as text: its id, when it began and in which run of the system. Null where the system does not say. */
export function processIdentity(pid: number): string | null {
  const boot = readSystemFile("/proc/sys/kernel/random/boot_id");
  const stat = readSystemFile(`/proc/${pid}/stat`);
  // The name, in parentheses, may hold anything; what comes after it is separated by spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (boot === "" || stat === "" || fields[0] === "Z") return null;
  return `${pid} ${fields[19]} ${boot.trim()}`;
}

/** Ends the process if it still runs, even if it is stopped, and waits until it is gone. @returns whether it ran */
export async function endProcess(identity: string): Promise<boolean> {
  const pid = Number(identity.split(" ")[0]);
  if (!(pid > 1) || processIdentity(pid) !== identity) return false;
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    return false; // It has gone meanwhile.
  }
  for (const end = Date.now() + GONE_MS; Date.now() < end;) {
    if (processIdentity(pid) !== identity) break;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return true;
}
