/** A train command plans and runs its job with each graph built once, and each prompt tokenised once. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Builder } from "../../../kernels/graph/builder.ts";
import { trainJob } from "../../../core/kinds/train_job.ts";
import { cachedTokenizer } from "../../../core/tokenizer/cached_tokenizer.ts";
import { inFolder } from "../networks/in_folder.ts";
import { KINDS, makeJob } from "../networks/make_learner.ts";
import { fixtureFolder, runtime } from "../networks/tiny_models.ts";

/** What `work` calls of a method, by what `name` says of each call. */
async function counted<Args extends unknown[], Result>(
  target: object,
  method: string,
  name: (args: Args, result: Result) => string,
  work: () => Promise<unknown>,
): Promise<Map<string, number>> {
  const calls = new Map<string, number>();
  const object = target as Record<string, (...args: Args) => Result>;
  const plain = object[method]!;
  object[method] = function (...args: Args) {
    const result = plain.apply(this, args);
    const key = name(args, result);
    calls.set(key, (calls.get(key) ?? 0) + 1);
    return result;
  };
  try {
    await work();
    return calls;
  } finally {
    object[method] = plain;
  }
}

Deno.test("a train command builds each graph of a network once, and tokenises each prompt once", () =>
  inFolder(async (parent) => {
    const prompts = ["The quick", "brown fox", "jumps", "over"];
    // A length of its own, so that no other test of this process has asked for these graphs.
    const job = makeJob({ ...KINDS["lora, separate"], prompts, ppo: { batch_size: 4, max_new_tokens: 11 } });
    const folders = { model: fixtureFolder("qwen3"), rewards: {}, output: join(parent, "out") };
    const run = async () => {
      for await (const _ of trainJob(runtime, { job, folders }));
    };
    const tokenizer = await cachedTokenizer(folders.model);
    let encoded = new Map<string, number>();
    const built = await counted(
      Builder.prototype,
      "finish",
      (_, { name }: { name: string }) => name,
      async () => {
        encoded = await counted(tokenizer, "encode", ([text]: [string]) => text, run);
      },
    );
    for (const name of ["generate", "policy_eval", "policy_training", "value_eval", "value_training"]) {
      assert.ok((built.get(name) ?? 0) <= 1, `${name} was built ${built.get(name)} times`);
    }
    assert.equal(built.get("policy_training"), 1);
    assert.deepEqual(prompts.map((prompt) => encoded.get(prompt)), [1, 1, 1, 1]);
  }));
