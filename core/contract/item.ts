/** What a row's user gives with its prompt for graders: any JSON object, kept as it was sent, within bounds. */
import { z } from "zod";

/** Characters of its JSON, and how deep it may nest: whoever writes or reads it as JSON goes as deep. */
export const MAX_ITEM_CHARS = 1_000_000;
export const MAX_ITEM_DEPTH = 64;

export type Item = Record<string, unknown>;

/** Whether lists and objects nest deeper than so many levels; it goes no deeper itself. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

export const itemSchema = z.unknown().superRefine((value, context) => {
  const fault = faultOf(value);
  if (fault !== null) context.addIssue({ code: "custom", message: fault });
}).meta({
  type: "object",
  additionalProperties: true,
  description:
    "Any JSON object of your own, which graders see as `item`; http and module rewards are told it.",
  example: { label: "yes" },
}) as unknown as z.ZodType<Item, Item>;

function faultOf(value: unknown): string | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "Expected an object";
  if (isDeeper(value, MAX_ITEM_DEPTH)) {
    return `Expected at most ${MAX_ITEM_DEPTH} levels of lists and objects`;
  }
  const { length } = JSON.stringify(value);
  return length > MAX_ITEM_CHARS
    ? `Expected at most ${MAX_ITEM_CHARS} characters of JSON, got ${length}`
    : null;
}
