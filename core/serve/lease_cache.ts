/** Things that are loaded when first asked for, leases, and kept for a while after the last has given them back. */
import { LruCache } from "../lru_cache.ts";

interface Entry<Item> {
  readonly loading: Promise<Item>;
  /** Set once it is loaded. */
  item?: Item;
  /** Who has it now, or waits for it. */
  users: number;
}

export interface Lease<Item> extends Disposable {
  readonly item: Item;
}

export class LeaseCache<Item> {
  readonly #entries = new LruCache<Entry<Item>>();
  readonly #drop: (item: Item) => void;

  /** @param drop frees an item that nobody has */
  constructor(drop: (item: Item) => void) {
    this.#drop = drop;
  }

  /** The item of this key, made when it is not there. One that cannot be made is not kept. */
  async acquire(key: string, make: () => Promise<Item>): Promise<Lease<Item>> {
    const entry: Entry<Item> = this.#entries.get(key) ?? { loading: make(), users: 0 };
    this.#entries.set(key, entry);
    entry.users++;
    try {
      const item = entry.item = await entry.loading;
      let given = true;
      return {
        item,
        [Symbol.dispose]() {
          if (given) entry.users--;
          given = false;
        },
      };
    } catch (thrown) {
      if (this.#entries.peek(key) === entry) this.#entries.delete(key);
      throw thrown;
    }
  }

  /** Counts as asking for an item that is there. */
  touch(key: string): void {
    this.#entries.get(key);
  }

  /** What is loaded, by key, the least recently asked for first. */
  *items(): Generator<[string, Item]> {
    for (const [key, { item }] of this.#entries) if (item !== undefined) yield [key, item];
  }

  /** Frees an item unless somebody has it; says whether it did. */
  evict(key: string): boolean {
    const entry = this.#entries.peek(key);
    if (entry?.item === undefined || entry.users > 0) return false;
    this.#entries.delete(key);
    this.#drop(entry.item);
    return true;
  }
}
