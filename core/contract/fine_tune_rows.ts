/**
 * Lines of the files that OpenAI's fine-tuning reads, and what becomes of each: a row of a dataset, as the prompts and
 * examples of our own jobs are.
 */
import { z } from "zod";
import { fieldErrors } from "../field_errors.ts";
import "../field_messages.ts";

/** What a file is read for. */
export const FINE_TUNE_METHODS = ["reinforcement", "supervised"] as const;

export type FineTuneMethod = (typeof FINE_TUNE_METHODS)[number];

/** How many lines a file of each method may have. */
export const LINES: Record<
  FineTuneMethod,
  Record<"training" | "validation", { least: number; most: number }>
> = {
  reinforcement: { training: { least: 1, most: 50_000 }, validation: { least: 1, most: 1000 } },
  supervised: { training: { least: 10, most: 10_000_000 }, validation: { least: 1, most: 10_000_000 } },
};

const MAX_TEXT = 1_000_000;

/** Roles by what chat templates call them: developer is OpenAI's later name of system. */
const ROLES = { developer: "system", system: "system", user: "user", assistant: "assistant" } as const;

const part = z.looseObject({
  type: z.literal("text", { error: "Expected text parts: images, audio and files are not supported" }),
  text: z.string().max(MAX_TEXT),
});

/** A text, whole or in parts. */
const content = z.union([z.string().max(MAX_TEXT), z.array(part).min(1).max(1000)], {
  error: (issue) =>
    issue.code === "invalid_union" ? "Expected a text, or parts of { type: text, text }" : undefined,
}).transform((given) => typeof given === "string" ? given : given.map(({ text }) => text).join(""));

/** Keys that would change what is learned, and that nothing here heeds. */
const REFUSED_KEYS = ["tool_calls", "function_call", "audio"];

/** A key of an object that is not taken, unless it is empty. */
function refuseKeys(
  value: Record<string, unknown>,
  keys: readonly string[],
  context: z.RefinementCtx,
): void {
  for (const key of keys) {
    const given = value[key];
    if (given === undefined || given === null || (Array.isArray(given) && given.length === 0)) continue;
    context.addIssue({ code: "custom", path: [key], message: "Not supported: leave it out" });
  }
}

const message = z.looseObject({
  role: z.enum(Object.keys(ROLES) as (keyof typeof ROLES)[]),
  content,
  name: z.string().max(200).nullish(),
  weight: z.literal([0, 1], { error: "Expected 0 or 1" }).nullish(),
}).superRefine((value, context) => {
  refuseKeys(value, REFUSED_KEYS, context);
  if (value.weight != null && value.role !== "assistant") {
    context.addIssue({
      code: "custom",
      path: ["weight"],
      message: "Expected none: only an assistant's message has one",
    });
  }
}).transform(({ role, content, name, weight }) => ({
  role: ROLES[role],
  content,
  ...(name != null && { name }),
  ...(weight != null && { weight }),
}));

const messages = z.array(message).min(1).max(1000);

const BESIDE = ["tools", "functions"];

/** Whose message must come last, in the words of its refusal. */
const LAST = { user: "a user's", assistant: "an assistant's" } as const;

/** Whether the last message is of `role`; refuses it otherwise. */
function endsWith(
  role: keyof typeof LAST,
  messages: readonly { role: string }[],
  context: z.RefinementCtx,
): boolean {
  const last = messages.at(-1);
  if (!last || last.role === role) return true;
  context.addIssue({
    code: "custom",
    path: ["messages"],
    message: `Expected ${LAST[role]} message last, got one of role ${last.role}`,
  });
  return false;
}

const prompt = z.looseObject({ messages }).superRefine((value, context) => {
  refuseKeys(value, BESIDE, context);
  endsWith("user", value.messages, context);
});

const conversation = z.looseObject({ messages }).superRefine((value, context) => {
  refuseKeys(value, BESIDE, context);
  if (
    endsWith("assistant", value.messages, context) &&
    value.messages.every(({ role, weight }) => role !== "assistant" || weight === 0)
  ) {
    context.addIssue({
      code: "custom",
      path: ["messages"],
      message: "Expected an assistant's message of weight 1: nothing else is learned",
    });
  }
});

const completion = z.object({
  prompt: z.string().min(1).max(MAX_TEXT),
  completion: z.string().min(1).max(MAX_TEXT),
});

/** What is made of a line, or what is wrong with it. */
export type MadeRow = { row: Record<string, unknown>; fault?: undefined } | { fault: string };

function checked<T>(
  schema: z.ZodType<T>,
  line: unknown,
  made: (value: T) => Record<string, unknown>,
): MadeRow {
  const { data, error } = schema.safeParse(line);
  if (!error) return { row: made(data) };
  const [{ path, message }] = fieldErrors(error) as [{ path: string; message: string }];
  return { fault: path === "" ? message : `${path}: ${message}` };
}

/** From a line's JSON object to a row; graders see the line as it was sent. */
export const MAKE_ROW: Record<FineTuneMethod, (line: Record<string, unknown>) => MadeRow> = {
  reinforcement: (line) => checked(prompt, line, ({ messages }) => ({ messages, item: line })),
  supervised: (line) =>
    "messages" in line || !("prompt" in line)
      ? checked(conversation, line, ({ messages }) => ({ messages }))
      : checked(completion, line, (example) => example),
};
