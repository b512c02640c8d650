/** A prompt ready to roll out: tokenised once, with the text the model sees. */
import type { Item } from "../contract/item.ts";

export interface Prompt {
  /** int32 (P), P ≥ 1 */
  ids: Int32Array;
  /** The prompt as text, chat template included. */
  text: string;
  /** The reference answer, if the job gave one. */
  answer?: string;
  /** The row that it is of, for graders, if the job gave one. */
  item?: Item;
  /** What else the job gave with it. */
  metadata?: Readonly<Record<string, string>>;
}
