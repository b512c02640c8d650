import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import { UserError } from "../../../core/errors.ts";
import { repeatedShare } from "../../../core/rewards/repetition_reward.ts";
import type { RewardInput } from "../../../core/contract/reward_schema.ts";
import { reward, sample, scores } from "./score_texts.ts";

Deno.test("keywords: each that occurs counts once, whatever its case", async () => {
  const completions = ["tl;dr: cats", "TL;DR TL;DR", "cats sleep, TL;DR", "dogs"];
  assert.deepEqual(await scores({ type: "keywords", keywords: ["TL;DR", "Cats"], bonus: 0.5 }, completions), [
    1,
    0.5,
    1,
    0,
  ]);
});

Deno.test("keywords: case counts if asked for, and the same keyword twice is one", async () => {
  const given: RewardInput = { type: "keywords", keywords: ["Cats", "Cats"], case_sensitive: true };
  const lax: RewardInput = { type: "keywords", keywords: ["Cats", "cats"] };
  assert.deepEqual(await scores(given, ["Cats", "cats"]), [1, 0]);
  assert.deepEqual(await scores(lax, ["CATS"]), [
    1,
  ]);
});

Deno.test("exact_match: white space around does not count, anything else does", async () => {
  const completions = [" Paris\n", "Paris.", "paris"];
  assert.deepEqual(await scores({ type: "exact_match", answer: "Paris" }, completions), [1, 0, 0]);
  const lax = { type: "exact_match", answer: "Paris ", case_sensitive: false } as const;
  assert.deepEqual(await scores(lax, completions), [1, 0, 1]);
});

Deno.test("exact_match: without an answer of its own it uses the prompt's, or says that it has none", async () => {
  const given = { type: "exact_match" } as const;
  assert.deepEqual(await scores(given, [sample("4", { answer: "4" }), sample("4", { answer: "5" })]), [1, 0]);
  await assert.rejects(
    scores(given, ["4"]),
    (error) => error instanceof UserError && error.errors[0]!.path === "reward.answer",
  );
});

Deno.test("json_valid: the whole completion must be one JSON value", async () => {
  const completions = ['{"a": 1}', " [1, 2] \n", "3", '{"a": 1} and so on', "{'a': 1}", ""];
  assert.deepEqual(await scores({ type: "json_valid" }, completions), [1, 1, 1, 0, 0, 0]);
});

Deno.test("json_valid: keys ask for an object that has them itself", async () => {
  const completions = ['{"a": null, "b": 2}', '{"a": 1}', "[1]", "null", "{}"];
  assert.deepEqual(await scores({ type: "json_valid", keys: ["a", "b"] }, completions), [1, 0, 0, 0, 0]);
  assert.deepEqual(await scores({ type: "json_valid", keys: ["toString"] }, ["{}"]), [0]);
});

Deno.test("json_valid: a hostile completion is just not JSON", async () => {
  assert.deepEqual(await scores({ type: "json_valid" }, ["[".repeat(500_000)]), [0]);
});

Deno.test("repetition: minus the share of n-grams seen before", async () => {
  const completions = ["a b c d", "a b a b a b", "a", "", "x x x x x"];
  const found = await scores({ type: "repetition", ngram: 2, penalty: 2 }, completions);
  assert.deepEqual(found.map((score) => Math.round(score * 1e6) / 1e6), [0, -1.2, 0, 0, -1.5]);
});

Deno.test("repetition: the stop token is no part of an n-gram", async () => {
  assert.deepEqual(await scores({ type: "repetition", ngram: 1 }, [sample("a b")]), [0]);
  assert.equal(repeatedShare([1, 12, 11, 2], 1), 0);
  assert.equal(repeatedShare([1, 12, 1, 12], 2), 1 - 2 / 3);
});

Deno.test("regex: found anywhere is 1", async () => {
  const completions = ["the answer is 42", "no number", "forty\n2"];
  assert.deepEqual(await scores({ type: "regex", pattern: "\\d+" }, completions), [1, 0, 1]);
  assert.deepEqual(await scores({ type: "regex", pattern: "^the .* 42$" }, completions), [1, 0, 0]);
});

Deno.test("regex: flags and Unicode classes work", async () => {
  assert.deepEqual(await scores({ type: "regex", pattern: "^b$" }, ["a\nB"]), [0]);
  assert.deepEqual(await scores({ type: "regex", pattern: "^b$", flags: "im" }, ["a\nB"]), [1]);
  assert.deepEqual(await scores({ type: "regex", pattern: "a.b", flags: "s" }, ["a\nb"]), [1]);
  assert.deepEqual(await scores({ type: "regex", pattern: "^\\p{L}+$" }, ["größe", "x1"]), [1, 0]);
});

Deno.test("regex: a pattern that makes a backtracking engine hang does not hang", async () => {
  const text = "a".repeat(100_000) + "!";
  assert.deepEqual(await scores({ type: "regex", pattern: "(a+)+$" }, [text]), [0]);
  assert.deepEqual(await scores({ type: "regex", pattern: "^(([a-z])+.)+[A-Z]([a-z])+$" }, [text]), [0]);
});

Deno.test("a rule's score does not depend on the other samples", async () => {
  const source = await reward({
    type: "sum",
    terms: [
      { reward: { type: "length", target: 3 } },
      { weight: 0.5, reward: { type: "repetition", ngram: 1 } },
      { weight: -1, reward: { type: "regex", pattern: "^a" } },
    ],
  });
  const text = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 8 }).map((words) => words.join(" "));
  await fc.assert(fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 6 }), async (completions) => {
    const together = await source.score(completions.map((completion) => sample(completion)));
    const alone = await Promise.all(completions.map((completion) => source.score([sample(completion)])));
    assert.deepEqual([...together.scores], alone.map(({ scores: [score] }) => score));
  }));
});
