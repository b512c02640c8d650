/**
 * Parts of a batch side by side, a thread each. The operators of a small model are too short to be shared among
 * threads: waking them costs more than they save. So its batches are cut into lanes instead, and every lane runs the
 * whole graph on one thread. Rows do not depend on each other, so this changes no result but by rounding.
 */

/** Fewer rows than this do not fill a lane. */
const MIN_ROWS = 4;

/** `rows` in order, cut into at most `lanes` parts of nearly equal size; one part when there are few. */
export function cutIntoLanes<Row>(rows: readonly Row[], lanes: number): Row[][] {
  const count = Math.max(1, Math.min(lanes, Math.floor(rows.length / MIN_ROWS)));
  return Array.from(
    { length: count },
    (_, lane) =>
      rows.slice(Math.floor(lane * rows.length / count), Math.floor((lane + 1) * rows.length / count)),
  );
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
