/** Signals to a process and to what it has started in its group, such as a launcher's connections to hosts. */

/** @param pid of a process; where it is the first of a group (`detached`), of all in that */
export function endGroup(pid: number, signal: Deno.Signal): void {
  const isGroup = Deno.build.os !== "windows";
  for (const target of isGroup ? [-pid, pid] : [pid]) {
    try {
      Deno.kill(target, signal);
    } catch {
      // No group, or all are gone.
    }
  }
}
