/**
 * `deno task bench --learning [TASK …] [--python PATH] [--seeds N] [--processes N] [--threads N] [--runs FILE]
 * [--picture FILE] [--models FOLDER] [--docs]`: does ours learn as fast as TRL's PPO, with defaults? Each task (learning_tasks.ts) is run with every
 * seed by ours, and by TRL with a Python that has it, from the same folders, prompts and settings, a process a run. Prints a
 * JSON line a run, then one a task: mean score over the run, steps to a threshold, KL at the end, and the difference with
 * its standard error. Runs are kept in FILE, and those it already has are not run again: a sitting that was cut off goes on,
 * and TRL's runs serve until model or task change. `--docs` puts curves and table into docs/.
 */
import { fileURLToPath } from "node:url";
import { lastLine } from "./last_line.ts";
import { type MeasuredTask, writeLearningDocs } from "./learning_docs.ts";
import { learningPicture } from "./learning_picture.ts";
import type { LearningRun } from "./learning_run.ts";
import { keyOf, writeSpec } from "./learning_spec.ts";
import { difference, mean, meanCurve, summarise } from "./learning_summary.ts";
import { LEARNING_TASKS, type LearningTask } from "./learning_tasks.ts";

export interface LearningOptions {
  python: string | undefined;
  seeds: number;
  processes: number;
  threads: string;
  /** File of runs. */
  runs: string | undefined;
  /** File of the picture. */
  picture: string | undefined;
  /** What `task story --export` left, for the task of that name. */
  models: string | undefined;
  /** Put what came of it into docs/; needs the peer. */
  docs: boolean;
}

/** A task and its runs by both systems. */
interface Measured {
  name: string;
  task: LearningTask;
  runs: LearningRun[];
}

/** A run, and what it is a run of. */
type KeptRun = LearningRun & { key: string };

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const print = (line: unknown) => console.log(JSON.stringify(line));

/** Measures `tasks` and prints what came of it. @throws {RangeError} for a task that there is not */
export async function measureLearning(tasks: readonly string[], options: LearningOptions): Promise<void> {
  if (options.docs && !options.python) throw new RangeError("--docs shows the peer too: give --python");
  const names = tasks.length > 0
    ? tasks
    : Object.keys(LEARNING_TASKS).filter((name) =>
      !LEARNING_TASKS[name]!.random && !LEARNING_TASKS[name]!.alone && !LEARNING_TASKS[name]!.exported
    );
  const unknown = names.find((name) => !Object.hasOwn(LEARNING_TASKS, name));
  if (unknown !== undefined) {
    throw new RangeError(`There is no task '${unknown}': want ${Object.keys(LEARNING_TASKS).join(", ")}`);
  }
  const folder = await Deno.makeTempDir({ prefix: "proximal-learning-" });
  try {
    const kept = await keptRuns(options.runs);
    const queue: (() => Promise<void>)[] = [];
    const measured: Measured[] = [];
    for (const name of names) {
      const task = LEARNING_TASKS[name]!;
      const { spec, file } = await writeSpec(name, task, folder, options.models);
      const runs: LearningRun[] = [];
      measured.push({ name, task, runs });
      for (const { system, program, args } of systems(task.alone ? { python: undefined } : options, file)) {
        // Ours depends on every default that the job spells out, the peer on those that its script reads.
        const key = await keyOf(spec, system);
        // What was measured beyond is measured.
        runs.push(...kept.filter((run) => run.key === key && run.seed >= options.seeds));
        for (let seed = 0; seed < options.seeds; seed++) {
          const known = kept.find((run) => run.key === key && run.seed === seed);
          if (known) {
            runs.push(known);
            continue;
          }
          queue.push(async () => {
            const line = await lastLine(program, [...args, String(seed), options.threads]);
            const run: KeptRun = { ...JSON.parse(line), key };
            print(run);
            if (options.runs) {
              await Deno.writeTextFile(options.runs, JSON.stringify(run) + "\n", { append: true });
            }
            runs.push(run);
          });
        }
      }
    }
    await inParallel(queue, options.processes);
    for (const one of measured) {
      print(compared(one));
      const other = measured.find(({ name }) => name === one.task.beside);
      if (other) print(besides(one, other));
    }
    if (options.docs) await writeLearningDocs(measured.map(summarised), picture(measured));
    if (options.picture) await Deno.writeTextFile(options.picture, picture(measured));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** How a run of each system that is measured is started; the seed and the threads come last. */
function systems(
  { python }: Pick<LearningOptions, "python">,
  spec: string,
): { system: LearningRun["system"]; program: string; args: string[] }[] {
  const ours = { program: Deno.execPath(), args: ["run", "-A", path("learning_run.ts"), spec] };
  return [
    { system: "proximal", ...ours },
    ...(python
      ? [{ system: "trl" as const, program: python, args: [path("peers/trl_learning.py"), spec] }]
      : []),
  ];
}

async function keptRuns(file: string | undefined): Promise<KeptRun[]> {
  if (!file) return [];
  const text = await Deno.readTextFile(file).catch((thrown) => {
    if (thrown instanceof Deno.errors.NotFound) return "";
    throw thrown;
  });
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** Does all of `queue`, at most `most` at a time. */
async function inParallel(queue: (() => Promise<void>)[], most: number): Promise<void> {
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await next();
  };
  await Promise.all(Array.from({ length: most }, worker));
}

const of = (runs: readonly LearningRun[], system: LearningRun["system"]) =>
  runs.filter((run) => run.system === system).sort((a, b) => a.seed - b.seed);

function summarised({ name, task: { threshold }, runs }: Measured): MeasuredTask {
  const [proximal, trl] = (["proximal", "trl"] as const).map((system) =>
    summarise(of(runs, system), threshold)
  );
  return { task: name, threshold, proximal: proximal!, trl: trl! };
}

/** A task's line: what both came to, and whether ours is behind by more than chance. */
function compared(measured: Measured) {
  const rounded = (values: object) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value.toFixed(3))]));
  const { task, threshold, proximal, trl } = summarised(measured);
  if (trl.seeds === 0) return { task, threshold, proximal: rounded(proximal) };
  const ahead = difference(proximal, trl);
  return {
    task,
    threshold,
    proximal: rounded(proximal),
    trl: rounded(trl),
    difference: rounded(ahead),
    "behind by more than chance": ahead.score < -ahead.score_se,
    "KL above by more than chance": ahead.kl > ahead.kl_se,
  };
}

/** A task's curve by step, over seeds, beside that of another, and by how much its mean score is that one's. */
function besides(one: Measured, other: Measured) {
  const curve = ({ runs }: Measured) => meanCurve(of(runs, "proximal").map(({ scores }) => scores));
  const [ours, theirs] = [curve(one), curve(other)];
  const rounded = (values: readonly number[]) => values.map((value) => Number(value.toFixed(3)));
  return {
    task: one.name,
    beside: other.name,
    scores: rounded(ours),
    [`scores of ${other.name}`]: rounded(theirs),
    ratio: Number((mean(ours) / mean(theirs)).toFixed(4)),
  };
}

function picture(measured: readonly Measured[]): string {
  return learningPicture(measured.map(({ name, runs }) => ({
    title: `${name}: mean score`,
    curves: ([["proximal", "this server"], ["trl", "TRL"]] as const)
      .map(([system, label]) => ({ label, runs: of(runs, system).map(({ scores }) => scores) }))
      .filter(({ runs }) => runs.length > 0),
  })));
}
