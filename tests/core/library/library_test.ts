/** The library does what jobs do: the same bytes, the same records; and says what is wrong. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  PolicyModel,
  PPOTrainer,
  type RewardFunction,
  TokenAttributor,
  UserError,
} from "../../../core/library/mod.ts";
import { withFunctions } from "../../../core/library/function_reward.ts";
import { inFolder } from "../networks/in_folder.ts";

const TINY = fileURLToPath(new URL("../../../models/tiny", import.meta.url));
const prompts = ["My dog", "The old house"];
const options = { model: TINY, ppo: { batch_size: 2, max_new_tokens: 8, learning_rate: 1e-3 }, seed: 5 };

/** What `{ type: "length", target: 4, unit: "words" }` gives. */
const words: RewardFunction = (batch) =>
  batch.map(({ completion }) => -Math.abs(completion.trim().split(/\s+/).filter(Boolean).length - 4) / 4);

const bytesOf = (folder: string) => Deno.readFile(join(folder, "adapter_model.safetensors"));

Deno.test("train() twice with one seed comes to the same bytes, and a function to those of another that gives the same", () =>
  inFolder(async (folder) => {
    const first = new PPOTrainer({ ...options, output: join(folder, "a"), reward: words });
    const steps: number[] = [];
    const run = await first.train(prompts, {
      epochs: 2,
      callbacks: { onStep: ({ progress }) => void steps.push(progress.step) },
    });
    assert.deepEqual(steps, [1, 2]);
    const second = new PPOTrainer({
      ...options,
      output: join(folder, "b"),
      reward: { type: "sum", terms: [{ weight: 1, reward: async (batch) => await words(batch) }] },
    });
    await second.train(prompts, { epochs: 2 });
    assert.deepEqual(await bytesOf(first.checkpoint!), await bytesOf(second.checkpoint!));

    const pairs = await new TokenAttributor(run).extractPairs();
    assert.deepEqual([...new Set(pairs.map(({ step }) => step))], [1, 2]);
    for (const { step, kl_div, prompt_idx, state_text } of pairs) {
      if (step === 1) assert.equal(kl_div, 0);
      assert.ok(state_text!.startsWith(prompts[prompt_idx]!));
    }
    const some = await new TokenAttributor(run).extractPairs({ epoch: 2, prompt_idx: 1 });
    assert.deepEqual(some, pairs.filter(({ step, prompt_idx }) => step === 2 && prompt_idx === 1));
    assert.ok(some.length > 0);

    // What is saved and loaded goes on as what was not.
    await first.save(join(folder, "saved"));
    const loaded = await new PPOTrainer({ ...options, output: join(folder, "c"), reward: words })
      .load(join(folder, "saved"));
    await Promise.all([first, loaded].map((trainer) => trainer.train(prompts)));
    assert.deepEqual(await bytesOf(first.checkpoint!), await bytesOf(loaded.checkpoint!));
    await assert.rejects(first.save(join(folder, "saved")));

    const { n, reward, win_rate } = await loaded.evaluate(prompts, { samples_per_prompt: 2 });
    assert.equal(n, 4);
    assert.ok(Number.isFinite(reward.mean) && win_rate !== null);
    const against = await loaded.evaluate(prompts, { against: join(folder, "saved") });
    assert.ok(Number.isFinite(against.reward.against));
  }));

Deno.test("a reward's function that gives what is no score ends the training, saying so", () =>
  inFolder(async (folder) => {
    const faults: [RewardFunction, RegExp][] = [
      [() => [1], /Expected 2 scores .* got 1/],
      [() => [1, NaN], /got NaN for row 1/],
      [() => ["1", 2] as unknown as number[], /got 1 for row 0/],
    ];
    for (const [reward, message] of faults) {
      const trainer = new PPOTrainer({ ...options, output: folder, reward });
      await assert.rejects(
        trainer.train(prompts),
        (error) =>
          error instanceof UserError && error.code === "reward_failed" && message.test(error.message),
      );
      assert.equal(trainer.checkpoint, null);
      await assert.rejects(trainer.save(join(folder, "x")), /call train\(\) or load\(\) first/);
    }
    const thrower = new PPOTrainer({
      ...options,
      output: folder,
      reward: () => Promise.reject(new Error("mine")),
    });
    await assert.rejects(thrower.train(prompts), /mine/);
    const nobody = new PPOTrainer({ ...options, output: folder, reward: { type: "module", file: "own.ts" } });
    await assert.rejects(nobody.train(prompts), /Expected a function or a reward that needs no server/);
  }));

Deno.test("withFunctions() finds each function where it stands", async () => {
  const { config, ask } = withFunctions({
    type: "sum",
    terms: [
      { weight: 1, reward: () => [1] },
      { weight: 2, reward: { type: "scale", factor: 2, reward: () => [2] } },
    ],
  });
  assert.equal(config.type, "sum");
  const items = [{ prompt: "a", completion: "b", prompt_idx: 0 }];
  const scores = await Promise.all(
    ["terms.0.reward", "terms.1.reward.reward"].map((at) => ask({ at, items })),
  );
  assert.deepEqual(scores.map(({ scores }) => scores), [[1], [2]]);
});

Deno.test("a second choice of threads or device is refused, and none is the first one", async () => {
  using _ = await PolicyModel.load(TINY);
  for (const choice of [{ device: "cuda" }, { threads: 7 }]) {
    await assert.rejects(
      PolicyModel.load(TINY, choice),
      (error) => error instanceof UserError && error.code === "runtime_unavailable",
    );
  }
  using again = await PolicyModel.load(TINY, { device: "cpu" });
  assert.equal((await again.generate(["My dog"], { max_new_tokens: 2 })).length, 1);
});
