/** Confidence intervals against numbers of other programs, and against the coverage that they promise. */
import assert from "node:assert/strict";
import { interval95, tQuantile975 } from "../../../core/evaluate/interval.ts";
import { EMPTY_STATS, mergeStats } from "../../../core/running_stats.ts";
import { uniform } from "../../../core/rng.ts";

const of = (values: readonly number[]) => mergeStats(EMPTY_STATS, values);

/** 97.5 % of Student's t by Simpson's rule over its density, which needs no table. */
function below(t: number, freedom: number): number {
  // Γ((ν+1)/2) / Γ(ν/2) by its recursion, from ν = 1 (1/√π) and 2 (√π/2).
  let ratio = freedom % 2 ? 1 / Math.sqrt(Math.PI) : Math.sqrt(Math.PI) / 2;
  for (let nu = freedom % 2 ? 1 : 2; nu < freedom; nu += 2) ratio *= (nu + 1) / nu;
  const density = (x: number) =>
    ratio / Math.sqrt(freedom * Math.PI) * (1 + x * x / freedom) ** (-(freedom + 1) / 2);
  const steps = 20_000, width = t / steps;
  let sum = density(0) + density(t);
  for (let at = 1; at < steps; at++) sum += (at % 2 ? 4 : 2) * density(at * width);
  return 0.5 + sum * width / 3;
}

Deno.test("tQuantile975() leaves 2.5 % of Student's t above it, whatever the degrees of freedom", () => {
  for (const freedom of [1, 2, 3, 4, 5, 9, 10, 11, 12, 20, 29, 30, 31, 100, 999]) {
    const share = below(tQuantile975(freedom), freedom);
    assert.ok(Math.abs(share - 0.975) < 1e-6, `${freedom}: ${share}`);
  }
  assert.ok(Math.abs(tQuantile975(1e9) - 1.959964) < 1e-6);
});

Deno.test("interval95() is R's t.test of its sleep data, and has no width where nothing differs", () => {
  // t.test(sleep$extra[sleep$group == 1]) and of the paired differences: mean −1.58, −2.4598858 to −0.7001142.
  const first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
  const second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
  const [low, high] = interval95(of(first.map((value, at) => value - second[at]!)))!;
  assert.ok(Math.abs(low - -2.4598858) < 1e-6 && Math.abs(high - -0.7001142) < 1e-6, `${low} ${high}`);
  assert.deepEqual(interval95(of([2, 2, 2])), [2, 2]);
  assert.equal(interval95(of([2])), null);
  assert.equal(interval95(EMPTY_STATS), null);
});

Deno.test("interval95() of eight normal numbers holds their mean in 95 of 100 cases", () => {
  const cases = 4000;
  let held = 0;
  for (let one = 0; one < cases; one++) {
    const normal = (at: number) => {
      const u = 1 - uniform(1, "evaluate", one, 0, 2 * at), v = uniform(1, "evaluate", one, 0, 2 * at + 1);
      return 3 + 2 * Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
    };
    const [low, high] = interval95(of(Array.from({ length: 8 }, (_, at) => normal(at))))!;
    if (low <= 3 && 3 <= high) held++;
  }
  // Three standard errors of a share of 0.95.
  assert.ok(Math.abs(held / cases - 0.95) < 3 * Math.sqrt(0.95 * 0.05 / cases), String(held / cases));
});
