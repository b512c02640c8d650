import assert from "node:assert/strict";
import { join } from "node:path";
import { trainJob } from "../../../core/kinds/train_job.ts";
import type { UserError } from "../../../core/errors.ts";
import { programFacts, requireSame } from "../../../core/train/same_everywhere.ts";
import { inMemoryReplicas } from "../replicas/in_memory.ts";
import { inFolder } from "../networks/in_folder.ts";
import { copyModel } from "../serve/model_copies.ts";
import { KINDS, makeJob } from "../networks/make_learner.ts";
import { fixtureFolder, runtime } from "../networks/tiny_models.ts";

/** What each of so many processes throws, or null. */
async function thrownBy(
  size: number,
  work: (rank: number, replicas: ReturnType<typeof inMemoryReplicas>["all"][number]) => Promise<unknown>,
): Promise<(UserError | null)[]> {
  const { all } = inMemoryReplicas(size);
  return await Promise.all(
    all.map((replicas) => work(replicas.rank, replicas).then(() => null, (thrown) => thrown)),
  );
}

Deno.test("requireSame() names what is another on which rank, in all processes", async () => {
  const [a, b] = ["a".repeat(64), "b".repeat(64)];
  const facts: Record<string, string>[] = [{ "model/x": a, Deno: "2" }, { "model/x": b, Deno: "2" }, {
    "model/x": a,
  }];
  for (const thrown of await thrownBy(3, (rank, replicas) => requireSame(facts[rank]!, replicas))) {
    assert.equal(thrown!.code, "replicas_differ");
    assert.match(thrown!.message, /Deno is 2 on rank 0, 1 and not there on rank 2/);
    assert.match(thrown!.message, /model\/x is a{12} on rank 0, 2 and b{12} on rank 1/);
  }
  assert.deepEqual(await thrownBy(2, (_, replicas) => requireSame({ x: "1" }, replicas)), [null, null]);
});

Deno.test("programFacts() are the same each time, and say what computes", async () => {
  const facts = await programFacts("1.30.0");
  assert.deepEqual(await programFacts("1.30.0"), facts);
  assert.match(facts["the program's source"]!, /^[0-9a-f]{64}$/);
});

Deno.test("a job whose processes have other files, or none, fails before its first step and says where", () =>
  inFolder(async (parent) => {
    const job = makeJob({ ...KINDS["lora, separate"], prompts: ["The quick", "TL;DR: my"], epochs: 1 });
    const other = join(parent, "other");
    await copyModel("qwen3", other);
    const config = join(other, "tokenizer_config.json");
    await Deno.writeTextFile(config, await Deno.readTextFile(config) + "\n");
    const train = (models: string[]) =>
      thrownBy(2, async (rank, replicas) => {
        const folders = { model: models[rank]!, rewards: {}, output: join(parent, "output") };
        for await (const { type } of trainJob(runtime, { job, folders }, { replicas })) {
          assert.notEqual(type, "step");
        }
      });
    for (const thrown of await train([fixtureFolder("qwen3"), other])) {
      assert.equal(thrown!.code, "replicas_differ");
      assert.match(
        thrown!.message,
        /model\/tokenizer_config\.json is \w{12} on rank 0 and \w{12} on rank 1$/,
      );
    }
    for (const thrown of await train([fixtureFolder("qwen3"), join(parent, "none")])) {
      assert.equal(thrown!.code, "replicas_differ");
      assert.match(thrown!.message, /model\/config\.json is \w{12} on rank 0 and not there on rank 1/);
    }
  }));

Deno.test("processes that see other checkpoints do not begin", () =>
  inFolder(async (parent) => {
    const job = makeJob({ ...KINDS["lora, separate"], prompts: ["The quick", "TL;DR: my"], epochs: 2 });
    const folders = { model: fixtureFolder("qwen3"), rewards: {}, output: join(parent, "output") };
    let folder = "";
    for await (const event of trainJob(runtime, { job, folders })) {
      if (event.type === "checkpoint" && folder === "") folder = event.folder;
    }
    const thrown = await thrownBy(2, async (rank, replicas) => {
      const resume = rank === 0 ? [folder] : [join(parent, "not-shared")];
      for await (const _ of trainJob(runtime, { job, folders, resume }, { replicas }));
    });
    for (const one of thrown) {
      assert.equal(one!.code, "replicas_differ");
      assert.match(one!.message, /the step to go on from is 1 on rank 0 and 0 on rank 1/);
    }
  }));
