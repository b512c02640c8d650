/** A line of those who want the same thing, one at a time, each with its own patience. */

export class Turns {
  #taken = false;
  readonly #line: (() => void)[] = [];

  /**
   * Waits for a turn; whoever got one calls `end` when it is over.
   *
   * @returns Whether it came before `signal` was aborted.
   */
  async begin(signal: AbortSignal): Promise<boolean> {
    if (!this.#taken) return this.#taken = true;
    if (signal.aborted) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const come = () => resolve(true);
    const leave = () => {
      const place = this.#line.indexOf(come);
      // Its turn may have come a moment before.
      if (place < 0) return;
      this.#line.splice(place, 1);
      resolve(false);
    };
    this.#line.push(come);
    signal.addEventListener("abort", leave, { once: true });
    const came = await promise;
    signal.removeEventListener("abort", leave);
    return came;
  }

  /** Gives the turn to the next in line. */
  end(): void {
    const next = this.#line.shift();
    if (next) next();
    else this.#taken = false;
  }
}
