/** The lm-evaluation-harness on this server and on transformers, where a Python has it: LM_EVAL_PYTHON, or python3. */
import assert from "node:assert/strict";
import { compareWithHarness, differences, HARNESS } from "../../tasks/lm_eval.ts";
import { has, testWith } from "../needs.ts";

const PYTHON = Deno.env.get("LM_EVAL_PYTHON") ?? "python3";

testWith({ "lm-eval, torch and transformers in Python": () => has(PYTHON, ...HARNESS) })(
  "the lm-evaluation-harness gets the same numbers from a base and a checkpoint as over transformers",
  async () => {
    const { faults, compared } = await compareWithHarness(PYTHON, () => {});
    assert.deepEqual(faults, []);
    assert.ok(compared > 100);
  },
);

Deno.test("numbers that differ by more than a thousandth are told of, and so is another text or verdict", () => {
  const run = { name: "a run", tasks: ["proximal_choice" as const] };
  const answer = (logprob: number, isGreedy: boolean, acc: number) => ({
    samples: { proximal_choice: [[[logprob, isGreedy]], ["a text"]] },
    metrics: { proximal_choice: { acc } },
  });
  const told = (...args: Parameters<typeof answer>) =>
    differences(run, answer(-3, true, 0.5), answer(...args)).length;
  assert.deepEqual([told(-3.0029, true, 0.5009), told(-3.0031, true, 0.5)], [0, 1]);
  assert.deepEqual([told(-3, false, 0.5), told(-3, true, 0.6)], [1, 1]);
  const fewer = { ...answer(-3, true, 0.5), samples: { proximal_choice: [] } };
  assert.equal(differences(run, answer(-3, true, 0.5), fewer).length, 1);
});
