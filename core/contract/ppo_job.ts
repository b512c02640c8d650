/**
 * The PPO job as the user writes it. Every hyper-parameter is declared here once, with default, range, unit and where
 * the default comes from; OpenAPI, the job row and the engine all use these schemas.
 */
import { z } from "zod";
import { component } from "./component.ts";
import {
  ADVANTAGE_METHODS,
  ADVANTAGE_NAMES,
  type AdvantageMethod,
  defaultsOf,
  KL_ESTIMATOR_NAMES,
  LOSS_AGGREGATIONS,
  type MethodDefaults,
} from "./advantage_methods.ts";
import { ADAPTER_RATE, type FollowingRate, followingRate, HEAD_RATE } from "./critic_rates.ts";
import { guardSchema } from "./guard_schema.ts";
import {
  adapterFields,
  dropout,
  dropoutOf,
  jobFaults,
  jobFields,
  needsFrozen,
  type TrainableConfig,
} from "./job.ts";
import { rowsFaults } from "./dataset.ts";
import { layersSchema } from "./layers.ts";
import { promptSchema } from "./prompt.ts";
import { checkAnswers } from "./prompt_answers.ts";
import { evaluateSchema } from "./training_evaluation.ts";
import { recordsSchema } from "./records.ts";
import { type Refuse, refusing } from "./refuse.ts";
import { rewardSchema } from "./reward_schema.ts";
import { rolloutFaults, rolloutsSchema } from "./rollouts.ts";
import { alsoTaken, withAliases } from "./ppo_aliases.ts";
import { MIN_TEMPERATURE } from "./temperature.ts";

/** How the KL coefficient moves; `kl_coef` is where it starts. */
const klControllerSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("fixed").describe("How the coefficient moves: not.") }).meta({
    ...component("FixedKlController"),
    description: "kl_coef stays as it is",
  }),
  z.strictObject({
    type: z.literal("adaptive").describe("How the coefficient moves: with the KL."),
    target: z.number().gt(0).max(10_000).default(6).describe(
      "KL per sequence to steer to, in nats. Default 6 (lm-human-preferences).",
    ),
    horizon: z.int().min(1).max(100_000_000).default(10_000).describe(
      "Episodes over which the coefficient adapts. Default 10000 (lm-human-preferences).",
    ),
  }).meta({ ...component("AdaptiveKlController"), description: "kl_coef follows the KL that is measured" }),
]).meta(component("KlController"));

/** Rollouts that a step may have. */
const MAX_ROLLOUTS = 65536;

/** A field that `ppoSchema` fills in where it is left out, by the method that `advantage` names. */
function methodDefault<Schema extends z.ZodType>(
  field: keyof MethodDefaults,
  schema: Schema,
  what: string,
  names = "",
): z.ZodDefault<Schema> {
  const described = schema.optional().describe(`${what} Default ${defaultsOf(field)}.${names}`);
  return described as unknown as z.ZodDefault<Schema>;
}

/** PPO's hyper-parameters. "Ours" names a default recommended in docs, "field" one that TRL, verl and OpenRLHF share. */
export const ppoSchema = z.strictObject({
  max_new_tokens: z.int().min(1).max(32768).default(50).describe(
    "Longest response, in tokens, its stop token included. Default 50 (ours)." + alsoTaken("max_new_tokens"),
  ),
  batch_size: z.int().min(1).max(65536).default(4).describe(
    "Prompts per step, each sampled rollouts_per_prompt times; one step is one rollout batch with all its updates. Every step has exactly this many: the last of an epoch is filled up from the start of that epoch's order, and fewer prompts than batch_size repeat within a step. Default 4 (ours).",
  ),
  rollouts_per_prompt: z.int().min(1).max(1024).default(1).describe(
    "Responses sampled to each prompt of a step, which then has batch_size × this many rollouts (as verl's rollout.n and OpenRLHF's n_samples_per_prompt). Methods that compare a prompt's responses need at least 2. Default 1." +
      alsoTaken("rollouts_per_prompt"),
  ),
  advantage: z.enum(ADVANTAGE_NAMES).default("gae").describe(
    "How advantages are estimated. gae judges by a value network. The others need none: grpo, dr_grpo, rloo and reinforce++_baseline compare the responses of one prompt, reinforce++ all of a step. Default gae.",
  ),
  learning_rate: z.number().gt(0).max(1).default(1e-5).describe(
    "Policy's peak learning rate. Default 1e-5 (ours).",
  ),
  kl_coef: methodDefault(
    "kl_coef",
    z.number().min(0).max(100),
    "What a nat of KL from the reference policy costs, per token: so much reward, or so much in the loss (kl_in); 0 turns it off.",
    alsoTaken("kl_coef"),
  ),
  kl_in: methodDefault(
    "kl_in",
    z.enum(["reward", "loss"]),
    "Where the KL costs: subtracted from the rewards, as estimated at rollout, or a term of the loss, estimated anew in each update.",
  ),
  kl_estimator: methodDefault(
    "kl_estimator",
    z.enum(KL_ESTIMATOR_NAMES),
    "Per-token estimate of the KL (Schulman): k1 = d, k2 = d²/2, k3 = exp(−d)−1+d with d = logprob − ref_logprob. In the loss k2 or k3, as k1 has no gradient on average.",
  ),
  kl_controller: klControllerSchema.default({ type: "fixed" }).describe("Default fixed (field)."),
  gamma: methodDefault(
    "gamma",
    z.number().min(0).max(1),
    "Discount per token, with gae and reinforce++; the others add up a response's rewards as they are.",
  ),
  lam: z.number().min(0).max(1).default(0.95).describe(
    "GAE's λ per token; unused by other methods. Default 0.95 (PPO paper, TRL).",
  ),
  clip_epsilon: z.number().gt(0).lt(1).default(0.2).describe(
    "The probability ratio is clipped to [1 − this, 1 + this]. Default 0.2 (PPO paper)." +
      alsoTaken("clip_epsilon"),
  ),
  clip_epsilon_high: z.number().gt(0).max(10).nullable().default(null).describe(
    "Upper clip distance if it differs (DAPO uses 0.28). Default null: clip_epsilon." +
      alsoTaken("clip_epsilon_high"),
  ),
  dual_clip: z.number().gt(1).max(100).nullable().default(null).describe(
    "Bound c on the loss of tokens with negative advantage (dual-clip PPO uses 3). Default null: off.",
  ),
  cliprange_value: z.number().gt(0).max(1e6).nullable().default(0.2).describe(
    "How far a new value may move from the rollout's before its loss is clipped, in units of return; null: unclipped. Unused without a value network. Default 0.2 (PPO paper, TRL).",
  ),
  vf_coef: z.number().min(0).max(100).default(0.1).describe(
    "Weight of the value loss in the common loss when the value head shares the policy's trunk; unused otherwise. Default 0.1 (TRL).",
  ),
  entropy_coef: z.number().min(0).max(1).default(0).describe(
    "Weight of the entropy bonus. Default 0 (field).",
  ),
  num_ppo_epochs: z.int().min(1).max(100).default(4).describe(
    "Passes over each rollout batch. Default 4 (PPO paper, TRL)." + alsoTaken("num_ppo_epochs"),
  ),
  num_mini_batches: z.int().min(1).max(65536).default(1).describe(
    "Optimizer steps per pass; must divide a step's rollouts, batch_size × rollouts_per_prompt. Default 1 (TRL); 2 to 4 pay off from 128 rollouts.",
  ),
  micro_batch_size: z.int().min(1).max(65536).nullable().default(null).describe(
    "Sequences per forward and backward run; must divide batch_size × rollouts_per_prompt / num_mini_batches. Changes memory, not results. Default null: the whole mini-batch.",
  ),
  trunk_cache: z.boolean().default(true).describe(
    "Keep a rollout's hidden states below the first layer that trainable.layers (or value.layers) names, 4 bytes × rollouts × tokens × hidden size: computed once for policy, reference, value network and all updates, not in each. Changes time and memory, not results. Default true.",
  ),
  loss_aggregation: methodDefault(
    "loss_aggregation",
    z.enum(LOSS_AGGREGATIONS),
    "How the tokens' losses of an optimizer step become one: token_mean over all tokens, sequence_mean over each response's tokens and then over responses, sequence_sum a response's sum and then the mean over responses, constant that divided by max_new_tokens.",
  ),
  temperature: z.number().min(MIN_TEMPERATURE).max(100).default(1).describe(
    "Sampling temperature of rollouts, used for every log-probability too. Default 1 (verl, OpenRLHF).",
  ),
  top_k: z.int().min(0).max(1_000_000).default(0)
    .refine(
      (value) => value === 0,
      "Expected 0 for PPO: else the ratio and KL are measured against a policy that was not sampled from",
    )
    .describe("Locked to 0 (off) in training."),
  top_p: z.number().gt(0, { abort: true }).max(1).default(1)
    .refine(
      (value) => value === 1,
      "Expected 1 for PPO: else the ratio and KL are measured against a policy that was not sampled from",
    )
    .describe("Locked to 1 (off) in training."),
  stop_token_ids: z.array(z.int().min(0).max(10_000_000)).max(64).default([]).describe(
    "Token ids that end a response beside the model's own end-of-sequence ids. Default none.",
  ),
  missing_eos_penalty: z.number().min(0).max(1e6).default(1).describe(
    "Taken from the score of a response that max_new_tokens cut off. Default 1 (TRL's examples).",
  ),
  missing_eos: z.enum(["subtract", "replace"]).default("subtract").describe(
    "subtract the penalty from the score, or replace the score by minus the penalty (lm-human-preferences). Default subtract.",
  ),
  overlong_tokens: z.int().min(1).max(32768).nullable().default(null).describe(
    "Soft length limit (DAPO): over the last this many of max_new_tokens the score falls linearly by overlong_penalty. Default null: off.",
  ),
  overlong_penalty: z.number().min(0).max(1e6).default(1).describe(
    "Score lost at max_new_tokens. Default 1 (DAPO).",
  ),
  score_scaling: z.enum(["none", "std", "mean_std"]).default("none").describe(
    "Divide scores by their running standard deviation, or also subtract their running mean. Default none (field).",
  ),
  score_clip: z.number().gt(0).max(1e6).nullable().default(null).describe(
    "Keep scores, after scaling, within ± this. Default null: off (OpenRLHF uses 10).",
  ),
  whiten_rewards: z.boolean().default(false).describe(
    "Divide token rewards by their standard deviation over the batch, keeping the mean. Default false (TRL).",
  ),
  whiten_advantages: methodDefault(
    "whiten_advantages",
    z.boolean(),
    "Shift and scale advantages to mean 0 and variance 1 over the batch's tokens.",
  ),
  bootstrap_truncated: z.boolean().default(false).describe(
    "Continue the return of a cut-off response with the value of its last state instead of 0. Default false (field).",
  ),
  max_grad_norm: z.number().gt(0).max(1e6).nullable().default(1).describe(
    "Gradients of each optimizer are scaled down to this norm; null: never. Default 1 (verl, OpenRLHF).",
  ),
  adam_beta1: z.number().min(0).lt(1).default(0.9).describe("Default 0.9 (Adam paper)."),
  adam_beta2: z.number().min(0).lt(1).default(0.999).describe("Default 0.999 (Adam paper)."),
  adam_eps: z.number().gt(0).max(1).default(1e-8).describe(
    "Added to the root of the second moment, PyTorch's form. Default 1e-8 (TRL, verl, OpenRLHF); 1e-5 steadies full fine-tuning." +
      alsoTaken("adam_eps"),
  ),
  weight_decay: z.number().min(0).max(10).default(0).describe(
    "Decoupled decay per unit of learning rate; spares biases and norms. Default 0 (TRL, OpenRLHF).",
  ),
  lr_scheduler: z.enum(["linear", "cosine", "constant"]).default("linear").describe(
    "Course of the learning rates over the job's optimizer steps, after the warm-up. Default linear (TRL).",
  ),
  min_lr_ratio: z.number().min(0).max(1).default(0).describe(
    "Share of the peak that linear and cosine end at. Default 0 (OpenRLHF's cosine: 0.1).",
  ),
  warmup_steps: z.int().min(0).max(100_000_000).default(0).describe(
    "Optimizer steps over which the learning rates rise from 0. Default 0 (TRL).",
  ),
  critic_warmup_steps: z.int().min(0).max(100_000_000).default(0).describe(
    "Steps at the start that train the value network only. Default 0 (field).",
  ),
  target_kl: z.number().gt(0).max(1e6).nullable().default(null).describe(
    "Skip the rest of a step's updates when a mini-batch's mean KL (k3) from the rollout policy exceeds 1.5 times this, in nats per token. Default null: off (field).",
  ),
  guard: guardSchema.nullable().default(null).describe(
    "What to do when the policy diverges. Default null: nothing, but for the warnings that every job gives.",
  ),
}).overwrite((ppo) => ({ ...ADVANTAGE_METHODS[ppo.advantage].defaults, ...given(ppo) })).superRefine(
  (ppo, context) => {
    const fail = (field: string, message: string) => refusing(context)([field], message);
    batchFaults(ppo, fail);
    methodFaults(ppo, fail);
    if (ppo.overlong_tokens !== null && ppo.overlong_tokens > ppo.max_new_tokens) {
      fail(
        "overlong_tokens",
        `Expected at most max_new_tokens, which is ${ppo.max_new_tokens}, got ${ppo.overlong_tokens}`,
      );
    }
  },
).meta({ ...component("PpoConfig"), description: "How the policy is sampled and trained" });

/** A value's fields that are not left out. */
function given<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}

type Fail = (field: string, message: string) => void;

/** Each step's rollouts are cut into equal parts twice. */
function batchFaults(
  { batch_size, rollouts_per_prompt, num_mini_batches, micro_batch_size }: {
    batch_size: number;
    rollouts_per_prompt: number;
    num_mini_batches: number;
    micro_batch_size: number | null;
  },
  fail: Fail,
): void {
  const rollouts = batch_size * rollouts_per_prompt;
  if (rollouts > MAX_ROLLOUTS) {
    fail(
      "rollouts_per_prompt",
      `Expected at most ${MAX_ROLLOUTS} rollouts a step, got ${rollouts} (batch_size × rollouts_per_prompt)`,
    );
    return;
  }
  const product = rollouts_per_prompt === 1 ? "batch_size" : "batch_size × rollouts_per_prompt";
  if (rollouts % num_mini_batches !== 0) {
    fail(
      "num_mini_batches",
      `Expected a divisor of ${product}, which is ${rollouts}, got ${num_mini_batches}`,
    );
    return;
  }
  const miniBatch = rollouts / num_mini_batches;
  if (micro_batch_size !== null && miniBatch % micro_batch_size !== 0) {
    fail(
      "micro_batch_size",
      `Expected a divisor of the mini-batch of ${miniBatch} (${product} / num_mini_batches), got ${micro_batch_size}`,
    );
  }
}

/** What a method cannot do with what the other fields ask for. */
function methodFaults(
  ppo: {
    advantage: keyof typeof ADVANTAGE_METHODS;
    rollouts_per_prompt: number;
    whiten_rewards: boolean;
    bootstrap_truncated: boolean;
    critic_warmup_steps: number;
  } & Pick<MethodDefaults, "kl_in" | "kl_estimator" | "kl_coef">,
  fail: Fail,
): void {
  const { advantage, rollouts_per_prompt, kl_in, kl_estimator } = ppo;
  const { critic, least_rollouts, of_sums }: AdvantageMethod = ADVANTAGE_METHODS[advantage];
  if (rollouts_per_prompt < least_rollouts) {
    fail(
      "rollouts_per_prompt",
      `Expected at least ${least_rollouts} with advantage ${advantage}, which compares the responses of one prompt, got ${rollouts_per_prompt}`,
    );
  }
  if (kl_in === "loss" && kl_estimator === "k1") {
    fail("kl_estimator", "Expected k2 or k3 with kl_in loss, got k1: on average its gradient is 0");
  }
  if (of_sums && ppo.whiten_rewards) {
    fail(
      "whiten_rewards",
      `Expected false with advantage ${advantage}, got true: it adds up a response's rewards, and whitening adds to each token`,
    );
  }
  if (critic) return;
  if (ppo.bootstrap_truncated) {
    fail("bootstrap_truncated", `Expected false with advantage ${advantage}, which has no values, got true`);
  }
  if (ppo.critic_warmup_steps > 0) {
    fail(
      "critic_warmup_steps",
      `Expected 0 with advantage ${advantage}, which has no value network, got ${ppo.critic_warmup_steps}`,
    );
  }
}

/** What `ppoJobSchema` fills in from the policy's where it is left out: there in every job. */
function followed<Schema extends z.ZodType>(schema: Schema, what: string) {
  return schema.optional().describe(what) as unknown as z.ZodDefault<Schema>;
}

/** A rate that follows the policy's. */
function criticRate(what: string, { times, least, most }: FollowingRate) {
  return followed(
    z.number().gt(0).max(1),
    `${what} Default ${times} times ppo.learning_rate, but from ${least} to ${most}.`,
  );
}

const headLearningRate = criticRate("Peak learning rate of the value head.", HEAD_RATE);

/** The value network. */
const valueSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("separate").describe("What the value network is."),
    ...adapterFields,
    layers: followed(
      layersSchema.nullable(),
      "Layers that have the value adapter, as trainable.layers; null: all. Default trainable.layers.",
    ),
    dropout: followed(
      dropout,
      "Part of the value adapter's input that is dropped in training. Default trainable.dropout; 0 where that is none.",
    ),
    learning_rate: criticRate("Peak learning rate of the value adapter.", ADAPTER_RATE),
    head_learning_rate: headLearningRate,
  }).meta({
    ...component("SeparateValue"),
    description: "An adapter of its own on the shared frozen base, and a scalar head",
  }),
  z.strictObject({
    type: z.literal("shared").describe("What the value network is."),
    head_learning_rate: headLearningRate,
  })
    .meta({
      ...component("SharedValue"),
      description: "A scalar head on the policy's trunk, trained through the common loss",
    }),
]).meta(component("Value"));

/** Filled in by `ppoJobSchema` where it is left out: separate, or null for a method without a value network. */
const jobValueSchema = valueSchema.nullable().optional().describe(
  "The value network, which ppo.advantage gae learns from. Default separate; null for the other methods, which have none.",
) as unknown as z.ZodDefault<z.ZodNullable<typeof valueSchema>>;

const rolloutPrecision = z.enum(["float32", "int8"]);

/** A PPO job. */
export const ppoJobSchema = z.strictObject({
  kind: z.literal("ppo").describe("What is done."),
  model: jobFields.model,
  checkpoint: jobFields.checkpoint,
  adapter: jobFields.adapter,
  prompts: z.array(promptSchema).max(100_000).default([]).describe(
    "What to answer, if no dataset has it; at least one.",
  ),
  dataset: jobFields.dataset,
  columns: jobFields.columns,
  epochs: jobFields.epochs,
  checkpoint_every_steps: jobFields.checkpoint_every_steps,
  keep: jobFields.keep,
  early_stop: jobFields.early_stop,
  replicas: jobFields.replicas,
  max_attempts: jobFields.max_attempts,
  ppo: withAliases(ppoSchema).prefault({}),
  trainable: jobFields.trainable,
  value: jobValueSchema,
  device: jobFields.device,
  base_precision: jobFields.base_precision,
  rollout_precision: rolloutPrecision.nullable().default(null).describe(
    "int8 samples with 8-bit weights beside a float32 base; what is trained on is measured in base_precision either way, and rollout_gap/* says how far the two are apart. Needs trainable.type lora, and a CPU. Default null: base_precision.",
  ),
  rollouts: rolloutsSchema.nullable().default(null).describe(
    "A server with OpenAI's completions (vLLM, llama.cpp's) that samples the rollouts; docs/rollouts.md says which servers can follow the policy. What is trained on is measured by the job's own engine either way, and rollout_gap/* says how far the two are apart. Runs are not repeated to the byte then. Needs trainable.type lora. Default null: the job's engine samples.",
  ),
  reward: rewardSchema,
  evaluate: evaluateSchema.nullable().default(null).describe(
    "Evaluate the policy on the way: before the first step, as often as this says, and after the last. Nothing of the training depends on it but which prompts are held out. Default null: not.",
  ),
  records: recordsSchema.prefault({}),
  seed: jobFields.seed,
  webhook: jobFields.webhook,
  metadata: jobFields.metadata,
}).superRefine((job, context) => {
  const fail = refusing(context);
  valueFaults(job, fail);
  keepFaults(job, fail);
  jobFaults(job, fail);
  rowsFaults(job, "prompts", fail);
  rolloutFaults(job, fail);
  if (job.trainable.type === "full" && job.rollout_precision === "int8") {
    fail(["rollout_precision"], needsFrozen("rollout_precision"));
  }
  if (job.base_precision === "int8" && job.rollout_precision === "float32") {
    fail(
      ["rollout_precision"],
      "Expected null or int8, got float32: base_precision int8 keeps no float32 weights",
    );
  }
  checkAnswers(job.reward, job.prompts, ["prompts"], fail);
  checkAnswers(job.reward, job.evaluate?.prompts ?? [], ["evaluate", "prompts"], fail);
}).overwrite((job) => ({ ...job, value: effectiveValue(job) })).meta(component("PpoJob"));

/** Going back needs checkpoints: between two good ones there may be one for each time, and one more that is bad. */
function keepFaults(
  { ppo: { guard }, keep }: { ppo: PpoConfig; keep: { last: number } | null },
  refuse: Refuse,
): void {
  if (guard?.action !== "rollback" || keep === null) return;
  const least = guard.max_rollbacks + 2;
  if (keep.last >= least) return;
  refuse(
    ["keep", "last"],
    `Expected at least ${least}, ppo.guard.max_rollbacks and 2, to have a good checkpoint to go back to, got ${keep.last}`,
  );
}

/** Whether there is a value network exactly where the method asks one. */
function valueFaults(
  { ppo: { advantage }, value }: { ppo: PpoConfig; value: ValueConfig | null | undefined },
  refuse: Refuse,
): void {
  const { critic } = ADVANTAGE_METHODS[advantage];
  if (critic && value === null) {
    refuse(["value"], `Expected a value network for ppo.advantage ${advantage}, got null`);
  }
  if (!critic && value) {
    refuse(
      ["value"],
      `Expected null or nothing with ppo.advantage ${advantage}, which has no value network, got type ${value.type}`,
    );
  }
}

/** The value network with all that was left out; null for a method without one. */
function effectiveValue(
  { ppo, value, trainable }: {
    ppo: PpoConfig;
    value: ValueConfig | null | undefined;
    trainable: TrainableConfig;
  },
): ValueConfig | null {
  if (!ADVANTAGE_METHODS[ppo.advantage].critic) return null;
  return following(value ?? valueSchema.parse({ type: "separate" }), { ppo, trainable });
}

/** The value network's configuration with what was left out, which follows the policy's. */
function following<V extends z.output<typeof valueSchema>>(
  value: V,
  { ppo: { learning_rate: policy }, trainable }: {
    ppo: z.output<typeof ppoSchema>;
    trainable: TrainableConfig;
  },
): V {
  return {
    ...value,
    ...(value.type === "separate" && {
      layers: value.layers === undefined ? trainable.layers : value.layers,
      dropout: value.dropout ?? dropoutOf(trainable),
      learning_rate: value.learning_rate ?? followingRate(ADAPTER_RATE, policy),
    }),
    head_learning_rate: value.head_learning_rate ?? followingRate(HEAD_RATE, policy),
  };
}

export type PpoJobConfig = z.output<typeof ppoJobSchema>;
export type PpoJobRequest = z.input<typeof ppoJobSchema>;
export type PpoConfig = z.output<typeof ppoSchema>;
export type ValueConfig = z.output<typeof valueSchema>;
export type KlControllerConfig = z.output<typeof klControllerSchema>;
