import assert from "node:assert/strict";
import { writtenJson } from "../../routes/written_json.ts";

Deno.test("writtenJson() is the object's JSON, with the parts that are JSON in their places", () => {
  const fields = { a: 'x"prompts":[]', prompts: [], gone: undefined, b: { c: null } };
  assert.equal(writtenJson(fields, {}), JSON.stringify(fields));
  assert.equal(
    writtenJson(fields, { prompts: "[1,2]" }),
    JSON.stringify({ ...fields, prompts: [1, 2] }),
  );
});
