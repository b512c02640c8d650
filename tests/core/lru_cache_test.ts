import assert from "node:assert/strict";
import { LruCache } from "../../core/lru_cache.ts";

const keys = (cache: LruCache<unknown>) => [...cache].map(([key]) => key);

Deno.test("LruCache lets what was used longest ago leave, where get() and set() use and peek() does not", () => {
  const cache = new LruCache<number>(2);
  cache.set("a", 1);
  cache.set("b", 2);
  assert.equal(cache.get("a"), 1);
  assert.equal(cache.peek("b"), 2);
  cache.set("c", 3); // b was used before a
  assert.deepEqual([...cache], [["a", 1], ["c", 3]]);
  cache.set("a", 4); // replaced, so used
  cache.set("d", 5);
  assert.deepEqual([...cache], [["a", 4], ["d", 5]]);
});

Deno.test("LruCache.get() of nothing adds nothing, and an undefined value is one", () => {
  const cache = new LruCache<undefined>(2);
  assert.equal(cache.get("a"), undefined);
  assert.deepEqual(keys(cache), []);
  cache.set("a", undefined);
  cache.set("b", undefined);
  cache.get("a");
  assert.deepEqual([cache.has("a"), keys(cache)], [true, ["b", "a"]]);
});

Deno.test("LruCache without a capacity keeps all but what is deleted", () => {
  const cache = new LruCache<number>();
  for (let key = 0; key < 1000; key++) cache.set(String(key), key);
  cache.delete("500");
  assert.deepEqual([keys(cache).length, cache.has("500")], [999, false]);
});
