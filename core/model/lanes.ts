/**
 * Parts of a batch side by side, a thread each. The operators of a small model are too short to be shared among
 * threads: waking them costs more than they save. So its batches are cut into lanes instead, and every lane runs the
 * whole graph on one thread. Rows do not depend on each other, so this changes no result but by rounding.
 */
import type { TokenSequence } from "./token_batch.ts";

/** Fewer rows than this do not fill a lane. */
const MIN_ROWS = 4;

/** `rows` in order, cut into at most `lanes` parts of nearly equal size; one part when there are few. */
export function cutIntoLanes<Row>(rows: readonly Row[], lanes: number): Row[][] {
  return cutEvenly(rows, Math.max(1, Math.min(lanes, Math.floor(rows.length / MIN_ROWS))));
}

/** What one activation of a lane's run may take. Larger runs were no faster, and hold more at once. */
const BITE_BYTES = 1 << 20;

/**
 * The rows of one lane in order, cut into parts of nearly equal size that it runs one after another: as many as keep
 * an activation of `width` numbers a token within the bound. Rows of a padded batch are as long as the longest.
 */
export function cutIntoBites<Row extends TokenSequence>(rows: readonly Row[], width: number): Row[][] {
  const columns = Math.max(
    0,
    ...rows.map(({ prompt_ids, response_ids }) => prompt_ids.length + response_ids.length),
  );
  return cutEvenly(rows, Math.ceil(rows.length / biteRows(width, columns)));
}

/** The most rows of `columns` tokens in such a part. */
export function biteRows(width: number, columns: number): number {
  return Math.max(1, Math.floor(BITE_BYTES / (4 * width * columns)));
}

/** `rows` in order, cut into `count` parts of nearly equal size. */
export function cutEvenly<Row>(rows: readonly Row[], count: number): Row[][] {
  const start = (part: number) => Math.floor(part * rows.length / count);
  return Array.from({ length: count }, (_, part) => rows.slice(start(part), start(part + 1)));
}

/**
 * Runs all parts at once and gives their results in order. Settles when every part has: what they share may be
 * touched again afterwards. Throws the first failure.
 */
export async function sideBySide<Part, Result>(
  parts: readonly Part[],
  run: (part: Part, lane: number) => Promise<Result>,
): Promise<Result[]> {
  const settled = await Promise.allSettled(parts.map(run));
  const failure = settled.find((outcome) => outcome.status === "rejected");
  if (failure) throw failure.reason;
  return settled.map((outcome) => (outcome as PromiseFulfilledResult<Result>).value);
}

/** Runs `parts` in order, `lanes` of them at a time, and gives their results in order. */
export async function inTurn<Part, Result>(
  parts: readonly Part[],
  lanes: number,
  run: (part: Part) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < parts.length; start += lanes) {
    results.push(...await sideBySide(parts.slice(start, start + lanes), run));
  }
  return results;
}
