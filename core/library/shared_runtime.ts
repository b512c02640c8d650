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

let opened: { runtime: Runtime; key: string } | undefined;

/**
 * The process's runtime, opened by whoever asks first.
 *
 * @throws {UserError} `runtime_unavailable` when it cannot be opened, or another choice was made before
 */
export function sharedRuntime({ threads, device = "cpu" }: RuntimeChoice = {}): Runtime {
  const key = JSON.stringify([threads ?? null, device]);
  if (opened && opened.key !== key && threads !== undefined) {
    throw new UserError(
      "runtime_unavailable",
      "Expected the threads and device that the first model of this process was opened with",
    );
  }
  opened ??= {
    key,
    runtime: Runtime.open({
      device: placeOf(device),
      tf32: true,
      logSeverity: "error",
      ...(threads !== undefined && { threads }),
    }),
  };
  return opened.runtime;
}
