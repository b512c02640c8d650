/** Ids of a text that continues another. */
import type { TextTokenizer } from "./tokenizer.ts";

const prepending = new WeakMap<TextTokenizer, boolean>();

/** Whether a tokenizer puts a space before a text that has none, as SentencePiece's do. */
function prependsSpace(tokenizer: TextTokenizer): boolean {
  const known = prepending.get(tokenizer);
  if (known !== undefined) return known;
  const [first] = tokenizer.encode("a", { add_special_tokens: false });
  const prepends = first !== undefined && tokenizer.tokenText(first).startsWith(" ");
  prepending.set(tokenizer, prepends);
  return prepends;
}

/**
 * The ids of `text` as a model says it behind `before`, which was encoded by itself: without the space that a tokenizer
 * may put at the beginning of every text. No token is of both.
 */
export function continuationIds(tokenizer: TextTokenizer, before: string, text: string): number[] {
  const plain = { add_special_tokens: false };
  if (before !== "" && prependsSpace(tokenizer)) {
    // Where a token would be of both, what stands before is as good as any line's end.
    for (const start of [before, "\n"]) {
      const [first, both] = [tokenizer.encode(start, plain), tokenizer.encode(start + text, plain)];
      if (first.every((id, at) => id === both[at])) return both.slice(first.length);
    }
  }
  return tokenizer.encode(text, plain);
}
