/** The ids that end a response: the model's own set, its tokenizer's end of sequence, and any more that were asked for. */
import type { FolderConfig } from "../formats/read_config.ts";
import type { TextTokenizer } from "./tokenizer.ts";

export function stopIds(
  info: FolderConfig,
  tokenizer: Pick<TextTokenizer, "eosTokenId"> | null,
  more: readonly number[] = [],
): Set<number> {
  const eos = tokenizer?.eosTokenId ?? null;
  return new Set([...info.eos_token_ids, ...(eos === null ? [] : [eos]), ...more]);
}
