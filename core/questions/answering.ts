/** Answers what a command asks: each part of its reward that the engine cannot work out, by its kind; and a rollout server's part. */
import type { AnswerQuestion } from "../contract/reward_question.ts";
import type { RewardConfig, RewardOf } from "../contract/reward_schema.ts";
import type { AnswerRollouts, RolloutsConfig } from "../contract/rollouts.ts";
import {
  rewardPlaces,
  type RewardSecrets,
  withRolloutSecrets,
  withSecrets,
} from "../contract/reward_secrets.ts";
import type { Logger } from "../log.ts";
import type { OutboundGuard } from "../outbound/outbound_guard.ts";
import { answerGrader, type GraderServices } from "./grader_question.ts";
import { askService } from "./http_question.ts";
import { RolloutServer } from "./rollout_server.ts";
import { changedModule, type OpenModule, type RewardModules } from "./reward_modules.ts";

export interface AnsweringOptions {
  /** Where adapters for rollout servers are written, absolute. */
  adapters?: string | null;
  graders: GraderServices;
  guard: OutboundGuard;
  modules: RewardModules;
}

/** What is asked about: a reward, and who asks. */
export interface Asking {
  /** As it is shown. */
  reward: RewardConfig;
  /** The server that samples, where one does. */
  rollouts?: RolloutsConfig | null;
  secrets: RewardSecrets | null;
  /** A job's id, or anything else that is the same each time the same is asked. */
  asker: string;
  /** Who may have the processes that Python graders have run in; default: whoever asks. */
  owner?: string;
  logger: Logger;
}

/** What answers a command's questions, as long as the command runs. */
export interface Answering {
  answer: AnswerQuestion;
  /** Answers for the server that samples, where there is one. */
  rollouts?: AnswerRollouts;
  /** Lets go what it holds. */
  close(): Promise<void>;
}

export type MakeAnswering = (asking: Asking) => Answering;

export function answering(
  { reward, rollouts, secrets, asker, logger, owner = asker }: Asking,
  { guard, modules, graders, adapters = null }: AnsweringOptions,
): Answering {
  const server = rollouts &&
    new RolloutServer(withRolloutSecrets(rollouts, secrets), { guard, asker, adapters });
  const places = new Map(rewardPlaces(reward));
  const opened = new Map<string, Promise<OpenModule>>();
  const open = (at: string, part: RewardOf<"module">) => {
    const module = opened.get(at) ?? modules.open(part, logger);
    opened.set(at, module);
    return module.catch((thrown) => {
      throw changedModule(thrown);
    });
  };
  return {
    ...(server && { rollouts: server.answer }),
    // Another kind is a bug of the engine's.
    async answer(question, signal) {
      const { at } = question;
      const part = places.get(at);
      if (part?.type === "http") {
        return await askService(withSecrets(part, at, secrets), question, signal, { guard, asker });
      }
      if (part?.type === "grader") {
        return await answerGrader(part, question, signal, { ...graders, asker: owner });
      }
      if (part?.type === "module") return await (await open(at, part)).answer(question, signal);
      throw new TypeError(`Cannot answer for a reward at '${at}'`);
    },
    async close() {
      await server?.close();
      for (const module of opened.values()) await module.then((one) => one.close(), () => {});
    },
  };
}
