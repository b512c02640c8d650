/** Runs a sum on a GPU before anything else does: a provider that loads may still not work. */
import { encodeModel } from "../../kernels/onnx/encode.ts";
import { UserError } from "../errors.ts";
import { type Api, cString } from "./api.ts";
import type { CudaDevice } from "./cuda_device.ts";
import { Handle } from "./handle.ts";
import { assignedNodes, requireProvider } from "./providers.ts";

const SIZE = 4;
const FLOAT = 1;

/** y = x + x */
function graph(): Uint8Array<ArrayBuffer> {
  const type = (name: string) => ({ name, dtype: "float32" as const, shape: [SIZE] });
  return encodeModel({
    name: "proof",
    inputs: [type("x")],
    outputs: [type("y")],
    constants: [],
    weights: [],
    nodes: [{ name: "sum", op: "Add", domain: "", inputs: ["x", "x"], outputs: ["y"], attributes: {} }],
  }) as Uint8Array<ArrayBuffer>;
}

/**
 * Also gives the device its allocator, which is that of a session.
 *
 * @throws {UserError} `runtime_unavailable` when the sum is wrong or was not computed there
 */
export function proveDevice(api: Api, environment: Deno.PointerObject, device: CudaDevice): void {
  const session = new Handle(
    "session",
    makeSession(api, environment, device),
    (pointer) => api.ReleaseSession(pointer),
  );
  try {
    requireProvider(assignedNodes(api, session.pointer), device.provider);
    device.useAllocatorOf(session);
    const memory = device.allocate(4 * SIZE);
    try {
      device.upload(memory.pointer, new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer));
      run(api, session.pointer, device, memory.pointer);
      const result = new Uint8Array(4 * SIZE);
      device.download(memory.pointer, result);
      const sum = [...new Float32Array(result.buffer)];
      if (sum.join() !== "2,4,6,8") {
        throw new UserError("runtime_unavailable", `Cannot use CUDA: [1,2,3,4] doubled on it is [${sum}]`);
      }
    } finally {
      memory.dispose();
    }
  } finally {
    session.dispose();
  }
}

function makeSession(api: Api, environment: Deno.PointerObject, device: CudaDevice): Deno.PointerObject {
  const options = api.pointer("make session options", api.CreateSessionOptions);
  try {
    api.check(api.DisablePerSessionThreads(options), "set the session's thread pool");
    for (const key of ["session.use_env_allocators", "session.record_ep_graph_assignment_info"]) {
      api.check(api.AddSessionConfigEntry(options, cString(key), cString("1")), `set '${key}'`);
    }
    device.configure(options);
    const bytes = graph();
    return api.pointer(
      "create a session on the GPU",
      (cell) => api.CreateSessionFromArraySync(environment, bytes, BigInt(bytes.length), options, cell),
    );
  } finally {
    api.ReleaseSessionOptions(options);
  }
}

/** Runs the sum in place. */
function run(
  api: Api,
  session: Deno.PointerObject,
  device: CudaDevice,
  memory: Deno.PointerObject,
): void {
  const value = api.pointer("make a tensor on the GPU", (cell) =>
    api.CreateTensorWithDataAsOrtValue(
      device.memoryInfo,
      memory,
      BigInt(4 * SIZE),
      BigInt64Array.of(BigInt(SIZE)),
      1n,
      FLOAT,
      cell,
    ));
  const binding = api.pointer("make a binding", (cell) => api.CreateIoBinding(session, cell));
  try {
    api.check(api.BindInput(binding, cString("x"), value), "bind an input");
    api.check(api.BindOutput(binding, cString("y"), value), "bind an output");
    api.check(api.RunWithBindingSync(session, null, binding), "run on the GPU");
    api.check(api.SynchronizeBoundOutputs(binding), "wait for the GPU");
  } finally {
    api.ReleaseIoBinding(binding);
    api.ReleaseValue(value);
  }
}
