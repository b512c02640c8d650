/** How many columns runs have computed, and how many of them stood for tokens: the rest is padding. */
export class ComputedTokens {
  #columns = 0;
  #tokens = 0;

  /** A run over so many columns in all, of which `tokens` stood for one. */
  add(columns: number, tokens: number): void {
    this.#columns += columns;
    this.#tokens += tokens;
  }

  /** The part that was padding since all was forgotten; 0 where nothing was computed. */
  get paddingShare(): number {
    return this.#columns === 0 ? 0 : 1 - this.#tokens / this.#columns;
  }

  /** Begins to count anew. */
  forget(): void {
    this.#columns = this.#tokens = 0;
  }
}
