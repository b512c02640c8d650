import assert from "node:assert/strict";
import { TextWork } from "../../../core/serve/text_work.ts";

Deno.test("work on many texts leaves turns to others, and says when it begins, pauses and ends", async () => {
  const said: unknown[] = [];
  const text = new TextWork((work) => said.push(work));
  let turns = 0;
  let working = true;
  const others = (async () => {
    for (; working; turns++) await new Promise((resolve) => setTimeout(resolve));
  })();
  const items = Array.from({ length: 20 }, (_, index) => index);
  const made = await text.map(items, (item) => {
    for (const end = performance.now() + 15; performance.now() < end;);
    return 2 * item;
  });
  working = false;
  await others;
  assert.deepEqual(made, items.map((item) => 2 * item));
  assert.ok(turns >= items.length - 1, `${turns} turns`);
  assert.deepEqual(said, items.flatMap(() => ["texts", null]));
});

Deno.test("work that fails has ended", async () => {
  const said: unknown[] = [];
  const text = new TextWork((work) => said.push(work));
  const fault = new Error("no");
  await assert.rejects(text.map([1], () => Promise.reject(fault)).then((all) => all[0]), fault);
  await assert.rejects(text.whole(() => Promise.reject(fault)), fault);
  assert.equal(said.at(-1), null);
});
