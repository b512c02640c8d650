import assert from "node:assert/strict";
import { nextKlCoef } from "../../../../core/kinds/ppo/kl_controller.ts";
import { within } from "../../../kernels/within.ts";

const ADAPTIVE = { type: "adaptive", target: 6, horizon: 10_000 } as const;

Deno.test("the adaptive controller matches the golden course", () => {
  const coefs: number[] = [];
  [3, 12, 6.6].reduce((klCoef, kl) => {
    coefs.push(nextKlCoef(ADAPTIVE, klCoef, kl, 512));
    return coefs.at(-1)!;
  }, 0.15);
  within(coefs, [0.148464, 0.14998427, 0.15075219], 1e-8, "kl_coef");
});

Deno.test("the adaptive controller raises the coefficient above the target and lowers it below", () => {
  assert.ok(nextKlCoef(ADAPTIVE, 0.1, 6.5, 32) > 0.1);
  assert.ok(nextKlCoef(ADAPTIVE, 0.1, 5.5, 32) < 0.1);
  assert.equal(nextKlCoef(ADAPTIVE, 0.1, 6, 32), 0.1);
});

Deno.test("the adaptive controller never makes the penalty a reward", () => {
  assert.equal(nextKlCoef({ ...ADAPTIVE, horizon: 1 }, 0.1, 0, 512), 0);
});

Deno.test("the fixed controller keeps its coefficient", () => {
  assert.equal(nextKlCoef({ type: "fixed" }, 0.1, 100, 512), 0.1);
});
