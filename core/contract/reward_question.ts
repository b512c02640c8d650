/** What an engine asks while it scores: the parts of a reward that only the API process can work out. */
import { z } from "zod";
import { graderFaultSchema, tokenUsageSchema } from "./graders/graded.ts";
import { itemSchema as rowSchema } from "./item.ts";

/** A completion to be scored; the same names as services and modules are given. */
const itemSchema = z.object({
  prompt: z.string(),
  completion: z.string(),
  prompt_idx: z.int(),
  answer: z.string().optional(),
  item: rowSchema.optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  /** For graders alone: whether the completion ended by itself. */
  terminated: z.boolean().optional(),
});

export type RewardItem = z.output<typeof itemSchema>;

export const rewardQuestionSchema = z.object({
  /** Where the reward is in the command's, as keys with dots between; empty for the whole. */
  at: z.string(),
  /** Of a grader: which part of it, by its name in a multi grader; empty for one by itself. */
  grader: z.string().optional(),
  items: z.array(itemSchema).min(1),
});

export type RewardQuestion = z.output<typeof rewardQuestionSchema>;

const column = z.array(z.number().nullable());

/** Scores in the items' order. */
export const scoredSchema = z.object({
  type: z.literal("scored"),
  /** Null for each row of `faults`. */
  scores: column,
  /** What else was said of the rows, by name; null where nothing was. */
  terms: z.record(z.string(), column),
  /** Why rows have no score. */
  faults: z.array(z.object({
    row: z.int(),
    message: z.string(),
    /** Of a grader: which of its flags it is, and of a Python grader's process what became of it. */
    kind: graderFaultSchema.optional(),
    type: z.string().optional(),
  })),
  /** Tokens of the judge that was asked, for each row; null where it said none. */
  usage: z.array(tokenUsageSchema.nullable()).optional(),
});

/** What is answered where rows can have scores at all. */
export type Scored = z.output<typeof scoredSchema>;

/** Whoever answers an engine's questions. @throws what ends the command that asks */
export type AnswerQuestion = (question: RewardQuestion, signal: AbortSignal) => Promise<Scored>;

/** Every row of a question without a score, for one reason. */
export function allFailed(rows: number, message: string): Scored {
  return {
    type: "scored",
    scores: Array(rows).fill(null),
    terms: {},
    faults: Array.from({ length: rows }, (_, row) => ({ row, message })),
  };
}
