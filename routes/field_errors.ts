/** zod's issues as a flat list of paths and messages that people can act on. */
import type { z } from "@hono/zod-openapi";
import type { FieldError } from "../core/errors.ts";

type Issue = z.core.$ZodIssue;

/** One entry per fault; an unknown key is named by its own path, a union's fault by its nearest branch. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap((issue) => fromIssue(issue, []));
}

function fromIssue(issue: Issue, prefix: PropertyKey[]): FieldError[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: [...path, key].map(String).join("."), message: "Unknown key" }));
  }
  if (issue.code === "invalid_union" && issue.message === "Invalid input" && issue.errors.length > 0) {
    const nearest = issue.errors.toSorted((a, b) => remoteness(a) - remoteness(b) || reach(b) - reach(a))[0]!;
    return nearest.flatMap((inner) => fromIssue(inner, path));
  }
  return [{ path: path.map(String).join("."), message: issue.message }];
}

/** How far a union's branch is from what was sent: one of the wrong type is farther than one with faults inside. */
function remoteness(issues: Issue[]): number {
  const wrongType = issues.some(({ code, path }) => code === "invalid_type" && path.length === 0);
  return (wrongType ? 1000 : 0) + issues.length;
}

/** How many items of a list were right by a union's branch before one was wrong. */
function reach([first]: Issue[]): number {
  const [index] = first?.path ?? [];
  return typeof index === "number" ? index : -1;
}
