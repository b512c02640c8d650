/** What a decode call takes is given back when it ends, not when the garbage collector gets to it. */
import assert from "node:assert/strict";

/** Rows whose cache is about 20 MB, and that end with their first token; the process's most memory after some calls. */
const SCRIPT = `
  import { openAdapted, someTokens } from "./tests/core/model/tiny_models.ts";
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
  const most = async (calls) => {
    let rss = 0;
    for (let call = 0; call < calls; call++) {
      await policy.respond(rows);
      rss = Math.max(rss, Deno.memoryUsage().rss);
    }
    return rss;
  };
  await most(3);
  console.log(await most(3), await most(20));
  Deno.exit();`;

Deno.test("Many decode calls take no more memory than a few", async () => {
  // A process of its own: what other tests leave behind moves by as much.
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", SCRIPT],
    cwd: new URL("../../../", import.meta.url),
    stderr: "inherit",
  }).output();
  assert.ok(success);
  const [few, many] = new TextDecoder().decode(stdout).trim().split(" ").map(Number) as [number, number];
  assert.ok(many - few < 16e6, `${few} bytes after a few calls, ${many} after many`);
});
