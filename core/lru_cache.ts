/** A map that keeps no more entries than it may: those used last. */

export class LruCache<Value> {
  /** The least recently used comes first. */
  readonly #entries = new Map<string, Value>();
  readonly #capacity: number;

  /** @param capacity entries; without one nothing leaves but by `delete` */
  constructor(capacity = Infinity) {
    this.#capacity = capacity;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** The value of this key, which counts as using it. */
  get(key: string): Value | undefined {
    if (!this.#entries.has(key)) return undefined;
    const value = this.#entries.get(key)!;
    this.set(key, value);
    return value;
  }

  /** The value of this key, which is not used by that. */
  peek(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  /** Adds an entry, or replaces one; it is the last to leave. */
  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#capacity) this.#entries.delete(this.#entries.keys().next().value!);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** The least recently used first. */
  [Symbol.iterator](): MapIterator<[string, Value]> {
    return this.#entries.entries();
  }
}
