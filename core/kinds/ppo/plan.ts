/** What a PPO job works on and will do, worked out from headers and prompts alone. */
import type { JobFolders } from "../../contract/protocol.ts";
import { type JobPrompt, promptSchema } from "../../contract/prompt.ts";
import { ANSWER_NEEDED, type PpoJobConfig } from "../../contract/ppo_job.ts";
import { needsAnswers } from "../../contract/reward_schema.ts";
import { invalid } from "../../errors.ts";
import type { TextWork } from "../../serve/text_work.ts";
import type { Prompt } from "../../tokenizer/prompt.ts";
import { preparePrompt } from "../../tokenizer/prepare_prompts.ts";
import { stepsPerEpoch } from "../../train/prompt_schedule.ts";
import { jobRows, mappedRows, type RowSource } from "../../train/row_source.ts";
import { type Measure, survey } from "../../train/survey.ts";
import { parameterCount, tuningOf } from "../../weights/parameter_layout.ts";
import { checkRewards } from "../check_rewards.ts";
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
  for (const [index, id] of ppo.stop_token_ids.entries()) {
    if (id >= model.vocab_size) {
      throw invalid(
        `ppo.stop_token_ids.${index}`,
        `Expected an id below the model's vocabulary of ${model.vocab_size}, got ${id}`,
        "invalid_token_id",
      );
    }
  }
  const { prompts, tokens } = await checkPrompts(job, { info, tokenizer }, folders, text);
  const policy = adapter ? { type: "lora" as const, adapter } : tuningOf(model, job.trainable);
  return {
    work: { prompts },
    steps_per_epoch: stepsPerEpoch(prompts.length, ppo.batch_size),
    promptTokens: { min: tokens.min, mean: tokens.sum / prompts.length, max: tokens.max },
    trainable_parameters: parameterCount(model, policy, { head: value.type === "shared" }) +
      (value.type === "separate"
        ? parameterCount(model, tuningOf(model, { ...value, type: "lora" }), { head: true })
        : 0),
    shape: { rewards, longestPrompt: tokens.max },
  };
}

/** The prompts, every one of which has been looked at, and how many tokens they have. */
async function checkPrompts(
  job: PpoJobConfig,
  { info, tokenizer }: Pick<CheckedModel, "info" | "tokenizer">,
  folders: JobFolders,
  text: TextWork,
): Promise<{ prompts: RowSource<Prompt>; tokens: Measure }> {
  const room = job.ppo.max_new_tokens;
  const rows = jobRows(job, "prompts", job.prompts, promptSchema, folders);
  const prepared = (room: number) => (prompt: JobPrompt, index: number) =>
    preparePrompt(prompt, rows.path(index), { info, tokenizer, room });
  // What is kept of a dataset is for jobs with longer responses as well.
  const prepare = prepared(rows.dataset ? 0 : room);
  const { tokens, answers } = await survey(
    rows,
    (prompt, index) => {
      const { ids, answer } = prepare(prompt, index);
      return { tokens: ids.length, answers: Number(answer !== undefined) };
    },
    text,
    { model: folders.model, surveys: folders.surveys, by: "prompts" },
  );
  if (needsAnswers(job.reward) && answers.min === 0) {
    throw invalid(`${rows.path(answers.min_at)}.answer`, ANSWER_NEEDED);
  }
  // Throws where the longest leaves no room.
  prepared(room)(rows.at(tokens.max_at)!, tokens.max_at);
  return { prompts: mappedRows(rows, prepared(room)), tokens };
}
