/** Models as the API shows them, and how one is registered. */
import { z } from "zod";

const TASKS = ["causal_lm", "sequence_classifier"] as const;

/** What a model is, without reading its weights. */
export const modelSummarySchema = z.object({
  model_type: z.string(),
  task: z.enum(TASKS),
  /** A sequence classifier with one class: it scores texts. */
  is_reward_model: z.boolean(),
  parameters: z.int(),
  /** The dtype that most of the weights are stored in. */
  dtype: z.string(),
  /** Of the weights. */
  bytes: z.int(),
  context: z.int().describe("Longest text, in tokens."),
  vocab_size: z.int(),
  has_chat_template: z.boolean(),
});

export type ModelSummary = z.output<typeof modelSummarySchema>;

/** Where a model of the hub is from. */
export const hubSourceSchema = z.object({ hub_id: z.string(), revision: z.string(), commit: z.string() });

export type HubSource = z.output<typeof hubSourceSchema>;

const problem = z.object({ code: z.string(), detail: z.string() }).nullable();

/** A model, or one that is being downloaded. */
export const modelSchema = z.object({
  id: z.string().describe("What requests call model: the folder's name, or the hub's, org/name."),
  status: z.enum(["ready", "unusable", "queued", "downloading", "failed"]).describe(
    "unusable: problem says why. failed: registering it again goes on with the download.",
  ),
  ...modelSummarySchema.partial().shape,
  problem: problem.describe("Why the model cannot be used; what could not be read of it is left out."),
  hub: hubSourceSchema.nullable(),
  download: z.object({ bytes: z.int(), total_bytes: z.int() }).nullable().describe(
    "How much is here, while it is not a model yet.",
  ),
}).meta({ id: "Model" });

export type ModelView = z.output<typeof modelSchema>;

/** `org/name`; the hyphens would make two ids one folder name. */
const hubId = z.string().max(200).regex(
  /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/,
  "Expected org/name",
).refine((id) => !/\.\.|--/.test(id), "Expected org/name without .. and --");

/** Goes into URLs as it is. */
const revision = z.string().max(200).regex(/^[\w][\w./-]*$/, "Expected a branch, tag or commit")
  .refine((text) => !text.includes(".."), "Expected a branch, tag or commit");

/** What POST /v1/models takes. */
export const modelRegistrationSchema = z.union([
  z.strictObject({ path: z.string().min(1).max(200).describe("Folder name below a folder of MODELS_DIR.") }),
  z.strictObject({ hub_id: hubId, revision: revision.default("main") }),
]);
