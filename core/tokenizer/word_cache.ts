/**
 * The tokens of words that were met before. The library's own moves an entry to the end of a Map at each look, which
 * walks over what was deleted there: the ten-thousandth text took ten times as long as the first.
 */
export class WordCache {
  readonly #capacity: number;
  readonly #tokens = new Map<string, string[]>();

  /** @param capacity words; when there are as many, all are forgotten, and common ones are soon there again */
  constructor(capacity = 10_000) {
    this.#capacity = capacity;
  }

  get(word: string): string[] | undefined {
    return this.#tokens.get(word);
  }

  put(word: string, tokens: string[]): void {
    if (this.#tokens.size >= this.#capacity) this.#tokens.clear();
    this.#tokens.set(word, tokens);
  }

  clear(): void {
    this.#tokens.clear();
  }
}
