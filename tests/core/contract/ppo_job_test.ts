import assert from "node:assert/strict";
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { ADVANTAGE_METHODS } from "../../../core/contract/advantage_methods.ts";
import { ppoJobSchema, ppoSchema } from "../../../core/contract/ppo_job.ts";

const JOB = {
  kind: "ppo",
  model: "tiny",
  prompts: ["Hello"],
  reward: { type: "length", target: 20 },
};

const GRPO = { advantage: "grpo", rollouts_per_prompt: 4 };

/** `path: message` of each fault of a job that is right but for `change`. */
function faults(change: Record<string, unknown>): string[] {
  const result = ppoJobSchema.safeParse({ ...JOB, ...change });
  return result.success
    ? []
    : result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

Deno.test("a job of model, prompts and reward gets every documented default", () => {
  const job = ppoJobSchema.parse(JOB);
  const { max_new_tokens, batch_size, learning_rate, kl_coef, gamma, lam, clip_epsilon } = job.ppo;
  assert.deepEqual(
    { max_new_tokens, batch_size, learning_rate, kl_coef, gamma, lam, clip_epsilon },
    {
      max_new_tokens: 50,
      batch_size: 4,
      learning_rate: 1e-5,
      kl_coef: 0.1,
      gamma: 0.99,
      lam: 0.95,
      clip_epsilon: 0.2,
    },
  );
  assert.deepEqual(job.trainable, {
    type: "lora",
    r: 16,
    alpha: 32,
    dropout: 0,
    target_modules: "all-linear",
    layers: null,
  });
  assert.equal(job.value?.type, "separate");
  assert.deepEqual([job.base_precision, job.rollout_precision], [null, null]);
  assert.deepEqual([job.epochs, job.seed, job.checkpoint, job.webhook, job.metadata], [1, 0, null, null, {}]);
});

Deno.test("the effective configuration is itself a valid request with the same meaning", () => {
  const job = ppoJobSchema.parse({ ...JOB, ppo: { kl_controller: { type: "adaptive" } } });
  assert.deepEqual(ppoJobSchema.parse(JSON.parse(JSON.stringify(job))), job);
});

Deno.test("a critic's dropout that is left out is the policy's, and is there as a number", () => {
  const dropouts = (trainable: object, value?: object) => {
    const job = ppoJobSchema.parse({ ...JOB, trainable, ...(value && { value }) });
    assert.deepEqual(ppoJobSchema.parse(JSON.parse(JSON.stringify(job))), job);
    return job.value;
  };
  const of = (value: ReturnType<typeof dropouts>) => value && "dropout" in value ? value.dropout : null;
  assert.equal(of(dropouts({ type: "lora" })), 0);
  assert.equal(of(dropouts({ type: "lora", dropout: 0.1 })), 0.1);
  assert.equal(of(dropouts({ type: "lora", dropout: 0.1 }, { type: "separate", dropout: 0 })), 0);
  assert.equal(of(dropouts({ type: "full" })), 0);
  assert.equal(of(dropouts({ type: "full" }, { type: "separate", dropout: 0.2 })), 0.2);
  assert.equal(of(dropouts({ type: "lora", dropout: 0.1 }, { type: "shared" })), null);
});

Deno.test("a critic trains the policy's layers unless it is told which", () => {
  const layers = (trainable: object, value?: object) => {
    const job = ppoJobSchema.parse({ ...JOB, trainable, ...(value && { value }) });
    assert.deepEqual(ppoJobSchema.parse(JSON.parse(JSON.stringify(job))), job);
    return job.value && "layers" in job.value ? job.value.layers : "none";
  };
  const last = { last: 2 };
  assert.equal(layers({ type: "lora" }), null);
  assert.deepEqual(layers({ type: "lora", layers: last }), last);
  assert.deepEqual(layers({ type: "full", layers: [1, 3] }), [1, 3]);
  assert.equal(layers({ type: "lora", layers: last }, { type: "separate", layers: null }), null);
  assert.deepEqual(layers({ type: "lora" }, { type: "separate", layers: [0] }), [0]);
  assert.equal(layers({ type: "lora", layers: last }, { type: "shared" }), "none");
});

Deno.test("layers that cannot be are refused by their field", () => {
  const faults = (layers: unknown) => {
    const parsed = ppoJobSchema.safeParse({ ...JOB, trainable: { type: "lora", layers } });
    return parsed.success ? [] : parsed.error.issues.map(({ path }) => path.join("."));
  };
  for (
    const wrong of [{ last: 0 }, { last: 1.5 }, { first: 1 }, [], [-1], ["1"], 2, "last", { last: 2, of: 3 }]
  ) {
    assert.match(faults(wrong).join(), /^trainable\.layers/, JSON.stringify(wrong));
  }
  assert.deepEqual(faults([0, 2]), []);
});

Deno.test("each method fills in its own defaults, gives way to what is said, and its echo is a request of the same meaning", () => {
  for (const [advantage, { critic, least_rollouts, defaults }] of Object.entries(ADVANTAGE_METHODS)) {
    const ppo = { advantage, rollouts_per_prompt: least_rollouts };
    const job = ppoJobSchema.parse({ ...JOB, ppo });
    const { kl_coef, kl_in, kl_estimator, gamma, loss_aggregation, whiten_advantages } = job.ppo;
    const filled = { kl_coef, kl_in, kl_estimator, gamma, loss_aggregation, whiten_advantages };
    assert.deepEqual(filled, defaults, advantage);
    assert.equal(job.value === null, !critic, advantage);
    assert.deepEqual(ppoJobSchema.parse(JSON.parse(JSON.stringify(job))), job);
    const other = { kl_coef: 0.7, kl_in: "reward", gamma: 0.5, loss_aggregation: "constant" };
    const said = ppoJobSchema.parse({ ...JOB, ppo: { ...ppo, ...other } }).ppo as Record<
      string,
      unknown
    >;
    for (const [field, value] of Object.entries(other)) assert.equal(said[field], value, field);
  }
});

Deno.test("critic's rates that are left out follow the policy's, and are there as numbers", () => {
  const rates = (learning_rate: number, value?: Record<string, unknown>) => {
    const job = ppoJobSchema.parse({ ...JOB, ppo: { learning_rate }, ...(value && { value }) });
    assert.deepEqual(ppoJobSchema.parse(JSON.parse(JSON.stringify(job))), job);
    assert.ok(job.value);
    return "learning_rate" in job.value
      ? [job.value.learning_rate, job.value.head_learning_rate]
      : [job.value.head_learning_rate];
  };
  assert.deepEqual(rates(1e-5), [5e-5, 1e-4]);
  assert.deepEqual(rates(3e-6), [5e-5, 1e-4], "a slow policy is no reason for a slow critic");
  assert.deepEqual(rates(2e-4), [6e-4, 6e-4]);
  assert.deepEqual(rates(1e-3), [3e-3, 3e-3]);
  assert.deepEqual(rates(1), [1e-2, 1e-2]);
  assert.deepEqual(rates(1e-3, { type: "shared" }), [3e-3]);
  const given = { type: "separate", learning_rate: 2e-5 };
  assert.deepEqual(rates(1e-3, given), [2e-5, 3e-3]);
  assert.deepEqual(rates(1e-3, { ...given, head_learning_rate: 0.5 }), [2e-5, 0.5]);
});

Deno.test("common mistakes are refused with the field's name", () => {
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ prompts: [] }, /^prompts: /],
    [{ prompts: [""] }, /^prompts\.0: /],
    [{ prompts: ["a", { text: "" }] }, /^prompts\.1\.text: /],
    [{ prompts: [{ text: "a", txt: "b" }] }, /^prompts\.0: .*"txt"/],
    [
      { prompts: [{ messages: [{ role: 5, content: "a" }] }] },
      /^prompts\.0\.messages\.0\.role: /,
    ],
    [{ epochs: 0 }, /^epochs: /],
    [{ epoch: 3 }, /"epoch"/],
    [{ kind: undefined }, /^kind: Expected "ppo"/],
    [{ reward: undefined }, /^reward: /],
    [{ seed: -1 }, /^seed: /],
    [{ ppo: { learning_rte: 1 } }, /^ppo: .*"learning_rte"/],
    [
      { ppo: { num_mini_batches: 3 } },
      /^ppo\.num_mini_batches: Expected a divisor of batch_size, which is 4, got 3/,
    ],
    [
      { ppo: { batch_size: 8, num_mini_batches: 2, micro_batch_size: 3 } },
      /^ppo\.micro_batch_size: Expected a divisor of the mini-batch of 4 .*, got 3$/,
    ],
    [
      { ppo: { rollouts_per_prompt: 3, num_mini_batches: 8 } },
      /^ppo\.num_mini_batches: Expected a divisor of batch_size × rollouts_per_prompt, which is 12, got 8$/,
    ],
    [
      { ppo: { rollouts_per_prompt: 2, num_mini_batches: 2, micro_batch_size: 3 } },
      /^ppo\.micro_batch_size: Expected a divisor of the mini-batch of 4 \(batch_size × rollouts_per_prompt \/ num_mini_batches\), got 3$/,
    ],
    [
      { ppo: { batch_size: 1000, rollouts_per_prompt: 100 } },
      /^ppo\.rollouts_per_prompt: Expected at most 65536 rollouts a step, got 100000/,
    ],
    [{ ppo: { advantage: "grp" } }, /^ppo\.advantage: Expected "gae", "grpo"/],
    [
      { ppo: { advantage: "rloo" } },
      /^ppo\.rollouts_per_prompt: Expected at least 2 with advantage rloo, .*, got 1$/,
    ],
    [
      { ppo: { kl_in: "loss" } },
      /^ppo\.kl_estimator: Expected k2 or k3 with kl_in loss, got k1/,
    ],
    [
      { ppo: { ...GRPO, whiten_rewards: true } },
      /^ppo\.whiten_rewards: Expected false with advantage grpo, got true/,
    ],
    [
      { ppo: { advantage: "reinforce++", bootstrap_truncated: true } },
      /^ppo\.bootstrap_truncated: Expected false with advantage reinforce\+\+/,
    ],
    [
      { ppo: { ...GRPO, critic_warmup_steps: 1 } },
      /^ppo\.critic_warmup_steps: Expected 0 with advantage grpo/,
    ],
    [
      { ppo: GRPO, value: { type: "separate" } },
      /^value: Expected null or nothing with ppo\.advantage grpo, which has no value network, got type separate/,
    ],
    [{ value: null }, /^value: Expected a value network for ppo\.advantage gae, got null/],
    [{ ppo: { temperature: -1 } }, /^ppo\.temperature: /],
    [{ ppo: { temperature: 0 } }, /^ppo\.temperature: /],
    [{ ppo: { top_p: 0 } }, /^ppo\.top_p: /],
    [{ ppo: { top_p: 0.9 } }, /^ppo\.top_p: Expected 1 for PPO/],
    [{ ppo: { top_k: 50 } }, /^ppo\.top_k: Expected 0 for PPO/],
    [{ ppo: { learning_rate: 0 } }, /^ppo\.learning_rate: /],
    [{ value: { type: "separate", learning_rate: 0 } }, /^value\.learning_rate: /],
    [{ value: { type: "shared", head_learning_rate: 2 } }, /^value\.head_learning_rate: /],
    [{ value: { type: "shared", learning_rate: 1e-4 } }, /^value: .*"learning_rate"/],
    [{ ppo: { overlong_tokens: 51 } }, /^ppo\.overlong_tokens: /],
    [{ ppo: { kl_estimator: "k4" } }, /^ppo\.kl_estimator: /],
    [{ trainable: { type: "lora", dropout: 1 } }, /^trainable\.dropout: /],
    [{ trainable: { type: "lora", dropout: -0.1 } }, /^trainable\.dropout: /],
    [{ trainable: { type: "full", dropout: 0.1 } }, /^trainable: .*"dropout"/],
    [{ value: { type: "separate", dropout: 1 } }, /^value\.dropout: /],
    [{ value: { type: "shared", dropout: 0.1 } }, /^value: .*"dropout"/],
    [
      { base_precision: "int4" },
      /^base_precision: Expected "float32", "int8", "bfloat16" or "float16", got "int4"/,
    ],
    [
      { base_precision: "int8", trainable: { type: "full" } },
      /^base_precision: Expected another base_precision than int8, .*trainable\.type full changes them/,
    ],
    [
      { rollout_precision: "int8", trainable: { type: "full" } },
      /^rollout_precision: Expected another rollout_precision than int8/,
    ],
    [
      { base_precision: "int8", rollout_precision: "float32" },
      /^rollout_precision: Expected null or int8, got float32/,
    ],
    [{ trainable: { type: "lora", target_modules: [] } }, /^trainable\.target_modules: /],
    [{ webhook: { url: "ftp://example.org/x" } }, /^webhook\.url: /],
    [{ webhook: { url: "https://example.org/x", secret: "hunter2" } }, /^webhook\.secret: /],
    [{ metadata: { a: 1 } }, /^metadata\.a: /],
    [{ metadata: { ["k".repeat(65)]: "" } }, /^metadata\.k+: /],
    [
      { metadata: Object.fromEntries(Array.from({ length: 300_000 }, (_, i) => [i, i])) },
      /^metadata: Expected at most 16/,
    ],
    [
      { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, ""])) },
      /^metadata: Expected at most 16/,
    ],
  ];
  for (const [change, expected] of cases) {
    const found = faults(change);
    assert.equal(found.length, 1, `${JSON.stringify(change)}: ${found}`);
    assert.match(found[0]!, expected);
  }
});

Deno.test("an exact_match reward without an answer needs one on every prompt, wherever it is nested", () => {
  const reward = { type: "scale", reward: { type: "sum", terms: [{ reward: { type: "exact_match" } }] } };
  const answered = { text: "2 + 2 =", answer: "4" };
  assert.deepEqual(faults({ reward, prompts: [answered] }), []);
  assert.match(faults({ reward, prompts: [answered, { text: "3 + 3 =" }] }).join(), /^prompts\.1\.answer: /);
  assert.match(faults({ reward, prompts: [answered, "3 + 3 ="] }).join(), /^prompts\.1\.answer: /);
});

Deno.test("every hyper-parameter says what it is and what its default is", () => {
  for (const [name, field] of Object.entries(ppoSchema.shape)) {
    const description = field.description ?? "";
    assert.match(description, /Default |Locked to /, `${name}: ${description}`);
  }
});

/** Every `$ref` in a document. */
function references(node: unknown): string[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => key === "$ref" ? [String(value)] : references(value));
}

Deno.test("OpenAPI comes out of the same schema, the recursive reward by name", () => {
  const app = new OpenAPIHono();
  app.openapi(
    createRoute({
      method: "post",
      path: "/jobs",
      request: { body: { content: { "application/json": { schema: ppoJobSchema } } } },
      responses: { 202: { description: "The job" } },
    }),
    (context) => context.body(null, 202),
  );
  const document = app.getOpenAPI31Document({ openapi: "3.1.0", info: { title: "test", version: "1" } });
  const schemas = document.components!.schemas as Record<string, Record<string, unknown>>;
  const dangling = references(document).filter((ref) =>
    !(ref.replace("#/components/schemas/", "") in schemas)
  );
  assert.deepEqual(dangling, []);
  assert.deepEqual(schemas["PpoJob"]!["required"], ["kind", "model", "reward"]);
  assert.equal(schemas["PpoJob"]!["additionalProperties"], false);
  assert.ok(references(schemas["Reward"]).includes("#/components/schemas/SumReward"));
  assert.ok(references(schemas["SumReward"]).includes("#/components/schemas/Reward"));
  const temperature =
    (schemas["PpoConfig"]!["properties"] as Record<string, Record<string, unknown>>)["temperature"]!;
  assert.equal(temperature["default"], 1);
});
