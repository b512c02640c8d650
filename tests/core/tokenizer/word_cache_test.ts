import assert from "node:assert/strict";
import { loadTokenizer } from "../../../core/tokenizer/tokenizer.ts";
import { WordCache } from "../../../core/tokenizer/word_cache.ts";
import { fixtureFolder } from "../networks/tiny_models.ts";

Deno.test("WordCache keeps words until it is full", () => {
  const cache = new WordCache(2);
  cache.put("a", ["a"]);
  cache.put("b", ["b"]);
  assert.deepEqual([cache.get("a"), cache.get("b"), cache.get("c")], [["a"], ["b"], undefined]);
  cache.put("c", ["c"]);
  assert.deepEqual([cache.get("a"), cache.get("c")], [undefined, ["c"]]);
});

Deno.test("a word's tokens are looked up and never moved, however many words there are", async () => {
  const tokenizer = await loadTokenizer(fixtureFolder("qwen3"));
  const text = Array.from({ length: 50 }, (_, index) => `w${index}`).join(" ");
  const ids = tokenizer.encode(text);
  const { delete: remove } = Map.prototype;
  let removed = 0;
  Map.prototype.delete = function (key) {
    removed++;
    return remove.call(this, key);
  };
  try {
    for (let again = 0; again < 3; again++) assert.deepEqual(tokenizer.encode(text), ids);
  } finally {
    Map.prototype.delete = remove;
  }
  assert.equal(removed, 0);
});
