/** What a PPO job works on and will do, worked out from headers and prompts alone. */
import type { JobFolders } from "../../contract/protocol.ts";
import type { PpoJobConfig } from "../../contract/ppo_job.ts";
import type { TextWork } from "../../serve/text_work.ts";
import type { Prompt } from "../../tokenizer/prompt.ts";
import { stepsPerEpoch } from "../../train/prompt_schedule.ts";
import type { RowSource } from "../../train/row_source.ts";
import { parameterCount, tuningOf } from "../../weights/parameter_layout.ts";
import { checkPrompts } from "../check_prompts.ts";
import { checkRewards } from "../check_rewards.ts";
import { checkStopTokens } from "../check_stop_tokens.ts";
import type { CheckedModel, KindPlan } from "../kind.ts";
import type { PpoShape } from "./cost.ts";

/** What PPO's steps work on. */
export interface PpoWork {
  /** Each is tokenised when a step asks for it. */
  prompts: RowSource<Prompt>;
}

/** Checks rewards, stop tokens and each prompt. */
export async function planPpo(
  job: PpoJobConfig,
  { info, tokenizer, adapter }: CheckedModel,
  folders: JobFolders,
  text: TextWork,
): Promise<KindPlan<PpoWork, PpoShape>> {
  const { ppo, value } = job;
  const { model } = info;
  const rewards = await checkRewards(job, folders, text);
  checkStopTokens(ppo.stop_token_ids, "ppo.stop_token_ids", model);
  const { prompts, tokens } = await checkPrompts(job, ppo.max_new_tokens, { info, tokenizer }, folders, text);
  const policy = adapter ? { type: "lora" as const, adapter } : tuningOf(model, job.trainable);
  return {
    work: { prompts },
    steps_per_epoch: stepsPerEpoch(prompts.length, ppo.batch_size),
    promptTokens: { min: tokens.min, mean: tokens.sum / prompts.length, max: tokens.max },
    trainable_parameters: parameterCount(model, policy, { head: value?.type === "shared" }) +
      (value?.type === "separate"
        ? parameterCount(model, tuningOf(model, { ...value, type: "lora" }), { head: true })
        : 0),
    shape: { rewards, longestPrompt: tokens.max },
  };
}
