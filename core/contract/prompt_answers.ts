/** Prompts that a reward compares with answers must have one each. */
import type { JobPrompt } from "./prompt.ts";
import type { Refuse } from "./refuse.ts";
import { needsAnswers, type RewardConfig } from "./reward_schema.ts";

/** What is said of a prompt without one. */
export const ANSWER_NEEDED = "Expected an answer, as the exact_match reward has none of its own, got none";

/** @param path where the prompts are in the request */
export function checkAnswers(
  reward: RewardConfig,
  prompts: readonly JobPrompt[],
  path: PropertyKey[],
  refuse: Refuse,
): void {
  if (!needsAnswers(reward)) return;
  const lacking = prompts.findIndex((prompt) => typeof prompt === "string" || prompt.answer === undefined);
  if (lacking < 0) return;
  refuse([...path, lacking, "answer"], ANSWER_NEEDED);
}
