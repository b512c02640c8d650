/** The memory of the machine, or of the part of it that this process may use. Reads the system's files; loads nothing. */
import { join } from "node:path";
import { readSystemFile } from "./system_file.ts";

export interface MachineMemory {
  /** What a process could have if it were alone, in bytes. */
  total: number;
  /** What it could have now. */
  available: number;
}

/** What another process has told this one, which may not read the system's files itself. */
let told: MachineMemory | null = null;

/** Takes `total,available` in bytes for the machine's memory, as far as the system says no less. */
export function takeMachineMemory(text: string): void {
  const [, total, available] = /^(\d+),(\d+)$/.exec(text)!;
  told = { total: Number(total), available: Number(available) };
}

const NOWHERE = Number.MAX_SAFE_INTEGER;

/** What the system says, less by the limits of the control groups this process is in. */
export function machineMemory(root = "/"): MachineMemory {
  const memory = systemMemory(root);
  if (told) {
    memory.total = Math.min(memory.total, told.total);
    memory.available = Math.min(memory.available, told.available);
  }
  for (const { limit, used } of groups(root)) {
    memory.total = Math.min(memory.total, limit);
    memory.available = Math.min(memory.available, Math.max(0, limit - used));
  }
  return memory;
}

/**
 * How many processes the system has killed so far for want of memory: in the control groups this process is in, or on the
 * machine where those do not count. It only grows; 0 where the system does not say.
 */
export function memoryKills(root = "/"): number {
  const kills = (path: string) => Number(/^oom_kill (\d+)/m.exec(readSystemFile(path))?.[1] ?? NaN);
  const ofGroups = groupFolders(root).map(({ folder, names }) => kills(join(folder, names.events)))
    .filter((count) => !Number.isNaN(count));
  if (ofGroups.length > 0) return ofGroups.reduce((sum, count) => sum + count);
  return kills(join(root, "proc/vmstat")) || 0;
}

/** What a process holds of the machine's memory; 0 where the system does not say. */
export function residentBytes(pid: number, root = "/"): number {
  return 1024 *
    Number(/^VmRSS:\s+(\d+) kB/m.exec(readSystemFile(join(root, `proc/${pid}/status`)))?.[1] ?? 0);
}

/** Bytes of a part of the machine's memory, as SERVING_MEMORY says it: `25%`, or bytes as in `512M` and `4G`. */
export function memoryPart(text: string, total: number): number {
  const [, count, unit = ""] = /^(\d+)([%KMGT]?)$/.exec(text)!;
  const sizes: Record<string, number> = {
    "": 1,
    "%": total / 100,
    K: 2 ** 10,
    M: 2 ** 20,
    G: 2 ** 30,
    T: 2 ** 40,
  };
  return Math.floor(Number(count) * sizes[unit]!);
}

function systemMemory(root: string): MachineMemory {
  const text = readSystemFile(join(root, "proc/meminfo"));
  const bytes = (name: string) => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1]);
  const [total, available] = [bytes("MemTotal"), bytes("MemAvailable")];
  if (Number.isFinite(total) && Number.isFinite(available)) return { total, available };
  const { total: all, available: now } = Deno.systemMemoryInfo();
  return { total: all, available: now };
}

/** What the files of a control group are called, by the version of control groups. */
const V1 = {
  limit: "memory.limit_in_bytes",
  used: "memory.usage_in_bytes",
  file: "total_inactive_file",
  events: "memory.oom_control",
};
const V2 = { limit: "memory.max", used: "memory.current", file: "inactive_file", events: "memory.events" };

/** The folders of this process's group and those it is in, of either version. */
function groupFolders(root: string): { folder: string; names: typeof V1 }[] {
  return readSystemFile(join(root, "proc/self/cgroup")).split("\n").flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined || (controllers !== "" && !controllers!.split(",").includes("memory"))) return [];
    const [mount, names] = controllers === "" ? ["sys/fs/cgroup", V2] : ["sys/fs/cgroup/memory", V1];
    const parts = path.split("/").filter((part) => part !== "");
    return Array.from({ length: parts.length + 1 }, (_, up) => ({
      folder: join(root, mount, ...parts.slice(0, parts.length - up)),
      names,
    }));
  });
}

/** Limits and use of this process's group and those it is in. Pages of files can be taken back. */
function groups(root: string): { limit: number; used: number }[] {
  return groupFolders(root).flatMap(({ folder, names }) => {
    const limit = Number.parseInt(readSystemFile(join(folder, names.limit))) || NOWHERE; // "max" is no limit
    if (limit >= NOWHERE) return [];
    const used = Number.parseInt(readSystemFile(join(folder, names.used))) || 0;
    const files = Number(
      new RegExp(`^${names.file} (\\d+)`, "m").exec(readSystemFile(join(folder, "memory.stat")))?.[1] ?? 0,
    );
    return [{ limit, used: used - files }];
  });
}
