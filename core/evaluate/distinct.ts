/** How varied texts are: the share of their n-grams that differ (distinct-n, Li et al. 2016), over token ids. */

/**
 * Different n-grams by all n-grams of `sequences`, none across two; 0 where there is none. More tokens repeat more, so
 * only figures over about as many can be compared.
 */
export function distinct(sequences: readonly (readonly number[])[], n: 1 | 2): number {
  const seen = new Set<number>();
  let all = 0;
  for (const ids of sequences) {
    for (let at = 0; at + n <= ids.length; at++, all++) {
      // Ids are below 2^26, so that two are a safe integer.
      seen.add(n === 1 ? ids[at]! : ids[at]! * 2 ** 26 + ids[at + 1]!);
    }
  }
  return all === 0 ? 0 : seen.size / all;
}
