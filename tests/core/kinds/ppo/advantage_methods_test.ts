/** Each row of the table on the golden rewards of ppo-spec §19, against the same formulas written out in double. */
import assert from "node:assert/strict";
import { ADVANTAGE_METHODS, type AdvantageName } from "../../../../core/contract/advantage_methods.ts";
import { type AdvantageBatch, ADVANTAGES } from "../../../../core/kinds/ppo/advantage_methods.ts";
import { whiten } from "../../../../core/kinds/ppo/whiten.ts";
import { within } from "../../../kernels/within.ts";
import { GAE, ROWS } from "./golden.ts";

const NAMES = Object.keys(ADVANTAGES) as AdvantageName[];
const CRITIC_FREE = NAMES.filter((name) => !ADVANTAGE_METHODS[name].critic);

/** The two golden rows as one group, with their KL in the rewards. */
const BATCH: AdvantageBatch = {
  rewards: ROWS.rewards.map((row) => Float32Array.from(row)),
  scores: ROWS.scores,
  groups: [0, 0],
  values: ROWS.values.map((row) => Float32Array.from(row)),
  bootstrapValues: [0, 0],
};

function advantagesOf(name: AdvantageName, batch = BATCH, config = { gamma: 1, lam: 0.95 }) {
  return ADVANTAGES[name](batch, config).advantages;
}

/** One number for all tokens of each row. */
const spread = (values: number[]) => ROWS.rewards.map((row, at) => row.map(() => values[at]!));

Deno.test("gae has its golden advantages and returns, and wants values", () => {
  const { advantages, returns } = ADVANTAGES.gae(BATCH, { gamma: 1, lam: 0.95 });
  within(advantages.flatMap((row) => [...row]), GAE.advantages.flat(), 1e-6, "advantages");
  within(returns!.flatMap((row) => [...row]), GAE.returns.flat(), 1e-6, "returns");
  assert.throws(() => ADVANTAGES.gae({ ...BATCH, values: null }, { gamma: 1, lam: 1 }), /without values/);
});

Deno.test("methods of groups compare the sums of rewards, each for all tokens of its row", () => {
  // Σ of the golden rewards: 1.0175 and −0.5.
  const [high, low] = [1.0175, -0.5];
  const [middle, half] = [(high + low) / 2, (high - low) / 2];
  const deviation = Math.sqrt(2 * half ** 2);
  const expected = {
    grpo: [(high - middle) / (deviation + 1e-4), (low - middle) / (deviation + 1e-4)],
    dr_grpo: [half, -half],
    rloo: [high - low, low - high],
  };
  for (const [name, values] of Object.entries(expected)) {
    const rows = advantagesOf(name as AdvantageName);
    within(rows.flatMap((row) => [...row]), spread(values).flat(), 1e-6, name);
  }
});

Deno.test("reinforce++ is the discounted reward to go, which whitening centers over all tokens", () => {
  // Worked out by hand, γ = 1 and 0.5.
  const toGo = [[1.0175, 1.0275, 1.0225, 0.9975], [-0.5, -0.49]];
  within(advantagesOf("reinforce++").flatMap((row) => [...row]), toGo.flat(), 1e-6, "γ = 1");
  const halved = [[0.1234375, 0.266875, 0.52375, 0.9975], [-0.255, -0.49]];
  const discounted = advantagesOf("reinforce++", BATCH, { gamma: 0.5, lam: 1 });
  within(discounted.flatMap((row) => [...row]), halved.flat(), 1e-6, "γ = 0.5");
  // (x − 0.5125) / sqrt(Σ(x − mean)²/5 + 1e-8)
  const mean = toGo.flat().reduce((a, b) => a + b) / 6;
  const deviation = Math.sqrt(toGo.flat().reduce((sum, x) => sum + (x - mean) ** 2, 0) / 5 + 1e-8);
  const whitened = whiten(advantagesOf("reinforce++"));
  within(whitened.flatMap((row) => [...row]), toGo.flat().map((x) => (x - mean) / deviation), 1e-6, "white");
});

Deno.test("reinforce++_baseline takes the group's mean score from the reward to go", () => {
  const toGo = [[1.0175, 1.0275, 1.0225, 0.9975], [-0.5, -0.49]];
  const expected = toGo.flat().map((x) => x - 0.25);
  within(advantagesOf("reinforce++_baseline").flatMap((row) => [...row]), expected, 1e-6, "advantages");
});

for (const name of CRITIC_FREE) {
  Deno.test(`${name} asks for no values, and gives nothing to regress them to`, () => {
    const { advantages, returns } = ADVANTAGES[name]({ ...BATCH, values: null }, { gamma: 1, lam: 0.95 });
    assert.equal(returns, null);
    assert.deepEqual(advantages, advantagesOf(name));
  });

  Deno.test(`${name} does not mind in which order rows and groups come`, () => {
    const rewards = [[0, 1], [0, 0, 3], [2], [0, -1], [0.5], [0, 0, 0, 4]];
    const groups = [0, 1, 0, 1, 0, 1];
    const batch = (order: number[]): AdvantageBatch => ({
      rewards: order.map((row) => Float32Array.from(rewards[row]!)),
      scores: order.map((row) => rewards[row]!.at(-1)!),
      groups: order.map((row) => 7 - groups[row]!),
      values: null,
      bootstrapValues: order.map(() => 0),
    });
    const plain = advantagesOf(name, batch([0, 1, 2, 3, 4, 5]));
    const order = [5, 2, 0, 4, 1, 3];
    const moved = advantagesOf(name, batch(order));
    order.forEach((row, at) => within(moved[at]!, plain[row]!, 1e-6, `row ${row}`));
  });
}

for (const name of ["grpo", "dr_grpo", "rloo", "reinforce++_baseline"] as const) {
  Deno.test(`${name}: a group of equal scores, without KL in the rewards, has exactly no advantage`, () => {
    const score = 0.1; // no float32 and no double is it
    const batch: AdvantageBatch = {
      rewards: [[score], [0, 0, score], [0, score], [1], [3]].map((row) => Float32Array.from(row)),
      scores: [score, score, score, 1, 3],
      groups: [0, 0, 0, 1, 1],
      values: null,
      bootstrapValues: [0, 0, 0, 0, 0],
    };
    const rows = advantagesOf(name, batch);
    assert.ok(rows.slice(0, 3).every((row) => row.every((value) => value === 0)), String(rows));
    assert.ok(rows.slice(3).every((row) => row.every((value) => value !== 0)), String(rows));
  });
}
