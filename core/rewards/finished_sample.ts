/** A response as rewards are told of it. */
import type { Prompt } from "../tokenizer/prompt.ts";
import type { TextTokenizer } from "../tokenizer/tokenizer.ts";
import { responseText } from "./response_text.ts";
import type { RewardSample } from "./reward_source.ts";

/** What `ids`, said to a prompt, are to a reward. @param terminated whether the last of them is a stop token */
export function finishedSample(
  tokenizer: Pick<TextTokenizer, "decode">,
  { prompt_idx, prompt }: { prompt_idx: number; prompt: Prompt },
  ids: readonly number[],
  terminated: boolean,
): RewardSample {
  const response_ids = Int32Array.from(ids);
  return {
    prompt_idx,
    prompt: prompt.text,
    completion: responseText(tokenizer, response_ids, terminated),
    prompt_ids: prompt.ids,
    response_ids,
    terminated,
    answer: prompt.answer,
    item: prompt.item,
    metadata: prompt.metadata,
  };
}
