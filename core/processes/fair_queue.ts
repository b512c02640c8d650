/**
 * What waits for a place, by client. The next comes from each client in turn, so that how long one waits does not depend
 * on how much another has asked for; and when there is no room, whoever has most waiting gives way.
 */
export class FairQueue<Item> {
  readonly #capacity: number;
  /** The client whose turn is next comes first. */
  readonly #lines = new Map<string, Item[]>();
  #size = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds an item to its client's line, be there room for it or not. */
  add(client: string, item: Item): void {
    this.#lineOf(client).push(item);
    this.#size++;
  }

  /** Where there is more than there is room for: takes out the last of whoever has most, or of `client` that has as much. */
  overflow(client: string): Item | null {
    if (this.#size <= this.#capacity) return null;
    let [longest, line] = [client, this.#lines.get(client) ?? []];
    for (const [other, items] of this.#lines) {
      if (items.length > line.length) [longest, line] = [other, items];
    }
    const last = line.at(-1)!;
    this.remove(longest, last);
    return last;
  }

  /** Puts an item that had its turn before all others of its client; it had a place, so there is room for it. */
  putBack(client: string, item: Item): void {
    this.#lineOf(client).unshift(item);
    this.#size++;
  }

  /** The next item that `may` go, of the clients in turn; null when none may. */
  take(may: (item: Item) => boolean): Item | null {
    for (const [client, line] of this.#lines) {
      const item = line.find(may);
      if (item === undefined) continue;
      this.remove(client, item);
      const rest = this.#lines.get(client);
      if (rest) {
        this.#lines.delete(client);
        this.#lines.set(client, rest);
      }
      return item;
    }
    return null;
  }

  /** Takes an item out that does not wait any longer; says whether it was there. */
  remove(client: string, item: Item): boolean {
    const line = this.#lines.get(client) ?? [];
    const at = line.indexOf(item);
    if (at < 0) return false;
    line.splice(at, 1);
    this.#size--;
    if (line.length === 0) this.#lines.delete(client);
    return true;
  }

  #lineOf(client: string): Item[] {
    const line = this.#lines.get(client) ?? [];
    this.#lines.set(client, line);
    return line;
  }
}
