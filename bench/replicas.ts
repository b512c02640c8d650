/**
 * `replicas.ts [SIZE …] [--repeats N] [--steps N]`: steps of a workload by one process of two threads and by two processes
 * of one, in turns, each time anew: seconds and CPU seconds of a step, what share of it the two spend together, and whether
 * both come to the same parameters. Wants an MPI (`task mpi:install`) and an idle machine of two cores.
 *
 * The processes are this file's own (`--worker`), the second kind started by mpiexec.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Mpi } from "../core/mpi/mpi.ts";
import { Runtime } from "../core/ort/runtime.ts";
import { ALONE } from "../core/replicas/replicas.ts";
import { MPI_FOLDER } from "../tasks/mpi/install.ts";
import { randomModels } from "./random_models.ts";
import { median, openWorkload } from "./workload_run.ts";
import { type WorkloadName, WORKLOADS } from "./workloads.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    repeats: { type: "string", default: "5" },
    steps: { type: "string", default: "4" },
    worker: { type: "string" },
    threads: { type: "string", default: "1" },
    together: { type: "boolean", default: false },
  },
});
const LIBRARY = join(MPI_FOLDER, "lib", "libmpi_abi.so.1");

/** What one process says of its steps, without the first: that loads. */
interface Measured {
  rank: number;
  step_s: number;
  /** Of this process's cores, a step. */
  cpu_s: number;
  sum_s: number;
  gather_s: number;
  wait_s: number;
  parameters: string;
}

/** One of the processes: runs the steps, and prints what they took. */
async function work(size: WorkloadName, folder: string): Promise<void> {
  const replicas = options.together
    ? new Mpi(LIBRARY, {
      timeoutMs: 600_000,
      onTimeout: (collective) => {
        console.error(`${collective} does not end`);
        Deno.exit(1);
      },
    })
    : ALONE;
  const runtime = Runtime.open({ threads: Number(options.threads) });
  const folders = { policy: join(folder, "policy"), reward: join(folder, "reward") };
  const { events, learner } = await openWorkload(
    runtime,
    folders,
    WORKLOADS[size],
    { steps: Number(options.steps) + 1 },
    replicas,
  );
  const steps: Record<string, number>[] = [];
  let begun = 0;
  for await (const event of events()) {
    if (event.type !== "step") continue;
    if (steps.length === 0) begun = cpuSeconds();
    steps.push(event.metrics as Record<string, number>);
  }
  const measured = steps.slice(1);
  const of = (name: string) => median(measured.map((metrics) => metrics[name] ?? 0));
  const parameters = createHash("sha256").update(learner.policy.parameters.flat.read() as Float32Array)
    .digest("hex");
  const said: Measured = {
    ...{ rank: replicas.rank, step_s: of("time/step_s"), cpu_s: (cpuSeconds() - begun) / measured.length },
    ...{
      sum_s: of("replicas/sum_s"),
      gather_s: of("replicas/gather_s"),
      wait_s: of("replicas/wait_s"),
      parameters,
    },
  };
  console.log(JSON.stringify(said));
  if (replicas instanceof Mpi) await replicas.finalize();
  Deno.exit(0);
}

/** This process's, of all its threads. */
function cpuSeconds(): number {
  const stat = Deno.readTextFileSync("/proc/self/stat").replace(/^.*\) /s, "").split(" ");
  return (Number(stat[11]) + Number(stat[12])) / 100;
}

/** Starts one process of two threads, or two of one, and gives what each says. */
async function measure(size: WorkloadName, folder: string, together: boolean): Promise<Measured[]> {
  const worker = ["run", "-A", import.meta.filename!, size, "--worker", folder, "--steps", options.steps];
  const [program, args] = together
    ? [
      join(MPI_FOLDER, "bin", "mpiexec"),
      ["-n", "2", Deno.execPath(), ...worker, "--threads", "1", "--together"],
    ] as const
    : [Deno.execPath(), [...worker, "--threads", "2"]] as const;
  const { success, stdout } = await new Deno.Command(program, { args: [...args], stderr: "inherit" })
    .output();
  if (!success) throw new Error(`The steps of ${size} failed`);
  const lines = new TextDecoder().decode(stdout).trim().split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line)).sort((a, b) => a.rank - b.rank);
}

const round = (value: number) => Number(value.toFixed(3));

async function compare(size: WorkloadName): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "proximal-bench-" });
  try {
    await randomModels(size, folder);
    const alone: Measured[] = [], ranks: Measured[] = [];
    let equal = true;
    for (let repeat = 0; repeat < Number(options.repeats); repeat++) {
      const [one] = await measure(size, folder, false);
      const two = await measure(size, folder, true);
      alone.push(one!);
      ranks.push(...two);
      equal &&= two.every(({ parameters }) => parameters === one!.parameters);
    }
    const of = (measured: Measured[], name: keyof Measured) =>
      median(measured.map((one) => one[name] as number));
    const step_s = of(ranks, "step_s");
    const share = (name: keyof Measured) => round(of(ranks, name) / step_s);
    console.log(JSON.stringify({
      ...{
        size,
        repeats: alone.length,
        one_process_s: round(of(alone, "step_s")),
        two_processes_s: round(step_s),
      },
      ratio: round(step_s / of(alone, "step_s")),
      cpu_ratio: round(2 * of(ranks, "cpu_s") / of(alone, "cpu_s")),
      ...{ sum_share: share("sum_s"), gather_share: share("gather_s"), wait_share: share("wait_s") },
      same_parameters: equal,
    }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const sizes = (positionals.length > 0 ? positionals : ["tiny", "135m"]) as WorkloadName[];
if (options.worker !== undefined) await work(sizes[0]!, options.worker);
else for (const size of sizes) await compare(size);
