/** A run on another thread that an AbortSignal can stop in the middle. */
import { UserError } from "../errors.ts";
import type { Api } from "./api.ts";

/**
 * Starts `run` with the run options that can stop it, and waits for it. When `signal` aborts, onnxruntime is told to
 * stop at its next node; what the run was given may be used again after the promise settles, not before.
 *
 * @throws UserError `cancelled` (or the signal's reason, if that is a UserError) when the signal stopped it
 */
export async function cancellable(
  api: Api,
  signal: AbortSignal | undefined,
  action: string,
  run: (runOptions: Deno.PointerValue) => Promise<Deno.PointerValue>,
): Promise<void> {
  if (signal === undefined) return api.check(await run(null), action);
  if (signal.aborted) throw cancelled(signal, action);
  const options = api.pointer("make run options", api.CreateRunOptions);
  const stop = () => api.check(api.RunOptionsSetTerminate(options), "stop a run");
  signal.addEventListener("abort", stop);
  try {
    api.check(await run(options), action);
  } catch (error) {
    throw signal.aborted ? cancelled(signal, action) : error;
  } finally {
    signal.removeEventListener("abort", stop);
    api.ReleaseRunOptions(options);
  }
}

function cancelled(signal: AbortSignal, action: string): UserError {
  if (signal.reason instanceof UserError) return signal.reason;
  return new UserError("cancelled", `Cannot ${action}: it was cancelled`, [], { cause: signal.reason });
}
