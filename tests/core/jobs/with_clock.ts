/** A clock that is set, for tests. */

/** Runs `work` with a clock that it may set. */
export async function withClock(work: (set: (offset_ms: number) => void) => Promise<void>): Promise<void> {
  const Real = Date;
  let offset_ms = 0;
  globalThis.Date = class extends Real {
    constructor(...args: unknown[]) {
      super(...(args.length === 0 ? [Real.now() + offset_ms] : args) as ConstructorParameters<typeof Date>);
    }
    static override now(): number {
      return Real.now() + offset_ms;
    }
  } as DateConstructor;
  try {
    await work((to) => offset_ms = to);
  } finally {
    globalThis.Date = Real;
  }
}
