/**
 * OpenAI's own clients against a real server: what the scripts below `clients/` do must run with each. The npm package of
 * deno.json is always there; OPENAI_PYTHONS names programs of Python that have the package, OPENAI_NODE_MODULES folders
 * with node_modules that have another version, both separated by colons.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type RunningServer, startServer } from "../tasks/start_server.ts";

const SCRIPTS = fileURLToPath(new URL("./clients", import.meta.url));

const listOf = (name: string) => (Deno.env.get(name) ?? "").split(":").filter(Boolean);

let server: RunningServer | null = null;

Deno.test.afterAll(async () => await server?.stop());

/** Runs a client's script. */
async function run(program: string, args: string[], cwd?: string): Promise<void> {
  server ??= await startServer({});
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd,
    env: { OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_API_KEY: "anything" },
  }).output();
  const text = new TextDecoder();
  assert.equal(code, 0, text.decode(stderr));
  assert.match(text.decode(stdout), /done/);
}

const script = (name: string) => join(SCRIPTS, name);

Deno.test("OpenAI's npm package fine-tunes", () =>
  run(Deno.execPath(), ["run", "-A", script("fine_tuning.mjs")]));

/** A test of each, or one that says by its name why there is none. */
function each(what: string, variable: string, test: (place: string) => Promise<void>): void {
  const places = listOf(variable);
  for (const place of places) Deno.test(`${what} fine-tunes: ${place}`, () => test(place));
  if (places.length === 0) {
    Deno.test.ignore(`${what} fine-tunes: skipped, as ${variable} names none`, () => {});
  }
}

each("OpenAI's Python package", "OPENAI_PYTHONS", (python) => run(python, [script("fine_tuning.py")]));

each("another version of OpenAI's npm package", "OPENAI_NODE_MODULES", async (folder) => {
  const copy = join(folder, "fine_tuning.mjs");
  await Deno.copyFile(script("fine_tuning.mjs"), copy);
  try {
    await run("node", [copy], folder);
  } finally {
    await Deno.remove(copy);
  }
});
