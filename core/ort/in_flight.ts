/** Keeps the arrays that a call on another thread points into from the garbage collector until it returns. */

const held = new Set<readonly unknown[]>();

/** Waits for `call`, whose native side reads or writes `arrays`. */
export async function inFlight<T>(arrays: readonly unknown[], call: () => Promise<T>): Promise<T> {
  held.add(arrays);
  try {
    return await call();
  } finally {
    held.delete(arrays);
  }
}
