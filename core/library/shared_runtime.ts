/** The runtime of a script: one a process, as onnxruntime's threads are. */
import { placeOf } from "../device_name.ts";
import { UserError } from "../errors.ts";
import { Runtime } from "../ort/runtime.ts";

export interface RuntimeChoice {
  /** Default: one a core. A run's bytes depend on it. */
  threads?: number;
  /** `cpu`, `cuda` or `cuda:N`. Default `cpu`. */
  device?: string;
}

let opened: { runtime: Runtime; threads: number | undefined; device: string } | undefined;

/**
 * The process's runtime, opened by whoever asks first.
 *
 * @throws {UserError} `runtime_unavailable` when it cannot be opened, or was opened with another choice before
 */
export function sharedRuntime(choice: RuntimeChoice = {}): Runtime {
  opened ??= openRuntime(choice);
  const { threads = opened.threads, device = opened.device } = choice;
  if (threads !== opened.threads || device !== opened.device) {
    throw new UserError(
      "runtime_unavailable",
      `Expected the threads and device of this process's first model, ${opened.threads ?? "one a core"} on ` +
        `${opened.device}, got ${threads ?? "one a core"} on ${device}`,
    );
  }
  return opened.runtime;
}

function openRuntime({ threads, device = "cpu" }: RuntimeChoice) {
  const runtime = Runtime.open({
    device: placeOf(device),
    tf32: true,
    logSeverity: "error",
    ...(threads !== undefined && { threads }),
  });
  return { runtime, threads, device };
}
