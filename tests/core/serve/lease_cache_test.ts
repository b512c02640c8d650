import assert from "node:assert/strict";
import { LeaseCache } from "../../../core/serve/lease_cache.ts";

const made = () => {
  const dropped: string[] = [];
  let count = 0;
  const kept = new LeaseCache<string>((item) => dropped.push(item));
  return { kept, dropped, make: (name: string) => () => Promise.resolve(`${name}${++count}`) };
};

Deno.test("acquire() makes an item once, also for those who ask while it is made", async () => {
  const { kept, make } = made();
  const [a, b] = await Promise.all([kept.acquire("x", make("x")), kept.acquire("x", make("x"))]);
  assert.deepEqual([a.item, b.item, (await kept.acquire("x", make("x"))).item], ["x1", "x1", "x1"]);
});

Deno.test("evict() frees an item only when everybody has given it back", async () => {
  const { kept, dropped, make } = made();
  const [a, b] = [await kept.acquire("x", make("x")), await kept.acquire("x", make("x"))];
  a[Symbol.dispose]();
  a[Symbol.dispose](); // twice counts once
  kept.evict("x");
  assert.deepEqual(dropped, []);
  b[Symbol.dispose]();
  kept.evict("x");
  kept.evict("x");
  assert.deepEqual(dropped, ["x1"]);
  assert.equal((await kept.acquire("x", make("x"))).item, "x2");
});

Deno.test("items() begins with what was not asked for longest, without what is still being made", async () => {
  const { kept, make } = made();
  for (const key of ["a", "b", "c"]) (await kept.acquire(key, make(key)))[Symbol.dispose]();
  await kept.acquire("a", make("a"));
  kept.touch("b");
  kept.touch("nobody");
  const { promise, resolve } = Promise.withResolvers<string>();
  const slow = kept.acquire("d", () => promise);
  assert.deepEqual([...kept.items()].map(([key]) => key), ["c", "a", "b"]);
  resolve("d");
  await slow;
  assert.deepEqual([...kept.items()].map(([key]) => key), ["c", "a", "b", "d"]);
});

Deno.test("what cannot be made is not kept, and is made when it is asked for again", async () => {
  const { kept, make } = made();
  await assert.rejects(kept.acquire("x", () => Promise.reject(new Error("no"))), /no/);
  assert.equal((await kept.acquire("x", make("x"))).item, "x1");
});
