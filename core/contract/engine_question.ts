/** What engines ask of the API process while a command runs, and what they are answered. */
import { z } from "zod";
import { errorRecordSchema } from "../errors.ts";
import { type RewardQuestion, rewardQuestionSchema, type Scored, scoredSchema } from "./reward_question.ts";
import {
  type AdapterLoaded,
  adapterLoadedSchema,
  type AdapterQuestion,
  adapterQuestionSchema,
  type RolledOut,
  rolledOutSchema,
  type RolloutQuestion,
  rolloutQuestionSchema,
} from "./rollouts.ts";

export const questionSchema = z.union([rolloutQuestionSchema, adapterQuestionSchema, rewardQuestionSchema]);

export type Question = RewardQuestion | RolloutQuestion | AdapterQuestion;

export const answerSchema = z.discriminatedUnion("type", [
  scoredSchema,
  rolledOutSchema,
  adapterLoadedSchema,
  z.object({ type: z.literal("error"), error: errorRecordSchema }),
]);

export type Answer = z.output<typeof answerSchema>;

/** What each question is answered with. */
export type AnswerOf<Q extends Question> = Q extends RolloutQuestion ? RolledOut
  : Q extends AdapterQuestion ? AdapterLoaded
  : Scored;

/** Asks whoever gave the command; without a signal the command's own ends the wait. */
export type Ask = <Q extends Question>(question: Q, signal?: AbortSignal) => Promise<AnswerOf<Q>>;
