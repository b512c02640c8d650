/** Models as the API shows them, and how one is registered. */
import { z } from "zod";
import { component } from "./component.ts";

const TASKS = ["causal_lm", "sequence_classifier"] as const;

/** What a model is, without reading its weights. */
export const modelSummarySchema = z.object({
  model_type: z.string().describe("As its config.json says."),
  task: z.enum(TASKS).describe("What it gives: texts, or scores of texts."),
  is_reward_model: z.boolean().describe(
    "Whether it is a sequence classifier with one class: it scores texts.",
  ),
  parameters: z.int().describe("How many weights it has."),
  dtype: z.string().describe("What most of the weights are stored in."),
  bytes: z.int().describe("Of the weights."),
  context: z.int().describe("Longest text, in tokens."),
  vocab_size: z.int().describe("How many tokens it knows."),
  has_chat_template: z.boolean().describe("Whether it takes messages."),
});

export type ModelSummary = z.output<typeof modelSummarySchema>;

/** Where a model of the hub is from. */
export const hubSourceSchema = z.object({
  hub_id: z.string().describe("org/name at the hub."),
  revision: z.string().describe("The branch, tag or commit that was asked for."),
  commit: z.string().describe("The commit that it was then."),
}).meta(component("HubSource"));

export type HubSource = z.output<typeof hubSourceSchema>;

const problem = z.object({
  code: z.string().describe("One of the error codes."),
  detail: z.string().describe("What is wrong."),
}).meta(component("ModelProblem")).nullable();

/** A model, or one that is being downloaded. */
export const modelSchema = z.object({
  id: z.string().describe(
    "What requests call model: the folder's name; the hub's, org/name; or a fine-tuned model's, ft:….",
  ),
  object: z.literal("model").describe("For OpenAI's clients, as created and owned_by."),
  created: z.int().describe("When its files were last changed here, in seconds since 1970; 0: not here yet."),
  owned_by: z.string().describe(
    "The hub's organization, proximal for what was made here, system for the owner's folders.",
  ),
  status: z.enum(["ready", "unusable", "queued", "downloading", "failed"]).describe(
    "unusable: problem says why. failed: registering it again goes on with the download.",
  ),
  ...modelSummarySchema.partial().shape,
  problem: problem.describe("Why the model cannot be used; what could not be read of it is left out."),
  hub: hubSourceSchema.nullable().describe("Where a downloaded model is from."),
  initialized: z.object({
    tokenizer: z.string().describe("The model whose tokenizer it got."),
    seed: z.int().describe("What its weights were drawn by."),
  }).meta(component("ModelInitialization")).nullable().describe(
    "What a model that was made here from a bare configuration began as.",
  ),
  checkpoint: z.string().nullable().describe("The checkpoint that it is, or was made of here."),
  download: z.object({
    bytes: z.int().describe("That are here."),
    total_bytes: z.int().describe("In all."),
  }).meta(component("ModelDownload")).nullable().describe(
    "How much is here, while it is not a model yet.",
  ),
}).meta(component("Model"));

export type ModelView = z.output<typeof modelSchema>;

/** What a model is made of that has no weights yet; its vocabulary is its tokenizer's. */
export const bareConfigSchema = z.strictObject({
  family: z.enum(["qwen3", "qwen2", "llama", "gpt2"]).default("qwen3").describe("Default qwen3."),
  hidden_size: z.int().min(8).max(16_384).describe("Numbers of a token between layers."),
  num_layers: z.int().min(1).max(256).describe("Layers."),
  num_heads: z.int().min(1).max(256).describe(
    "Of queries. Must divide hidden_size, where no head_dim is given.",
  ),
  num_kv_heads: z.int().min(1).max(256).optional().describe("Must divide num_heads. Default num_heads."),
  head_dim: z.int().min(2).max(1024).optional().describe("Default hidden_size / num_heads."),
  intermediate_size: z.int().min(8).max(65_536).optional().describe("Of the MLP. Default 4 * hidden_size."),
  max_position_embeddings: z.int().min(8).max(1_048_576).default(1024).describe(
    "Longest text, in tokens. Default 1024.",
  ),
  tie_word_embeddings: z.boolean().default(true).describe("Whether the head is the embedding. Default true."),
  norm_eps: z.number().gt(0).max(0.1).default(1e-6).describe("Default 1e-6."),
  rope_theta: z.number().gt(0).max(1e9).default(10_000).describe("Of rotary positions. Default 10000."),
}).meta({ ...component("BareConfig"), description: "The shape of a model that has no weights yet" });

export type BareConfig = z.output<typeof bareConfigSchema>;

const bareFields = {
  config: bareConfigSchema,
  tokenizer: z.string().min(1).max(200).describe("Name of the model whose tokenizer it gets."),
  seed: z.int().min(0).default(0).describe("The same seed gives the same weights. Default 0."),
};

/** What a model without weights was made of, as it is kept beside its files. */
const bareModelSchema = z.strictObject(bareFields);

const checkpointFields = {
  checkpoint: z.string().min(1).max(200).describe("Id of the checkpoint that it is made of."),
};

/** What a model that was made here was made of, as it is kept beside its files. */
export const madeModelSchema = z.union([bareModelSchema, z.strictObject(checkpointFields)]);

export type BareModel = z.output<typeof bareModelSchema>;
export type MadeModel = z.output<typeof madeModelSchema>;

/** `org/name`; the hyphens would make two ids one folder name. */
const hubId = z.string().max(200).regex(
  /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/,
  "Expected org/name",
).refine((id) => !/\.\.|--/.test(id), "Expected org/name without .. and --");

/** Goes into URLs as it is. */
const revision = z.string().max(200).regex(/^[\w][\w./-]*$/, "Expected a branch, tag or commit")
  .refine((text) => !text.includes(".."), "Expected a branch, tag or commit");

const madeName = z.string().max(100)
  .regex(/^[A-Za-z0-9][\w.]*(-[\w.]+)*$/, "Expected letters, digits, ., _ and single -").optional();

/** A model with random weights, to be made. */
const bareRegistrationSchema = z.strictObject({
  ...bareFields,
  name: madeName.describe("What it is called. Default: its family and a hash of all that it is made of."),
}).meta({
  ...component("BareRegistration"),
  description: "A model with random weights, for sft to train from nothing.",
});

/** A checkpoint's whole weights, to be a model that jobs begin with and adapters are trained on. */
const promotionSchema = z.strictObject({
  ...checkpointFields,
  name: madeName.describe("What it is called. Default: model- and the checkpoint's number."),
}).meta({
  ...component("CheckpointRegistration"),
  description: "A checkpoint as a model of its own, its adapter merged.",
});

export type MadeRegistration = z.output<typeof bareRegistrationSchema> | z.output<typeof promotionSchema>;

/** What POST /v1/models takes. */
export const modelRegistrationSchema = z.union([
  z.strictObject({ path: z.string().min(1).max(200).describe("Folder name below a folder of MODELS_DIR.") })
    .meta({ ...component("FolderRegistration"), description: "A folder that is there" }),
  z.strictObject({
    hub_id: hubId.describe("org/name at the hub."),
    revision: revision.default("main").describe("A branch, tag or commit. Default main."),
  }).meta({ ...component("HubRegistration"), description: "A model of the hub, which is downloaded" }),
  bareRegistrationSchema,
  promotionSchema,
]).meta(component("ModelRegistration"));
