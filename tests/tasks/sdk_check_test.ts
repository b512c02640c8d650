/** `task sdk:check` with two generators that come by npm: from the document to an adapter on the disk. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { GENERATORS } from "../../tasks/sdk/generators.ts";
import { missingOf } from "../../tasks/sdk/check_generator.ts";

const TWO = ["hey-api", "openapi-typescript"];
const missing = await missingOf(GENERATORS[TWO[0]!]!);
/** Packages may be out of reach where there is a machine without a network. */
const offline = missing === null && !(await new Deno.Command("npm", {
  args: ["view", "openapi-fetch@0.17.0", "version", "--fetch-retries=0", "--fetch-timeout=10000"],
  stdout: "null",
  stderr: "null",
}).output()).success;
if (missing) console.log(`skipped: ${TWO.join(" and ")}, as there is no ${missing} on this machine`);
else if (offline) console.log(`skipped: ${TWO.join(" and ")}, as npm reaches no registry`);

Deno.test({
  name: "clients of two generators compile, and train with the document's server",
  ignore: missing !== null || offline,
  fn: async () => {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "tasks/sdk/check.ts", ...TWO],
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assert.ok(success, `${out}\n${err}`);
    for (const name of TWO) assert.match(out!, new RegExp(`^${name}: ok, .*"bytes":\\d{4,}`, "m"));
  },
});
