import assert from "node:assert/strict";
import { describe, OrtError } from "../../../core/ort/status.ts";
import { Runtime } from "../../../core/ort/runtime.ts";
import { Tensor } from "../../../core/ort/tensor.ts";
import { expand } from "./graphs.ts";

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

Deno.test("a run that needs more than there is throws out_of_memory and leaves the session usable", async () => {
  using runtime = Runtime.open();
  using session = await runtime.createSession(expand());
  using x = Tensor.onHost(runtime, "float32", [1], new Float32Array([7]));
  using shape = Tensor.onHost(runtime, "int64", [1], new BigInt64Array([2n ** 50n])); // 4 PiB, beyond any address space
  await assert.rejects(() => session.run({ x, shape }), { name: "UserError", code: "out_of_memory" });
  shape.data[0] = 2n;
  const { y } = await session.run({ x, shape });
  assert.deepEqual(y!.copy(), new Float32Array([7, 7]));
  y!.dispose();
});
