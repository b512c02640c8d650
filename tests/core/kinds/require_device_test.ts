import assert from "node:assert/strict";
import { placeOf } from "../../../core/device_name.ts";
import { requireDevice } from "../../../core/kinds/require_device.ts";
import { ppoJobSchema } from "../../../core/contract/ppo_job.ts";

const JOB = { base_precision: null, rollout_precision: null } as const;
const job = { kind: "ppo", model: "tiny", prompts: ["x"], reward: { type: "length", target: 1 } };

Deno.test("a job names a device by the names people use, and no other", () => {
  for (const device of ["cpu", "cuda", "cuda:0", "cuda:12", null]) {
    assert.equal(ppoJobSchema.parse({ ...job, device }).device, device);
  }
  for (const device of ["gpu", "cuda:", "cuda:-1", "cuda:100", "CUDA", "allocated", ""]) {
    assert.equal(ppoJobSchema.safeParse({ ...job, device }).success, false, device);
  }
  assert.equal(placeOf("cuda"), "cuda:0");
  assert.equal(placeOf("cuda:3"), "cuda:3");
});

Deno.test("requireDevice() refuses a GPU that cannot be had, naming the field and what is missing", () => {
  assert.throws(() => requireDevice({ ...JOB }, "cuda:63"), {
    code: "device_unavailable",
    message: /^device: Cannot use CUDA: /,
  });
  requireDevice({ ...JOB }, "cpu");
  requireDevice({ ...JOB, base_precision: "float32" }, "cpu");
});

Deno.test("requireDevice() refuses 16 bits on a CPU, which has no kernels for them", () => {
  assert.throws(() => requireDevice({ ...JOB, base_precision: "bfloat16" }, "cpu"), {
    code: "invalid_request",
    message: /Expected float32 or int8 on the device cpu: bfloat16 needs a GPU/,
  });
});
