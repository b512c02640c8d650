import assert from "node:assert/strict";
import { newId } from "../../../core/db/new_id.ts";

Deno.test("newId() is a prefixed ULID", () => {
  assert.match(newId("job"), /^job_[0-7][0-9a-hjkmnp-tv-z]{25}$/);
  assert.match(newId("checkpoint"), /^ckpt_/);
});

Deno.test("newId() grows within a millisecond and when the clock steps back", () => {
  const now = Date.now() + 10_000;
  const ids = Array.from({ length: 1000 }, () => newId("event", now));
  ids.push(newId("event", now - 5000), newId("event", now + 1));
  assert.deepEqual(ids, [...ids].sort());
  assert.equal(new Set(ids).size, ids.length);
});

Deno.test("newId() begins with the time in milliseconds", () => {
  const now = Date.UTC(2030, 0, 1);
  const digits = newId("job", now).slice(4, 14);
  const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  assert.equal([...digits].reduce((sum, digit) => sum * 32 + alphabet.indexOf(digit), 0), now);
});
