/**
 * Work in the order it came in, of two kinds: what runs beside others of its kind, as readers do, and what runs by
 * itself, as a writer does. Nobody overtakes: what comes after work that runs by itself waits for it, so none waits
 * forever.
 */
export class ReadersWriterQueue {
  /** The last writer, done when all before it are. */
  #writer: Promise<void> = Promise.resolve();
  /** Those that came since, until they are done. */
  readonly #readers = new Set<Promise<void>>();

  /** Begins once everything before it that runs by itself is done. `work` must not reject. */
  together(work: () => Promise<void>): void {
    const done = this.#writer.then(work);
    this.#readers.add(done);
    done.then(() => this.#readers.delete(done));
  }

  /** Begins once everything before it is done. `work` must not reject. */
  alone(work: () => Promise<void>): void {
    this.#writer = this.idle().then(work);
    this.#readers.clear();
  }

  /** Resolves once all that has come is done. */
  async idle(): Promise<void> {
    await Promise.all([this.#writer, ...this.#readers]);
  }
}
