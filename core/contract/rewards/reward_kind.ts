/** What a file of this folder says about its kind of reward. Which kinds there are is said in `reward_schema.ts`. */
import type { z } from "zod";

export interface RewardKind<Schema extends z.ZodType = z.ZodType> {
  /** How a request gives it; `type` names the kind. */
  schema: Schema;
  /** Where rewards are inside it, as keys from outside in; a list on the way stands for each of its items. */
  inner?: readonly string[];
  /** The models that it needs, by name. */
  models?(config: z.output<Schema>): string[];
  /** The folders of ready classifiers that it needs, by the names of models. */
  classifiers?(config: z.output<Schema>): string[];
  /** Models that it names without saying what they are: classifiers, reward models, or another server's. */
  graders?(config: z.output<Schema>): string[];
  /** Whether the API process is asked for its scores, and so is there while it is used. */
  asks?: boolean;
  /** Whether each prompt must have an answer of its own. */
  needsAnswers?(config: z.output<Schema>): boolean;
}

/** The same, with the types of its schema. */
export function rewardKind<Schema extends z.ZodType>(kind: RewardKind<Schema>): RewardKind<Schema> {
  return kind;
}
