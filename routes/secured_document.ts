/**
 * What holds for every operation of the OpenAPI document, and so is said in no route: which API key it needs, of which
 * scope, how it is refused, and how any request may fail.
 */
import type { ErrorCode } from "../core/errors.ts";
import { hasOpenaiErrors } from "./openai/mod.ts";
import { PROBLEMS } from "./problem.ts";
import { neededScope } from "./require_scope.ts";

const SCHEME = "bearer";

export const SECURITY_SCHEME = {
  type: "http",
  scheme: "bearer",
  description:
    "An API key, made with `deno task keys create` or set in API_KEYS. A server that has none needs none. " +
    "Keys of scope `read` may read, of `write` do everything but read the audit log, of `admin` that too.",
} as const;

/** Headers as the document has them. */
function headersOf(descriptions: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(descriptions).map((
      [name, description],
    ) => [name, { description, schema: { type: "string" } }]),
  );
}

const EVERYWHERE = headersOf({
  "X-Request-Id": "Names the request in the server's log and in the audit log.",
});

const LOCATION = headersOf({ Location: "The path of what was made." });

const ETAG = headersOf({ ETag: "Names these bytes, for If-None-Match, If-Match and If-Range." });

/** What answers of a status have. */
const BY_STATUS: Record<string, Record<string, unknown>> = {
  "401": headersOf({ "WWW-Authenticate": "Bearer: how a key is sent." }),
  "405": headersOf({ Allow: "The methods that there are." }),
  "429": headersOf({
    "Retry-After": "Seconds until the next request is answered.",
    "RateLimit-Limit": "Requests that the key may send in a minute.",
    "RateLimit-Remaining": "How many of them are left now.",
    "RateLimit-Reset": "Seconds until all of them are.",
    "RateLimit-Policy": "The limit and its window in seconds, `6000;w=60`.",
  }),
  "503": headersOf({ "Retry-After": "Seconds after which it may be asked for again." }),
};

/** Whether an answer is a file, or says that the client has it. */
function isFile(status: string, { content }: Answer): boolean {
  return status === "304" || "application/octet-stream" in Object(content);
}

/** The answers of an operation with the headers that they have. */
function withHeaders(
  method: string,
  path: string,
  responses: Record<string, Answer>,
): Record<string, Answer> {
  const makes = method === "post" && !path.includes("{");
  return Object.fromEntries(
    Object.entries(responses).map(([status, answer]) => [status, {
      ...answer,
      headers: {
        ...EVERYWHERE,
        ...BY_STATUS[status],
        ...(makes && ["201", "202"].includes(status) && LOCATION),
        ...(isFile(status, answer) && ETAG),
        ...answer.headers,
      },
    }]),
  );
}

/** How any request may fail. */
const FAILURES = ["method_not_allowed", "internal"] as const;

/** How a request is refused for its key. */
const REFUSALS = ["unauthorized", "forbidden", "too_many_requests"] as const;

/** Errors as an operation has them, by status. */
function errors(codes: readonly ErrorCode[], isOpenai: boolean): NonNullable<Operation["responses"]> {
  const [type, name] = isOpenai
    ? ["application/json", "OpenAIError"]
    : ["application/problem+json", "Problem"];
  return Object.fromEntries(codes.map((code) => {
    const { status, title } = PROBLEMS[code];
    const content = { [type]: { schema: { $ref: `#/components/schemas/${name}` } } };
    return [status, { description: title, content }];
  }));
}

interface Answer {
  description?: string;
  headers?: Record<string, unknown>;
  content?: unknown;
}

interface Operation {
  description?: string;
  "x-required-scope"?: string;
  security?: Record<string, string[]>[];
  responses?: Record<string, Answer>;
}

interface Document {
  paths?: Record<string, object>;
}

/** Adds to each operation what holds for all of them. Takes the app's document, and changes it. */
export function securedDocument<D extends Document>(document: D, required: boolean): D {
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(item) as [string, Operation][]) {
      const isOpenai = hasOpenaiErrors(path);
      const refusals = path.startsWith("/v1/") ? REFUSALS : [];
      operation.responses = withHeaders(method, path, {
        ...errors([...FAILURES, ...refusals], isOpenai),
        ...operation.responses,
      });
      if (!path.startsWith("/v1/")) {
        operation.security = [];
        continue;
      }
      // Only OAuth's schemes have scopes of their own in the document.
      const scope = neededScope(method.toUpperCase(), path);
      operation["x-required-scope"] = scope;
      operation.description = `${operation.description ?? ""} A key needs the scope \`${scope}\`.`.trim();
      const needed = { [SCHEME]: [] };
      operation.security = required ? [needed] : [{}, needed];
    }
  }
  return document;
}
