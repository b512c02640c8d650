/** Whose text is asked for: a model's own, a checkpoint's or an adapter's. */
import { z } from "zod";
import type { Refuse } from "./refuse.ts";

export const checkpoint = z.string().max(200).nullable().describe(
  "Id of a checkpoint of the model, whose weights are used. Default null: the bare model.",
);
export const adapter = z.string().max(500).nullable().describe(
  "Instead: path of a PEFT adapter's folder, whole or below a folder of MODELS_DIR.",
);

/** Whether a name that may be a model's or a checkpoint's is the latter. */
export function isCheckpointId(name: string): boolean {
  return name.startsWith("ckpt_");
}

/** Of a prompt, which may name its own: one that says neither is for the policy of its request. */
export const policyOf = {
  checkpoint: checkpoint.optional().describe("For this prompt. Default: the request's."),
  adapter: adapter.optional().describe("For this prompt. Default: the request's."),
};

export interface PolicyNames {
  checkpoint: string | null;
  adapter: string | null;
}

/** The checkpoint or adapter whose text a prompt of a request asks for. */
export function policyNames(
  request: PolicyNames,
  prompt: string | Partial<PolicyNames>,
): PolicyNames {
  if (typeof prompt === "string" || (prompt.checkpoint === undefined && prompt.adapter === undefined)) {
    return { checkpoint: request.checkpoint, adapter: request.adapter };
  }
  return { checkpoint: prompt.checkpoint ?? null, adapter: prompt.adapter ?? null };
}

/** A policy has one adapter. */
export function onePolicy(
  of: { checkpoint?: string | null; adapter?: string | null },
  path: PropertyKey[],
  refuse: Refuse,
) {
  if (of.checkpoint != null && of.adapter != null) {
    refuse([...path, "adapter"], "Expected a checkpoint or an adapter, got both");
  }
}
