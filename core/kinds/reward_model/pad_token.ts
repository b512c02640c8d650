/** What programs that find a sequence's last token by its padding are told to pad with. */
import type { ScoreSpec } from "../../contract/checkpoint.ts";
import type { FolderConfig } from "../../formats/read_config.ts";
import { stopIds } from "../../tokenizer/stop_ids.ts";
import type { TextTokenizer } from "../../tokenizer/tokenizer.ts";

/**
 * The model's or tokenizer's own padding, or else another control token, or else the vocabulary's last: none that ends an
 * answer, or transformers would read the score one token too early, which many a model's configuration asks for.
 */
export function padToken(
  info: FolderConfig,
  tokenizer: Pick<TextTokenizer, "padTokenId" | "bosTokenId" | "eosTokenId" | "specialIds" | "decode">,
): ScoreSpec {
  const { vocab_size } = info.model;
  const stops = stopIds(info, tokenizer);
  const candidates = [
    info.pad_token_id,
    tokenizer.padTokenId,
    info.bos_token_id,
    tokenizer.bosTokenId,
    ...tokenizer.specialIds,
    ...Array.from({ length: stops.size + 1 }, (_, back) => vocab_size - 1 - back),
  ];
  const pad_token_id = candidates.find((id) => id !== null && id < vocab_size && !stops.has(id))!;
  const isNamed = tokenizer.specialIds.has(pad_token_id);
  return {
    pad_token_id,
    pad_token: isNamed ? tokenizer.decode([pad_token_id], { skip_special_tokens: false }) : null,
  };
}
