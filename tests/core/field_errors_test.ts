import assert from "node:assert/strict";
import type { z } from "zod";
import { generationSchema } from "../../core/contract/generation.ts";
import { scoreSchema } from "../../core/contract/score.ts";
import { trainingJobSchema } from "../../core/contract/training_job.ts";
import { completionSchema } from "../../core/contract/completion.ts";
import { fieldErrors } from "../../core/field_errors.ts";

const JOB = { kind: "ppo", model: "m", reward: { type: "json_valid" }, prompts: ["a"] };

/** The paths of the faults, and the first message where no path says enough. */
function paths(schema: z.ZodType, value: unknown): { paths: string[]; first: string } {
  const errors = fieldErrors(schema.safeParse(value).error!);
  return { paths: errors.map(({ path }) => path), first: errors[0]!.message };
}

Deno.test("a union's fault is that of the branch whose keys were sent", () => {
  const job = (change: object) => [trainingJobSchema, { ...JOB, ...change }] as const;
  const generation = (prompt: unknown) => [generationSchema, { model: "m", prompts: [prompt] }] as const;
  const score = (item: unknown) => [scoreSchema, { model: "m", items: [item] }] as const;
  const completion = (prompt: unknown) => [completionSchema, { model: "m", prompt }] as const;
  const say = { role: "user", content: "a" };
  const cases: [readonly [z.ZodType, unknown], ...string[]][] = [
    [job({ prompts: [{ text: 5 }] }), "prompts.0.text"],
    [job({ prompts: [{ text: "a", answre: "b" }] }), "prompts.0.answre"],
    [job({ prompts: ["a", { messages: "x" }] }), "prompts.1.messages"],
    [job({ prompts: [{ messages: [say], answre: "b" }] }), "prompts.0.answre"],
    [job({ prompts: [{ messages: [say, { ...say, role: 5 }] }] }), "prompts.0.messages.1.role"],
    [
      job({ prompts: [{ messages: [{ ...say, content: [{ text: "a" }] }] }] }),
      "prompts.0.messages.0.content.0.type",
    ],
    [job({ prompts: [{ messages: [say], id: 7, tools: [5] }] }), "prompts.0.id", "prompts.0.tools.0"],
    [
      job({ prompts: [{ messages: [say], chat_template_kwargs: { messages: [] } }] }),
      "prompts.0.chat_template_kwargs.messages",
    ],
    [job({ trainable: { type: "full", r: 1 } }), "trainable.r"],
    [job({ trainable: { type: "lora", target_modules: [5] } }), "trainable.target_modules.0"],
    [
      job({ reward: { type: "sum", terms: [{ reward: { type: "keywords" } }] } }),
      "reward.terms.0.reward.keywords",
    ],
    [generation({ text: "a", checkpoint: 5 }), "prompts.0.checkpoint"],
    [generation({ token_ids: ["x"] }), "prompts.0.token_ids.0"],
    [generation({ messages: [{ content: "a" }] }), "prompts.0.messages.0.role"],
    [score({ prompt: "a" }), "items.0.completion"],
    [score({ prompt_token_ids: [1] }), "items.0.completion_token_ids"],
    [score({ prompt: "a", completion: "b", c: 1 }), "items.0.c"],
    [completion(["a", 5]), "prompt.1"],
    [completion([[1], ["a"]]), "prompt.1.0"],
  ];
  for (const [[schema, value], ...expected] of cases) {
    assert.deepEqual(paths(schema, value).paths, expected, JSON.stringify(value));
  }
  // No branch is nearer than another: the union says what would be right.
  for (const value of [5, null, {}, { txt: "a" }, { text: "a", messages: [say] }]) {
    assert.match(
      paths(...job({ prompts: [value] })).first,
      /^Expected a text, \{ id\?, text/,
      JSON.stringify(value),
    );
    assert.match(paths(...generation(value)).first, /^Expected a text, \{ text \}/, JSON.stringify(value));
  }
  assert.match(paths(...score({})).first, /^Expected \{ prompt, completion \}/);
  assert.match(paths(...completion(5)).first, /^Expected a text, texts/);
  assert.match(paths(...job({ trainable: { type: "x" } })).first, /Expected "lora" or "full", got "x"/);
});
