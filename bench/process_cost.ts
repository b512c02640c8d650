/** What another process of this machine has used so far, as Linux counts it. */

/** Ticks of /proc/<pid>/stat a second, on every Linux that Deno runs on. */
const TICKS_PER_S = 100;

/** Seconds of processor time, in the program and in the system for it. */
export function cpuSeconds(pid: number): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ").at(-1)!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

/** Memory in use, in MB. */
export function rssMb(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024);
}
