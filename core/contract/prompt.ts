/** Prompts as training jobs take them. */
import { z } from "zod";
import { chatFields, MAX_TEXT } from "./chat_schema.ts";

const promptId = z.string().min(1).max(200).optional().describe(
  "Your own name for the prompt; kept, never interpreted.",
);
const answer = z.string().min(1).max(100_000).optional().describe(
  "The right completion, for exact_match rewards.",
);

/** A prompt: plain text, or text or messages with an id and a reference answer. */
export const promptSchema = z.union([
  z.string().min(1).max(MAX_TEXT),
  z.strictObject({ id: promptId, text: z.string().min(1).max(MAX_TEXT), answer }),
  z.strictObject({ id: promptId, ...chatFields, answer }),
], {
  error: (issue) =>
    issue.code === "invalid_union"
      ? "Expected a text, { id?, text, answer? } or { id?, messages, tools?, documents?, chat_template_kwargs?, answer? }"
      : undefined,
}).meta({ id: "Prompt" });

export type JobPrompt = z.output<typeof promptSchema>;
