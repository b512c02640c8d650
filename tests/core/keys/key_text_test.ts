import assert from "node:assert/strict";
import { isDamagedKey, keyHash, keyStart, newKeyText } from "../../../core/keys/key_text.ts";

Deno.test("newKeyText() makes keys that are whole, of one form, and never the same", () => {
  const keys = Array.from({ length: 500 }, newKeyText);
  assert.equal(new Set(keys).size, keys.length);
  for (const key of keys) {
    assert.match(key, /^sk-prox-[0-9A-Za-z]{46}$/);
    assert.equal(isDamagedKey(key), false);
    assert.equal(keyStart(key), key.slice(0, 14));
  }
  // Every character of the alphabet comes about as often.
  const counts = new Map<string, number>();
  for (const character of keys.map((key) => key.slice(8, 48)).join("")) {
    counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  assert.equal(counts.size, 62);
  assert.ok(
    Math.min(...counts.values()) > 200 && Math.max(...counts.values()) < 460,
    `${[...counts.values()]}`,
  );
});

Deno.test("isDamagedKey() tells a key that was cut off or mistyped from one that is of another kind", () => {
  const key = newKeyText();
  const other = key.at(20) === "x" ? "y" : "x";
  const swapped = key.slice(0, 20) + other + key.slice(21);
  for (const damaged of [key.slice(0, -1), `${key}0`, swapped, "sk-prox-"]) {
    assert.equal(isDamagedKey(damaged), true, damaged);
  }
  for (const foreign of ["", "sk-other", "k", "sk-prox", key.slice(1)]) {
    assert.equal(isDamagedKey(foreign), false);
  }
});

Deno.test("keyHash() is SHA-256", () => {
  const hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assert.deepEqual([...keyHash("abc")], [...Uint8Array.fromHex(hash)]);
});
