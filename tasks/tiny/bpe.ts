/**
 * Trains a small byte-level BPE tokenizer and writes it in Hugging Face's layout. It exists for the embedded model
 * alone: it recounts everything at each merge, which is quick enough for a small vocabulary of words.
 */
import { BYTE_CHARACTERS, bytesEntry } from "../../core/tokenizer/byte_level.ts";

/** How GPT-2 cuts a text before merging: contractions, words with the space before them, numbers, marks, spaces. */
const WORD = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** Ids 0, 1, 2. */
export const SPECIAL_TOKENS = { pad_token: "<pad>", bos_token: "<s>", eos_token: "</s>" } as const;

/** Ids 3, 4: what a turn of a conversation begins and ends with. */
export const TURN_TOKENS = { start: "<|im_start|>", end: "<|im_end|>" } as const;

/** The first ids; the 256 bytes follow, then the merges in the order they were learned. */
const ADDED_TOKENS = [...Object.values(SPECIAL_TOKENS), ...Object.values(TURN_TOKENS)];

/** Merges seen only once are noise. */
const MIN_COUNT = 2;

export interface BpeModel {
  vocab: Record<string, number>;
  merges: [left: string, right: string][];
}

/**
 * Learns merges from texts until the vocabulary has `vocabSize` entries or no pair is seen twice. The most frequent
 * pair is merged first; of equally frequent ones, the one that comes first in code-unit order.
 */
export function trainBpe(texts: Iterable<string>, vocabSize: number): BpeModel {
  const entries = [...ADDED_TOKENS, ...BYTE_CHARACTERS];
  const words = countWords(texts);
  const known = new Set(entries);
  const merges: BpeModel["merges"] = [];
  while (entries.length < vocabSize) {
    const pair = mostFrequentPair(words);
    if (pair === null) break;
    merges.push(pair);
    for (const word of words) word.symbols = merged(word.symbols, pair);
    const entry = pair.join("");
    if (!known.has(entry)) known.add(entry) && entries.push(entry);
  }
  return { vocab: Object.fromEntries(entries.map((entry, id) => [entry, id])), merges };
}

/** tokenizer.json and tokenizer_config.json for a model, by file name. The same model gives the same bytes. */
export function tokenizerFiles(
  { vocab, merges }: BpeModel,
  config: { chat_template: string; model_max_length: number },
) {
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const tokenizer = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: ADDED_TOKENS.map((content, id) => ({ id, content, ...flags })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    },
  };
  const settings = {
    ...SPECIAL_TOKENS,
    additional_special_tokens: Object.values(TURN_TOKENS),
    clean_up_tokenization_spaces: false,
    padding_side: "left",
    tokenizer_class: "PreTrainedTokenizerFast",
    ...config,
  };
  return { "tokenizer.json": json(tokenizer), "tokenizer_config.json": json(settings) };
}

interface Word {
  symbols: string[];
  count: number;
}

function countWords(texts: Iterable<string>): Word[] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const [word] of text.matchAll(WORD)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const encoder = new TextEncoder();
  return [...counts].map(([word, count]) => ({ symbols: [...bytesEntry(encoder.encode(word))], count }));
}

function mostFrequentPair(words: readonly Word[]): [string, string] | null {
  const counts = new Map<string, number>(); // keyed by "left right": no symbol of the byte alphabet holds a space
  for (const { symbols, count } of words) {
    for (let at = 1; at < symbols.length; at++) {
      const pair = `${symbols[at - 1]} ${symbols[at]}`;
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  }
  let best: string | null = null, bestCount = MIN_COUNT - 1;
  for (const [pair, count] of counts) {
    if (count > bestCount || (count === bestCount && best !== null && pair < best)) {
      [best, bestCount] = [pair, count];
    }
  }
  return best === null ? null : best.split(" ") as [string, string];
}

function merged(symbols: string[], [left, right]: readonly [string, string]): string[] {
  const out: string[] = [];
  for (let at = 0; at < symbols.length; at++) {
    const isPair = symbols[at] === left && symbols[at + 1] === right;
    out.push(isPair ? left + right : symbols[at]!);
    if (isPair) at++;
  }
  return out;
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 1) + "\n";
}
