/** The clipped value loss over packed tokens [N] (ppo-spec §10): ½·max((V−R)², (clip(V)−R)²). */
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/value.ts";
import { sum, weightedSum } from "./sums.ts";

/** Order of the sums over tokens in output `value_stats`. */
export const VALUE_STATS = ["value_loss_sum", "value_clipfrac_sum"] as const;

/**
 * Adds inputs `old_values`, `returns` [N] and scalar `value_clip` (1e30 = unclipped). → loss [] and the sums of
 * VALUE_STATS, each [].
 */
export function valueLoss(g: Builder, values: Value, weights: Value): { loss: Value; stats: Value[] } {
  const oldValues = g.input("old_values", "float32", values.shape);
  const returns = g.input("returns", "float32", values.shape);
  const range = g.input("value_clip", "float32", []);
  // Bounds on the value itself: inside them it stays bit for bit, so rounding never counts as clipping.
  const clipped = g.min(g.max(values, g.sub(oldValues, range)), g.add(oldValues, range));
  const square = (x: Value) => g.mul(x, x);
  const [plain, cut] = [square(g.sub(values, returns)), square(g.sub(clipped, returns))];
  const token = g.mul(g.max(plain, cut), 0.5);
  return {
    loss: weightedSum(g, token, weights),
    stats: [sum(g, token), sum(g, g.cast(g.greater(cut, plain), "float32"))],
  };
}
