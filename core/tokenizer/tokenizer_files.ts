/**
 * What the files of a folder's tokenizer say, as far as it can be told without the library that runs it: read within
 * bounds, and refused where it cannot be right or where the library would read it otherwise than it is meant.
 */
import { join } from "node:path";
import { UserError } from "../errors.ts";
import { readBounded } from "../formats/read_bounded.ts";
import { isRecord, parseJson, quote } from "../formats/strict_json.ts";
import { type NamedTokens, namedTokens } from "./added_tokens.ts";

/** The largest published tokenizer.json files are near 35 MB. */
export const MAX_TOKENIZER_BYTES = 256_000_000;
const MAX_CONFIG_BYTES = 16_000_000;
const MAX_VOCABULARY = 1 << 21;

export interface TokenizerFiles {
  /** tokenizer.json, whose vocabulary and added tokens are as they must be. */
  tokenizer: Record<string, unknown>;
  named: NamedTokens;
  /** A text, or a list of names and texts; anything else is none. */
  chatTemplate: unknown;
}

/**
 * Reads tokenizer.json and what lies beside it; null without one.
 * @throws {UserError} `damaged_model` or `unsupported_model`
 */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles | null> {
  const tokenizer = await readObject(folder, "tokenizer.json", MAX_TOKENIZER_BYTES);
  if (tokenizer === null) return null;
  checkVocabulary(tokenizer);
  const template = await readBounded(
    join(folder, "chat_template.jinja"),
    "chat_template.jinja",
    MAX_CONFIG_BYTES,
  );
  const read = async (name: string) => await readObject(folder, name, MAX_CONFIG_BYTES) ?? {};
  const config = await read("tokenizer_config.json");
  const named = namedTokens(vocabularyOf(tokenizer), tokenizer.added_tokens as Record<string, unknown>[], {
    config,
    specialTokensMap: await read("special_tokens_map.json"),
    addedTokens: await read("added_tokens.json"),
  });
  if (named.added.some(({ id }) => !isTokenId(id))) throw damaged(WRONG_ID);
  return { tokenizer, named, chatTemplate: template ? wholeUtf8.decode(template) : config.chat_template };
}

/** A byte order mark is a part of a template, as in Python. */
const wholeUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });

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
  const entries = vocabularyOf({ model });
  const contents = new Map<unknown, string>();
  for (const [content, id] of [...entries, ...added.map(({ content, id }) => [content, id] as const)]) {
    if (!isTokenId(id)) throw damaged(WRONG_ID);
    const known = contents.get(id);
    if (known !== undefined && known !== content) {
      throw damaged(`gives id ${id} to two tokens, ${quote(known)} and ${quote(content)}`);
    }
    contents.set(id, content);
  }
}

const WRONG_ID = `has a token id that is not an integer below ${MAX_VOCABULARY}`;

function isTokenId(id: unknown): boolean {
  return Number.isInteger(id) && (id as number) >= 0 && (id as number) < MAX_VOCABULARY;
}

/** Ids by token: BPE and WordPiece hold them so, Unigram in order. */
function vocabularyOf({ model }: Record<string, unknown>): Map<string, number> {
  const { vocab } = model as { vocab: Record<string, number> | unknown[] };
  if (!Array.isArray(vocab)) return new Map(Object.entries(vocab));
  return new Map(vocab.map((entry, id) => [Array.isArray(entry) ? String(entry[0]) : String(entry), id]));
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
