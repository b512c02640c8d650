/**
 * Text ↔ token ids with the tokenizer of a model folder, as Hugging Face's libraries do it. This is the only file
 * that imports @huggingface/transformers for its tokenizers. Files are read here and handed over, so nothing is
 * looked up on a network or written to a cache.
 */
import { join } from "node:path";
import { PreTrainedTokenizer } from "@huggingface/transformers";
import { cutText } from "../cut_text.ts";
import { UserError } from "../errors.ts";
import { readBounded } from "../model/read_bounded.ts";
import { isRecord, parseJson, quote } from "../model/strict_json.ts";
import { entryBytes } from "./byte_level.ts";
import { type Chat, ChatTemplates } from "./chat_template.ts";
import { correctPreTokenizer, type LibraryPreTokenizer } from "./pre_tokenizers.ts";

/** The largest published tokenizer.json files are near 35 MB. */
export const MAX_TOKENIZER_BYTES = 256_000_000;
const MAX_CONFIG_BYTES = 16_000_000;
const MAX_VOCABULARY = 1 << 21;

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
   * One token for people to read: its text; or, when it holds part of a character, its bytes as `<0xE2><0x80>`;
   * empty for an id outside the vocabulary.
   */
  tokenText(id: number): string;
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
  const tokenizer = await readObject(folder, "tokenizer.json", MAX_TOKENIZER_BYTES);
  if (tokenizer === null) return null;
  checkVocabulary(tokenizer);
  const template = await readBounded(
    join(folder, "chat_template.jinja"),
    "chat_template.jinja",
    MAX_CONFIG_BYTES,
  );
  const config = {
    ...await readObject(folder, "special_tokens_map.json", MAX_CONFIG_BYTES),
    ...await readObject(folder, "tokenizer_config.json", MAX_CONFIG_BYTES),
    ...template && { chat_template: wholeUtf8.decode(template) },
  };
  try {
    const plain = plainTokens(config);
    return new FolderTokenizer(withNamedTokens(tokenizer, plain), plain);
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

  constructor(tokenizer: Record<string, unknown>, config: Record<string, unknown>) {
    this.#library = new PreTrainedTokenizer(tokenizer, config);
    const { pre_tokenizer, model, decoder } =
      (this.#library as unknown as { _tokenizer: LibraryParts })._tokenizer;
    correctPreTokenizer(pre_tokenizer, tokenizer.pre_tokenizer);
    completeUnigram(model);
    keepByteOrderMarks(decoder);
    for (const [entry, id] of this.#library.get_vocab()) if (entry !== undefined) this.#entries[id] = entry;
    this.vocabSize = this.#entries.length;
    const idOf = (token: unknown) => {
      const id = typeof token === "string" ? this.#entries.indexOf(token) : -1;
      return id < 0 ? null : id;
    };
    this.bosTokenId = idOf(config.bos_token);
    this.eosTokenId = idOf(config.eos_token);
    this.padTokenId = idOf(config.pad_token);
    this.specialIds = new Set<number>(this.#library.all_special_ids);
    this.#chatTemplates = new ChatTemplates(config.chat_template, templateTokens(config));
    this.#addedIds = new Set((tokenizer.added_tokens as { id: number }[]).map(({ id }) => id));
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
}

/** A decoder of the library's, or a sequence of some. */
interface LibraryDecoder {
  config?: { type?: string };
  text_decoder?: TextDecoder;
  decoders?: LibraryDecoder[];
}

/** The library's model: pieces of a text that have an entry, and such that have none. */
interface LibraryModel {
  config: { byte_fallback?: boolean };
  tokens_to_ids: ReadonlyMap<string, number>;
  encode(words: string[]): string[];
  /** Of one word; Unigram's only. */
  tokenize?(word: string): string[];
}

/** What the library makes of tokenizer.json. */
interface LibraryParts {
  pre_tokenizer: LibraryPreTokenizer | null;
  model: LibraryModel;
  decoder: LibraryDecoder | null;
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

/** The library's decoder of bytes that stand for themselves loses U+FEFF where it begins a run of them. */
function keepByteOrderMarks(decoder: LibraryDecoder | null): void {
  if (decoder?.config?.type === "ByteFallback") {
    decoder.text_decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  }
  decoder?.decoders?.forEach(keepByteOrderMarks);
}

const utf8 = new TextEncoder();
/** A byte order mark is a part of a template, as in Python. */
const wholeUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Ids index arrays, so they are bounded before the library builds its tables; and what it would not notice is said. */
function checkVocabulary({ model, added_tokens: added }: Record<string, unknown>): void {
  const vocabulary = isRecord(model) ? model.vocab : undefined;
  if (!isRecord(model) || (!isRecord(vocabulary) && !Array.isArray(vocabulary))) {
    throw damaged("has no model.vocab");
  }
  if (!MODEL_TYPES.includes(model.type ?? null)) {
    throw new UserError(
      "unsupported_model",
      `tokenizer.json has model.type ${quote(model.type)}: supported: ${
        MODEL_TYPES.filter(Boolean).join(", ")
      }`,
    );
  }
  if (model.type === "BPE" && !(Array.isArray(model.merges) && model.merges.every(isMerge))) {
    throw damaged("has model.merges that are not all pairs of tokens");
  }
  if (model.type === "BPE" && model.continuing_subword_prefix) {
    throw unsupported("has model.continuing_subword_prefix with BPE");
  }
  if (!Array.isArray(added)) throw damaged("has no added_tokens");
  if (!added.every((token) => isRecord(token) && typeof token.content === "string" && token.content !== "")) {
    throw damaged("has added_tokens that are not all objects with a content");
  }
  const word = added.find((token) => token.single_word === true);
  if (word) throw unsupported(`has ${quote(word.content)} among added_tokens as a single_word`);
  const entries: [string, unknown][] = isRecord(vocabulary)
    ? Object.entries(vocabulary)
    : vocabulary.map((entry, id) => [Array.isArray(entry) ? String(entry[0]) : String(entry), id]);
  const contents = new Map<unknown, string>();
  for (const [content, id] of [...entries, ...added.map(({ content, id }) => [content, id])]) {
    if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= MAX_VOCABULARY) {
      throw damaged(`has a token id that is not a whole number below ${MAX_VOCABULARY}`);
    }
    const known = contents.get(id);
    if (known !== undefined && known !== content) {
      throw damaged(`gives id ${id} to two tokens, ${quote(known)} and ${quote(content)}`);
    }
    contents.set(id, content);
  }
}

/** Old files leave it out, and the library tells by what else is there. */
const MODEL_TYPES: unknown[] = ["BPE", "Unigram", "WordPiece", null];

function isMerge(merge: unknown): boolean {
  if (typeof merge === "string") return merge.includes(" ");
  return Array.isArray(merge) && merge.length === 2 && merge.every((part) => typeof part === "string");
}

/** What the library takes without a word, and reads otherwise than it is meant. */
function unsupported(what: string): UserError {
  return new UserError("unsupported_model", `tokenizer.json ${what}: that is not supported`);
}

function damaged(fault: string): UserError {
  return new UserError("damaged_model", `tokenizer.json ${fault}`);
}

/** Special tokens may be given as objects with their content; the library wants the content. */
function plainTokens(config: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map((
      [key, value],
    ) => [key, key.endsWith("_token") && isRecord(value) ? value.content ?? null : value]),
  );
}

/** Tokens that the configuration names are special, though tokenizer.json may hold them among all others only. */
function withNamedTokens(
  tokenizer: Record<string, unknown>,
  config: Record<string, unknown>,
): Record<string, unknown> {
  const { vocab } = tokenizer.model as { vocab: Record<string, number> | [string, number][] };
  const added = tokenizer.added_tokens as { content: string }[];
  const lists = [config.additional_special_tokens, config.extra_special_tokens].filter(Array.isArray).flat();
  const single = Object.entries(config).flatMap(([key, value]) => key.endsWith("_token") ? [value] : []);
  const named = [...single, ...lists.map((token) => isRecord(token) ? token.content : token)];
  const missing = [...new Set(named)].flatMap((content) => {
    if (typeof content !== "string" || added.some((token) => token.content === content)) return [];
    const id = Array.isArray(vocab)
      ? vocab.findIndex(([entry]) => entry === content)
      : Object.hasOwn(vocab, content)
      ? vocab[content]!
      : -1;
    return id < 0 ? [] : [{ id, content, special: true, normalized: false }];
  });
  return { ...tokenizer, added_tokens: [...added, ...missing] };
}

/** The special tokens that have a name in templates: the standard ones, and those that a model names itself. */
function templateTokens(config: Record<string, unknown>): Record<string, string> {
  const { extra_special_tokens: extra } = config;
  const own = Object.entries(config).filter(([key]) => key.endsWith("_token"));
  const all = [...own, ...Object.entries(isRecord(extra) ? extra : {})];
  return Object.fromEntries(all.flatMap(([name, token]) => {
    const content = isRecord(token) ? token.content : token;
    return typeof content === "string" ? [[name, content]] : [];
  }));
}

async function readObject(
  folder: string,
  name: string,
  maxBytes: number,
): Promise<Record<string, unknown> | null> {
  const bytes = await readBounded(join(folder, name), name, maxBytes);
  if (bytes === null) return null;
  const value = parseJson(bytes, name);
  if (!isRecord(value)) throw new UserError("damaged_model", `${name} is not a JSON object`);
  return value;
}
