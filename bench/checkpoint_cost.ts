/**
 * What a checkpoint every step costs a step: `checkpoint_cost.ts SIZE [--steps N]` trains one workload with a checkpoint
 * after every other step, so that steps beside which one is written and steps without take turns under the same load, and
 * prints one JSON line: seconds and processor seconds of both, the checkpoint's bytes, and how long it took to be read
 * and to be on the disk.
 */
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { filesOf, identityOf } from "../core/formats/folder_identity.ts";
import { ppoCheckpoints } from "../core/kinds/ppo/ppo_checkpoints.ts";
import { Runtime } from "../core/ort/runtime.ts";
import { jobIdentity } from "../core/train/training_state.ts";
import { randomModels } from "./random_models.ts";
import { median, openWorkload } from "./workload_run.ts";
import { type WorkloadName, WORKLOADS } from "./workloads.ts";

const { values: options, positionals: [size = "tiny"] } = parseArgs({
  allowPositionals: true,
  options: { steps: { type: "string", default: "9" }, threads: { type: "string", default: "2" } },
});
const { B, P, R, ...workload } = WORKLOADS[size as WorkloadName];
const steps = Number(options.steps);

async function bytesOf(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    bytes += isDirectory ? await bytesOf(path) : (await Deno.stat(path)).size;
  }
  return bytes;
}

const folder = await Deno.makeTempDir({ prefix: "proximal-bench-" });
try {
  const folders = await randomModels(size, folder);
  const runtime = Runtime.open({ threads: Number(options.threads) });
  const run = await openWorkload(runtime, folders, { B, P, R }, {
    steps,
    checkpoint_every_steps: 2,
    ppo: { micro_batch_size: "micro" in workload ? workload.micro : null },
  });
  const started = performance.now();
  const base = identityOf(folders.policy, await filesOf(folders.policy), new AbortController().signal);
  let hashed = 0;
  base.then(() => hashed = (performance.now() - started) / 1000);
  const place = {
    output: folder,
    model: folders.policy,
    steps_per_epoch: steps,
    identity: jobIdentity(run.job),
  };
  const checkpoints = ppoCheckpoints(run.job, run.learner, {
    ...place,
    base: base.then((model) => ({ model })),
  });
  const writes: { read: number; saved: number }[] = [];
  const timed: typeof checkpoints = {
    ...checkpoints,
    save: (...args) => {
      const begun = performance.now();
      const saving = checkpoints.save(...args);
      const since = () => (performance.now() - begun) / 1000;
      const write = { read: 0, saved: 0 };
      saving.read.then(() => write.read = since());
      saving.saved.then(() => (write.saved = since(), writes.push(write)), () => {});
      return saving;
    },
  };

  const taken: { seconds: number; processor: number; beside: boolean }[] = [];
  let [at, cpu] = [performance.now(), process.cpuUsage()];
  let bytes = 0;
  for await (const event of run.events(timed)) {
    if (event.type === "checkpoint") bytes = await bytesOf(event.folder);
    if (event.type !== "step") continue;
    const { user, system } = process.cpuUsage(cpu);
    const seconds = (performance.now() - at) / 1000;
    // A step after one of an even number has a checkpoint written beside it.
    const beside = event.progress.step > 1 && event.progress.step % 2 === 1;
    taken.push({ seconds, processor: (user + system) / 1e6, beside });
    [at, cpu] = [performance.now(), process.cpuUsage()];
  }
  // The first builds its graphs, and the second has the first's checkpoint to wait for no more than any.
  const steady = taken.slice(1);
  const of = (beside: boolean, what: "seconds" | "processor") =>
    Number(median(steady.filter((step) => step.beside === beside).map((step) => step[what])).toFixed(2));
  const middle = (what: "read" | "saved") => Number(median(writes.map((write) => write[what])).toFixed(2));
  console.log(JSON.stringify({
    size,
    steps,
    step_s: { alone: of(false, "seconds"), beside: of(true, "seconds") },
    processor_s: { alone: of(false, "processor"), beside: of(true, "processor") },
    checkpoint_mb: Math.round(bytes / 1e6),
    read_s: middle("read"),
    saved_s: middle("saved"),
    base_hashed_s: Number(hashed.toFixed(2)),
  }));
} finally {
  await Deno.remove(folder, { recursive: true });
}
