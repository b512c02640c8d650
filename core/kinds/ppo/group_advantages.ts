/** Advantages of whole responses against the others of their prompt (ppo-spec §14), in double. */

/** Added to a group's standard deviation, as TRL does. */
const EPSILON = 1e-4;

/** Of a group of returns: each less the mean of all, over their standard deviation (Bessel) plus 1e-4. */
export function grpo(returns: readonly number[]): number[] {
  const centered = drGrpo(returns);
  const squares = centered.reduce((sum, x) => sum + x * x, 0);
  const deviation = Math.sqrt(squares / Math.max(1, returns.length - 1));
  return centered.map((x) => x / (deviation + EPSILON));
}

/** Each less the mean of all. Exactly 0 where all are equal, which a mean is not always. */
export function drGrpo(returns: readonly number[]): number[] {
  if (returns.every((value) => value === returns[0])) return returns.map(() => 0);
  const mean = returns.reduce((sum, value) => sum + value, 0) / returns.length;
  return returns.map((value) => value - mean);
}

/** Each less the mean of the others: G/(G−1) times its distance from the mean of all G. */
export function rloo(returns: readonly number[]): number[] {
  const { length } = returns;
  return drGrpo(returns).map((x) => length === 1 ? 0 : x * length / (length - 1));
}

/** The places of each group's rows, by their group. */
export function groupsOf(groups: readonly number[]): number[][] {
  const places = new Map<number, number[]>();
  groups.forEach((group, row) => {
    const own = places.get(group);
    if (own) own.push(row);
    else places.set(group, [row]);
  });
  return [...places.values()];
}
