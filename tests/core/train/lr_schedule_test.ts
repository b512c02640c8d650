import assert from "node:assert/strict";
import { lrFactor } from "../../../core/train/lr_schedule.ts";
import { within } from "../../kernels/within.ts";

const course = (lr_scheduler: "linear" | "cosine" | "constant", warmup_steps: number, min_lr_ratio = 0) =>
  Array.from({ length: 11 }, (_, step) => lrFactor({ lr_scheduler, warmup_steps, min_lr_ratio }, step, 10));

Deno.test("linear matches the golden course: rate 0 at the first warm-up step and at the end", () => {
  within(
    course("linear", 2),
    [0, 0.5, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0],
    1e-12,
    "factor",
  );
});

Deno.test("cosine matches the golden course", () => {
  const golden = [
    0,
    0.5,
    1,
    0.96193977,
    0.85355339,
    0.69134172,
    0.5,
    0.30865828,
    0.14644661,
    0.03806023,
    0,
  ];
  within(course("cosine", 2), golden, 1e-8, "factor");
});

Deno.test("constant rises and stays", () => {
  within(course("constant", 2), [0, 0.5, ...new Array<number>(9).fill(1)], 0, "factor");
});

Deno.test("without a warm-up the first step has the full rate", () => {
  assert.equal(course("linear", 0)[0], 1);
});

Deno.test("min_lr_ratio is what the decay ends at, and leaves the warm-up alone", () => {
  const factors = course("cosine", 2, 0.1);
  within([factors[0]!, factors[1]!, factors[2]!, factors[10]!], [0, 0.5, 1, 0.1], 1e-12, "factor");
});

Deno.test("a warm-up as long as the job, and steps beyond its end, stay within bounds", () => {
  const config = { lr_scheduler: "linear", warmup_steps: 10, min_lr_ratio: 0 } as const;
  within([9, 10, 11].map((step) => lrFactor(config, step, 10)), [0.9, 1, 0], 1e-12, "factor");
});
