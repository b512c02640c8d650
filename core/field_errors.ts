/** zod's issues as a flat list of paths and messages that people can act on. */
import type { z } from "zod";
import { GOT_NOTHING, SAYS_NOTHING } from "./field_messages.ts";
import { type FieldError, invalidFields, type UserError } from "./errors.ts";

type Issue = z.core.$ZodIssue;

/** One entry per fault; an unknown key is named by its own path, a union's fault by the branch whose keys were sent. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap((issue) => fromIssue(issue, []));
}

function fromIssue(issue: Issue, prefix: PropertyKey[]): FieldError[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: [...path, key].map(String).join("."), message: "Unknown key" }));
  }
  const branch = issue.code === "invalid_union" ? meant(issue) : undefined;
  if (branch) return branch.flatMap((inner) => fromIssue(inner, path));
  return [{ path: path.map(String).join("."), message: issue.message }];
}

/**
 * The branch of a union that was meant: the one whose keys were sent. Where none is nearer than the others and the union
 * says in its own words what would be right, there is none.
 */
function meant(issue: Issue & { code: "invalid_union" }): Issue[] | undefined {
  const branches = issue.errors.map((issues) => ({ issues, distance: distance(issues) }))
    .sort((a, b) => compare(a.distance, b.distance));
  const [nearest, next] = branches;
  if (!nearest) return undefined;
  const [wrongType, structure] = nearest.distance;
  const unclear = wrongType! > 0 ||
    (structure! > 0 && next !== undefined && next.distance[0] === 0 && next.distance[1] === structure);
  return unclear && issue.message !== SAYS_NOTHING ? undefined : nearest.issues;
}

/**
 * How far a union's branch is from what was sent, what counts most first: whether it is of another type, how many keys
 * are unknown to it or missing, how many items of a list were right before one was wrong, how many faults there are.
 */
function distance(issues: Issue[]): number[] {
  const wrongType = issues.some(({ code, path }) => code === "invalid_type" && path.length === 0);
  const unknown = issues.reduce((sum, one) => {
    return sum + (one.code === "unrecognized_keys" && one.path.length === 0 ? one.keys.length : 0);
  }, 0);
  const missing =
    issues.filter((one) =>
      one.code === "invalid_type" && one.path.length === 1 && one.message.endsWith(GOT_NOTHING)
    ).length;
  const [index] = issues[0]?.path ?? [];
  const reach = typeof index === "number" ? index : -1;
  return [Number(wrongType), unknown + missing, -reach, issues.length];
}

function compare(a: number[], b: number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}

/** What a schema says of a value, as an error of the request. */
export function invalidValue(error: z.ZodError): UserError {
  return invalidFields(fieldErrors(error));
}
