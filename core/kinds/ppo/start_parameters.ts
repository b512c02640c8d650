/** The parameters of policy and value network where a job begins. */
import type { Tuning } from "../../../kernels/artifacts.ts";
import type { PpoJobConfig } from "../../contract/ppo_job.ts";
import type { JobFolders } from "../../contract/protocol.ts";
import { loadCheckpoint } from "../../networks/checkpoint.ts";
import type { BaseModel } from "../../weights/base_model.ts";
import { loadAdapter } from "../../weights/load_adapter.ts";
import { initialParameters, tuningOf } from "../../weights/parameter_layout.ts";
import type { ParameterSet } from "../../weights/parameter_set.ts";

/** The networks' parameters where a job begins. */
export interface StartParameters {
  tuning: Tuning;
  policy: ParameterSet;
  /** Whether the policy is another than the bare model. */
  given: boolean;
  critic: { tuning: Tuning; parameters: ParameterSet } | null;
}

/** A checkpoint's networks, an adapter's, or the bare model's. */
export async function startParameters(
  base: BaseModel,
  job: PpoJobConfig,
  { checkpoint, adapter }: Pick<JobFolders, "checkpoint" | "adapter">,
): Promise<StartParameters> {
  const { seed, value } = job;
  const shared = value?.type === "shared";
  const wanted = { head: shared, critic: value?.type === "separate" };
  const loaded = checkpoint ? await loadCheckpoint(base, checkpoint, wanted) : null;
  const given = adapter ? await loadAdapter(base, adapter, { head: shared }) : null;
  const tuning = loaded?.tuning ?? given?.tuning ?? tuningOf(base.config, job.trainable);
  const policy = loaded?.policy ?? given?.parameters ??
    await initialParameters(base, tuning, { head: shared, seed, role: "policy" });
  const start = { tuning, policy, given: Boolean(loaded ?? given) };
  if (value?.type !== "separate") return { ...start, critic: null };
  const criticTuning = loaded?.critic?.tuning ?? tuningOf(base.config, { ...value, type: "lora" });
  const parameters = loaded?.critic?.parameters ??
    await initialParameters(base, criticTuning, { head: true, seed, role: "value" });
  return { ...start, critic: { tuning: criticTuning, parameters } };
}
