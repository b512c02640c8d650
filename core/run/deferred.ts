/**
 * A small result that is still where a run leaves it. Reading it waits for that run; starting another does not, so a
 * device has the next one before the host has seen what the last one gave.
 */
export class Deferred<T> implements Disposable {
  readonly #held: Disposable;
  readonly #bring: () => T;
  #brought: { value: T } | undefined;

  /** What `bring` makes of what `held` frees. */
  constructor(held: Disposable, bring: () => T) {
    this.#held = held;
    this.#bring = bring;
  }

  /** The result; what held it is freed the first time. @throws {TypeError} if it was disposed before that */
  read(): T {
    this.#brought ??= { value: this.#bring() };
    this[Symbol.dispose]();
    return this.#brought.value;
  }

  /** Gives up what was not read. */
  [Symbol.dispose](): void {
    this.#held[Symbol.dispose]();
  }
}
