/**
 * Text ↔ token ids with the tokenizer of a model folder, as Hugging Face's libraries do it. This is the only file
 * that imports @huggingface/transformers for its tokenizers. Files are read here and handed over, so nothing is
 * looked up on a network or written to a cache.
 */
import { PreTrainedTokenizer } from "@huggingface/transformers";
import { cutText } from "../cut_text.ts";
import { UserError } from "../errors.ts";
import { tokenCutter } from "./added_token_cuts.ts";
import type { AddedToken, NamedTokens } from "./added_tokens.ts";
import { entryBytes } from "./byte_level.ts";
import { type ChatPart, chatParts } from "./chat_parts.ts";
import { type Chat, ChatTemplates } from "./chat_template.ts";
import { correctPreTokenizer, type LibraryPreTokenizer } from "./pre_tokenizers.ts";
import { readTokenizerFiles } from "./tokenizer_files.ts";
import { WordCache } from "./word_cache.ts";

export interface TextTokenizer {
  /** One more than the highest token id. A model's embedding may have more rows. */
  readonly vocabSize: number;
  readonly bosTokenId: number | null;
  readonly eosTokenId: number | null;
  readonly padTokenId: number | null;
  /** Ids of control tokens (end of text, turn marks), which are not part of a text. */
  readonly specialIds: ReadonlySet<number>;
  readonly hasChatTemplate: boolean;
  /**
   * The ids of a text. By default as a causal model's prompt: with what the tokenizer itself puts first (Llama 3's
   * begin-of-text; nothing for Qwen, SmolLM and GPT-2). For a completion say `add_special_tokens: false`. Names of
   * special tokens inside the text become those tokens, as everywhere.
   */
  encode(text: string, options?: { add_special_tokens?: boolean }): number[];
  /**
   * The text of ids, byte for byte: no spaces are tidied. Ids outside the vocabulary have no text; bytes that are
   * not UTF-8 become U+FFFD. Special tokens are left out unless `skip_special_tokens` is false.
   */
  decode(ids: ArrayLike<number>, options?: { skip_special_tokens?: boolean }): string;
  /**
   * A conversation as the model was taught to read it, up to where its answer begins. The template says which special
   * tokens come first, so it is to be encoded without `add_special_tokens`.
   * @throws {UserError} `invalid_request` on `messages` when there is no template or it refuses them
   */
  chatText(chat: Chat): string;
  /**
   * A whole conversation, cut where the model's answers begin and end; each piece is to be encoded without
   * `add_special_tokens`.
   * @param ends texts of the tokens that end an answer
   * @throws {UserError} as `chatText` does, and where an answer cannot be found in the text
   */
  chatParts(chat: Chat, ends: readonly string[]): ChatPart[];
  /**
   * One token for people to read: its text; or, when it holds part of a character, its bytes as `<0xE2><0x80>`;
   * empty for an id outside the vocabulary.
   */
  tokenText(id: number): string;
  /** The bytes of a token that `tokenText` writes as such; null where they are its text in UTF-8. */
  tokenBytes(id: number): Uint8Array | null;
}

/**
 * Loads the tokenizer of a model folder: tokenizer.json, and beside it tokenizer_config.json,
 * special_tokens_map.json and chat_template.jinja where there are any.
 * @throws {UserError} `damaged_model` when tokenizer.json is missing or a file cannot be used
 */
export async function loadTokenizer(folder: string): Promise<TextTokenizer> {
  const tokenizer = await findTokenizer(folder);
  if (tokenizer === null) {
    throw new UserError(
      "damaged_model",
      "The model folder has no tokenizer.json: other tokenizer files are not read",
    );
  }
  return tokenizer;
}

/** `loadTokenizer` for folders that need not have one: null without a tokenizer.json. */
export async function findTokenizer(folder: string): Promise<TextTokenizer | null> {
  const files = await readTokenizerFiles(folder);
  if (files === null) return null;
  const { tokenizer, named, chatTemplate } = files;
  try {
    return new FolderTokenizer(tokenizer, named, chatTemplate);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new UserError("damaged_model", `tokenizer.json cannot be used: ${cutText(reason, 200)}`, [], {
      cause: thrown,
    });
  }
}

class FolderTokenizer implements TextTokenizer {
  readonly vocabSize: number;
  readonly bosTokenId: number | null;
  readonly eosTokenId: number | null;
  readonly padTokenId: number | null;
  readonly specialIds: ReadonlySet<number>;
  readonly #chatTemplates: ChatTemplates;
  readonly #library: PreTrainedTokenizer;
  /** Vocabulary entries by id; ids may have gaps. */
  readonly #entries: (string | undefined)[] = [];
  readonly #addedIds: ReadonlySet<number>;
  readonly #byteLevel: boolean;

  constructor(tokenizer: Record<string, unknown>, { added, names }: NamedTokens, chatTemplate: unknown) {
    this.#library = new PreTrainedTokenizer({ ...tokenizer, added_tokens: added }, names);
    const parts = (this.#library as unknown as { _tokenizer: LibraryParts })._tokenizer;
    const { pre_tokenizer, model, decoder } = parts;
    correctPreTokenizer(pre_tokenizer, tokenizer.pre_tokenizer);
    completeUnigram(model);
    if (model.cache) model.cache = new WordCache();
    correctDecoder(decoder);
    const written = findAddedTokens(parts, added);
    for (const [entry, id] of this.#library.get_vocab()) if (entry !== undefined) this.#entries[id] = entry;
    this.vocabSize = this.#entries.length;
    const ids = new Map(added.map(({ content, id }) => [content, id]));
    const idOf = (name: string) => ids.get(names[name] ?? "") ?? null;
    this.bosTokenId = idOf("bos_token");
    this.eosTokenId = idOf("eos_token");
    this.padTokenId = idOf("pad_token");
    this.specialIds = new Set(written.flatMap(({ id, special }) => special ? [id] : []));
    this.#chatTemplates = new ChatTemplates(chatTemplate, names);
    this.#addedIds = new Set(added.map(({ id }) => id));
    this.#byteLevel = JSON.stringify(tokenizer.decoder ?? null).includes('"type":"ByteLevel"');
    this.decode(this.encode("a b")); // a wrong part of the pipeline shows here, not at the first prompt
  }

  encode(text: string, { add_special_tokens = true } = {}): number[] {
    const ids = this.#library.encode(text, { add_special_tokens }) as (number | undefined)[];
    // A vocabulary without an entry for some bytes and without an unknown token has no id for a part of the text.
    if (ids.includes(undefined)) {
      throw new UserError("damaged_model", "tokenizer.json has no token for a part of the text");
    }
    return ids as number[];
  }

  decode(ids: ArrayLike<number>, { skip_special_tokens = true } = {}): string {
    const known = Array.from(ids).filter((id) =>
      this.#entries[id] !== undefined && !(skip_special_tokens && this.specialIds.has(id))
    );
    return known.length === 0 ? "" : this.#library.decode(known, { clean_up_tokenization_spaces: false });
  }

  get hasChatTemplate(): boolean {
    return this.#chatTemplates.any;
  }

  chatText(chat: Chat): string {
    return this.#chatTemplates.render(chat);
  }

  chatParts(chat: Chat, ends: readonly string[]): ChatPart[] {
    return chatParts((part, options) => this.#chatTemplates.render(part, options), chat, ends);
  }

  tokenText(id: number): string {
    const entry = this.#entries[id];
    if (entry === undefined || this.#addedIds.has(id)) return entry ?? "";
    if (!this.#byteLevel) return entry.replaceAll("\u2581", " "); // how SentencePiece writes a space
    const bytes = entryBytes(entry);
    if (bytes === null) return entry;
    try {
      return strictUtf8.decode(bytes);
    } catch {
      return Array.from(bytes, (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`).join("");
    }
  }

  tokenBytes(id: number): Uint8Array | null {
    const entry = this.#entries[id];
    if (entry === undefined || this.#addedIds.has(id)) return null;
    if (!this.#byteLevel) {
      // How a vocabulary spells in bytes what it has no entry for.
      const [, hex] = /^<0x([0-9A-F]{2})>$/.exec(entry) ?? [];
      return hex === undefined ? null : Uint8Array.fromHex(hex);
    }
    const bytes = entryBytes(entry);
    try {
      if (bytes) strictUtf8.decode(bytes);
      return null;
    } catch {
      return bytes;
    }
  }
}

/** A decoder of the library's, or a sequence of some. */
interface LibraryDecoder {
  config?: { type?: string };
  text_decoder?: TextDecoder;
  decode_chain(tokens: string[]): string[];
  decoders?: LibraryDecoder[];
}

/** The library's model: pieces of a text that have an entry, and such that have none. */
interface LibraryModel {
  config: { byte_fallback?: boolean };
  tokens_to_ids: ReadonlyMap<string, number>;
  /** BPE's only. */
  cache?: Pick<WordCache, "get" | "put" | "clear">;
  /** Entries by id. */
  vocab: (string | undefined)[];
  encode(words: string[]): string[];
  /** Of one word; Unigram's only. */
  tokenize?(word: string): string[];
}

/** What the library makes of tokenizer.json. */
interface LibraryParts {
  normalizer: ((text: string) => string) | null;
  /** Added tokens by what stands for them between a text and its ids. */
  added_tokens_map: Map<string, AddedToken>;
  /** A text as tokens, before anything is put around it. */
  encode_text(text: string | null): string[] | null;
  pre_tokenizer:
    | (LibraryPreTokenizer & ((text: string, options: { section_index: number }) => string[]))
    | null;
  model: LibraryModel & ((words: string[]) => string[]);
  decoder: LibraryDecoder | null;
}

/**
 * Lets added tokens be found, and written, as the Rust library does both; what is between them goes the library's way.
 * Tokens that are looked for in the normalized text are written as they are looked for.
 */
function findAddedTokens(library: LibraryParts, added: readonly AddedToken[]): readonly AddedToken[] {
  const { normalizer, pre_tokenizer, model } = library;
  const written = added.map((token) =>
    token.normalized && normalizer ? { ...token, content: normalizer(token.content) } : token
  );
  for (const { id, content } of written) model.vocab[id] = content;
  // No entry of a vocabulary holds half of a surrogate pair, so none is taken for an added token of the same text.
  const nameOf = ({ id }: AddedToken) => `\ud800${id}`;
  library.added_tokens_map = new Map(added.map((token) => [nameOf(token), token]));
  const cut = tokenCutter(added, normalizer);
  library.encode_text = (text) =>
    text === null ? null : cut(text).flatMap(({ text, token, first }) => {
      if (token) return [nameOf(token)];
      return model(pre_tokenizer ? pre_tokenizer(text, { section_index: first ? 0 : 1 }) : [text]);
    });
  return written;
}

/**
 * The library's Unigram does not spell what has no entry in bytes, and its stack overflows at words of some 100,000 tokens,
 * which texts without spaces are.
 */
function completeUnigram(model: LibraryModel): void {
  if (!model.tokenize) return;
  const tokenize = model.tokenize.bind(model);
  const spelled = (piece: string) => {
    if (model.tokens_to_ids.has(piece)) return piece;
    const hex = Array.from(utf8.encode(piece), (byte) => byte.toString(16).toUpperCase().padStart(2, "0"));
    const bytes = hex.map((byte) => `<0x${byte}>`);
    return bytes.every((byte) => model.tokens_to_ids.has(byte)) ? bytes : piece;
  };
  model.encode = (words) => {
    const pieces = words.flatMap(tokenize);
    return model.config.byte_fallback ? pieces.flatMap(spelled) : pieces;
  };
}

/**
 * The library's decoder of bytes that stand for themselves loses U+FEFF where it begins a run of them; its decoder of
 * byte-level entries knows no added tokens in a sequence, and looks through all of them for every token.
 */
function correctDecoder(decoder: LibraryDecoder | null): void {
  if (decoder?.config?.type === "ByteFallback") {
    decoder.text_decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  } else if (decoder?.config?.type === "ByteLevel") {
    decoder.decode_chain = (tokens) => {
      const bytes = tokens.flatMap((token) => [...entryBytes(token) ?? utf8.encode(token)]);
      return [wholeUtf8.decode(Uint8Array.from(bytes))];
    };
  }
  decoder?.decoders?.forEach(correctDecoder);
}

const utf8 = new TextEncoder();
/** A byte order mark is a part of a template, as in Python. */
const wholeUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
