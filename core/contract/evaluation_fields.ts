/** What evaluations have in common, those that are jobs of their own and those within a training. */
import { z } from "zod";
import { MIN_TEMPERATURE } from "./temperature.ts";

export const samplesPerPrompt = z.int().min(1).max(64).default(1).describe(
  "Completions of each prompt. Default 1.",
);

/** How a completion is drawn; each field for the kinds to give a default of their own. */
export const generationFields = {
  max_new_tokens: z.int().min(1).max(32768),
  temperature: z.number().min(0).max(100).refine(
    (value) => value === 0 || value >= MIN_TEMPERATURE,
    `Expected 0 (greedy) or at least ${MIN_TEMPERATURE}`,
  ),
  top_k: z.int().min(0).max(1_000_000),
  top_p: z.number().gt(0).max(1),
};
