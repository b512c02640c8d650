/** Refuses a job whose device or arithmetic cannot be had, before the job exists. */
import { placeOf } from "../device_name.ts";
import { invalid } from "../errors.ts";
import { cudaProblem } from "../ort/cuda_device.ts";
import { findLibrary } from "../ort/library.ts";
import type { TrainingJobConfig } from "../contract/training_job.ts";

export type Precisions = Pick<TrainingJobConfig, "base_precision" | "rollout_precision">;

/** The field of a job that asks for 8 bits. */
export function int8Field(job: Precisions): keyof Precisions | undefined {
  return (["base_precision", "rollout_precision"] as const).find((name) => job[name] === "int8");
}

/**
 * @param device the job's, or the server's
 * @param library of onnxruntime; the package's own if not given
 * @throws {UserError} `device_unavailable` saying what is missing, `invalid_request` for a precision the device lacks
 */
export function requireDevice(
  { base_precision, rollout_precision }: Precisions,
  device: string,
  library?: string,
): void {
  const place = placeOf(device);
  if (place !== "cpu") {
    const problem = cudaProblem(findLibrary(library), Number(place.slice("cuda:".length)));
    if (problem) throw invalid("device", problem.message, "device_unavailable");
    const onCpu = int8Field({ base_precision, rollout_precision });
    if (onCpu) {
      throw invalid(onCpu, `Expected another than int8 on a GPU: only the device cpu multiplies int8`);
    }
    if (rollout_precision !== null) {
      throw invalid("rollout_precision", "Expected null on a GPU: rollouts compute in base_precision there");
    }
  } else if (base_precision === "bfloat16" || base_precision === "float16") {
    throw invalid(
      "base_precision",
      `Expected float32 or int8 on the device cpu: ${base_precision} needs a GPU`,
    );
  }
}
