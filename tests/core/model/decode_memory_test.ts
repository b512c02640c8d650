/** What a decode call takes is given back when it ends, not when the garbage collector gets to it. */
import assert from "node:assert/strict";
import { openAdapted, someTokens } from "./tiny_models.ts";

/** Rows whose cache is about 20 MB, and that end with their first token. */
const ROWS = Array.from({ length: 64 }, (_, key) => ({
  prompt_ids: someTokens(key, 2),
  max_new_tokens: 500,
  temperature: 1,
  top_k: 0,
  top_p: 1,
  uniform: () => 0.5,
  stop_token_ids: new Set<number>(),
  ends: () => true,
}));

Deno.test("Many decode calls take no more memory than a few", async () => {
  const policy = await openAdapted("qwen3");
  const most = async (calls: number) => {
    let rss = 0;
    for (let call = 0; call < calls; call++) {
      await policy.respond(ROWS);
      rss = Math.max(rss, Deno.memoryUsage().rss);
    }
    return rss;
  };
  await most(3);
  const few = await most(3);
  const many = await most(20);
  // Kept caches would be 400 MB; what else the process does moves by one.
  assert.ok(many - few < 64e6, `${few} bytes after a few calls, ${many} after many`);
  policy.dispose();
});
