/**
 * A native object with a count of who needs it. Disposing gives up the owner's claim and makes further use throw;
 * the object itself goes when the last claim does, so a run in flight or a view never loses what it stands on.
 */
export class Handle {
  readonly #what: string;
  readonly #pointer: Deno.PointerObject;
  readonly #release: (pointer: Deno.PointerObject) => void;
  readonly #needs: readonly Handle[];
  /** JavaScript memory the native object points into, kept from the garbage collector. */
  readonly memory: unknown;
  #claims = 1;
  #disposed = false;

  /**
   * `what` names it in errors; `release` frees it, once. `needs` are kept as long as this lives, even if their owner
   * has disposed them: a run that ends after that still has outputs to give.
   */
  constructor(
    what: string,
    pointer: Deno.PointerObject,
    release: (pointer: Deno.PointerObject) => void,
    needs: readonly Handle[] = [],
    memory?: unknown,
  ) {
    this.memory = memory;
    this.#what = what;
    this.#pointer = pointer;
    this.#release = release;
    this.#needs = needs;
    for (const need of needs) need.#claims++;
  }

  /** @throws TypeError after `dispose` */
  get pointer(): Deno.PointerObject {
    if (this.#disposed) throw new TypeError(`Cannot use a ${this.#what} after it was disposed`);
    return this.#pointer;
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Keeps the object until the matching `drop`. @throws TypeError after `dispose` */
  claim(): Deno.PointerObject {
    const pointer = this.pointer;
    this.#claims++;
    return pointer;
  }

  /** Gives up one claim; the last one frees the object. */
  drop(): void {
    if (--this.#claims > 0) return;
    this.#release(this.#pointer);
    for (const need of this.#needs) need.drop();
  }

  /** The owner's claim; a second call does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.drop();
  }
}

/** Claims all or none of them. @throws TypeError if one is disposed */
export function claimAll(handles: readonly Handle[]): void {
  for (const handle of handles) void handle.pointer;
  for (const handle of handles) handle.claim();
}
