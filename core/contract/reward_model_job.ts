/** The job that trains a reward model: pairs of answers, of which one is preferred. What it shares with others is declared there. */
import { z } from "zod";
import { component } from "./component.ts";
import { MAX_TEXT, messageSchema } from "./chat_schema.ts";
import { rowsFaults } from "./dataset.ts";
import { heldOutRowsSchema, heldOutSchema } from "./held_out.ts";
import { jobFaults, jobFields } from "./job.ts";
import { promptSchema } from "./prompt.ts";
import { type Refuse, refusing } from "./refuse.ts";
import { batchFaults, batchFields, optimizerFields } from "./supervised_fields.ts";

const OVERLONG = ["fail", "truncate"] as const;

export const rewardModelSchema = z.strictObject({
  ...batchFields("Pairs"),
  learning_rate: z.number().gt(0).max(1).default(1e-4).describe("Peak learning rate. Default 1e-4 (TRL)."),
  head_learning_rate: z.number().gt(0).max(1).nullable().default(null).describe(
    "Peak learning rate of the scalar head, which starts at zero. Default null: learning_rate.",
  ),
  center_coef: z.number().min(0).max(100).default(0.01).describe(
    "Weight of (r_chosen + r_rejected)², which keeps scores around zero; 0 leaves their level open. Default 0.01 (Eisenstein et al. 2023).",
  ),
  max_length: z.int().min(2).max(16_777_216).nullable().default(null).describe(
    "Most tokens of a prompt with its answer, the end included. Default null: the model's context.",
  ),
  overlong: z.enum(OVERLONG).default("fail").describe(
    "What becomes of what is longer. fail: the job is refused, naming the row. truncate: the prompt loses its first tokens; an answer that is too long by itself is all that stays, without its last ones. Default fail.",
  ),
  normalize: z.boolean().default(true).describe(
    "At each epoch's end, measure mean and standard deviation of the scores of the held-out answers, or else of up to 512 pairs that are trained on: checkpoints written then tell scores of mean 0 and standard deviation 1 on those. Default true.",
  ),
  ...optimizerFields,
}).superRefine(batchFaults).meta({
  ...component("RewardModelConfig"),
  description: "How preferences are learned",
});

const messages = z.array(messageSchema).min(1).max(1000);

const answer = z.union([z.string().min(1).max(MAX_TEXT), messages], {
  error: (issue) => issue.code === "invalid_union" ? "Expected a text or messages" : undefined,
});

/** A conversation, or a prompt as other jobs take one. */
const before = z.union([promptSchema, messages], {
  error: (issue) =>
    issue.code === "invalid_union" ? "Expected a prompt, or its messages as a list" : undefined,
});

/** Which answer of two is the better one. */
export const preferenceSchema = z.strictObject({
  prompt: before.nullable().default(null).describe(
    "What both answer; beside messages, a text is the user's. Default null: chosen and rejected are whole texts, or conversations that begin with it.",
  ),
  chosen: answer.describe(
    "The better answer: a text, or messages of which the last is the assistant's and is what is judged.",
  ),
  rejected: answer.describe("The worse one, in the same form."),
  margin: z.number().min(-1000).max(1000).default(0).describe(
    "By how much the chosen one's score should at least be the higher. Default 0.",
  ),
}).superRefine((pair, context) => {
  const refuse = refusing(context);
  const isChat = Array.isArray(pair.chosen);
  if (isChat !== Array.isArray(pair.rejected)) {
    refuse(["rejected"], `Expected ${isChat ? "messages" : "a text"}, as chosen is`);
    return;
  }
  for (const side of ["chosen", "rejected"] as const) {
    if (typeof pair[side] !== "string") answerFaults(pair.prompt, pair[side], side, refuse);
  }
}).meta(component("Preference"));

export type Preference = z.output<typeof preferenceSchema>;
type Messages = z.output<typeof messages>;

/**
 * A prompt with the messages that answer it, of which the last is judged. Sets of preferences often say the prompt in both:
 * it is there once. Null where a text beside a conversation is none of its user's messages.
 */
export function conversationOf(
  prompt: Preference["prompt"],
  answer: Messages,
): { messages: Messages } & Omit<Extract<Preference["prompt"], { messages: unknown }>, "messages"> | null {
  if (prompt === null) return { messages: answer };
  const chat = Array.isArray(prompt) ? { messages: prompt } : prompt;
  if (typeof chat === "object" && "messages" in chat) {
    const said = ({ role, content }: Messages[number]) => JSON.stringify([role, content]);
    const isRepeated = answer.length > chat.messages.length &&
      chat.messages.every((message, at) => said(message) === said(answer[at]!));
    return { ...chat, messages: isRepeated ? answer : [...chat.messages, ...answer] };
  }
  const text = typeof chat === "string" ? chat : chat.text;
  if (answer.length === 1) return { messages: [{ role: "user", content: text }, ...answer] };
  const isAsked = answer.some(({ role, content }) =>
    role === "user" && typeof content === "string" && content.trim() === text.trim()
  );
  return isAsked ? { messages: answer } : null;
}

function answerFaults(prompt: Preference["prompt"], answer: Messages, side: string, refuse: Refuse): void {
  const last = answer.at(-1)!;
  const path = [side, answer.length - 1];
  if (last.role !== "assistant") {
    refuse([...path, "role"], `Expected assistant, whose answer is judged, got ${last.role}`);
  }
  const conversation = conversationOf(prompt, answer);
  if (conversation === null) {
    refuse([side], "Expected the prompt among the user's messages, or the assistant's answer alone");
  } else if (conversation.messages.length === 1) {
    refuse([side], "Expected messages before the assistant's, or a prompt");
  }
}

export const rewardModelJobSchema = z.strictObject({
  kind: z.literal("reward_model").describe("What is done."),
  ...jobFields,
  preferences: z.array(preferenceSchema).max(100_000).default([]).describe(
    "Pairs of answers, if no dataset has them; at least one.",
  ),
  held_out: heldOutSchema.default(0.1),
  held_out_rows: heldOutRowsSchema,
  reward_model: rewardModelSchema.prefault({}),
}).superRefine((job, context) => {
  const refuse = refusing(context);
  jobFaults(job, refuse);
  rowsFaults(job, "preferences", refuse);
}).meta(component("RewardModelJob"));

export type RewardModelJobConfig = z.output<typeof rewardModelJobSchema>;
export type RewardModelConfig = RewardModelJobConfig["reward_model"];
