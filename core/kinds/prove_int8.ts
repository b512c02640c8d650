/** Refuses an int8 job where this machine's products of them are not exact: before it exists, and at its start. */
import { linears } from "../../kernels/models/linears.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import { invalid, UserError } from "../errors.ts";
import { int8Dtype, wrongSums } from "../weights/int8_products.ts";
import type { Runtime } from "../ort/runtime.ts";
import { describeViolation, int8Violations } from "./ppo/invariants.ts";
import { int8Fields, type Precisions } from "./int8_fields.ts";

/** Rows of a product that is tried, and columns of its weight: few rows and many have kernels of their own. */
const ROWS = [1, 5, 64] as const;
const COLUMNS = 24;

/** @throws {UserError} `device_unavailable` for an int8 job when no form of them is exact here */
export async function requireInt8(runtime: Runtime, job: Precisions): Promise<void> {
  const [field] = int8Fields(job);
  if (!field) return;
  try {
    await int8Dtype(runtime);
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    throw invalid(field, `Expected another than int8. ${thrown.message}`, thrown.code);
  }
}

/**
 * Tries int8 products that are as wide as the model's.
 *
 * @throws {UserError} `device_unavailable` for an int8 job when one is not that of integer arithmetic
 */
export async function proveInt8(runtime: Runtime, job: Precisions, model: ModelConfig): Promise<void> {
  const [field] = int8Fields(job);
  if (!field) return;
  await requireInt8(runtime, job);
  const dtype = await int8Dtype(runtime);
  const widths = linears(model).flatMap(({ inFeatures, outFeatures }) => [inFeatures, outFeatures]);
  for (const K of new Set(widths)) {
    const [violation] = int8Violations(await wrongSums(runtime, dtype, { K, N: COLUMNS, rows: ROWS }));
    if (!violation) continue;
    throw invalid(field, `Expected another than int8. ${describeViolation(violation)}`, "device_unavailable");
  }
}
