import assert from "node:assert/strict";
import { FairQueue } from "../../../core/processes/fair_queue.ts";

/** Takes everything that may go, in order. */
function all(queue: FairQueue<string>, may = (_: string) => true): string {
  const taken: string[] = [];
  for (let next = queue.take(may); next !== null; next = queue.take(may)) taken.push(next);
  return taken.join(" ");
}

Deno.test("FairQueue takes of each client in turn, and of one in order", () => {
  const queue = new FairQueue<string>(10);
  for (const item of ["a1", "a2", "a3", "b1", "c1", "c2"]) queue.add(item[0]!, item);
  assert.equal(queue.size, 6);
  assert.equal(all(queue), "a1 b1 c1 a2 c2 a3");
  assert.equal(queue.size, 0);
});

Deno.test("FairQueue passes over what may not go, and keeps its place", () => {
  const queue = new FairQueue<string>(10);
  for (const item of ["a1", "a2", "b1"]) queue.add(item[0]!, item);
  assert.equal(all(queue, (item) => item !== "a1"), "a2 b1");
  queue.add("a", "a3");
  queue.putBack("a", "a0");
  assert.equal(all(queue), "a0 a1 a3");
});

Deno.test("when FairQueue is full the last of whoever has most gives way", () => {
  const queue = new FairQueue<string>(4);
  for (const item of ["a1", "a2", "a3", "b1"]) queue.add(item[0]!, item);
  const comes = (item: string) => {
    queue.add(item[0]!, item);
    return queue.overflow(item[0]!);
  };
  assert.equal(queue.overflow("a"), null);
  assert.equal(comes("a4"), "a4", "who has most is refused");
  assert.equal(comes("c1"), "a3", "who has nothing is let in");
  assert.equal(comes("b2"), "b2", "who would have as much is refused");
  assert.equal(queue.remove("a", "a1"), true);
  assert.equal(queue.remove("a", "a1"), false);
  assert.equal(all(queue), "a2 b1 c1");
});
