/** What a decode call takes is given back when it ends, not when the garbage collector gets to it. */
import assert from "node:assert/strict";

/**
 * Rows whose cache is about 20 MB, and that end with their first token. Prints the memory that the process has after the
 * middle one of twenty calls, by size, and of twenty more: a single call's is the allocator's to move.
 */
const SCRIPT = `
  import { openAdapted, someTokens } from "./tests/core/networks/tiny_models.ts";
  const rows = Array.from({ length: 64 }, (_, key) => ({
    prompt_ids: someTokens(key, 2),
    max_new_tokens: 500,
    temperature: 1,
    top_k: 0,
    top_p: 1,
    uniform: () => 0.5,
    stop_token_ids: new Set(),
    ends: () => true,
  }));
  const policy = await openAdapted("qwen3");
  const usual = async () => {
    const rss = [];
    for (let call = 0; call < 20; call++) {
      await policy.respond(rows);
      rss.push(Deno.memoryUsage().rss);
    }
    return rss.sort((a, b) => a - b)[10];
  };
  console.log(await usual(), await usual());
  Deno.exit();`;

Deno.test("Many decode calls take no more memory than a few", async () => {
  // A process of its own: what other tests leave behind moves by as much.
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", SCRIPT],
    cwd: new URL("../../../", import.meta.url),
    env: { TEST_DEVICE: "cpu" }, // only there are caches in memory that the collector could hold
    stderr: "inherit",
  }).output();
  assert.ok(success);
  const [few, many] = new TextDecoder().decode(stdout).trim().split(" ").map(Number) as [number, number];
  assert.ok(many - few < 16e6, `${few} bytes after a few calls, ${many} after many`);
});
