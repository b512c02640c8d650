import assert from "node:assert/strict";
import {
  MAX_REWARD_DEPTH,
  MAX_REWARD_NODES,
  rewardModels,
  rewardNodes,
  rewardSchema,
} from "../../../core/contract/reward_schema.ts";

function faults(reward: unknown): string[] {
  const result = rewardSchema.safeParse(reward);
  return result.success
    ? []
    : result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const LENGTH = { type: "length", target: 3 };

function nest(depth: number): unknown {
  let reward: unknown = LENGTH;
  for (let i = 1; i < depth; i++) reward = { type: "scale", reward };
  return reward;
}

Deno.test("a reward gets its defaults, at any depth", () => {
  assert.deepEqual(rewardSchema.parse({ type: "sum", terms: [{ reward: LENGTH as never }] }), {
    type: "sum",
    terms: [{ weight: 1, reward: { type: "length", unit: "tokens", target: 3, penalty: 1 } }],
  });
});

Deno.test("mistakes are refused with the path to the field", () => {
  const cases: [unknown, RegExp][] = [
    [{ type: "lenght", target: 3 }, /^type: Expected one of length, /],
    [{ type: "length" }, /^target: Expected a target, or min, max or both, got none$/],
    [{ ...LENGTH, max: 4 }, /^target: Expected either target, or min and max, got both$/],
    [{ type: "length", min: 5, max: 4 }, /^min: Expected at most max, which is 4, got 5$/],
    [{ type: "keywords", keywords: [] }, /^keywords: /],
    [{ type: "keywords", keywords: ["a"], bonos: 1 }, /"bonos"/],
    [{ type: "regex", pattern: "(" }, /^pattern: error parsing regexp: missing closing \)/],
    [{ type: "regex", pattern: "a".repeat(1001) }, /^pattern: /],
    [{ type: "regex", pattern: "(?=a)" }, /^pattern: /],
    [
      { type: "regex", pattern: "(ab{1000}c{1000}){2}".repeat(20) },
      /^pattern: The counted repeats are too large/,
    ],
    [{ type: "regex", pattern: "a", flags: "g" }, /^flags: /],
    [{ type: "clip", reward: LENGTH, min: 1, max: 1 }, /^min: Expected less than max, which is 1, got 1$/],
    [{ type: "sum", terms: [] }, /^terms: /],
    [{ type: "sum", terms: [{ reward: { type: "regex", pattern: "[" } }] }, /^terms\.0\.reward\.pattern: /],
    [{ type: "repetition", ngram: 0 }, /^ngram: /],
    [{ type: "model" }, /^model: /],
    ["length", /^: /],
    [null, /^: /],
  ];
  for (const [reward, expected] of cases) {
    const found = faults(reward);
    assert.equal(found.length, 1, `${JSON.stringify(reward)}: ${found}`);
    assert.match(found[0]!, expected);
  }
});

Deno.test("nesting and number are bounded, so a hostile request cannot exhaust the stack", () => {
  assert.deepEqual(faults(nest(MAX_REWARD_DEPTH)), []);
  for (const depth of [MAX_REWARD_DEPTH + 1, 100_000]) {
    assert.match(faults(nest(depth)).join(), /^: Rewards may nest 8 deep/);
  }
  const wide = (terms: number) => ({
    type: "sum",
    terms: Array.from({ length: terms }, () => ({ reward: LENGTH })),
  });
  assert.deepEqual(faults(wide(32)), []);
  const many = { type: "sum", terms: [{ reward: wide(32) }, { reward: wide(32) }] };
  assert.ok(rewardNodes(wide(32) as never).length * 2 > MAX_REWARD_NODES);
  assert.match(faults(many).join(), /number 64 in all$/);
});

Deno.test("compiling the largest pattern that is allowed comes to an end", () => {
  assert.deepEqual(faults({ type: "regex", pattern: `(${"ab".repeat(11)}){1000}` }), []);
});

Deno.test("rewardModels() names each model once, wherever it is", () => {
  const reward = rewardSchema.parse({
    type: "sum",
    terms: [
      { reward: { type: "model", model: "a" } },
      { reward: { type: "clip", min: 0, max: 1, reward: { type: "model", model: "b" } } },
      { reward: { type: "model", model: "a" } },
    ],
  });
  assert.deepEqual(rewardModels(reward), ["a", "b"]);
});
