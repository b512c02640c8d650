/** What a score_model grader sends to its model for a row: its templates, filled in. */
import type { GraderOf } from "../contract/graders/grader_schema.ts";
import { fillTemplate, parseTemplate, type Template, type Variables } from "../contract/graders/template.ts";

export interface JudgeMessage {
  role: string;
  content: string;
}

/** Makes the messages of a row. @throws what `faultOf` knows */
export function modelInput({ input }: GraderOf<"score_model">): (variables: Variables) => JudgeMessage[] {
  const messages = input.map(({ role, content }) => {
    const parts = typeof content === "string" ? [content] : Array.isArray(content) ? content : [content];
    const templates: Template[] = parts.map((part) =>
      parseTemplate(typeof part === "string" ? part : part.text)
    );
    return { role, templates };
  });
  return (variables) =>
    messages.map(({ role, templates }) => ({
      role,
      content: templates.map((template) => fillTemplate(template, variables)).join("\n"),
    }));
}

/** The messages as the one text that a classifier reads. */
export function textOf(messages: readonly JudgeMessage[]): string {
  return messages.map(({ content }) => content).join("\n\n");
}

/** A model's number within the grader's range. */
export function clipped(score: number, { range }: GraderOf<"score_model">): number {
  const [low, high] = range ?? [0, 1];
  return Math.min(high, Math.max(low, score));
}
