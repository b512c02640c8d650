/** Work that each of several processes does a part of, and that fails in all where it fails in one. */
import { type ErrorRecord, errorRecord, UserError } from "../errors.ts";
import { StepAbandoned } from "../step_abandoned.ts";
import type { Replicas } from "./replicas.ts";

/** What became of one process's part, as it can be told to others. */
type Outcome<T> = { value: T } | { abandoned: true } | { error: ErrorRecord };

/** What was thrown of which all processes know. */
const toldToAll = new WeakSet<object>();

/** Whether all processes have failed with it. */
export function isToldToAll(thrown: unknown): boolean {
  return thrown instanceof Error && toldToAll.has(thrown);
}

/** The error, noted as one that every process throws now. */
export function toAll<E extends Error>(error: E): E {
  toldToAll.add(error);
  return error;
}

/** What each process's `work` gives, in the order of ranks. @throws what the first of those threw that did */
export async function together<T>(replicas: Replicas, work: () => Promise<T>): Promise<T[]> {
  if (replicas.size === 1) return [await work()];
  let own: unknown;
  const outcome = await work().then<Outcome<T>, Outcome<T>>((value) => ({ value }), (thrown) => {
    own = thrown;
    return thrown instanceof StepAbandoned ? { abandoned: true } : { error: errorRecord(thrown) };
  });
  const outcomes = await replicas.gather([outcome]);
  return outcomes.map((said, rank) => {
    if ("value" in said) return said.value;
    if (rank === replicas.rank) throw own instanceof Error ? toAll(own) : own;
    if ("abandoned" in said) throw toAll(new StepAbandoned());
    throw toAll(new UserError(said.error.code, said.error.detail, said.error.errors));
  });
}

/** What rank 0's `work` gives; the others do not work. @throws what it threw */
export async function byFirst<T>(replicas: Replicas, work: () => Promise<T>): Promise<T> {
  const [first] = await together(replicas, () => replicas.rank === 0 ? work() : Promise.resolve(null));
  return first as T;
}

/** What `work` gives in this process, which fails in all where it fails in one. */
export async function eachByItself<T>(replicas: Replicas, work: () => Promise<T>): Promise<T> {
  let own: T;
  await together(replicas, async () => {
    own = await work();
    return null;
  });
  return own!;
}
