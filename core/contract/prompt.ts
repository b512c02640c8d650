/** Prompts as training jobs take them. */
import { z } from "zod";
import { component } from "./component.ts";
import { metadataSchema } from "./metadata.ts";
import { chatFields, MAX_TEXT } from "./chat_schema.ts";
import { itemSchema } from "./item.ts";

const promptId = z.string().min(1).max(200).optional().describe(
  "Your own name for the prompt; kept, never interpreted.",
);
const promptMetadata = metadataSchema.optional().describe(
  "Up to 16 texts of your own, sent with the prompt's completions to an http reward.",
);
const answer = z.string().min(1).max(100_000).optional().describe(
  "The right completion, for exact_match rewards; http and module rewards are told it.",
);

const item = itemSchema.optional();

/** A prompt: plain text, or text or messages with an id and a reference answer. */
export const promptSchema = z.union([
  z.string().min(1).max(MAX_TEXT),
  z.strictObject({
    id: promptId,
    text: z.string().min(1).max(MAX_TEXT).describe("What the model goes on with."),
    answer,
    item,
    metadata: promptMetadata,
  }).meta(component("TextPrompt")),
  z.strictObject({ id: promptId, ...chatFields, answer, item, metadata: promptMetadata })
    .meta(component("ChatPrompt")),
], {
  error: (issue) =>
    issue.code === "invalid_union"
      ? "Expected a text, { id?, text, answer?, item?, metadata? } or { id?, messages, tools?, documents?, chat_template_kwargs?, answer?, item?, metadata? }"
      : undefined,
}).meta({
  ...component("Prompt"),
  description: "A text, or a text or a conversation with what goes beside it",
});

export type JobPrompt = z.output<typeof promptSchema>;
