import assert from "node:assert/strict";
import { sample, scores } from "./score_texts.ts";

const words = (count: number) => Array.from({ length: count }, (_, i) => `w${i}`).join(" ");

Deno.test("a target scores 1 when met, 0 at nothing and at twice the target, and goes on falling", async () => {
  const found = await scores({ type: "length", target: 4 }, [4, 0, 8, 3, 12].map(words));
  assert.deepEqual(found, [1, 0, 0, 0.75, -1]);
});

Deno.test("the stop token is not counted, and a cut-off response has none", async () => {
  const found = await scores({ type: "length", target: 4 }, [
    sample(words(4)),
    sample(words(4), { terminated: false }),
  ]);
  assert.deepEqual(found, [1, 1]);
});

Deno.test("a range scores 1 inside and falls relative to the bound it misses", async () => {
  const found = await scores({ type: "length", min: 4, max: 8, penalty: 2 }, [3, 4, 6, 8, 10].map(words));
  assert.deepEqual(found, [0.5, 1, 1, 1, 0.5]);
});

Deno.test("a range may be open at either end", async () => {
  assert.deepEqual(await scores({ type: "length", min: 2 }, [0, 1, 2, 50].map(words)), [0, 0.5, 1, 1]);
  assert.deepEqual(await scores({ type: "length", max: 2 }, [0, 2, 4].map(words)), [1, 1, 0]);
});

Deno.test("words are runs of non-space and characters are code points", async () => {
  const text = "  ein\tschöner  Tag 🙂 ";
  assert.deepEqual(await scores({ type: "length", target: 4, unit: "words" }, [text, ""]), [1, 0]);
  assert.deepEqual(await scores({ type: "length", target: 2, unit: "characters" }, ["🙂🙂"]), [1]);
});
