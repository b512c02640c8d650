import assert from "node:assert/strict";
import { responseSpan } from "../../../core/ppo/stop.ts";

const STOP = new Set([2, 9]);

Deno.test("a response ends with its first stop token, which is an action", () => {
  assert.deepEqual(responseSpan([5, 6, 2, 7, 2], STOP), {
    length: 3,
    terminated: true,
    finish_reason: "stop",
  });
});

Deno.test("any id of the stop set ends a response", () => {
  assert.equal(responseSpan([5, 9, 6], STOP).length, 2);
});

Deno.test("a response that starts with a stop token has one action", () => {
  assert.equal(responseSpan([2, 2, 2], STOP).length, 1);
});

Deno.test("a response without a stop token is cut off by length", () => {
  assert.deepEqual(responseSpan([5, 6, 7], STOP), { length: 3, terminated: false, finish_reason: "length" });
});
