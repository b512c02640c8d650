/** Sequences that begin with the same prompt, which is run once for all of them. */
import type { ActiveSequence } from "./active_sequence.ts";

/** Sequences of one prompt: one at least. */
export type PromptGroup<Row extends ActiveSequence> = readonly [Row, ...Row[]];

/**
 * `rows` by prompt, in order of their first ones.
 *
 * @param owner what must be the same too; by default nothing
 */
export function promptGroups<Row extends ActiveSequence>(
  rows: readonly Row[],
  owner: (row: Row) => unknown = () => null,
): PromptGroup<Row>[] {
  const texts = new Map<ArrayLike<number>, string>(); // rows of one caller often have one array
  const textOf = (ids: ArrayLike<number>) => {
    const text = texts.get(ids) ?? Array.prototype.join.call(ids);
    texts.set(ids, text);
    return text;
  };
  const owners = new Map<unknown, Map<string, [Row, ...Row[]]>>();
  const groups: [Row, ...Row[]][] = [];
  for (const row of rows) {
    const key = owner(row);
    const known = owners.get(key) ?? new Map<string, [Row, ...Row[]]>();
    owners.set(key, known);
    const text = textOf(row.request.prompt_ids);
    const group = known.get(text);
    if (group) group.push(row);
    else {
      const made: [Row, ...Row[]] = [row];
      known.set(text, made);
      groups.push(made);
    }
  }
  return groups;
}

/** Each row by itself. */
export function singly<Row extends ActiveSequence>(rows: readonly Row[]): PromptGroup<Row>[] {
  return rows.map((row) => [row]);
}

/** Prompt tokens that were run, and those that were not because another row's run served. */
export function prefillTokens(
  rows: readonly { prompt_ids: ArrayLike<number>; prompt_shared: boolean }[],
): { run: number; saved: number } {
  const tokens = (shared: boolean) =>
    rows.reduce((sum, row) => sum + (row.prompt_shared === shared ? row.prompt_ids.length : 0), 0);
  return { run: tokens(false), saved: tokens(true) };
}
