import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import fc from "../../fast_check.ts";
import { incrementalDecoder } from "../../../core/tokenizer/incremental_decoder.ts";
import { TextEnds } from "../../../core/tokenizer/text_ends.ts";
import { loadTokenizer } from "../../../core/tokenizer/tokenizer.ts";

const tokenizer = await loadTokenizer(fileURLToPath(new URL("../../../models/tiny", import.meta.url)));
const textEnds = new TextEnds(tokenizer);

/** The texts that the tokens make one after another, by those who stream them. */
function streamed(ids: readonly number[]): string[] {
  const decoder = incrementalDecoder(tokenizer);
  const texts = ids.map((id) => decoder.push(id));
  return texts.length === 0 ? [] : [...texts.slice(0, -1), texts.at(-1)! + decoder.flush()];
}

Deno.test("text ends where it does for those who stream, whole characters only, whatever the tokens are", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 60 }).map((text) => tokenizer.encode(text));
  const anything = fc.array(fc.nat(tokenizer.vocabSize + 5), { maxLength: 40 });
  fc.assert(fc.property(fc.oneof(text, anything), (ids) => {
    const whole = tokenizer.decode(ids);
    const ends = textEnds.of(ids, whole);
    let end = 0;
    assert.deepEqual([...ends], streamed(ids).map((text) => end += text.length));
    assert.equal(ends.at(-1) ?? 0, whole.length);
  }));
});

Deno.test("a character of several tokens is there with the last of them", () => {
  const ids = [...tokenizer.encode("a"), ...tokenizer.encode("🐈"), ...tokenizer.encode("b")];
  const ends = [...textEnds.of(ids, "a🐈b")];
  assert.ok(ids.length > 3, "the cat has several tokens");
  assert.deepEqual(ends, [1, ...ids.slice(1, -2).map(() => 1), 3, 4]);
});
