/** What the thread that parses model folders may do. */
import assert from "node:assert/strict";
import { READER_PERMISSIONS, readInThread } from "../../../core/processes/folder_reader.ts";
import { fixtureFolder } from "../networks/tiny_models.ts";

const TRIES = `
const tries = {
  "run a program": () => new Deno.Command("id").outputSync(),
  "connect": async () => (await Deno.connect({ hostname: "127.0.0.1", port: 9 })).close(),
  "write": () => Deno.writeTextFileSync("/tmp/of-a-thread", "x"),
  "open a library": () => Deno.dlopen("libm.so.6", {}),
  "may read": () => Deno.readTextFileSync(new URL(import.meta.resolve("${import.meta.url}"))),
};
const results = {};
for (const [name, tried] of Object.entries(tries)) {
  results[name] = await Promise.resolve().then(tried).then(() => "done", (error) => error.name);
}
postMessage(results);
`;

Deno.test("the thread that parses model folders reads, and runs, connects to, writes and opens nothing", async () => {
  const thread = new Worker(`data:text/javascript,${encodeURIComponent(TRIES)}`, {
    type: "module",
    deno: { permissions: READER_PERMISSIONS },
  });
  const said = Promise.withResolvers<Record<string, string>>();
  thread.onmessage = ({ data }) => said.resolve(data);
  thread.onerror = (event) => said.reject(new Error(event.message));
  try {
    assert.deepEqual(await said.promise, {
      "run a program": "NotCapable",
      "connect": "NotCapable",
      "write": "NotCapable",
      "open a library": "NotCapable",
      "may read": "done",
    });
  } finally {
    thread.terminate();
  }
  assert.equal(
    (await readInThread("model", fixtureFolder("qwen3")) as { model_type?: string }).model_type,
    "qwen3",
  );
});
