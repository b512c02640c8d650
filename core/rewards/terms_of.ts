/** What a scored batch says of one of its rows. */
import type { ScoredBatch } from "./reward_source.ts";

/** What each part of the reward gave row `row`, by name; nothing of those that have no number for it. */
export function termsOf({ terms }: Pick<ScoredBatch, "terms">, row: number): Record<string, number> {
  const said = Object.entries(terms).map(([name, column]) => [name, column[row]!] as const);
  return Object.fromEntries(said.filter(([, value]) => !Number.isNaN(value)));
}
