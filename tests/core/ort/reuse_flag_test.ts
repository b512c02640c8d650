/** The flag that keeps onnxruntime from planning reuse: found in the library as it is packaged, or left alone. */
import assert from "node:assert/strict";
import type { Api } from "../../../core/ort/api.ts";
import { findReuseFlag, planNoReuse } from "../../../core/ort/reuse_flag.ts";
import { Runtime } from "../../../core/ort/runtime.ts";

const { api } = Runtime.open();

function flags(options: Deno.PointerObject, at: number): Uint8Array {
  return new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(options, at + 2)).subarray(at - 1);
}

Deno.test("the packaged library has the flag between two that its API sets", () => {
  const at = findReuseFlag(api);
  assert.ok(at !== null);
  const options = api.pointer("make session options", api.CreateSessionOptions);
  try {
    assert.deepEqual([...flags(options, at)], [1, 1, 1]);
    planNoReuse(options, at);
    assert.deepEqual([...flags(options, at)], [1, 0, 1]);
    api.check(api.DisableMemPattern(options), "set the session's memory pattern");
    assert.deepEqual([...flags(options, at)], [0, 0, 1]);
  } finally {
    api.ReleaseSessionOptions(options);
  }
});

Deno.test("a library whose flags lie otherwise is left alone", () => {
  // One that clears nothing, and one whose two known flags are neighbours.
  const unmoved = Object.create(api, { DisableCpuMemArena: { value: () => null } }) as Api;
  const neighbours = Object.create(api, { DisableCpuMemArena: { value: clearsNext } }) as Api;
  assert.equal(findReuseFlag(unmoved), null);
  assert.equal(findReuseFlag(neighbours), null);

  function clearsNext(options: Deno.PointerObject): null {
    flags(options, findReuseFlag(api)!)[1] = 0;
    return null;
  }
  const options = api.pointer("make session options", api.CreateSessionOptions);
  try {
    planNoReuse(options, null);
    assert.deepEqual([...flags(options, findReuseFlag(api)!)], [1, 1, 1]);
  } finally {
    api.ReleaseSessionOptions(options);
  }
});
