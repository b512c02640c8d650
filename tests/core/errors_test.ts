import assert from "node:assert/strict";
import { attributed, attributeTo, invalid, UserError, withFields, within } from "../../core/errors.ts";

/** Code, detail and fields of what was thrown. */
const parts = (thrown: unknown) => {
  assert.ok(thrown instanceof UserError);
  return [thrown.code, thrown.message, ...thrown.errors.map(({ path, message }) => `${path} | ${message}`)];
};

Deno.test("attributeTo() names the field of a fault that names none, and keeps what it is", async () => {
  const fault = new UserError("damaged_model", "config.json is not JSON");
  const expected = ["damaged_model", "model: config.json is not JSON", "model | config.json is not JSON"];
  await assert.rejects(attributeTo("model", Promise.reject(fault)), (thrown) => {
    assert.deepEqual(parts(thrown), expected);
    assert.equal((thrown as Error).cause, fault);
    return true;
  });
  const failing = () => {
    throw fault;
  };
  await assert.rejects(attributeTo("model", failing), (thrown) => {
    assert.deepEqual(parts(thrown), expected);
    return true;
  });
  assert.equal(await attributeTo("model", Promise.resolve(3)), 3);
});

Deno.test("attributed() leaves what names a field already, is no field's fault, or is a bug", () => {
  for (
    const thrown of [
      invalid("adapter", "Expected another"),
      new UserError("out_of_memory", "There is none"),
      new UserError("cancelled", "It was cancelled"),
      new TypeError("A bug"),
    ]
  ) {
    assert.equal(attributed("model", thrown), thrown);
  }
});

Deno.test("within() gives the fields of a part as fields of the whole", () => {
  assert.deepEqual(
    parts(within("prompts.3", invalid("messages", "Expected user first"))),
    [
      "invalid_request",
      "prompts.3.messages: Expected user first",
      "prompts.3.messages | Expected user first",
    ],
  );
  assert.deepEqual(
    parts(within("prompts.3", new UserError("damaged_model", "No token for it"))),
    ["damaged_model", "prompts.3: No token for it", "prompts.3 | No token for it"],
  );
});

Deno.test("withFields() renames all fields, and the one that the detail begins with", () => {
  const thrown = new UserError("invalid_request", "a.0: Expected b (and 1 more)", [
    { path: "a.0", message: "Expected b" },
    { path: "a.1", message: "Expected c" },
  ]);
  assert.deepEqual(
    parts(withFields(thrown, (path) => path.replace("a.", "z."))),
    ["invalid_request", "z.0: Expected b (and 1 more)", "z.0 | Expected b", "z.1 | Expected c"],
  );
});
