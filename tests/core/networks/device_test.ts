/**
 * The engine on a place that JavaScript cannot look into against the engine on the host: the same code, so the same bits.
 * Whoever reaches for a tensor's memory without naming a copy fails here as on a GPU.
 */
import assert from "node:assert/strict";
import { BaseModel } from "../../../core/weights/base_model.ts";
import { saveCheckpoint } from "../../../core/networks/checkpoint.ts";
import { loadCheckpoint } from "../../../core/networks/checkpoint.ts";
import type { PpoJobRequest } from "../../../core/contract/ppo_job.ts";
import type { Place } from "../../../core/ort/memory.ts";
import { Runtime } from "../../../core/ort/runtime.ts";
import { accumulate, applyUpdate } from "../../../core/kinds/ppo/learner.ts";
import { inFolder } from "./in_folder.ts";
import { KINDS, makeJob, makeLearner, measuredRows } from "./make_learner.ts";
import { fixtureFolder, someTokens } from "./tiny_models.ts";

/** Everything a step computes, as numbers: what is sampled, measured, trained and saved. */
async function step(device: Place, name: string, given: Partial<PpoJobRequest>, folder: string) {
  // One thread, so that sums have one order.
  using runtime = Runtime.open({ device, threads: 1 });
  const base = await BaseModel.open(runtime, fixtureFolder(name));
  const job = makeJob(given);
  const learner = await makeLearner(base, job);
  const asked = [4, 9, 2].map((length, key) => ({
    prompt_ids: someTokens(key, length),
    max_new_tokens: 3 + 4 * key,
    temperature: 1,
    top_k: key === 1 ? 5 : 0,
    top_p: key === 1 ? 0.9 : 1,
    uniform: (position: number) => (0.37 * (position + 1) + 0.21 * key) % 1,
    stop_token_ids: new Set<number>(),
  }));
  // Rows leave the batch at sync intervals, and a product's last bits depend on how many there are.
  const decoded = await learner.policy.respond(asked, { syncInterval: 4 });
  const rows = await measuredRows(learner, 1);
  const stepTokens = rows.reduce((sum, { response_ids }) => sum + response_ids.length, 0);
  const tokenWeight = () => 1 / stepTokens;
  const stats = [];
  for (const first of [true, false]) {
    const part = first ? rows.slice(0, 2) : rows.slice(2);
    stats.push((await accumulate(learner, part, job.ppo, { tokenWeight, first, step: 3 })).read());
  }
  stats.push((await applyUpdate(learner, job.ppo, job.value, { factor: 1, trainPolicy: true })).read());
  const { trainable, value } = job;
  const networks = {
    base,
    policy: learner.policy.parameters,
    tuning: learner.policy.tuning,
    critic: learner.critic?.network.parameters ?? null,
  };
  const files = await saveCheckpoint(folder, networks, { trainable, value }, { model: "fixture" });
  const again = await loadCheckpoint(base, folder);
  assert.deepEqual(again.policy.flat.read(), learner.policy.parameters.flat.read());
  assert.equal(learner.policy.parameters.flat.place, device);
  const sampled = decoded.map(({ response_ids, logprobs }) => ({ response_ids, logprobs }));
  return { sampled, measured: rows.map(({ logprobs, values }) => [...logprobs, ...values!]), stats, files };
}

const SEPARATE = KINDS["lora, separate"];
const CASES: Record<string, [name: string, given: Partial<PpoJobRequest>]> = {
  "qwen3, lora, separate": ["qwen3", SEPARATE],
  "qwen3, lora with dropout, separate": [
    "qwen3",
    { ...SEPARATE, trainable: { ...SEPARATE.trainable, dropout: 0.3 } },
  ],
  "gpt2, full, shared": ["gpt2", KINDS["full, shared"]],
};

for (const [what, [name, given]] of Object.entries(CASES)) {
  Deno.test(`${what}: a step on a device is a step on the host, bit for bit`, () =>
    inFolder(async (folder) => {
      const host = await step("cpu", name, given, `${folder}/host`);
      const device = await step("allocated", name, given, `${folder}/device`);
      assert.deepEqual(device, host);
    }));
}
