/**
 * The tokens beside a vocabulary: which there are, and which are special, by what a folder's files say together, as
 * transformers' `from_pretrained` puts them together.
 */
import { isRecord } from "../formats/strict_json.ts";

/** A token that is found in a text before its model sees it. */
export interface AddedToken {
  id: number;
  content: string;
  /** Only where no letter or digit is beside it. */
  single_word: boolean;
  /** Takes the white space before it. */
  lstrip: boolean;
  /** Takes the white space behind it. */
  rstrip: boolean;
  /** Found in the text as it has been normalized. */
  normalized: boolean;
  /** Not a part of a text: left out where ids are decoded. */
  special: boolean;
}

/** A folder's files that name tokens; each may be missing. */
export interface TokenFiles {
  /** tokenizer_config.json. */
  config: Record<string, unknown>;
  /** special_tokens_map.json. */
  specialTokensMap: Record<string, unknown>;
  /** added_tokens.json: ids by content. */
  addedTokens: Record<string, unknown>;
}

export interface NamedTokens {
  added: AddedToken[];
  /** Names such as bos_token, which templates read, and their tokens. */
  names: Record<string, string>;
}

type Token = Omit<AddedToken, "id">;

/** A token as a file gives it: its content, or an object with its flags. */
function asToken(given: unknown, special?: boolean): Token | undefined {
  const content = isRecord(given) ? given.content : given;
  if (typeof content !== "string" || content === "") return undefined;
  const flags = isRecord(given) ? given : {};
  const isSpecial = special ?? flags.special === true;
  return {
    content,
    single_word: flags.single_word === true,
    lstrip: flags.lstrip === true,
    rstrip: flags.rstrip === true,
    normalized: typeof flags.normalized === "boolean" ? flags.normalized : !isSpecial,
    special: isSpecial,
  };
}

const listOf = (value: unknown): unknown[] => Array.isArray(value) ? value : [];

/** The tokens that the files name: by a name of their own, and in lists. */
function namedBy({ config, specialTokensMap }: Omit<TokenFiles, "addedTokens">) {
  let { additional_special_tokens: additional, extra_special_tokens: extra, ...all } = config;
  if (listOf(extra).length === 0 && !isRecord(extra)) extra = additional, additional = undefined;
  const own = isRecord(extra) ? extra : {};
  let list = listOf(extra);
  // With its own list of added tokens, tokenizer_config.json says all; without, the older file overrides it.
  if (config.added_tokens_decoder === undefined) {
    const { additional_special_tokens, extra_special_tokens, ...older } = specialTokensMap;
    all = { ...all, ...older };
    if (isRecord(extra_special_tokens)) Object.assign(own, extra_special_tokens);
    list = [...list, ...listOf(extra_special_tokens)];
    if (list.length === 0) list = listOf(additional_special_tokens);
  }
  const names = Object.entries(all).filter(([name]) => name.endsWith("_token"));
  return { named: [...names, ...Object.entries(own)], list };
}

/** The added tokens by their ids that the files beside tokenizer.json give; those of tokenizer.json where they give none. */
function decoderOf(
  { config, addedTokens }: TokenFiles,
  own: readonly AddedToken[],
  special: ReadonlySet<string>,
) {
  const byId = new Map<number, Token>();
  const set = (id: number, token: Token | undefined) => token && byId.set(id, token);
  if (isRecord(config.added_tokens_decoder)) {
    for (const [id, token] of Object.entries(config.added_tokens_decoder)) set(Number(id), asToken(token));
  } else {
    for (const [content, id] of Object.entries(addedTokens)) {
      set(Number(id), asToken(content, special.has(content)));
    }
    for (const { id, ...token } of own) set(id, token);
  }
  return [...byId].sort(([a], [b]) => a - b).map(([, token]) => token);
}

/**
 * @param vocabulary ids by token, of tokenizer.json's model
 * @param tokenizerAdded tokenizer.json's `added_tokens`
 */
export function namedTokens(
  vocabulary: ReadonlyMap<string, number>,
  tokenizerAdded: readonly Record<string, unknown>[],
  files: TokenFiles,
): NamedTokens {
  const added = new Map<string, AddedToken>();
  // The Rust library takes a token's id from the vocabulary, or the next one, whatever the file says.
  const add = (token: Token) => {
    const before = added.get(token.content);
    const highest = Math.max(-1, ...Array.from(added.values(), ({ id }) => id));
    const id = before?.id ?? vocabulary.get(token.content) ?? Math.max(highest + 1, vocabulary.size);
    // What was special once stays so.
    added.set(token.content, { ...token, id, special: token.special || before?.special === true });
  };
  tokenizerAdded.forEach((given) => add(asToken(given)!));
  const own = [...added.values()];
  const { named, list } = namedBy(files);
  const tokens = named.flatMap(([name, given]) => {
    const token = asToken(given, true);
    return token ? [[name, token] as const] : [];
  });
  const names = Object.fromEntries(tokens.map(([name, { content }]) => [name, content]));
  const contents = new Set(Object.values(names));
  const lists = list.flatMap((given) => asToken(given, !isRecord(given) || given.special !== false) ?? []);
  const special = new Set([...contents, ...lists.map(({ content }) => content)]);

  const adding = decoderOf(files, own, special);
  const known = new Set([...own, ...adding].map(({ content }) => content));
  for (const token of [...tokens.map(([, token]) => token), ...lists]) {
    if (!known.has(token.content)) adding.push(token);
    known.add(token.content);
  }
  for (const token of adding) add({ ...token, special: token.special || contents.has(token.content) });
  return { added: [...added.values()], names };
}
