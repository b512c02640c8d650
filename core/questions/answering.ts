/** Answers what a command's reward asks: each part that the engine cannot work out, by its kind. */
import type { AnswerQuestion } from "../contract/reward_question.ts";
import type { RewardConfig } from "../contract/reward_schema.ts";
import { rewardPlaces, type RewardSecrets, withSecrets } from "../contract/reward_secrets.ts";
import type { OutboundGuard } from "../outbound/outbound_guard.ts";
import { askService } from "./http_question.ts";

export interface AnsweringOptions {
  guard: OutboundGuard;
  /** Pause before a request's second try, in ms. */
  first_pause_ms?: number;
}

/** What is asked about: a reward, and who asks. */
export interface Asking {
  /** As it is shown. */
  reward: RewardConfig;
  secrets: RewardSecrets | null;
  /** A job's id, or anything else that is the same each time the same is asked. */
  asker: string;
}

/** What answers a command's questions, as long as the command runs. */
export interface Answering {
  answer: AnswerQuestion;
  /** Lets go what it holds. */
  close(): Promise<void>;
}

export type MakeAnswering = (asking: Asking) => Answering;

/** @throws TypeError when asked for a part that is answered nowhere, which is a bug of the engine's */
export function answering({ reward, secrets, asker }: Asking, options: AnsweringOptions): Answering {
  const places = new Map(rewardPlaces(reward));
  return {
    answer: async (question, signal) => {
      const part = places.get(question.at);
      if (part?.type === "http") {
        return await askService(withSecrets(part, question.at, secrets), question, signal, {
          ...options,
          asker,
        });
      }
      throw new TypeError(`Cannot answer for a reward at '${question.at}'`);
    },
    close: () => Promise.resolve(),
  };
}
