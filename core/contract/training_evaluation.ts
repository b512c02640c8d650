/** How a training job evaluates its policy on the way. */
import { z } from "zod";
import { component } from "./component.ts";
import { generationFields, samplesPerPrompt } from "./evaluation_fields.ts";
import { heldOutRowsSchema, heldOutSchema } from "./held_out.ts";
import { promptSchema } from "./prompt.ts";
import { refusing } from "./refuse.ts";

/** What they may come to, as JSON: they are stored with the rest of the job, whose row must stay small. */
const MAX_PROMPT_CHARACTERS = 200_000;

const every = z.int().min(1).max(1_000_000).nullable().default(null);

export const evaluateSchema = z.strictObject({
  every_epochs: every.describe(
    "Evaluate after every so many epochs. Default 1, if every_steps is not given.",
  ),
  every_steps: every.describe("Evaluate after every so many steps instead."),
  prompts: z.array(promptSchema).min(1).max(1000).nullable().default(null).describe(
    "What to answer, up to 200,000 characters in all. Default null: held_out says.",
  ),
  held_out: heldOutSchema.nullable().default(null).describe(
    "Instead: so many of the job's own prompts, which are then not trained on; a share below 1, or a number of prompts. The seed chooses them.",
  ),
  held_out_rows: heldOutRowsSchema,
  samples_per_prompt: samplesPerPrompt,
  temperature: generationFields.temperature.nullable().default(null).describe(
    "Sampling temperature; 0 is greedy. Default null: ppo.temperature.",
  ),
}).superRefine(({ every_epochs, every_steps, prompts, held_out }, context) => {
  const refuse = refusing(context);
  if (every_epochs !== null && every_steps !== null) {
    refuse(["every_steps"], "Expected every_epochs or every_steps, got both");
  }
  if (prompts === null && !held_out) refuse(["prompts"], "Expected prompts, or how many to hold out");
  if (prompts !== null && held_out !== null) refuse(["held_out"], "Expected prompts or held_out, got both");
  const characters = prompts === null ? 0 : JSON.stringify(prompts).length;
  if (characters > MAX_PROMPT_CHARACTERS) {
    refuse(
      ["prompts"],
      `Expected at most ${MAX_PROMPT_CHARACTERS} characters, got ${characters}: hold some of a dataset's out instead`,
    );
  }
}).overwrite((evaluate) =>
  evaluate.every_epochs === null && evaluate.every_steps === null
    ? { ...evaluate, every_epochs: 1 }
    : evaluate
).meta(component("Evaluate"));

export type EvaluateConfig = z.output<typeof evaluateSchema>;
