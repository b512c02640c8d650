/** What onnxruntime reports when a call fails, as an Error: the library's own code and words behind our action. */
import { UserError } from "../errors.ts";

/** `OrtErrorCode`, by number. */
const CODES = [
  "OK",
  "FAIL",
  "INVALID_ARGUMENT",
  "NO_SUCHFILE",
  "NO_MODEL",
  "ENGINE_ERROR",
  "RUNTIME_EXCEPTION",
  "INVALID_PROTOBUF",
  "MODEL_LOADED",
  "NOT_IMPLEMENTED",
  "INVALID_GRAPH",
  "EP_FAIL",
  "MODEL_LOAD_CANCELED",
  "MODEL_REQUIRES_COMPILATION",
  "NOT_FOUND",
] as const;

export type StatusCode = (typeof CODES)[number] | "UNKNOWN";

/** onnxruntime has no code of its own for a failed allocation, so its words decide. */
const OUT_OF_MEMORY =
  /bad_alloc|bad allocation|failed to allocate memory|out of memory|OUT_OF_MEMORY|smaller than requested bytes|ALLOC_FAILED/i;

/** A call onnxruntime refused; a bug of ours or a damaged graph, never something a user sent. */
export class OrtError extends Error {
  override name = "OrtError";
  readonly code: StatusCode;

  constructor(code: StatusCode, message: string) {
    super(message);
    this.code = code;
  }
}

interface StatusFunctions {
  GetErrorCode(status: Deno.PointerValue): number;
  GetErrorMessage(status: Deno.PointerValue): Deno.PointerValue;
  ReleaseStatus(status: Deno.PointerValue): void;
}

/** The error a failed status describes; releases the status. */
export function statusError(api: StatusFunctions, status: Deno.PointerObject, action: string): Error {
  const code = CODES[api.GetErrorCode(status)] ?? "UNKNOWN";
  const words = api.GetErrorMessage(status);
  const message = words === null ? "" : Deno.UnsafePointerView.getCString(words);
  api.ReleaseStatus(status);
  return describe(code, message, action);
}

/** The error for a code and onnxruntime's words: `out_of_memory` is the one a user can act on. */
export function describe(code: StatusCode, message: string, action: string): Error {
  const detail = `Cannot ${action}: onnxruntime reports ${code}: ${message.trim()}`;
  return OUT_OF_MEMORY.test(message) ? new UserError("out_of_memory", detail) : new OrtError(code, detail);
}
