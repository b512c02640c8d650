/**
 * What schemas say of a value that is not right where they have no words of their own: "Expected this, got that". Whoever
 * declares a request's schema imports this file, which tells zod.
 */
import { z } from "zod";
import { cutText } from "./cut_text.ts";

/** How a key that is not there ends a message. */
export const GOT_NOTHING = "got nothing";

/** A union says this where it has no words of its own; what its branches say is more. */
export const SAYS_NOTHING = "Invalid input";

const MAX_SHOWN = 40;

/** Types as people call them. */
const TYPES: Record<string, string> = {
  string: "a string",
  number: "a number",
  int: "an integer",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

/** What has a size, and what it is counted in. */
const UNITS: Record<string, [string, string]> = {
  string: ["character", "characters"],
  array: ["item", "items"],
  object: ["key", "keys"],
};

function got(value: unknown): string {
  if (value === undefined) return GOT_NOTHING;
  if (typeof value === "string") return `got ${JSON.stringify(cutText(value, MAX_SHOWN))}`;
  if (Array.isArray(value)) return "got a list";
  return typeof value === "object" && value !== null ? "got an object" : `got ${value}`;
}

function sizeOf(value: unknown): number | undefined {
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  return typeof value === "object" && value !== null ? Object.keys(value).length : undefined;
}

/** @param least "at least" and "at most" go with a bound that is right itself, the others with one that is not */
function bound(least: string, origin: string, limit: number | bigint, value: unknown): string {
  const unit = UNITS[origin];
  if (!unit) return `Expected ${least} ${limit}, ${got(value)}`;
  return `Expected ${least} ${limit} ${unit[Number(limit) === 1 ? 0 : 1]}, got ${sizeOf(value)}`;
}

function oneOf(values: readonly unknown[]): string {
  const shown = values.map((value) => JSON.stringify(value));
  return shown.length === 1 ? shown[0]! : `${shown.slice(0, -1).join(", ")} or ${shown.at(-1)}`;
}

const MESSAGES: {
  [Code in z.core.$ZodRawIssue["code"]]?: (
    issue: Extract<z.core.$ZodRawIssue, { code: Code }>,
  ) => string;
} = {
  invalid_type: ({ expected, input }) => `Expected ${TYPES[expected] ?? expected}, ${got(input)}`,
  too_small: ({ origin, minimum, inclusive, input }) =>
    bound(inclusive ? "at least" : "more than", origin, minimum, input),
  too_big: ({ origin, maximum, inclusive, input }) =>
    bound(inclusive ? "at most" : "less than", origin, maximum, input),
  invalid_value: ({ values, input }) => `Expected ${oneOf(values)}, ${got(input)}`,
  unrecognized_keys: ({ keys }) => `Unknown key: ${keys.map((key) => JSON.stringify(key)).join(", ")}`,
  invalid_key: ({ issues }) => `Expected another key. ${issues[0]?.message ?? ""}`.trim(),
  invalid_format: ({ format, pattern, input }) =>
    `Expected ${format === "url" ? "a URL" : `a match of ${pattern}`}, ${got(input)}`,
  invalid_union: ({ discriminator, options, input }) =>
    discriminator === undefined
      ? SAYS_NOTHING
      : `Expected ${oneOf((options ?? []) as readonly unknown[])}, ${
        got((input as Record<string, unknown>)[discriminator])
      }`,
};

z.config({
  localeError: (issue) =>
    (MESSAGES[issue.code] as ((issue: z.core.$ZodRawIssue) => string) | undefined)?.(issue),
});
