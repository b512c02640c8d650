/** Configurations, layouts and adapters out of the ordinary: scores are what transformers and PEFT say of the same folders. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { scoreSchema } from "../../../core/contract/score.ts";
import { score } from "../../../core/serve/score.ts";
import { ServedModels } from "../../../core/serve/served_models.ts";
import { makeReward } from "../../../core/rewards/rewards.ts";
import { within } from "../../kernels/within.ts";
import { fixtureFolder, runtime } from "../networks/tiny_models.ts";

interface Expected {
  /** Prompt and completion ids. */
  items: [number[], number[]][];
  logprobs?: number[][];
  entropy?: number[][];
  /** Log-probabilities with each adapter, by the name of its folder. */
  adapters?: Record<string, number[][]>;
  /** A classifier's. */
  scores?: number[];
}

const VARIANTS = fixtureFolder("variants");
const TOLERANCE = 2e-5;
const models = new ServedModels(runtime);

for (const name of Array.from(Deno.readDirSync(VARIANTS), (entry) => entry.name).sort()) {
  const folder = join(VARIANTS, name);
  const expected: Expected = JSON.parse(Deno.readTextFileSync(join(folder, "expected.json")));
  const items = expected.items.map(([prompt_token_ids, completion_token_ids]) => ({
    prompt_token_ids,
    completion_token_ids,
  }));
  const signal = new AbortController().signal;

  if (expected.scores) {
    Deno.test(`${name}: a reward is transformers' score`, async () => {
      // No folder here has a tokenizer, so their ids mean the same.
      const folders = { model: join(VARIANTS, "llama-linear"), rewards: { it: folder } };
      const reward = await makeReward({ type: "model", model: "it" }, {
        model: (reward) => models.reward(folders, reward),
      });
      const { data } = await score(
        await models.policy(folders),
        scoreSchema.parse({ model: "m", items }),
        reward,
        signal,
      );
      within(data.map(({ reward }) => reward!), expected.scores!, TOLERANCE, "scores");
    });
    continue;
  }

  Deno.test(`${name}: log-probabilities and entropy are transformers', with every adapter PEFT's`, async () => {
    const ask = async (adapter?: string) => {
      const policy = await models.policy({ model: folder, adapter, rewards: {} });
      return (await score(policy, scoreSchema.parse({ model: "m", items }), null, signal)).data;
    };
    const check = (
      data: Awaited<ReturnType<typeof ask>>,
      key: "logprob" | "ref_logprob" | "entropy",
      wanted: number[][],
    ) =>
      data.forEach(({ tokens }, row) => {
        within(tokens!.map((token) => token[key]), wanted[row]!, TOLERANCE, `${key} of item ${row}`);
      });
    const bare = await ask();
    check(bare, "logprob", expected.logprobs!);
    check(bare, "entropy", expected.entropy!);
    for (const [adapter, logprobs] of Object.entries(expected.adapters ?? {})) {
      const adapted = await ask(join(folder, adapter));
      check(adapted, "logprob", logprobs);
      check(adapted, "ref_logprob", expected.logprobs!);
      assert.ok(adapted.some(({ kl }) => Math.abs(kl) > 1e-3), adapter);
    }
  });
}
