/**
 * How cost grows: `growth.ts [batch|length|epochs …]` (`task bench --growth` for all) prints a JSON line for each size of a workload like the tiny one,
 * then one with the exponent that fits them (1 is linear). `epochs` is a job of twenty: its steps' time and memory.
 */
import { Runtime } from "../core/ort/runtime.ts";
import { randomModels } from "./random_models.ts";
import { median, memory, openWorkload } from "./workload_run.ts";
import { WORKLOADS } from "./workloads.ts";

const { B, P, R } = WORKLOADS.tiny;
const STEPS = 4;
const EPOCHS = 20;

/** What is varied, and the sizes; every token costs the same but in attention, which grows with the length's square. */
const SERIES: Record<string, { sizes: number[]; shape(size: number): { B: number; P: number; R: number } }> =
  {
    batch: { sizes: [16, 32, 64, 128], shape: (size) => ({ B: size, P, R }) },
    length: { sizes: [32, 64, 128, 256], shape: (size) => ({ B, P: size / 2, R: size / 2 }) },
  };

const print = (line: Record<string, unknown>) => console.log(JSON.stringify(line));
const round = (value: number) => Number(value.toFixed(3));

/** Seconds and resident bytes of each step. */
async function steps(shape: { B: number; P: number; R: number }, count: number, epochs = 1) {
  const { events } = await openWorkload(runtime, folders, shape, { steps: count, epochs });
  const measured: { seconds: number; rss: number }[] = [];
  for await (const event of events()) {
    if (event.type !== "step") continue;
    measured.push({ seconds: event.metrics["time/step_s"]!, rss: (await memory()).rss });
  }
  return measured;
}

/** The slope of log y over log x by least squares. */
export function exponent(points: readonly (readonly [number, number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (at: 0 | 1) => logs.reduce((sum, point) => sum + point[at], 0) / logs.length;
  const [mx, my] = [mean(0), mean(1)];
  return logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) /
    logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
}

const folder = await Deno.makeTempDir({ prefix: "proximal-bench-" });
const runtime = Runtime.open({ threads: 2 });
const folders = await randomModels("tiny", folder);
try {
  const named = Deno.args.filter((name) => name in SERIES || name === "epochs");
  const wanted = named.length > 0 ? named : [...Object.keys(SERIES), "epochs"];
  for (const name of wanted) {
    const series = SERIES[name];
    if (!series) continue;
    const points: [number, number][] = [];
    for (const size of series.sizes) {
      const seconds = median((await steps(series.shape(size), STEPS)).slice(1).map((step) => step.seconds));
      points.push([size, seconds]);
      print({ [name]: size, step_s: round(seconds) });
    }
    print({ grows_with: name, exponent: round(exponent(points)) });
  }
  if (wanted.includes("epochs")) {
    const measured = await steps({ B, P, R }, STEPS, EPOCHS);
    const epoch = (at: number) => measured.slice(at * STEPS, (at + 1) * STEPS);
    const mb = (bytes: number) => Math.round(bytes / 1e6);
    for (let at = 0; at < EPOCHS; at++) {
      print({
        epoch: at + 1,
        step_s: round(median(epoch(at).map(({ seconds }) => seconds))),
        rss_mb: mb(Math.max(...epoch(at).map(({ rss }) => rss))),
      });
    }
    const [early, late] = [epoch(2), epoch(EPOCHS - 1)];
    const most = (part: typeof early) => Math.max(...part.map(({ rss }) => rss));
    print({
      epochs: EPOCHS,
      "rss, last over third": round(most(late) / most(early)),
      "step, last over third": round(
        median(late.map(({ seconds }) => seconds)) / median(early.map(({ seconds }) => seconds)),
      ),
    });
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
