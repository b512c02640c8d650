/** Which part of a text its first tokens make: for each token, how much of the text is certain once it is there. */
import { incrementalDecoder } from "./incremental_decoder.ts";
import type { TextTokenizer } from "./tokenizer.ts";

export class TextEnds {
  readonly #tokenizer: Pick<TextTokenizer, "decode" | "specialIds">;
  /** Texts of tokens by themselves. */
  readonly #alone = new Map<number, string>();

  constructor(tokenizer: Pick<TextTokenizer, "decode" | "specialIds">) {
    this.#tokenizer = tokenizer;
  }

  /**
   * Of each of `ids`, UTF-16 units of `text` that are certain once it is there: never half a character, and all of it at
   * the last.
   *
   * @param text what `ids` decode to, without special tokens
   */
  of(ids: ArrayLike<number>, text: string): Int32Array<ArrayBuffer> {
    return this.#ofWholeTokens(ids, text) ?? this.#ofAny(ids, text);
  }

  /** Where each token's own text follows the one before, as nearly always; null where one is part of a character. */
  #ofWholeTokens(ids: ArrayLike<number>, text: string): Int32Array<ArrayBuffer> | null {
    const ends = new Int32Array(ids.length);
    let end = 0;
    for (let at = 0; at < ids.length; at++) {
      const alone = this.#textAlone(ids[at]!);
      if (alone.includes("\uFFFD") || !text.startsWith(alone, end)) return null;
      ends[at] = end += alone.length;
    }
    return end === text.length ? ends : null;
  }

  #ofAny(ids: ArrayLike<number>, text: string): Int32Array<ArrayBuffer> {
    const decoder = incrementalDecoder(this.#tokenizer);
    let end = 0;
    const ends = Int32Array.from(
      ids,
      (id) => end = Math.min(end + decoder.push(id).length, text.length),
    );
    if (ends.length > 0) ends[ends.length - 1] = text.length;
    return ends;
  }

  #textAlone(id: number): string {
    const known = this.#alone.get(id);
    if (known !== undefined) return known;
    const text = this.#tokenizer.decode([id], { skip_special_tokens: true });
    this.#alone.set(id, text);
    return text;
  }
}
