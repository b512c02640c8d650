/** Processes that train together, without processes: `Replicas` that meet in memory. */
import type { Replicas, ReplicaSeconds } from "../../../core/replicas/replicas.ts";

/** `size` of them; `fail` ends the waits of all, as a launcher ends all processes when one is lost. */
export function inMemoryReplicas(size: number): { all: Replicas[]; fail(why: unknown): void } {
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => {});
  let items: unknown[] = [];
  let meeting = Promise.withResolvers<unknown[]>();
  let came = 0;

  /** What all have brought, in the order of ranks, once they all are there. */
  const meet = async (rank: number, item: unknown): Promise<unknown[]> => {
    items[rank] = item;
    const { promise } = meeting;
    if (++came === size) {
      meeting.resolve(items);
      items = [];
      came = 0;
      meeting = Promise.withResolvers();
    }
    return await Promise.race([promise, lost.promise]);
  };
  const all = Array.from({ length: size }, (_, rank): Replicas => {
    let seconds: ReplicaSeconds = { sum_s: 0, gather_s: 0, wait_s: 0 };
    return {
      ...{ rank, size },
      async sum(data) {
        const arrays = await meet(rank, data.slice()) as (Float32Array | Float64Array)[];
        if (arrays.some(({ length }) => length !== data.length)) {
          throw new TypeError("Sums of several lengths");
        }
        data.set(arrays[0]!);
        for (const array of arrays.slice(1)) array.forEach((value, at) => data[at]! += value);
        seconds.sum_s++;
      },
      async gather<T>(mine: readonly T[]) {
        const each = await meet(rank, structuredClone(mine)) as T[][];
        seconds.gather_s++;
        return structuredClone(each.flat());
      },
      takeSeconds() {
        const taken = seconds;
        seconds = { sum_s: 0, gather_s: 0, wait_s: 0 };
        return taken;
      },
    };
  });
  return { all, fail: lost.reject };
}

/** What `work` gives in each of `size` processes; what one throws ends all. */
export async function inAll<T>(size: number, work: (replicas: Replicas) => Promise<T>): Promise<T[]> {
  const { all, fail } = inMemoryReplicas(size);
  return await Promise.all(all.map((replicas) =>
    work(replicas).catch((thrown) => {
      fail(thrown);
      throw thrown;
    })
  ));
}
