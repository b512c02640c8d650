import assert from "node:assert/strict";
import { describe, OrtError } from "../../../core/ort/status.ts";
import { Runtime } from "../../../core/ort/runtime.ts";

Deno.test("describe() turns a failed allocation into a user error, whatever its code", () => {
  for (
    const words of [
      "std::bad_alloc",
      "Exception during initialization: bad allocation",
      "Failed to allocate memory for requested buffer of size 68719476736",
      "CUDA failure 2: out of memory ; GPU=0",
    ]
  ) {
    const error = describe("RUNTIME_EXCEPTION", words, "run the session");
    assert.equal((error as { code?: string }).code, "out_of_memory");
    assert.match(error.message, /^Cannot run the session: /);
  }
});

Deno.test("describe() keeps the code and the words of any other failure", () => {
  const error = describe("INVALID_ARGUMENT", "Got invalid dimensions\n", "run the session");
  assert.ok(error instanceof OrtError);
  assert.equal(error.code, "INVALID_ARGUMENT");
  assert.equal(
    error.message,
    "Cannot run the session: onnxruntime reports INVALID_ARGUMENT: Got invalid dimensions",
  );
});

Deno.test("createSession() with bytes that are no model throws onnxruntime's code", async () => {
  using runtime = Runtime.open();
  const garbage = new Uint8Array(64).fill(255);
  await assert.rejects(
    () => runtime.createSession(garbage),
    { name: "OrtError", code: "INVALID_PROTOBUF", message: /^Cannot create a session: / },
  );
  await assert.rejects(() => runtime.createSession(new Uint8Array()), { name: "OrtError" });
});
