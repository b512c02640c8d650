/**
 * What a kit runs on a GPU machine, from `run.sh`: whether a GPU computes what the CPU does, then the workloads, most
 * important first, until the time is up. A line of JSON goes to stdout and to the results as soon as there is something to
 * tell, so a run that is cut off still tells what it had. Without a GPU the stand-in device takes its place, and the
 * lines say so.
 */
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type GpuUse, watchGpu } from "../watch_gpu.ts";
import { nvidiaFolders } from "./nvidia_folders.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const CHECK = "tasks/cuda/check.ts";
const STEP = "bench/ppo_step.ts";

export interface KitCheck {
  part: string;
  /** The program and its arguments, but for the device. */
  args: readonly string[];
  /** Seconds that it needs at least: with less left it is not begun. */
  least: number;
  /** Seconds that it may take at most, so that what comes later has its turn. */
  most: number;
  /** Only where there is a GPU: the stand-in device would take hours. */
  gpuOnly?: boolean;
}

const parity = (part: string, models: readonly string[], least: number, most: number): KitCheck => ({
  part,
  args: [CHECK, ...models.flatMap((model) => ["--models", model]), "--bench", "none"],
  least,
  most,
});

const workload = (size: string, steps: number, least: number, most: number): KitCheck => ({
  part: `workload ${size}`,
  args: [STEP, size, "--steps", `${steps}`, "--each-step"],
  least,
  most,
  ...(size !== "tiny" && { gpuOnly: true }),
});

/** In order of importance. */
export const CHECKS: readonly KitCheck[] = [
  parity("parity of qwen3", ["qwen3"], 10, 240),
  workload("0.6b-gpu", 3, 60, 420),
  parity("parity of the others", ["llama", "qwen2", "gpt2"], 20, 240),
  workload("0.6b", 3, 40, 120),
  workload("135m", 3, 20, 90),
  workload("tiny", 4, 10, 120),
];

export type KitLine = { part: string } & Record<string, unknown>;

export interface KitRun {
  /** Runs one program of the kit. */
  start(args: readonly string[]): Deno.ChildProcess;
  /** Seconds until the time is up. */
  left(): number;
  print(line: KitLine): void;
  watch?(): { stop(): Promise<GpuUse | null> };
}

/**
 * Runs the checks on the GPU, or on the stand-in where there is none. Gives whether all that came to their end are right;
 * the last line names the others.
 */
export async function runKit(run: KitRun, checks = CHECKS): Promise<boolean> {
  const device = { part: "device", least: 0, most: 120 };
  const onDevice = (name: string) => [CHECK, "--models", "none", "--bench", "none", "--device", name];
  const gpu = await runCheck(run, { ...device, args: onDevice("cuda") });
  let name = "cuda";
  if (!gpu.ok) {
    name = "allocated";
    run.print({
      ...{ part: "device", device: name, stand_in: true, reason: gpu.error },
      note: "No GPU was used: what follows ran on the CPU, in memory that stands in for a GPU's",
    });
  }
  let ok = true;
  const unfinished: string[] = [];
  for (const check of checks) {
    const left = Math.floor(run.left());
    if (check.gpuOnly && !gpu.ok) run.print({ part: check.part, skipped: "there is no GPU" });
    else if (left < check.least) {
      run.print({ part: check.part, skipped: `${left} s are left, it needs ${check.least}` });
      unfinished.push(check.part);
    } else {
      const args = [...check.args, "--device", name];
      const ran = await runCheck(run, { ...check, args }, gpu.ok);
      if (ran.cutOff) unfinished.push(check.part);
      else ok &&= ran.ok;
    }
  }
  run.print({ part: "all", ok, unfinished, device: name, stand_in: !gpu.ok });
  return ok;
}

async function runCheck(
  { start, left, print, watch }: KitRun,
  { part, args, most }: KitCheck,
  watched = false,
): Promise<{ ok: boolean; cutOff: boolean; error?: string }> {
  const began = performance.now();
  const watching = watched ? watch?.() : undefined;
  const child = start(args);
  const ended = new AbortController();
  const timer = setTimeout(() => {
    ended.abort();
    endGroup(child.pid);
  }, 1000 * Math.max(0, Math.min(most, left())));
  const errors = new Response(child.stderr).text();
  for await (const line of createInterface({ input: Readable.from(child.stdout) })) {
    if (line.startsWith("{")) print({ part, ...JSON.parse(line) });
  }
  const { success } = await child.status;
  clearTimeout(timer);
  const gpu = await watching?.stop();
  const cutOff = ended.signal.aborted;
  const error = success ? undefined : (await errors).trim().slice(-2000);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  print({
    part,
    ok: success,
    seconds,
    ...(cutOff && { cut_off: true }),
    ...(error && { error }),
    ...(gpu && { gpu }),
  });
  return { ok: success, cutOff, error };
}

/** Ends a process that was started with a group of its own, and what it has started. */
function endGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    options: { deadline: { type: "string" }, results: { type: "string" } },
    allowPositionals: true,
  });
  const checks = CHECKS.filter(({ part }) => positionals.length === 0 || positionals.includes(part));
  const deadline = Number(values.deadline);
  const folders = await nvidiaFolders();
  const path = [...folders, Deno.env.get("LD_LIBRARY_PATH") ?? ""].filter(Boolean).join(":");
  const print = (line: KitLine) => {
    const text = JSON.stringify(line);
    console.log(text);
    Deno.writeTextFileSync(values.results!, `${text}\n`, { append: true });
  };
  print({ part: "libraries", folders });
  const temporary = join(ROOT, "temporary");
  Deno.mkdirSync(temporary, { recursive: true });
  const ok = await runKit({
    start: ([script, ...args]) => {
      // What was ended in the middle leaves models of gigabytes.
      Deno.removeSync(temporary, { recursive: true });
      Deno.mkdirSync(temporary);
      return new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--cached-only", join(ROOT, script!), ...args],
        env: { LD_LIBRARY_PATH: path, TMPDIR: temporary },
        stdout: "piped",
        stderr: "piped",
        detached: true,
      }).spawn();
    },
    left: () => deadline - Date.now() / 1000,
    print,
    watch: () => watchGpu(0),
  }, checks);
  Deno.exit(ok ? 0 : 1);
}
