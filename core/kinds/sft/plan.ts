/** What a job of supervised fine-tuning works on and will do, worked out from headers and examples alone. */
import { exampleSchema, type SftJobConfig } from "../../contract/sft_job.ts";
import { invalid } from "../../errors.ts";
import type { JobFolders } from "../../contract/protocol.ts";
import type { TextWork } from "../../serve/text_work.ts";
import { stopIds } from "../../tokenizer/stop_ids.ts";
import { heldOutSplit } from "../../train/held_out.ts";
import { stepsPerEpoch } from "../../train/prompt_schedule.ts";
import { jobRows, preparedRows, type RowSource } from "../../train/row_source.ts";
import { survey } from "../../train/survey.ts";
import { parameterCount, tuningOf } from "../../weights/parameter_layout.ts";
import type { CheckedModel, KindPlan } from "../kind.ts";
import type { SftShape } from "./cost.ts";
import { type ExampleTokens, exampleTokens } from "./example_tokens.ts";

/** What the steps work on. */
export interface SftWork {
  /** Each is tokenised when a step asks for it. */
  examples: RowSource<ExampleTokens>;
  /** Indices of those that are trained on, and of those that are measured. */
  train: readonly number[];
  held_out: readonly number[];
  /** Tokens that each may have at most. */
  most: number;
}

/** Tokenises the examples; each completion ends with the model's first end-of-sequence id. */
export async function planSft(
  job: SftJobConfig,
  { info, tokenizer, adapter }: CheckedModel,
  folders: JobFolders,
  text: TextWork,
): Promise<KindPlan<SftWork, SftShape>> {
  const { model } = info;
  const { loss_on, max_length, batch_size } = job.sft;
  const ends = stopIds(info, tokenizer);
  if (ends.size === 0) {
    throw invalid("model", "Expected an end-of-sequence id: the model's files name none");
  }
  const most = Math.min(max_length, model.max_position_embeddings);
  const rows = jobRows(job, "examples", job.examples, exampleSchema, folders);
  const examples = preparedRows(
    rows,
    (example, index) => exampleTokens(example, rows.path(index), { info, tokenizer, ends, loss_on, most }),
  );
  const { tokens, prompts, actions, truncated, empty } = await survey(
    rows,
    (example, index) => {
      const { ids, prompt, targets, truncated } = examples.of(example, index);
      return {
        tokens: ids.length,
        prompts: prompt,
        actions: targets.length,
        truncated: Number(truncated),
        empty: Number(targets.length === 0),
      };
    },
    text,
    { model: folders.model, surveys: folders.surveys, by: ["examples", loss_on, most] },
  );
  if (actions.max === 0) {
    throw invalid(
      "sft.max_length",
      `Cut to ${most} tokens, no example has anything left to learn`,
      "prompt_too_long",
    );
  }
  const split = heldOutSplit(rows.length, job.held_out, job.seed, job.held_out_rows);
  return {
    work: {
      examples,
      ...split,
      most,
    },
    steps_per_epoch: stepsPerEpoch(split.train.length, batch_size),
    examples: {
      trained: split.train.length,
      held_out: split.held_out.length,
      truncated: truncated.sum,
      empty: empty.sum,
      tokens: actions.sum,
    },
    promptTokens: { min: prompts.min, mean: prompts.sum / rows.length, max: prompts.max },
    trainable_parameters: parameterCount(
      model,
      adapter ? { type: "lora", adapter } : tuningOf(model, job.trainable),
      { head: false },
    ),
    shape: { longest: tokens.max, actions: actions.max },
  };
}
