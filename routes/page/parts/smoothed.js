/** Exponential moving average, without the pull of its start (as TensorBoard smooths); nulls stay. */
export function smoothed(values, weight) {
  let sum = 0, total = 0;
  return values.map((value) => {
    if (typeof value !== "number" || !Number.isFinite(value)) return null;
    sum = sum * weight + (1 - weight) * value;
    total = total * weight + (1 - weight);
    return sum / total;
  });
}
