import assert from "node:assert/strict";
import { ReadersWriterQueue } from "../../../core/engine/readers_writer_queue.ts";

/** Work that says when it begins, and ends when it is told to. */
function recorded() {
  const running: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => () => {
    running.push(name);
    const { promise, resolve } = Promise.withResolvers<void>();
    ends.set(name, () => {
      running.splice(running.indexOf(name), 1);
      resolve();
    });
    return promise;
  };
  /** Ends work and lets everything begin that may. */
  const end = async (...names: string[]) => {
    for (const name of names) ends.get(name)!();
    await turn();
  };
  return { running, work, end };
}

/** Every promise that can go on has gone on once a macrotask has had its turn. */
const turn = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("readers run beside each other, and a writer by itself, in the order they came", async () => {
  const queue = new ReadersWriterQueue();
  const { running, work, end } = recorded();
  queue.together(work("a"));
  queue.together(work("b"));
  queue.alone(work("C"));
  queue.alone(work("D"));
  queue.together(work("e"));
  queue.together(work("f"));
  await turn();
  assert.deepEqual(running, ["a", "b"]);
  await end("b");
  assert.deepEqual(running, ["a"]); // C waits for both
  await end("a");
  assert.deepEqual(running, ["C"]);
  await end("C");
  assert.deepEqual(running, ["D"]);
  await end("D");
  assert.deepEqual(running, ["e", "f"]);
});

Deno.test("a reader that comes after a waiting writer does not overtake it", async () => {
  const queue = new ReadersWriterQueue();
  const { running, work, end } = recorded();
  queue.together(work("a"));
  await turn();
  queue.alone(work("B"));
  queue.together(work("c"));
  await turn();
  assert.deepEqual(running, ["a"]);
  await end("a");
  assert.deepEqual(running, ["B"]);
  await end("B");
  assert.deepEqual(running, ["c"]);
});

Deno.test("idle() resolves when all that has come is done, and at once when nothing has", async () => {
  const queue = new ReadersWriterQueue();
  await queue.idle();
  const { work, end } = recorded();
  let idle = false;
  queue.together(work("a"));
  queue.alone(work("B"));
  queue.together(work("c"));
  const done = queue.idle().then(() => idle = true);
  await turn();
  await end("a");
  await end("B");
  assert.equal(idle, false);
  await end("c");
  await done;
  assert.ok(idle);
});
