/**
 * Every native object is released exactly once. Small handles are too small to see in resident memory, so this
 * counts the calls: what the library made or gave us on one side, the releases on the other.
 */
import assert from "node:assert/strict";
import { API_VERSION } from "../../../core/ort/api.ts";
import { FUNCTIONS } from "../../../core/ort/functions.ts";
import { findLibrary } from "../../../core/ort/library.ts";
import { Runtime } from "../../../core/ort/runtime.ts";
import { Tensor } from "../../../core/ort/tensor.ts";
import { matmul, sumAndDifference } from "./graphs.ts";

type Name = keyof typeof FUNCTIONS | "failed status";

/** What is released by which function. */
const RELEASES: Partial<Record<Name, Name[]>> = {
  ReleaseStatus: ["failed status"],
  ReleaseThreadingOptions: ["CreateThreadingOptions"],
  ReleaseArenaCfg: ["CreateArenaCfg"],
  ReleaseEnv: ["CreateEnvWithGlobalThreadPools"],
  ReleaseSessionOptions: ["CreateSessionOptions"],
  ReleasePrepackedWeightsContainer: ["CreatePrepackedWeightsContainer"],
  ReleaseSession: [
    // One function under two names; calls count under the last.
    "CreateSessionFromArraySync",
    "CreateSessionFromArrayWithPrepackedWeightsContainer",
  ],
  ReleaseTypeInfo: ["SessionGetInputTypeInfo", "SessionGetOutputTypeInfo"],
  ReleaseTensorTypeAndShapeInfo: ["GetTensorTypeAndShape"],
  ReleaseMemoryInfo: ["CreateCpuMemoryInfo"],
  ReleaseRunOptions: ["CreateRunOptions"],
  ReleaseIoBinding: ["CreateIoBinding"],
  AllocatorFree: [
    "AllocatorAlloc",
    "SessionGetInputName",
    "SessionGetOutputName",
    "SessionEndProfiling",
    "GetBoundOutputValues",
  ],
};

/** What is only made on a GPU. */
const GPU_ONLY = ["ReleaseCUDAProviderOptions", "ReleaseAllocator", "ReleaseKeyValuePairs"];

/** The names of the functions by address, as the library has them. */
function namesByAddress(): Map<bigint, Name> {
  const { symbols } = Deno.dlopen(findLibrary(), { OrtGetApiBase: { parameters: [], result: "pointer" } });
  const signature = { parameters: ["u32"], result: "pointer" } as const;
  const getApi = new Deno.UnsafePointerView(symbols.OrtGetApiBase()!).getPointer<typeof signature>(0)!;
  const table = new Deno.UnsafeFnPointer(getApi, signature).call(API_VERSION);
  const rows = new Deno.UnsafePointerView(table!);
  return new Map(
    Object.entries(FUNCTIONS).map(([name, { index }]) => [rows.getBigUint64(index * 8), name as Name]),
  );
}

/** Counts the calls that succeed, by function, while `work` runs. */
async function ledger(work: () => Promise<void>): Promise<Map<Name, number>> {
  const names = namesByAddress();
  const counts = new Map<Name, number>();
  const add = (name: Name) => counts.set(name, (counts.get(name) ?? 0) + 1);
  type Callable = { pointer: Deno.PointerObject; definition: Deno.ForeignFunction };
  type Call = (this: Callable, ...parameters: unknown[]) => unknown;
  const prototype = Deno.UnsafeFnPointer.prototype as unknown as { call: Call };
  const original = prototype.call;
  prototype.call = function (...parameters) {
    const name = names.get(Deno.UnsafePointer.value(this.pointer));
    const result = original.apply(this, parameters);
    const settle = (status: unknown) => {
      if (name === undefined) return;
      const failed = this.definition.result === "pointer" && name !== "GetErrorMessage" && status !== null;
      add(failed ? "failed status" : name);
    };
    if (result instanceof Promise) return result.then((status) => (settle(status), status));
    settle(result);
    return result;
  };
  try {
    await work();
  } finally {
    prototype.call = original;
  }
  return counts;
}

const ROUNDS = 3;
/** Values that onnxruntime made for us in one round: two of run(), and those that outputs() lists. */
const OUTPUTS = 2 + 2;

async function round(runtime: Runtime, folder: string): Promise<void> {
  using a = Tensor.onHost(runtime, "float32", [2, 2]);
  using b = Tensor.onHost(runtime, "float32", [3, 2]);
  using part = a.view([1, 2], 2);
  using away = Tensor.onDevice(runtime, "float32", [2, 2], Float32Array.of(1, 2, 3, 4));
  using awayRow = away.view([1, 2], 2);
  assert.deepEqual([...awayRow.read()], [3, 4]);
  using prepacked = runtime.createPrepackedWeights();
  using session = await runtime.createSession(sumAndDifference(), { profile: `${folder}/p` });
  using weighted = await runtime.createSession(matmul(2), { initializers: { weight: away }, prepacked });
  weighted.bind().dispose();
  const { signal } = new AbortController();
  const { sum, difference } = await session.run({ a, b: a }, undefined, { signal });
  using inner = sum!.view([2], 1);
  sum!.dispose();
  difference!.dispose();
  assert.equal(inner.size, 2);

  await assert.rejects(() => session.run({ a, b }));
  await assert.rejects(() => session.run({ a, b }, undefined, { signal }));
  await assert.rejects(() => session.run({ a, b: a }, undefined, { signal: AbortSignal.abort() }));
  await assert.rejects(() => runtime.createSession(new Uint8Array(64).fill(255)));

  using binding = session.bind().input("a", part).input("b", part).input("b", part);
  binding.output("difference", part).outputOnDevice("sum");
  binding.runSync();
  await binding.run({ signal });
  for (const tensor of Object.values(binding.outputs())) tensor.dispose();
  session.endProfiling();
}

Deno.test("every native object is released once, whether calls succeed or fail", async () => {
  const folder = await Deno.makeTempDir();
  const counts = await ledger(async () => {
    using runtime = Runtime.open({ device: "allocated" });
    for (let i = 0; i < ROUNDS; i++) await round(runtime, folder);
  }).finally(() => Deno.remove(folder, { recursive: true }));
  const count = (name: Name) => counts.get(name) ?? 0;
  for (const [release, makers] of Object.entries(RELEASES) as [Name, Name[]][]) {
    const made = makers.reduce((sum, maker) => sum + count(maker), 0);
    assert.ok(made > 0, `the work must use ${makers.join(" or ")}`);
    assert.equal(count(release), made, `${release} against ${makers.join(" + ")}`);
  }
  assert.equal(count("ReleaseValue"), count("CreateTensorWithDataAsOrtValue") + ROUNDS * OUTPUTS);
  const covered = new Set<string>([...Object.keys(RELEASES), "ReleaseValue"]);
  const releases = Object.keys(FUNCTIONS).filter((name) => name.startsWith("Release"));
  assert.deepEqual(
    releases.filter((name) => !covered.has(name)),
    GPU_ONLY,
    "every release function is accounted for",
  );
});
