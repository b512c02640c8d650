/**
 * Where added tokens are in a text, as Hugging Face's Rust library finds them: first those of the text as it is, then, in
 * what is left, those of the normalized text. The npm library takes JavaScript's white space from beside them, which has
 * U+FEFF and lacks U+0085, and knows no whole words.
 */
import type { AddedToken } from "./added_tokens.ts";
import { WORD } from "./pre_tokenizers.ts";

/** A stretch of a text: an added token, or what is between some. */
export interface Stretch {
  text: string;
  token: AddedToken | null;
  /** Whether it begins where the whole text does. */
  first: boolean;
}

interface Node {
  next: Map<number, Node>;
  token?: AddedToken;
}

const WHITE = /\p{White_Space}/u;
const WORD_BEFORE = new RegExp(`[${WORD}]$`, "u");
const WORD_BEHIND = new RegExp(`^[${WORD}]`, "u");

/** Finds tokens by their contents: the leftmost, of those the longest. */
export class TokenFinder {
  readonly #root: Node = { next: new Map() };
  #any = false;

  /** @param contentOf what a token is looked for as */
  constructor(tokens: readonly AddedToken[], contentOf: (token: AddedToken) => string) {
    for (const token of tokens) {
      const content = contentOf(token);
      if (content === "") continue;
      let node = this.#root;
      for (let at = 0; at < content.length; at++) {
        const unit = content.charCodeAt(at);
        let next = node.next.get(unit);
        if (!next) node.next.set(unit, next = { next: new Map() });
        node = next;
      }
      node.token = token;
      this.#any = true;
    }
  }

  /** A text as tokens and what is between them. */
  cut(text: string, first: boolean): Stretch[] {
    if (!this.#any) return text === "" ? [] : [{ text, token: null, first }];
    const stretches: Stretch[] = [];
    let done = 0;
    const add = (start: number, end: number, token: AddedToken | null) =>
      stretches.push({ text: text.slice(start, end), token, first: first && start === 0 });
    for (let at = 0; at < text.length;) {
      const found = this.#longest(text, at);
      if (!found) {
        at++;
        continue;
      }
      const { token, end: behind } = found;
      let start = at, end = behind;
      at = behind;
      if (token.single_word && isInWord(text, start, end)) continue;
      while (token.lstrip && start > done && WHITE.test(text[start - 1]!)) start--;
      while (token.rstrip && end < text.length && WHITE.test(text[end]!)) end++;
      if (start > done) add(done, start, null);
      add(start, end, token);
      done = end;
    }
    if (done < text.length) add(done, text.length, null);
    return stretches;
  }

  #longest(text: string, from: number): { token: AddedToken; end: number } | undefined {
    let node: Node | undefined = this.#root;
    let found: { token: AddedToken; end: number } | undefined;
    for (let at = from; node; at++) {
      if (node.token) found = { token: node.token, end: at };
      node = at < text.length ? node.next.get(text.charCodeAt(at)) : undefined;
    }
    return found;
  }
}

/** Whether a letter or digit is beside a stretch of a text. */
function isInWord(text: string, start: number, end: number): boolean {
  return WORD_BEFORE.test(text.slice(Math.max(0, start - 2), start)) ||
    WORD_BEHIND.test(text.slice(end, end + 2));
}

/** All of a text: `normalize` is applied between the tokens that are looked for in the text as it is. */
export function tokenCutter(
  tokens: readonly AddedToken[],
  normalize: ((text: string) => string) | null,
): (text: string) => Stretch[] {
  const normal = normalize ?? ((text: string) => text);
  const plain = new TokenFinder(tokens.filter(({ normalized }) => !normalized), ({ content }) => content);
  const normalized = new TokenFinder(
    tokens.filter(({ normalized }) => normalized),
    ({ content }) => normal(content),
  );
  return (text) =>
    plain.cut(text, true).flatMap((stretch) =>
      stretch.token ? [stretch] : normalized.cut(normal(stretch.text), stretch.first)
    );
}
