/**
 * Conversations as requests give them. A message's keys go to the model's chat template as they are, in their order,
 * and the template decides: what roles there are, whether content may be parts, what tool calls look like.
 */
import { z } from "zod";
import { component } from "./component.ts";
import { refusing } from "./refuse.ts";

/** One text of a request. */
export const MAX_TEXT = 1_000_000;

const text = z.string().max(MAX_TEXT);

/** A piece of a message, as OpenAI's clients send it. */
const part = z.looseObject({ type: z.string().min(1).max(200), text: text.optional() });

const message = z.looseObject({
  role: z.string().min(1).max(200),
  content: z.union([text, z.array(part).max(1000)], {
    error: (issue) =>
      issue.code === "invalid_union" ? "Expected a text, parts of { type, text? }, or null" : undefined,
  }).nullish(),
  name: z.string().max(200).nullish(),
  tool_calls: z.array(z.looseObject({})).max(1000).nullish(),
  tool_call_id: z.string().max(200).nullish(),
  reasoning_content: text.nullish(),
});

/** A value of a schema, checked and kept as it was sent: its keys stay in their order, which templates may print. */
function asSent<T extends z.ZodType>(schema: T, openapi: Record<string, unknown>) {
  return z.unknown().superRefine((value, context) => {
    for (const issue of schema.safeParse(value).error?.issues ?? []) context.addIssue({ ...issue });
  }).meta(openapi) as unknown as T;
}

const nullable = (type: string) => ({ type: [type, "null"] });

/** An object of any keys. */
const ANY_OBJECT = { ...component("AnyObject"), type: "object", additionalProperties: true };

/** One turn of a conversation; the model's own chat template lays it out. */
export const messageSchema = asSent(message, {
  ...component("Message"),
  type: "object",
  description:
    "One turn. Every key goes to the model's chat template as it is, but for those that are null, which count as missing. " +
    "What the template cannot take is refused with 422 at `messages`, in the template's own words.",
  properties: {
    role: {
      type: "string",
      minLength: 1,
      maxLength: 200,
      description: "system, user, assistant, and what else the template knows, such as tool and developer.",
    },
    content: {
      anyOf: [
        { type: "string", maxLength: MAX_TEXT },
        {
          type: "array",
          maxItems: 1000,
          items: {
            ...component("MessagePart"),
            type: "object",
            description: "A piece of a message; the template decides what may be in it.",
            properties: {
              type: { type: "string", description: "text, and what else the template knows." },
              text: { type: "string", description: "The text of a part of type text." },
            },
            required: ["type"],
            additionalProperties: true,
          },
        },
        { type: "null" },
      ],
      description: "The text; or parts, where the template takes them; null beside tool_calls.",
    },
    name: { ...nullable("string"), maxLength: 200, description: "Who speaks." },
    tool_calls: {
      ...nullable("array"),
      items: ANY_OBJECT,
      description: "Calls of functions by the assistant.",
    },
    tool_call_id: {
      ...nullable("string"),
      maxLength: 200,
      description: "The call that a tool's message answers.",
    },
    reasoning_content: {
      ...nullable("string"),
      maxLength: MAX_TEXT,
      description: "What the assistant thought before it answered.",
    },
  },
  required: ["role"],
  additionalProperties: true,
});

const objects = (description: string) =>
  asSent(z.array(z.looseObject({})).max(1000).nullable(), {
    description,
    type: ["array", "null"],
    maxItems: 1000,
    items: ANY_OBJECT,
  }).optional();

/** Names that a request may not give to a template: they are the request's own, or transformers' arguments. */
const RESERVED_NAMES: readonly string[] = [
  ...["messages", "tools", "documents", "conversation", "conversations", "add_generation_prompt"],
  ...[
    "continue_final_message",
    "chat_template",
    "tokenize",
    "padding",
    "truncation",
    "max_length",
    "return_tensors",
  ],
  ...["return_dict", "return_assistant_tokens_mask", "tokenizer_kwargs", "sanitize_control_tokens"],
];

const templateNames = z.record(z.string().min(1).max(200), z.unknown()).superRefine((names, context) => {
  for (const name of Object.keys(names)) {
    if (!RESERVED_NAMES.includes(name)) continue;
    refusing(context)([name], `Expected names of the template's own, got ${name}`);
  }
}).nullable();

/** What a prompt of messages holds. */
export const chatFields = {
  messages: z.array(messageSchema).min(1).max(1000).describe("Laid out by the model's chat template."),
  tools: objects("Functions that the model may call, as JSON schemas; for templates that know tools."),
  documents: objects("Texts to answer from; for templates that know documents."),
  chat_template_kwargs: asSent(templateNames, {
    description: 'Further names for the template, such as {"enable_thinking": false}.',
    type: ["object", "null"],
    additionalProperties: true,
  }).optional(),
};
