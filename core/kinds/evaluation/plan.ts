/** What an evaluation works on and will do, worked out from headers and prompts alone. */
import type { Tuning } from "../../../kernels/artifacts.ts";
import type { EvaluationJobConfig } from "../../contract/evaluation_job.ts";
import type { JobFolders } from "../../contract/protocol.ts";
import { attributeTo, invalid } from "../../errors.ts";
import { readCheckpoint } from "../../formats/checkpoint_folder.ts";
import { policySpec } from "../../networks/checkpoint.ts";
import type { TextWork } from "../../serve/text_work.ts";
import type { Prompt } from "../../tokenizer/prompt.ts";
import { stepsPerEpoch } from "../../train/prompt_schedule.ts";
import type { RowSource } from "../../train/row_source.ts";
import { tuningOf } from "../../weights/parameter_layout.ts";
import { checkPrompts } from "../check_prompts.ts";
import { checkRewards } from "../check_rewards.ts";
import { checkStopTokens } from "../check_stop_tokens.ts";
import type { CheckedModel, KindPlan } from "../kind.ts";
import type { EvaluationShape } from "./cost.ts";

/** What the steps work on. */
export interface EvaluationWork {
  /** Each is tokenised when a step asks for it. */
  prompts: RowSource<Prompt>;
}

/** Checks what is compared, rewards and stop tokens, and tokenises the prompts. */
export async function planEvaluation(
  job: EvaluationJobConfig,
  { info, tokenizer, adapter }: CheckedModel,
  folders: JobFolders,
  text: TextWork,
): Promise<KindPlan<EvaluationWork, EvaluationShape>> {
  const { model } = info;
  const { stop_token_ids, max_new_tokens: room } = job.generation;
  const tuningIn = async (path: "checkpoint" | "against"): Promise<Tuning> => {
    const folder = folders[path];
    if (folder === undefined) return { type: "none" };
    const { facts } = await attributeTo(path, readCheckpoint(folder));
    const { trainable } = await attributeTo(path, () => policySpec(facts));
    if (trainable.type === "full" && job.base_precision === "int8") {
      throw invalid("base_precision", `Expected another than int8: the ${path} has all weights of its own`);
    }
    return tuningOf(model, trainable);
  };
  const tunings = [adapter ? { type: "lora" as const, adapter } : await tuningIn("checkpoint")];
  if (job.against !== null) tunings.push(await tuningIn("against"));
  const rewards = await checkRewards(job, folders, text);
  checkStopTokens(stop_token_ids, "generation.stop_token_ids", model);
  const { prompts, tokens } = await checkPrompts(job, room, { info, tokenizer }, folders, text);
  return {
    work: { prompts },
    steps_per_epoch: stepsPerEpoch(prompts.length, job.batch_size),
    promptTokens: { min: tokens.min, mean: tokens.sum / prompts.length, max: tokens.max },
    trainable_parameters: 0,
    shape: { tunings, rewards, longestPrompt: tokens.max },
  };
}
