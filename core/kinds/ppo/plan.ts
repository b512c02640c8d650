/** What a PPO job works on and will do, worked out from headers and prompts alone. */
import type { JobFolders } from "../../contract/protocol.ts";
import type { PpoJobConfig } from "../../contract/ppo_job.ts";
import { invalid } from "../../errors.ts";
import type { EvaluationPrompts } from "../../evaluate/training_evaluation.ts";
import type { TextWork } from "../../serve/text_work.ts";
import type { Prompt } from "../../tokenizer/prompt.ts";
import { preparePrompt } from "../../tokenizer/prepare_prompts.ts";
import { heldOutSplit } from "../../train/held_out.ts";
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
  /** Indices of those that are trained on; null where none is held out. */
  trained: readonly number[] | null;
  evaluation: EvaluationPrompts | null;
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
  const evaluated = await evaluationOf(job, prompts, { info, tokenizer }, text);
  const count = evaluated.trained?.length ?? prompts.length;
  const policy = adapter ? { type: "lora" as const, adapter } : tuningOf(model, job.trainable);
  return {
    work: { prompts, trained: evaluated.trained, evaluation: evaluated.evaluation },
    steps_per_epoch: stepsPerEpoch(count, ppo.batch_size),
    promptTokens: { min: tokens.min, mean: tokens.sum / prompts.length, max: tokens.max },
    trainable_parameters: parameterCount(model, policy, { head: value?.type === "shared" }) +
      (value?.type === "separate"
        ? parameterCount(model, tuningOf(model, { ...value, type: "lora" }), { head: true })
        : 0),
    shape: { rewards, longestPrompt: Math.max(tokens.max, evaluated.longest) },
  };
}

/** What the policy is evaluated on, and what is left to train on. */
async function evaluationOf(
  { evaluate, ppo, seed }: PpoJobConfig,
  prompts: RowSource<Prompt>,
  { info, tokenizer }: Pick<CheckedModel, "info" | "tokenizer">,
  text: TextWork,
): Promise<Pick<PpoWork, "trained" | "evaluation"> & { longest: number }> {
  if (!evaluate) return { trained: null, evaluation: null, longest: 0 };
  if (evaluate.prompts === null) {
    const { train, held_out } = heldOutSplit(
      prompts.length,
      evaluate.held_out!,
      seed,
      evaluate.held_out_rows,
    );
    if (held_out.length === 0) {
      throw invalid("evaluate.held_out", "Expected at least two prompts to hold one out of them, got one");
    }
    return { trained: train, evaluation: { prompts, indices: held_out }, longest: 0 };
  }
  const own = await text.map(
    evaluate.prompts,
    (prompt, index) =>
      preparePrompt(prompt, `evaluate.prompts.${index}`, { info, tokenizer, room: ppo.max_new_tokens }),
  );
  return {
    trained: null,
    evaluation: { prompts: own, indices: own.map((_, index) => index) },
    longest: own.reduce((most, { ids }) => Math.max(most, ids.length), 0),
  };
}
