/** What a guard makes of a step's figures. */
import assert from "node:assert/strict";
import { type GuardConfig, guardSchema } from "../../../../core/contract/guard_schema.ts";
import {
  type GuardFigures,
  type GuardState,
  judgeStep,
  UNGUARDED,
} from "../../../../core/kinds/ppo/guard.ts";
import { dueBefore } from "../../../../core/kinds/ppo/guarded_step.ts";

const FINE: GuardFigures = { kl: 0.1, entropy: 2, score: 1 };

const guard = (given: Record<string, unknown>): GuardConfig => guardSchema.parse(given);

/** Judges steps one after another, a checkpoint due after each. Gives every warning's code and step, and where it went back. */
function judgeAll(config: GuardConfig, steps: readonly Partial<GuardFigures>[]) {
  let state: GuardState = UNGUARDED;
  const warnings: string[] = [];
  const rollbacks: [at: number, to: number][] = [];
  for (const [index, figures] of steps.entries()) {
    const step = index + 1;
    const verdict = judgeStep(config, state, { ...FINE, ...figures }, { step, written: step - 1 });
    warnings.push(...verdict.warnings.map(({ code }) => `${code} ${step}`));
    if (verdict.rollback !== null) rollbacks.push([step, verdict.rollback]);
    state = verdict.next;
  }
  return { state, warnings, rollbacks };
}

Deno.test("each limit is told of when it is passed, and again once that has ended and begun anew", () => {
  const cases = {
    kl_budget: [{ kl_budget: 5 }, { kl: 5.1 }],
    entropy_floor: [{ entropy_floor: 0.5 }, { entropy: 0.4 }],
  } as const;
  for (const [name, [limit, bad]] of Object.entries(cases)) {
    const { warnings, rollbacks, state } = judgeAll(guard(limit), [{}, bad, bad, {}, bad]);
    assert.deepEqual(warnings, [`guard_${name} 2`, `guard_${name} 5`]);
    assert.deepEqual([rollbacks, state.stopped], [[], null]);
  }
  assert.deepEqual(judgeAll(guard({ kl_budget: 5 }), [{ kl: 5 }, { kl: NaN }]).warnings, [
    "guard_kl_budget 2",
  ]);
  const often = Array.from({ length: 20 }, (_, at) => at % 2 === 0 ? { kl: 9 } : {});
  assert.equal(judgeAll(guard({ kl_budget: 5 }), often).warnings.length, 5, "told of five times at most");
});

Deno.test("a score is compared with those of the steps before, from the ninth on, in both directions", () => {
  const config = guard({ reward_spike: 4 });
  const calm = Array.from({ length: 8 }, (_, at) => ({ score: 1 + 0.1 * (at % 2) }));
  const deviation = Math.sqrt(8 * 0.05 ** 2 / 7);
  for (const sign of [1, -1]) {
    const near = 1.05 + sign * 3.9 * deviation, far = 1.05 + sign * 4.1 * deviation;
    assert.deepEqual(judgeAll(config, [...calm, { score: near }]).warnings, []);
    assert.deepEqual(judgeAll(config, [...calm, { score: far }]).warnings, ["guard_reward_spike 9"]);
    assert.deepEqual(judgeAll(config, [...calm.slice(1), { score: far }]).warnings, []);
  }
  // A score that never varied may move by what rounding and a few rows can.
  const still = Array.from({ length: 10 }, () => ({ score: 0.2 }));
  assert.deepEqual(judgeAll(config, [...still, { score: 0.2 + 1e-4 }]).warnings, []);
  assert.deepEqual(judgeAll(config, [...still, { score: 0.3 }]).warnings, ["guard_reward_spike 11"]);
});

Deno.test("going back is to the newest checkpoint whose next step was as it should be, with lower rates", () => {
  const config = guard({ kl_budget: 5, action: "rollback", lr_factor: 0.5 });
  const bad = { kl: 6 };
  const { state, warnings, rollbacks } = judgeAll(config, [{}, {}, {}, bad, {}, bad]);
  // After step 3 the checkpoint after step 2 is good; that after 3 is what failed in step 4.
  assert.deepEqual(rollbacks, [[4, 2], [6, 4]]);
  assert.deepEqual(warnings, ["guard_kl_budget 4", "rolled_back 4", "guard_kl_budget 6", "rolled_back 6"]);
  assert.equal(state.lr_scale, 0.25);
  assert.deepEqual(state.rollbacks, [
    { at: 4, to: 2, code: "guard_kl_budget" },
    { at: 6, to: 4, code: "guard_kl_budget" },
  ]);
});

Deno.test("a checkpoint of weights that were left is never gone back to", () => {
  const config = guard({ kl_budget: 5, action: "rollback" });
  // Checkpoints after steps 3 and 6 alone. Step 4 condemns the first, and steps 5 and 6 are not of it.
  let state: GuardState = UNGUARDED;
  const judge = (step: number, kl: number) => {
    const verdict = judgeStep(config, state, { ...FINE, kl }, { step, written: dueBefore(step, 3, null) });
    state = verdict.next;
    return verdict.rollback;
  };
  assert.deepEqual([1, 2, 3].map((step) => judge(step, 1)), [null, null, null]);
  assert.equal(judge(4, 6), 0);
  assert.deepEqual([5, 6].map((step) => judge(step, 1)), [null, null]);
  assert.equal(judge(7, 6), 0);
  assert.deepEqual([8, 9, 10].map((step) => judge(step, 1)), [null, null, null]);
  assert.equal(judge(11, 6), 9);
});

Deno.test("a job stops where it is told to, or once it has gone back as often as it may", () => {
  const stop = judgeAll(guard({ entropy_floor: 1, action: "stop" }), [{}, { entropy: 0.5 }]);
  assert.equal(stop.state.stopped?.code, "guard_entropy_floor");
  assert.match(stop.state.stopped!.detail, /0\.5 nats of entropy.*entropy_floor is 1/);
  const bad = { kl: 6 };
  const config = guard({ kl_budget: 5, action: "rollback", max_rollbacks: 2 });
  const spent = judgeAll(config, [{}, bad, {}, bad, bad]);
  assert.deepEqual(spent.rollbacks.map(([at]) => at), [2, 4]);
  assert.match(spent.state.stopped!.detail, /after 2 rollbacks, which is ppo.guard.max_rollbacks/);
});

Deno.test("dueBefore() is the newest step before one that ends an epoch or is due by its number", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6].map((step) => dueBefore(step, 2, null)), [0, 0, 2, 2, 4, 4]);
  assert.deepEqual([1, 2, 3, 4, 5, 6].map((step) => dueBefore(step, 4, 3)), [0, 0, 0, 3, 4, 4]);
});

Deno.test("a guard wants something to guard", () => {
  const faults = (given: unknown) => guardSchema.safeParse(given).error?.issues.map(({ message }) => message);
  assert.match(faults({ action: "stop" })!.join(), /Expected one of kl_budget, entropy_floor, reward_spike/);
  assert.equal(faults({ reward_spike: 3 }), undefined);
});
