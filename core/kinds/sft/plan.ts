/** What a job of supervised fine-tuning works on and will do, worked out from headers and examples alone. */
import type { SftJobConfig } from "../../contract/sft_job.ts";
import { invalid } from "../../errors.ts";
import type { JobFolders } from "../../contract/protocol.ts";
import type { TokenSequence } from "../../run/token_batch.ts";
import type { TextWork } from "../../serve/text_work.ts";
import { preparePrompt } from "../../tokenizer/prepare_prompts.ts";
import { stopIds } from "../../tokenizer/stop_ids.ts";
import { stepsPerEpoch } from "../../train/prompt_schedule.ts";
import { parameterCount, tuningOf } from "../../weights/parameter_layout.ts";
import type { CheckedModel, KindPlan } from "../kind.ts";
import type { SftShape } from "./cost.ts";

/** What the steps work on. */
export interface SftWork {
  examples: TokenSequence[];
}

/** Tokenises the examples; each completion ends with the model's first end-of-sequence id. */
export async function planSft(
  job: SftJobConfig,
  { info, tokenizer, adapter }: CheckedModel,
  _folders: JobFolders,
  text: TextWork,
): Promise<KindPlan<SftWork, SftShape>> {
  const { model } = info;
  const [end] = stopIds(info, tokenizer);
  if (end === undefined) {
    throw invalid("model", "Expected an end-of-sequence id: the model's files name none");
  }
  const examples = await text.map(job.examples, ({ prompt, completion }, index): TokenSequence => {
    const response_ids = [...tokenizer.encode(completion, { add_special_tokens: false }), end];
    const path = `examples.${index}.prompt`;
    const { ids } = preparePrompt(prompt, path, { info, tokenizer, room: response_ids.length });
    return { prompt_ids: ids, response_ids };
  });
  const promptTokens = examples.map(({ prompt_ids }) => prompt_ids.length);
  const most = (lengths: number[]) => lengths.reduce((a, b) => Math.max(a, b));
  return {
    work: { examples },
    steps_per_epoch: stepsPerEpoch(examples.length, job.sft.batch_size),
    promptTokens,
    trainable_parameters: parameterCount(
      model,
      adapter ? { type: "lora", adapter } : tuningOf(model, job.trainable),
      { head: false },
    ),
    shape: {
      longest: most(examples.map(({ prompt_ids, response_ids }) => prompt_ids.length + response_ids.length)),
      completion: most(examples.map(({ response_ids }) => response_ids.length)),
    },
  };
}
