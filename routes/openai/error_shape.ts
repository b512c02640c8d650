/** An error as OpenAI's clients read it: the body on their own paths, and the `error` of every other problem. */
import { z } from "@hono/zod-openapi";
import type { ErrorCode } from "../../core/errors.ts";

export const errorMember = z.object({
  message: z.string().describe("What is wrong, and what would be right."),
  type: z.enum(["invalid_request_error", "rate_limit_error", "server_error"]).describe("Whose fault it is."),
  param: z.string().nullable().describe("The key of the request that is at fault."),
  code: z.string().describe("For programs; docs/api.md lists them."),
}).openapi("OpenAIErrorDetail", { description: "The same for OpenAI's clients, which show its message." });

/** Where OpenAI's clients expect a code of its own. */
const CODES: Partial<Record<ErrorCode, string>> = {
  unauthorized: "invalid_api_key",
  unknown_model: "model_not_found",
  unknown_checkpoint: "model_not_found",
};

function typeOf(status: number): z.output<typeof errorMember>["type"] {
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

/** @param param dotted, as in `messages.0.content` */
export function errorOf(
  { code, detail, status, param = null }: {
    code: ErrorCode;
    detail: string;
    status: number;
    param?: string | null;
  },
): z.output<typeof errorMember> {
  return { message: detail, type: typeOf(status), param, code: CODES[code] ?? code };
}
