import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { cutText, cutTextBefore, wholeText } from "../../core/cut_text.ts";
import { UserError } from "../../core/errors.ts";

Deno.test("cutText() and cutTextBefore() keep whole characters, and no more than asked for", () => {
  assert.equal(cutText("a🙂b", 2), "a");
  assert.equal(cutText("a🙂b", 3), "a🙂");
  assert.equal(cutTextBefore("a🙂b", 2), "b");
  assert.equal(cutTextBefore("a🙂b", 3), "🙂b");
  assert.equal(cutText("ab", 5) + cutTextBefore("ab", 0) + cutText("ab", 0), "ab");
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.nat(20), (text, length) => {
    for (const cut of [cutText(text, length), cutTextBefore(text, length)]) {
      assert.ok(cut.isWellFormed());
      assert.ok(cut.length <= length && cut.length >= Math.min(text.length, length) - 1);
    }
    assert.ok(text.startsWith(cutText(text, length)) && text.endsWith(cutTextBefore(text, length)));
  }));
});

Deno.test("no UserError has half a character, wherever its words come from", () => {
  assert.equal(wholeText("a\ud83d b\ude42🙂"), "a… b…🙂");
  const error = new UserError("invalid_json", "Unexpected token '\ud83d'", [{
    path: "a.\ude42",
    message: "\ud83d",
  }]);
  assert.deepEqual([error.message, error.errors], ["Unexpected token '…'", [{ path: "a.…", message: "…" }]]);
});
