/** The job of supervised fine-tuning: examples of what to say. What it shares with PPO is declared there. */
import { z } from "zod";
import { component } from "./component.ts";
import { chatFields } from "./chat_schema.ts";
import { rowsFaults } from "./dataset.ts";
import { heldOutRowsSchema, heldOutSchema } from "./held_out.ts";
import { jobFaults, jobFields } from "./job.ts";
import { promptSchema } from "./prompt.ts";
import { refusing } from "./refuse.ts";
import { batchFaults, batchFields, optimizerFields } from "./supervised_fields.ts";

export const sftSchema = z.strictObject({
  ...batchFields("Examples", { packed: ", packed or not" }),
  learning_rate: z.number().gt(0).max(1).default(1e-4).describe("Peak learning rate. Default 1e-4 (ours)."),
  max_length: z.int().min(2).max(1_000_000).default(512).describe(
    "Tokens of an example at most, and never more than the model's context. A longer one is cut at its end (TRL's keep_start), without the token that would have ended it; where nothing is left to learn it teaches nothing. A warning says how many. Default 512 (ours).",
  ),
  loss_on: z.enum(["completion", "all"]).default("completion").describe(
    "What is learned: completions, which are the assistant's messages of a conversation with what ends their turns; or every token but the first. Default completion (TRL, for prompts and completions).",
  ),
  packing: z.boolean().default(true).describe(
    "Put short examples of a run into one row, each computed as if it were alone: less padding, the same results. Default true (ours).",
  ),
  ...optimizerFields,
}).superRefine(batchFaults).meta({ ...component("SftConfig"), description: "How examples are learned" });

/** What an assistant's message counts; what the field is in messages, which a schema keeps as they were sent. */
const weightSchema = z.number().min(0).max(1000).nullish();

/** The weight of a message in the loss. */
export function weightOf(message: Record<string, unknown>): number {
  return message.role === "assistant" ? (message.weight as number | null | undefined) ?? 1 : 0;
}

const conversationSchema = z.strictObject({
  ...chatFields,
  messages: chatFields.messages.describe(
    "A conversation, laid out by the model's chat template. An assistant's message may have a weight: what its tokens count in the loss, 0 for nothing. Default 1.",
  ),
}).superRefine(({ messages }, context) => {
  const refuse = refusing(context);
  let faults = 0;
  messages.forEach((message, index) => {
    if (message.weight === undefined || message.weight === null) return;
    const path = ["messages", index, "weight"];
    const { error } = weightSchema.safeParse(message.weight);
    if (error) refuse(path, error.issues[0]!.message);
    else if (message.role !== "assistant") {
      refuse(path, `Expected a weight of an assistant's message only, got one of role ${message.role}`);
    } else return;
    faults++;
  });
  if (faults === 0 && !messages.some((message) => weightOf(message) > 0)) {
    refuse(["messages"], "Expected an assistant's message with a weight above 0: nothing else is learned");
  }
});

/** What is to be said: after a prompt, without the token that ends it, or in a conversation. */
export const exampleSchema = z.union([
  z.strictObject({
    prompt: promptSchema,
    completion: z.string().min(1).max(1_000_000).describe("What is to be said, without what ends it."),
  }).meta(component("CompletionExample")),
  conversationSchema.meta(component("ChatExample")),
], {
  error: (issue) =>
    issue.code === "invalid_union"
      ? "Expected { prompt, completion } or { messages, tools?, documents?, chat_template_kwargs? }"
      : undefined,
}).meta(component("Example"));

export type Example = z.output<typeof exampleSchema>;

export const sftJobSchema = z.strictObject({
  kind: z.literal("sft").describe("What is done."),
  ...jobFields,
  examples: z.array(exampleSchema).max(100_000).default([]).describe(
    "What to learn, if no dataset has it; at least one.",
  ),
  held_out: heldOutSchema.default(0),
  held_out_rows: heldOutRowsSchema,
  sft: sftSchema.prefault({}),
}).superRefine((job, context) => {
  const refuse = refusing(context);
  jobFaults(job, refuse);
  rowsFaults(job, "examples", refuse);
}).meta(component("SftJob"));

export type SftJobConfig = z.output<typeof sftJobSchema>;
