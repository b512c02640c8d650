/** What a job that trains a reward model works on and will do, worked out from headers and preferences alone. */
import type { ScoreSpec } from "../../contract/checkpoint.ts";
import type { JobFolders } from "../../contract/protocol.ts";
import { preferenceSchema, type RewardModelJobConfig } from "../../contract/reward_model_job.ts";
import type { TextWork } from "../../serve/text_work.ts";
import { stopIds } from "../../tokenizer/stop_ids.ts";
import { heldOutSplit } from "../../train/held_out.ts";
import { stepsPerEpoch } from "../../train/prompt_schedule.ts";
import { jobRows, preparedRows } from "../../train/row_source.ts";
import { survey } from "../../train/survey.ts";
import { parameterCount, tuningOf } from "../../weights/parameter_layout.ts";
import type { CheckedModel, KindPlan } from "../kind.ts";
import type { RewardModelShape } from "./cost.ts";
import { encodePair } from "./encode_pair.ts";
import { padToken } from "./pad_token.ts";
import type { PairSplit } from "./trainer.ts";

/** What the steps work on. */
export interface RewardModelWork extends PairSplit {
  /** What its checkpoints tell of padding. */
  score: ScoreSpec;
}

/** Looks at each pair, and chooses those that are held out. */
export async function planRewardModel(
  job: RewardModelJobConfig,
  { info, tokenizer, adapter }: CheckedModel,
  folders: JobFolders,
  text: TextWork,
): Promise<KindPlan<RewardModelWork, RewardModelShape>> {
  const { max_length, overlong, batch_size } = job.reward_model;
  const rows = jobRows(job, "preferences", job.preferences, preferenceSchema, folders);
  const encoder = { info, tokenizer, stops: stopIds(info, tokenizer), config: { max_length, overlong } };
  const pairs = preparedRows(rows, (pair, index) => encodePair(pair, rows.path(index), encoder));
  const { prompt, longest } = await survey(
    rows,
    (pair, index) => {
      const { prompt, chosen, rejected } = pairs.of(pair, index);
      return { prompt, longest: Math.max(chosen.length, rejected.length) };
    },
    text,
    { model: folders.model, surveys: folders.surveys, by: ["preferences", max_length, overlong] },
  );
  const split = heldOutSplit(rows.length, job.held_out, job.seed, job.held_out_rows);
  return {
    work: { pairs, ...split, score: padToken(info, tokenizer) },
    steps_per_epoch: stepsPerEpoch(split.train.length, batch_size),
    promptTokens: { min: prompt.min, mean: prompt.sum / rows.length, max: prompt.max },
    trainable_parameters: parameterCount(
      info.model,
      adapter ? { type: "lora", adapter } : tuningOf(info.model, job.trainable),
      { head: "score" },
    ),
    shape: { longest: longest.max },
  };
}
