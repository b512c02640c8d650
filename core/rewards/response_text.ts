/** The text of a response as rewards and people see it: without its stop token and without special tokens. */
import type { TextTokenizer } from "../tokenizer/tokenizer.ts";

export function responseText(
  tokenizer: Pick<TextTokenizer, "decode">,
  responseIds: Int32Array,
  terminated: boolean,
): string {
  const body = terminated ? responseIds.subarray(0, -1) : responseIds;
  return tokenizer.decode(body, { skip_special_tokens: true });
}
