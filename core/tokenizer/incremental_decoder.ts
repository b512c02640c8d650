/**
 * Text as it is generated, token by token: never half a character. What is emitted, joined, is the text of all
 * tokens decoded at once.
 */
import type { TextTokenizer } from "./tokenizer.ts";

/** Past this many held tokens some are let out: a model that writes bytes at random may never end a character. */
const MAX_HELD_TOKENS = 16;

export interface IncrementalDecoder {
  /** The text that became certain with this token; often empty inside a character of several tokens. */
  push(id: number): string;
  /** The whole characters at the beginning of what is held back. */
  peek(): string;
  /** What is still held back, when no token follows. */
  flush(): string;
}

/** A decoder for one sequence. Special tokens have no text. */
export function incrementalDecoder(
  tokenizer: Pick<TextTokenizer, "decode" | "specialIds">,
): IncrementalDecoder {
  let context: number[] = []; // tokens whose text is out: a word may be written differently at the start of a text
  let held: number[] = [];
  let said = 0; // length of the context's text
  const textWith = (count: number) => tokenizer.decode([...context, ...held.slice(0, count)]);

  function release(count: number): string {
    if (count === 0) return "";
    const text = textWith(count).slice(said);
    // Tokens without text, such as ids that no token has, are not enough to stand at the start instead.
    context = text === "" ? [...context, ...held.slice(0, count)] : held.slice(0, count);
    held = held.slice(count);
    said = textWith(0).length;
    return text;
  }

  return {
    push(id) {
      if (tokenizer.specialIds.has(id)) return "";
      held.push(id);
      const all = textWith(held.length);
      if (!all.endsWith("\uFFFD")) return release(held.length);
      if (held.length < MAX_HELD_TOKENS) return "";
      // Three bytes decide what an open character becomes, so a text that survives three more tokens is certain.
      let count = held.length - 3;
      while (count > 0 && !all.startsWith(textWith(count))) count--;
      return release(count);
    },
    peek: () => held.length === 0 ? "" : textWith(held.length).slice(said).replace(/\uFFFD+$/, ""),
    flush: () => release(held.length),
  };
}
