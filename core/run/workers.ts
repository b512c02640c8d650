/**
 * Parts of a batch side by side, a thread each: every worker runs the whole graph on one thread. Threads that share an
 * operator wait for each other at its end, and many operators are not shared at all. Rows do not depend on each other, so
 * workers change no result but by rounding.
 */
import type { Binding } from "../ort/binding.ts";
import type { SessionOptions } from "../ort/session_options.ts";
import type { Workers } from "../weights/base_model.ts";

/** Fewer rows than this do not fill a worker of a small model. */
const MIN_ROWS = 4;

/** What workers of a large model must come to of the work that they could do, or all threads share each operator. */
const MIN_USE = 0.75;

/** Into how many workers that many rows are cut, where each is run once, as a whole. */
export function workersOfBatch(rows: number, { workers, small }: Workers): number {
  if (small) return filled(rows, workers);
  return rows >= MIN_USE * workers * Math.ceil(rows / workers) ? workers : 1;
}

/** Bytes of weights that each worker may read for a token. */
const MAX_READ_BYTES = 160e6;

/** Into how many workers they are cut where they are sampled: every one reads all weights, `bytes` each. */
export function workersOfDecode(rows: number, { workers, small }: Workers, bytes: number): number {
  return small || bytes <= MAX_READ_BYTES ? filled(rows, workers) : 1;
}

function filled(rows: number, workers: number): number {
  return Math.max(1, Math.min(workers, Math.floor(rows / MIN_ROWS)));
}

/** What a session is made with, and which worker it is for, where it is not for all. */
export interface WorkerOptions extends Pick<SessionOptions, "threads" | "arena"> {
  worker?: number | "any";
}

/**
 * How the session of a worker is made, and of a run that is no worker's: its operators are shared among all threads. Workers
 * whose operators are short are kept `apart`, each with a session and an arena of its own; others share what is slow to
 * load.
 */
export function workerOptions(
  index: number,
  count: number,
  { workers, small }: Workers,
  apart = small,
): WorkerOptions {
  if (count === 1 && !(small && workers > 1)) return {};
  return apart ? { worker: index, threads: 1, arena: "own" } : { worker: "any", threads: 1 };
}

/** What one activation of a small model's run may take: larger runs were no faster, and hold more at once. */
const TILE_BYTES = 1 << 19;

/** The most rows of `columns` tokens in such a run, with activations of `width` numbers a token. */
export function tileRows(width: number, columns: number): number {
  return Math.max(1, Math.floor(TILE_BYTES / (4 * width * columns)));
}

/** `rows` in order, cut into `count` parts of nearly equal size. */
export function cutEvenly<Row>(rows: readonly Row[], count: number): Row[][] {
  const start = (part: number) => Math.floor(part * rows.length / count);
  return Array.from({ length: count }, (_, part) => rows.slice(start(part), start(part + 1)));
}

/**
 * Runs the parts of all workers, each worker's in order, in rounds of one part a worker. Gives their results in order, the first
 * worker's first.
 */
export async function inRounds<Part, Result>(
  workers: readonly (readonly Part[])[],
  run: (round: { part: Part; worker: number }[]) => Promise<Result[]>,
): Promise<Result[]> {
  const results = workers.map((): Result[] => []);
  const rounds = Math.max(...workers.map(({ length }) => length));
  for (let round = 0; round < rounds; round++) {
    const present = workers.flatMap((parts, worker) =>
      round < parts.length ? { part: parts[round]!, worker } : []
    );
    const done = await run(present);
    present.forEach(({ worker }, at) => results[worker]!.push(done[at]!));
  }
  return results.flat();
}

/**
 * One run of each worker. With `here` the first of several runs on this very thread: there are as many workers as threads, and
 * one thread more, waiting for them, would take turns with one of them. For short runs: nothing else happens meanwhile.
 *
 * Settles when all have: what they share may be touched again then. Throws the first failure.
 */
export async function runWorkers(
  bindings: readonly Binding[],
  { here, signal }: { here: boolean; signal: AbortSignal | undefined },
): Promise<void> {
  const first = here && bindings.length > 1 ? bindings[0] : undefined;
  const others = Promise.allSettled(
    bindings.filter((binding) => binding !== first).map((binding) => binding.run({ signal })),
  );
  try {
    first?.runSync();
  } finally {
    await others;
  }
  const failure = (await others).find((outcome) => outcome.status === "rejected");
  if (failure) throw failure.reason;
}
