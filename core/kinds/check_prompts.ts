/** Checks the prompts of a job once each; a list's are kept tokenised, a dataset's are tokenised again where a step asks for them. */
import type { DatasetColumns } from "../contract/dataset.ts";
import { type JobPrompt, promptSchema } from "../contract/prompt.ts";
import { ANSWER_NEEDED } from "../contract/prompt_answers.ts";
import type { JobFolders } from "../contract/protocol.ts";
import { needsAnswers, readsItems, type RewardConfig } from "../contract/reward_schema.ts";
import { invalid } from "../errors.ts";
import type { TextWork } from "../serve/text_work.ts";
import { preparePrompt } from "../tokenizer/prepare_prompts.ts";
import type { Prompt } from "../tokenizer/prompt.ts";
import { jobRows, preparedRows, type RowSource } from "../train/row_source.ts";
import { type Measure, survey } from "../train/survey.ts";
import type { CheckedModel } from "./kind.ts";

/**
 * The prompts, every one of which has been looked at, and how many tokens they have.
 *
 * @param room tokens that must fit behind each in the model's context
 * @throws {UserError} naming the prompt that is wrong
 */
export async function checkPrompts(
  job: {
    prompts: readonly JobPrompt[];
    dataset: string | null;
    columns: DatasetColumns;
    reward: RewardConfig;
  },
  room: number,
  { info, tokenizer }: Pick<CheckedModel, "info" | "tokenizer">,
  folders: JobFolders,
  text: TextWork,
): Promise<{ prompts: RowSource<Prompt>; tokens: Measure }> {
  const items = readsItems(job.reward);
  const rows = jobRows(job, "prompts", job.prompts, promptSchema, folders, { items });
  const prepared = (room: number) => (prompt: JobPrompt, index: number) =>
    preparePrompt(prompt, rows.path(index), { info, tokenizer, room });
  const prompts = preparedRows(rows, prepared(room));
  // What is kept of a dataset is for jobs with longer responses as well.
  const prepare = rows.dataset ? prepared(0) : prompts.of;
  const { tokens, answers } = await survey(
    rows,
    (prompt, index) => {
      const { ids, answer } = prepare(prompt, index);
      return { tokens: ids.length, answers: Number(answer !== undefined) };
    },
    text,
    { model: folders.model, surveys: folders.surveys, by: items ? "prompts with items" : "prompts" },
  );
  if (needsAnswers(job.reward) && answers.min === 0) {
    throw invalid(`${rows.path(answers.min_at)}.answer`, ANSWER_NEEDED);
  }
  // Throws where the longest leaves no room.
  prompts.at(tokens.max_at);
  return { prompts, tokens };
}
