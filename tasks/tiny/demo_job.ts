/** The demo's job: PPO on the embedded model, towards summaries that ask a question in few words. */
import type { PpoJobRequest } from "../../core/contract/ppo_job.ts";
import { demoPrompts } from "./prompts.ts";

export function demoJob(seed: number, epochs = 10): PpoJobRequest {
  return {
    kind: "ppo",
    model: "tiny",
    prompts: demoPrompts(),
    epochs,
    ppo: { batch_size: 32, max_new_tokens: 32, learning_rate: 1e-3, kl_coef: 0.1 },
    reward: {
      type: "sum",
      terms: [
        { weight: 1, reward: { type: "regex", pattern: "\\?\\s*$" } },
        { weight: 1, reward: { type: "length", unit: "words", min: 6, max: 14 } },
      ],
    },
    seed,
  };
}
