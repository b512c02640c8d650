/**
 * What the learning rate and the KL coefficient do to a run: `deno task rates`. Trains the embedded model on the demo's
 * job once for each value and seed, on a server of its own, draws the curves (docs/rates.svg) and prints the tables of
 * docs/tuning.md. The same seeds, threads and files give the same curves.
 */
import { parseArgs } from "node:util";
import { Api } from "./api.ts";
import { type Line, ratesPicture } from "./rates_picture.ts";
import { startServer } from "./start_server.ts";
import { demoJob } from "./tiny/demo_job.ts";

const { values: options } = parseArgs({
  options: {
    seeds: { type: "string", default: "2" },
    epochs: { type: "string", default: "16" },
    picture: { type: "string", default: "docs/rates.svg" },
  },
});

/** All of them in each step. */
const PROMPTS = 16;
const LEARNING_RATES = [1e-5, 1e-4, 1e-3, 1e-2];
const KL_COEFS = [0, 0.1];
/** What holds while the other is changed: the demo's own. */
const LEARNING_RATE = 1e-3, KL_COEF = 0.1;

/** A run: its steps' metrics, and the codes of its warnings. */
interface Run {
  steps: Record<string, number>[];
  warnings: string[];
}

/** A value of what is compared, and its runs, one for each seed. */
interface Setting {
  value: number;
  runs: Run[];
}

const server = await startServer();
const api = new Api(server.url);
/** By learning rate and KL coefficient: both comparisons have one run in common. */
const known = new Map<string, Run[]>();

async function train(learning_rate: number, kl_coef: number, seed: number): Promise<Run> {
  const job = demoJob(seed, Number(options.epochs));
  const request = {
    ...job,
    prompts: job.prompts!.slice(0, PROMPTS),
    ppo: { ...job.ppo, batch_size: PROMPTS, learning_rate, kl_coef },
    ...{ keep: { last: 1 }, records: { rollouts: "none" } },
  };
  const { id } = await api.run(`learning_rate ${learning_rate}, kl_coef ${kl_coef}, seed ${seed}`, request);
  const { data: steps } = await api.call("GET", `/v1/training-jobs/${id}/metrics`);
  const { data: events } = await api.call("GET", `/v1/training-jobs/${id}/events?limit=1000`);
  const warnings = events.filter(({ type }: { type: string }) => type === "training_job.warning");
  return { steps, warnings: warnings.map(({ data }: { data: { code: string } }) => data.code) };
}

async function runsOf(learning_rate: number, kl_coef: number): Promise<Run[]> {
  const key = `${learning_rate} ${kl_coef}`;
  if (!known.has(key)) {
    const runs: Run[] = [];
    for (let seed = 0; seed < Number(options.seeds); seed++) {
      runs.push(await train(learning_rate, kl_coef, seed));
    }
    known.set(key, runs);
  }
  return known.get(key)!;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The mean of a metric over seeds, step by step. */
function curve(runs: readonly Run[], metric: string): number[] {
  return runs[0]!.steps.map((_, step) => mean(runs.map(({ steps }) => steps[step]![metric]!)));
}

/** The mean over seeds and the last quarter of the steps. */
function late(runs: readonly Run[], metric: string): number {
  const values = curve(runs, metric);
  return mean(values.slice(-Math.ceil(values.length / 4)));
}

const shown = (value: number) => value.toFixed(Math.abs(value) < 10 ? 2 : 0);

function printTable(head: string, lines: readonly Setting[]): void {
  console.log(`\n| ${head} | reward | KL, nats | entropy, nats | clipped | warnings |`);
  console.log("| --- | --- | --- | --- | --- | --- |");
  for (const { value, runs } of lines) {
    const metrics = ["objective/scores", "objective/kl", "policy/entropy_avg", "policy/clipfrac_avg"];
    const codes = [...new Set(runs.flatMap(({ warnings }) => warnings))].map((code) => `\`${code}\``);
    const cells = metrics.map((metric) => shown(late(runs, metric)));
    console.log(`| ${value} | ${cells.join(" | ")} | ${codes.join(", ")} |`);
  }
}

try {
  const byRate: Setting[] = [], byKl: Setting[] = [];
  for (const value of LEARNING_RATES) byRate.push({ value, runs: await runsOf(value, KL_COEF) });
  for (const value of KL_COEFS) byKl.push({ value, runs: await runsOf(LEARNING_RATE, value) });
  const lines = (all: readonly Setting[], metric: string): Line[] =>
    all.map(({ value, runs }) => ({ label: String(value), values: curve(runs, metric) }));
  await Deno.writeTextFile(
    options.picture,
    ratesPicture([
      { title: "mean reward by learning_rate", lines: lines(byRate, "objective/scores"), log: false },
      { title: "KL by learning_rate", lines: lines(byRate, "objective/kl"), log: true },
      { title: "mean reward by kl_coef", lines: lines(byKl, "objective/scores"), log: false },
      { title: "KL by kl_coef", lines: lines(byKl, "objective/kl"), log: true },
    ]),
  );
  printTable("`learning_rate`", byRate);
  printTable("`kl_coef`", byKl);
} finally {
  await server.stop();
}
