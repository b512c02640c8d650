/**
 * How a text is cut before a tokenizer's model sees it. The library cuts some texts otherwise than Hugging Face's Rust
 * library, whose ids models are trained with: it takes only 0 to 9 for digits, JavaScript's \s for white space and
 * ASCII's letters for those of words, and leaves out what is to become of a delimiter. Here the Rust library's cuts are
 * put in their place.
 */
import { isRecord } from "../formats/strict_json.ts";

/** A part of the library's: a cut, or a sequence of some. */
export interface LibraryPreTokenizer {
  pattern?: RegExp | null;
  tokenizers?: (LibraryPreTokenizer | null)[];
  pre_tokenize_text?(text: string): string[];
}

interface Piece {
  text: string;
  delimiter: boolean;
}

/** Whether a piece is joined to the one before it, by what is to become of delimiters. */
const JOINS: Record<string, (before: Piece, piece: Piece) => boolean> = {
  Isolated: () => false,
  Removed: () => false,
  Contiguous: (before, piece) => before.delimiter === piece.delimiter,
  MergedWithPrevious: (before, piece) => piece.delimiter && !before.delimiter,
  MergedWithNext: (before, piece) => before.delimiter && !piece.delimiter,
};

/** The pieces of a text between and of the delimiters that `pattern` finds; inverted, of those it does not find. */
function cut(text: string, pattern: RegExp, behavior: string, invert = false): string[] {
  const pieces: Piece[] = [];
  const add = (start: number, end: number, delimiter: boolean) => {
    if (start < end) pieces.push({ text: text.slice(start, end), delimiter: delimiter !== invert });
  };
  let done = 0;
  for (const { 0: found, index } of text.matchAll(pattern)) {
    add(done, index, false);
    done = index + found.length;
    add(index, done, true);
  }
  add(done, text.length, false);
  const kept = behavior === "Removed" ? pieces.filter(({ delimiter }) => !delimiter) : pieces;
  const joins = JOINS[behavior]!;
  const texts: string[] = [];
  kept.forEach((piece, at) => {
    if (at > 0 && joins(kept[at - 1]!, piece)) texts[texts.length - 1] += piece.text;
    else texts.push(piece.text);
  });
  return texts;
}

const WHITE_SPACE = /\p{White_Space}/gu;
const DIGIT = /\p{N}/gu;
const PUNCTUATION = /[\p{P}!-/:-@[-`{-~]/gu;
/** What the Rust library's \w takes for a part of a word. */
export const WORD = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}";
const WORDS = new RegExp(`[${WORD}]+|[^${WORD}\\p{White_Space}]+`, "gu");
const GPT2 =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/**
 * Corrects the library's `pre_tokenizer`, made of tokenizer.json's `config`.
 * @throws {Error} when it is not known what is to become of a delimiter
 */
export function correctPreTokenizer(library: LibraryPreTokenizer | null, config: unknown): void {
  if (library === null || !isRecord(config)) return;
  const { pattern } = library;
  const behavior = String(config.behavior ?? "Isolated");
  if (!Object.hasOwn(JOINS, behavior)) throw new Error(`Unknown behavior of a pre_tokenizer: ${behavior}`);
  switch (config.type) {
    case "Sequence":
      library.tokenizers?.forEach((part, at) =>
        correctPreTokenizer(part, (config.pretokenizers as unknown[])[at])
      );
      break;
    case "ByteLevel":
      library.pattern = GPT2;
      break;
    case "Digits":
      library.pre_tokenize_text = (text) =>
        cut(text, DIGIT, config.individual_digits ? "Isolated" : "Contiguous");
      break;
    case "Punctuation":
      library.pre_tokenize_text = (text) => cut(text, PUNCTUATION, behavior);
      break;
    case "Split":
      if (pattern) library.pre_tokenize_text = (text) => cut(text, pattern, behavior, config.invert === true);
      break;
    case "Whitespace":
      library.pre_tokenize_text = (text) => cut(text, WORDS, "Removed", true);
      break;
    case "WhitespaceSplit":
      library.pre_tokenize_text = (text) => cut(text, WHITE_SPACE, "Removed");
      break;
    case "BertPreTokenizer":
      library.pre_tokenize_text = (text) =>
        cut(text, WHITE_SPACE, "Removed").flatMap((word) => cut(word, PUNCTUATION, "Isolated"));
      break;
  }
}
