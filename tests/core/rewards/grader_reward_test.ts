/** A grader as a reward: scores, terms and faults of a batch. */
import assert from "node:assert/strict";
import { rewardMetrics } from "../../../core/rewards/reward_metrics.ts";
import { reward, sample, scores } from "./score_texts.ts";

const exact = {
  ...{ type: "string_check", operation: "eq" } as const,
  input: "{{ sample.output_text }}",
  reference: "{{ item.label }}",
};

Deno.test("a grader sees each row's item; without one, its prompt and answer", async () => {
  const rows = [
    sample("yes", { item: { label: "yes" } }),
    sample("yes", { item: { label: "no" } }),
    sample("yes", { item: { label: "no" }, answer: "yes" }),
  ];
  assert.deepEqual(await scores({ type: "grader", grader: exact }, rows), [1, 0, 0]);
  const answer = { ...exact, reference: "{{ item.answer }}" };
  assert.deepEqual(await scores({ type: "grader", grader: answer }, rows), [0, 0, 1]);
  const prompt = { ...exact, input: "{{ item.prompt }}", reference: "prompt" };
  assert.deepEqual(await scores({ type: "grader", grader: prompt }, [sample("a")]), [1]);
});

Deno.test("each part of a multi grader is a term, and rows that failed are counted by their flags", async () => {
  const grader = {
    type: "multi" as const,
    graders: { exact, other: { ...exact, reference: "{{ item.other }}" } },
    calculate_output: "exact + other",
  };
  const rows = [
    sample("yes", { item: { label: "yes" } }),
    sample("no", { item: { label: "no", other: "no" } }),
  ];
  const scored = await (await reward({ type: "grader", grader })).score(rows);
  assert.deepEqual([...scored.scores], [1, 2]);
  assert.deepEqual([...scored.terms["grader.exact"]!], [1, 1]);
  assert.deepEqual([...scored.terms["grader.other"]!], [0, 1]);
  assert.deepEqual(scored.faults!["grader.other"], [
    { row: 0, message: "There is no item.other", kind: "invalid_variable_error" },
  ]);
  const metrics = rewardMetrics(scored);
  assert.equal(metrics["reward/grader/mean"], 1.5);
  assert.equal(metrics["reward/grader.exact/mean"], 1);
  assert.equal(metrics["reward/grader.other/failed"], 1);
  assert.equal(metrics["reward/grader.other/failed/invalid_variable_error"], 1);
  assert.equal(metrics["reward/grader.exact/failed"], 0);
});
