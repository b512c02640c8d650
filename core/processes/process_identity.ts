/**
 * Which process an id stands for, so that an engine whose server died is found again and no other process is taken for it:
 * ids are given again. Known where the system tells in /proc; elsewhere an engine is trusted to leave when its stdin closes.
 */

import { readSystemFile } from "../system_file.ts";
import { endGroup } from "./end_group.ts";

const OF = " of ";
/** How long a process may take that is asked to leave, and one that is not asked. */
const ASKED_MS = 3000;
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

/** A process that this one has started, and this one. Null where the system does not say. */
export function childIdentity(pid: number): string | null {
  const [child, own] = [processIdentity(pid), processIdentity(Deno.pid)];
  return child && own && `${child}${OF}${own}`;
}

/**
 * Ends a process that another has left behind, even if it is stopped, and waits until it is gone. One whose parent still
 * lives is not touched: it was named in a data folder that is a copy of another server's.
 *
 * @param child as `childIdentity` gave it @returns whether it ran
 */
export async function endOrphan(child: string): Promise<boolean> {
  const [identity, parent] = child.split(OF) as [string, string?];
  const pid = pidOf(identity);
  if (!(pid > 1) || processIdentity(pid) !== identity) return false;
  if (parent && pidOf(parent) !== Deno.pid && processIdentity(pidOf(parent)) === parent) return false;
  try {
    // A launcher that is asked ends what it has placed, and leaves its queue.
    for (const signal of ["SIGTERM", "SIGCONT"] as const) Deno.kill(pid, signal);
  } catch {
    return false; // It has gone meanwhile.
  }
  if (await isGone(pid, identity, ASKED_MS)) return true;
  endGroup(pid, "SIGKILL");
  await isGone(pid, identity, GONE_MS);
  return true;
}

async function isGone(pid: number, identity: string, within_ms: number): Promise<boolean> {
  for (const end = Date.now() + within_ms; Date.now() < end;) {
    if (processIdentity(pid) !== identity) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return false;
}

function pidOf(identity: string): number {
  return Number(identity.split(" ")[0]);
}
