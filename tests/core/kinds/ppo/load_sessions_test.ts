/** The first step's sessions are loaded while it samples, and whatever goes wrong then is told as if they were not. */
import assert from "node:assert/strict";
import type { PpoJobRequest } from "../../../../core/contract/ppo_job.ts";
import { UserError } from "../../../../core/errors.ts";
import type { Scorer } from "../../../../core/rewards/reward_source.ts";
import { reproducible } from "../../../../core/train/metric_sums.ts";
import { KINDS, makeJob } from "../../networks/make_learner.ts";
import { setUp, trainAll, type TrainingSetUp } from "./training.ts";

const PPO = { batch_size: 4, max_new_tokens: 5, num_ppo_epochs: 1 } as const;
const ADAPTER = { type: "lora", r: 4, alpha: 8 } as const;

const REWARD: Scorer = {
  score: (samples) => Promise.resolve(Float32Array.from(samples, ({ response_ids }) => response_ids[0]! % 7)),
};

/** Graphs that a step runs after it has sampled. */
const LATER = /^(trunk|policy_eval|value_eval|policy_training|value_training)/;

/** Sees each session of a learner's base loaded: by which graph, and from when to when. */
function watchLoads(
  { learner: { policy: { base } } }: TrainingSetUp,
  before: (name: string) => void = () => {},
): { begun: string[]; ended: string[]; loaded(name: string): Promise<void> } {
  const [begun, ended]: string[][] = [[], []];
  const waiting = new Map<string, PromiseWithResolvers<void>>();
  const loaded = (name: string) => {
    const known = waiting.get(name) ?? Promise.withResolvers<void>();
    waiting.set(name, known);
    return known;
  };
  const original = base.session.bind(base);
  base.session = async (artifact, options) => {
    begun!.push(artifact.name);
    try {
      before(artifact.name);
      return await original(artifact, options);
    } finally {
      ended!.push(artifact.name);
      loaded(artifact.name).resolve();
    }
  };
  return { begun: begun!, ended: ended!, loaded: (name) => loaded(name).promise };
}

/** Jobs, and the graph that each loads last. */
const JOBS: Record<string, { job: Partial<PpoJobRequest>; last: string }> = {
  "LoRA, separate critic": { job: KINDS["lora, separate"], last: "value_training" },
  "all weights, shared critic": { job: KINDS["full, shared"], last: "policy_training" },
  "some layers, cut into micro-batches": {
    job: {
      trainable: { ...ADAPTER, layers: { last: 1 } },
      value: { type: "separate", r: 4, alpha: 8, layers: { last: 2 } },
      ppo: { ...PPO, micro_batch_size: 2, bootstrap_truncated: true },
    },
    last: "value_training",
  },
  "dropout": {
    job: { ...KINDS["lora, separate"], trainable: { ...ADAPTER, dropout: 0.2 } },
    last: "value_training",
  },
  "GRPO, KL in the loss": {
    job: { trainable: ADAPTER, ppo: { ...PPO, batch_size: 2, advantage: "grpo", rollouts_per_prompt: 2 } },
    last: "policy_training",
  },
};

for (const [what, { job: given, last }] of Object.entries(JOBS)) {
  Deno.test(`${what}: all that the first step will run is loaded while it samples, and nothing else`, async () => {
    const job = makeJob({ epochs: 2, ...given, ppo: { ...PPO, ...given.ppo } });
    const parts = await setUp(job, { reward: REWARD });
    const loads = watchLoads(parts);
    const { policy } = parts.learner;
    const respond = policy.respond.bind(policy);
    let whileSampling: string[] | undefined;
    policy.respond = async (...args) => {
      const sampled = await respond(...args);
      await loads.loaded(last);
      whileSampling ??= loads.ended.filter((name) => LATER.test(name));
      return sampled;
    };
    await trainAll(parts, job);
    assert.deepEqual(loads.begun.filter((name) => LATER.test(name)).sort(), whileSampling?.sort());
  });
}

const JOB = makeJob({ ...KINDS["lora, separate"], ppo: PPO });

Deno.test("what responses decide is not loaded before they are there", async () => {
  const given = await setUp(JOB, { reward: REWARD });
  // Of up to 256 columns, attention is not cut.
  const ids = Int32Array.from({ length: 253 }, (_, at) => 4 + at % 50);
  const parts = { ...given, prompts: Array.from({ length: 4 }, () => ({ ids, text: "" })) };
  const loads = watchLoads(parts);
  const { policy } = parts.learner;
  const respond = policy.respond.bind(policy);
  const before: string[] = [];
  policy.respond = async (...args) => {
    const sampled = await respond(...args);
    before.push(...loads.begun.filter((name) => LATER.test(name)));
    return sampled;
  };
  await trainAll(parts, JOB);
  assert.deepEqual(before, []);
  assert.ok(loads.begun.some((name) => LATER.test(name)));
});

Deno.test("a session that cannot be loaded fails the job where it is needed, by its own error", async () => {
  const parts = await setUp(JOB, { reward: REWARD });
  const loads = watchLoads(parts, (name) => {
    if (name.startsWith("policy_training")) throw new UserError("out_of_memory", "Cannot load: no memory");
  });
  const { network } = parts.learner.critic!;
  const analyze = network.analyze.bind(network);
  let analyzed = false;
  network.analyze = async (...args) => {
    const values = await analyze(...args);
    analyzed = true;
    return values;
  };
  await assert.rejects(trainAll(parts, JOB), { code: "out_of_memory", message: "Cannot load: no memory" });
  assert.ok(analyzed);
  assert.deepEqual(loads.ended.length, loads.begun.length);
});

Deno.test("a session that could not be loaded while others sampled is loaded when it is needed", async () => {
  const plain = await trainAll(await setUp(JOB, { reward: REWARD }), JOB);
  const parts = await setUp(JOB, { reward: REWARD });
  let refused = 0;
  watchLoads(parts, (name) => {
    if (name.startsWith("policy_eval") && refused++ === 0) throw new Error("busy");
  });
  const { steps } = await trainAll(parts, JOB);
  assert.ok(refused > 1);
  assert.deepEqual(steps.map(reproducible), plain.steps.map(reproducible));
});

Deno.test("a job that is cancelled while sessions are loaded loads no more, and ends once they are", async () => {
  const parts = await setUp(JOB, { reward: REWARD });
  const over = new AbortController();
  const reason = new UserError("cancelled", "The job was cancelled");
  const loads = watchLoads(parts, (name) => {
    if (name.startsWith("policy_eval")) over.abort(reason);
  });
  await assert.rejects(trainAll(parts, JOB, over.signal), reason);
  assert.ok(over.signal.aborted);
  assert.deepEqual(loads.ended.toSorted(), loads.begun.toSorted());
  assert.ok(!loads.begun.some((name) => /value_eval|training/.test(name)), loads.begun.join());
});
