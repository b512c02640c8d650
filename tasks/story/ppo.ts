/** The story's PPO, for the story and for `task bench --learning story`, which runs it beside a peer. */
import type { PpoJobRequest } from "../../core/contract/ppo_job.ts";
import { prompts } from "./domain.ts";

/** Prompts for each part of the story. */
const COUNTS = { pairs: 700, ppo: 64, evaluation: 64 } as const;

export const STORY_PROMPTS = prompts(COUNTS);

/** Longest summary, in tokens. */
export const NEW_TOKENS = 32;

export function storyPpo(): Pick<PpoJobRequest, "kind" | "epochs" | "prompts" | "ppo"> {
  return {
    kind: "ppo",
    epochs: 10,
    prompts: STORY_PROMPTS.ppo,
    ppo: { batch_size: 32, max_new_tokens: NEW_TOKENS, learning_rate: 1e-3, kl_coef: 0.1 },
  };
}
