/** How a metric has gone so far: plain data, so that a job that resumes judges as if it had not stopped. */
import type { Mode } from "../contract/watched_metric.ts";

export interface Judged {
  /** The best figure. */
  best: number;
  /** The step that it was measured after. */
  step: number;
  /** Figures since, none of which was better. */
  since: number;
}

/**
 * `before` and one figure more. One that is no finite number is not better than any; where there is none, nothing has
 * been judged.
 */
export function judge(
  before: Judged | null,
  value: number | null | undefined,
  step: number,
  { mode, min_delta = 0 }: { mode: Mode; min_delta?: number },
): Judged | null {
  if (value === undefined) return before;
  const better = (best: number) => mode === "max" ? value! - best > min_delta : best - value! > min_delta;
  if (value !== null && Number.isFinite(value) && (!before || better(before.best))) {
    return { best: value, step, since: 0 };
  }
  return before && { ...before, since: before.since + 1 };
}
