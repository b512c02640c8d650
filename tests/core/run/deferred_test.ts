/** Results that stay where they are until somebody asks. */
import assert from "node:assert/strict";
import { Deferred } from "../../../core/run/deferred.ts";
import { Runtime } from "../../../core/ort/runtime.ts";
import { Tensor } from "../../../core/ort/tensor.ts";

const runtime = Runtime.open({ device: "allocated" });
const used = () => runtime.device!.memory().used;

function numbers(...values: number[]): Deferred<number[]> {
  const tensor = Tensor.onDevice(runtime, "float32", [values.length], Float32Array.from(values));
  return new Deferred(tensor, () => [...tensor.read()]);
}

Deno.test("reading frees what held the result, and gives the same again", () => {
  const before = used();
  const result = numbers(1, 2, 3);
  assert.equal(used(), before + 12);
  assert.deepEqual(result.read(), [1, 2, 3]);
  assert.equal(used(), before);
  result[Symbol.dispose]();
  assert.equal(result.read(), result.read());
});

Deno.test("a result that nobody reads is freed when it is disposed, and cannot be read then", () => {
  const before = used();
  const result = numbers(1);
  result[Symbol.dispose]();
  assert.equal(used(), before);
  assert.throws(() => result.read(), TypeError);
});

Deno.test("a result made of others frees them", () => {
  const before = used();
  for (const end of ["read", Symbol.dispose] as const) {
    using made = new DisposableStack();
    const [a, b] = [made.use(numbers(1)), made.use(numbers(2, 3))];
    const both = new Deferred(made.move(), () => [...a.read(), ...b.read()]);
    assert.equal(used(), before + 12);
    if (end === "read") assert.deepEqual(both.read(), [1, 2, 3]);
    else both[Symbol.dispose]();
    assert.equal(used(), before);
  }
});
