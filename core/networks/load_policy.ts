/** A policy to be asked and not trained: the bare model, or what a checkpoint or an adapter makes of it. */
import { ofOneVersion } from "../formats/file_version.ts";
import type { BaseModel } from "../weights/base_model.ts";
import { loadAdapter } from "../weights/load_adapter.ts";
import { initialParameters } from "../weights/parameter_layout.ts";
import { ParameterSet } from "../weights/parameter_set.ts";
import { loadCheckpoint } from "./checkpoint.ts";
import { Policy } from "./policy.ts";

/**
 * The policy of one of these folders, or the bare model's without one. Its reference is the bare model.
 *
 * @throws {UserError} `damaged_checkpoint` or `damaged_model`
 */
export async function loadPolicy(
  base: BaseModel,
  { checkpoint, adapter }: { checkpoint?: string; adapter?: string },
): Promise<Policy> {
  const asked = { reference: "base", shared: false } as const;
  if (adapter !== undefined) {
    const { tuning, parameters } = await ofOneVersion(
      adapter,
      () => loadAdapter(base, adapter, { head: false }),
    );
    return new Policy(base, tuning, parameters, asked);
  }
  if (checkpoint === undefined) {
    return new Policy(base, { type: "none" }, new ParameterSet(base.runtime, []), asked);
  }
  const { tuning, policy: parameters, critic } = await loadCheckpoint(base, checkpoint);
  critic?.parameters.dispose();
  if (tuning.type !== "full") return new Policy(base, tuning, parameters, asked);
  // Full weights have no adapter to turn off.
  const reference = await initialParameters(base, tuning, { head: false, seed: 0, role: "policy" });
  return new Policy(base, tuning, parameters, { ...asked, reference });
}
