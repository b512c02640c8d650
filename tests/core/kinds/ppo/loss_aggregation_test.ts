import assert from "node:assert/strict";
import { LOSS_WEIGHTS } from "../../../../core/kinds/ppo/loss_aggregation.ts";

/** Token losses of two rows; every aggregation of them is worked out by its formula (ppo-spec §9). */
const LOSSES = [[1, 2, 3], [10]];
const STEP = { tokens: 4, rows: 2, maxTokens: 5 };

const EXPECTED = {
  token_mean: (1 + 2 + 3 + 10) / 4,
  sequence_mean: ((1 + 2 + 3) / 3 + 10) / 2,
  sequence_sum: ((1 + 2 + 3) + 10) / 2,
  constant: (1 + 2 + 3 + 10) / (2 * 5),
} as const;

for (const [name, weigh] of Object.entries(LOSS_WEIGHTS)) {
  Deno.test(`${name} adds up token losses by its formula`, () => {
    const weight = weigh(STEP);
    const loss = LOSSES.flatMap((row) => row.map((token) => token * weight(row.length)))
      .reduce((a, b) => a + b);
    assert.ok(Math.abs(loss - EXPECTED[name as keyof typeof EXPECTED]) < 1e-12, String(loss));
  });
}
