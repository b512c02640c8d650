import assert from "node:assert/strict";
import { JOB_KINDS } from "../../../core/contract/training_job.ts";
import { evaluationJobSchema } from "../../../core/contract/evaluation_job.ts";
import { sftJobSchema } from "../../../core/contract/sft_job.ts";
import { type EngineJob, kindOf } from "../../../core/kinds/kinds.ts";
import { makeJob } from "../networks/make_learner.ts";

Deno.test("every kind that a request may ask for has a row in the engine", () => {
  for (const kind of JOB_KINDS) assert.ok(kindOf({ kind }));
});

Deno.test("kindOf() names the kinds that there are when asked for another", () => {
  for (const kind of ["dpo", "", "constructor"]) {
    assert.throws(() => kindOf({ kind }), {
      code: "invalid_request",
      message: /^kind: Expected ppo.*: it is/,
    });
  }
});

const JOBS: EngineJob[] = [
  makeJob({ trainable: { type: "lora" }, ppo: { batch_size: 4, max_new_tokens: 6 } }),
  evaluationJobSchema.parse({
    kind: "evaluation",
    model: "m",
    prompts: ["a"],
    reward: { type: "json_valid" },
  }),
  sftJobSchema.parse({ kind: "sft", model: "m", examples: [{ prompt: "a", completion: "b" }] }),
];

for (const job of JOBS) {
  Deno.test(`${job.kind}: the row's configuration reads a stored job back as it is, and each change changes the field it names`, () => {
    const { config, smaller, rowsField } = kindOf(job);
    assert.deepEqual(config.parse(job), job);
    const at = (of: unknown, path: string) =>
      path.split(".").reduce((value, key) => (value as Record<string, unknown>)[key], of);
    assert.notEqual(at(job, rowsField), undefined);
    for (const { path, change } of smaller) {
      const changed = change(job);
      if (changed) assert.notDeepEqual(at(changed, path), at(job, path), path);
    }
  });
}
