/** Refuses a job whose device or arithmetic cannot be had, before the job exists. */
import { placeOf } from "../device_name.ts";
import { invalid } from "../errors.ts";
import { cudaProblem } from "../ort/cuda_device.ts";
import { findLibrary } from "../ort/library.ts";
import { int8Fields, type Precisions } from "./int8_fields.ts";

/**
 * @param device the job's, or the server's
 * @param library of onnxruntime; the package's own if not given
 * @throws {UserError} `device_unavailable` saying what is missing, `invalid_request` for a precision the device lacks
 */
export function requireDevice(job: Precisions, device: string, library?: string): void {
  const place = placeOf(device);
  if (place !== "cpu") {
    const problem = cudaProblem(findLibrary(library), Number(place.slice("cuda:".length)));
    if (problem) throw invalid("device", problem.message, "device_unavailable");
    const [onCpu] = int8Fields(job);
    if (onCpu) {
      throw invalid(onCpu, `Expected another than int8 on a GPU: only the device cpu multiplies int8`);
    }
    if (job.rollout_precision) {
      throw invalid("rollout_precision", "Expected null on a GPU: rollouts compute in base_precision there");
    }
  } else if (job.base_precision === "bfloat16" || job.base_precision === "float16") {
    throw invalid(
      "base_precision",
      `Expected float32 or int8 on the device cpu: ${job.base_precision} needs a GPU`,
    );
  }
}
