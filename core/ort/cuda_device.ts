/**
 * A GPU as a device: onnxruntime's CUDA provider, one arena for all sessions, and copies through the CUDA runtime that
 * the provider itself has loaded. Memory is onnxruntime's; this only asks for it.
 */
import { UserError } from "../errors.ts";
import { type Api, cString } from "./api.ts";
import { loadCudaLibraries, missingLibraries } from "./cuda_libraries.ts";
import type { BlockCopy, Device, DeviceMemory } from "./device.ts";
import { Handle } from "./handle.ts";
import type { Place } from "./memory.ts";

/** `OrtArenaAllocator`, `OrtMemTypeDefault`; chunks of exactly what is asked for, as on the host. */
const ARENA_ALLOCATOR = 1;
const DEFAULT_MEMORY = 0;
const SAME_AS_REQUESTED = 1;
const LIBRARY_DEFAULT = -1;

const PROVIDER_NAME = "CUDAExecutionProvider";

/** `cudaMemcpyKind`. */
const HOST_TO_DEVICE = 1;
const DEVICE_TO_HOST = 2;
const DEVICE_TO_DEVICE = 3;

const RUNTIME = {
  cudaSetDevice: { parameters: ["i32"], result: "i32" },
  cudaGetDeviceCount: { parameters: ["buffer"], result: "i32" },
  cudaDriverGetVersion: { parameters: ["buffer"], result: "i32" },
  cudaRuntimeGetVersion: { parameters: ["buffer"], result: "i32" },
  cudaGetErrorString: { parameters: ["i32"], result: "pointer" },
  cudaDeviceSynchronize: { parameters: [], result: "i32" },
  cudaMemset: { parameters: ["pointer", "i32", "usize"], result: "i32" },
  cudaMemcpyIn: { name: "cudaMemcpy", parameters: ["pointer", "buffer", "usize", "i32"], result: "i32" },
  cudaMemcpyOut: { name: "cudaMemcpy", parameters: ["buffer", "pointer", "usize", "i32"], result: "i32" },
  cudaMemcpy2D: {
    parameters: ["pointer", "usize", "pointer", "usize", "usize", "usize", "i32"],
    result: "i32",
  },
} as const satisfies Deno.ForeignLibraryInterface;

const DRIVER = {
  cuInit: { parameters: ["u32"], result: "i32" },
  cuDeviceGetName: { parameters: ["buffer", "i32", "i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

type Cuda = Deno.DynamicLibrary<typeof RUNTIME>["symbols"];

export interface CudaOptions {
  /** Which GPU. */
  index: number;
  /** Products of float32 by tensor cores, which keep 10 bits of the mantissa. */
  tf32: boolean;
}

/** The options of the provider; the rest stay at onnxruntime's defaults. */
function providerOptions({ index, tf32 }: CudaOptions): Record<string, string> {
  return {
    device_id: String(index),
    // Only the arena below is used; this keeps a session's own from doubling what it asks for.
    arena_extend_strategy: "kSameAsRequested",
    use_tf32: tf32 ? "1" : "0",
    // No graph has a convolution, so nothing is worth a search.
    cudnn_conv_algo_search: "DEFAULT",
  };
}

/** What is in the way of using GPU `index` with the onnxruntime library at `library`; null: nothing that shows. */
export function cudaProblem(library: string, index: number): UserError | null {
  try {
    probe(library, index);
    return null;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

/** Loads the libraries and asks the driver for the GPU. @throws {UserError} `runtime_unavailable` */
function probe(library: string, index: number): { cuda: Cuda; description: string } {
  if (Deno.build.os !== "linux") {
    throw new UserError("runtime_unavailable", "Cannot use CUDA: it is supported on Linux only");
  }
  const libraries = loadCudaLibraries(library);
  const missing = missingLibraries(libraries);
  if (missing) throw missing;
  const named = (stem: string) => libraries.find(({ soname }) => soname.startsWith(stem))!.soname;
  const cuda = Deno.dlopen(named("libcudart.so"), RUNTIME).symbols;
  const number = (call: (cell: Int32Array<ArrayBuffer>) => number, action: string) => {
    const cell = new Int32Array(1);
    succeed(cuda, call(cell), action);
    return cell[0]!;
  };
  const [driver, runtime] = [
    number(cuda.cudaDriverGetVersion, "read the driver's version"),
    number(cuda.cudaRuntimeGetVersion, "read the runtime's version"),
  ];
  const text = (version: number) => `${Math.floor(version / 1000)}.${Math.floor(version % 1000 / 10)}`;
  if (driver < Math.floor(runtime / 1000) * 1000) {
    throw new UserError(
      "runtime_unavailable",
      `Cannot use CUDA: the NVIDIA driver supports CUDA ${text(driver)}: ` +
        `this onnxruntime needs ${Math.floor(runtime / 1000)}.0 or newer`,
    );
  }
  const count = number(cuda.cudaGetDeviceCount, "count the GPUs");
  if (index >= count) {
    throw new UserError(
      "runtime_unavailable",
      `Cannot use CUDA: there is no GPU ${index}, the driver shows ${count}, counted from 0`,
    );
  }
  const name = new Uint8Array(256);
  const { cuInit, cuDeviceGetName } = Deno.dlopen(named("libcuda.so"), DRIVER).symbols;
  const known = cuInit(0) === 0 && cuDeviceGetName(name, name.length, index) === 0;
  const model = known ? new TextDecoder().decode(name.subarray(0, name.indexOf(0))) : `GPU ${index}`;
  return { cuda, description: `${model}, CUDA ${text(runtime)}, driver for CUDA ${text(driver)}` };
}

/** @throws {UserError} `runtime_unavailable` with the CUDA runtime's own words */
function succeed(cuda: Cuda, code: number, action: string): void {
  if (code === 0) return;
  const words = cuda.cudaGetErrorString(code);
  const reason = words === null ? `error ${code}` : Deno.UnsafePointerView.getCString(words);
  throw new UserError("runtime_unavailable", `Cannot use CUDA: cannot ${action}: ${reason}`);
}

export class CudaDevice implements Device {
  readonly place: Place;
  readonly description: string;
  readonly provider = PROVIDER_NAME;
  readonly memoryInfo: Deno.PointerObject;
  readonly #api: Api;
  readonly #cuda: Cuda;
  readonly #options: CudaOptions;
  #allocator: { pointer: Deno.PointerObject; session: Handle } | undefined;

  /** Opens the GPU and makes its arena. @throws {UserError} `runtime_unavailable` naming what is missing */
  constructor(api: Api, environment: Deno.PointerObject, library: string, options: CudaOptions) {
    const { cuda, description } = probe(library, options.index);
    this.#api = api;
    this.#cuda = cuda;
    this.#options = options;
    this.place = `cuda:${options.index}`;
    this.description = description;
    this.memoryInfo = api.pointer(
      "describe the GPU's memory",
      (cell) => api.CreateMemoryInfo(cString("Cuda"), ARENA_ALLOCATOR, options.index, DEFAULT_MEMORY, cell),
    );
    this.#shareArena(environment);
  }

  #shareArena(environment: Deno.PointerObject): void {
    const api = this.#api;
    const arena = api.pointer(
      "configure the GPU's arena",
      (cell) => api.CreateArenaCfg(0n, SAME_AS_REQUESTED, LIBRARY_DEFAULT, LIBRARY_DEFAULT, cell),
    );
    const { keys, values, size, held } = cStrings(providerOptions(this.#options));
    try {
      const status = api.CreateAndRegisterAllocatorV2(
        environment,
        cString(PROVIDER_NAME),
        this.memoryInfo,
        arena,
        keys,
        values,
        size,
      );
      held.length = 0;
      api.check(status, "share the GPU's arena");
    } finally {
      api.ReleaseArenaCfg(arena);
    }
  }

  configure(sessionOptions: Deno.PointerObject): void {
    const api = this.#api;
    const provider = api.pointer("make provider options", api.CreateCUDAProviderOptions);
    const { keys, values, size, held } = cStrings(providerOptions(this.#options));
    try {
      const status = api.UpdateCUDAProviderOptions(provider, keys, values, size);
      held.length = 0;
      api.check(status, "set the CUDA provider's options");
      api.check(
        api.SessionOptionsAppendExecutionProvider_CUDA_V2(sessionOptions, provider),
        "use the CUDA provider",
      );
    } finally {
      api.ReleaseCUDAProviderOptions(provider);
    }
  }

  /** An allocator belongs to a session: this one is kept for as long as the device is. */
  useAllocatorOf(session: Handle): void {
    const api = this.#api;
    const pointer = api.pointer(
      "get the GPU's allocator",
      (cell) => api.CreateAllocator(session.claim(), this.memoryInfo, cell),
    );
    this.#allocator = { pointer, session };
  }

  allocate(bytes: number): Handle {
    const api = this.#api;
    const { pointer: allocator } = this.#allocator!;
    const pointer = api.pointer(
      `allocate ${Math.ceil(bytes / 2 ** 20)} MiB on ${this.place}`,
      (cell) => api.AllocatorAlloc(allocator, BigInt(Math.max(1, bytes)), cell),
    );
    this.clear(pointer, bytes);
    return new Handle("allocation on the GPU", pointer, (address) => {
      api.check(api.AllocatorFree(allocator, address), "free memory of the GPU");
    });
  }

  upload(to: Deno.PointerObject, from: Uint8Array<ArrayBuffer>): void {
    const bytes = BigInt(from.byteLength);
    this.#do("copy to the GPU", () => this.#cuda.cudaMemcpyIn(to, from, bytes, HOST_TO_DEVICE));
    // A copy from ordinary memory may return when it is only staged, and onnxruntime's streams do not wait for it.
    this.#settle();
  }

  download(from: Deno.PointerObject, to: Uint8Array<ArrayBuffer>): void {
    const bytes = BigInt(to.byteLength);
    this.#do("copy from the GPU", () => this.#cuda.cudaMemcpyOut(to, from, bytes, DEVICE_TO_HOST));
  }

  clear(at: Deno.PointerObject, bytes: number): void {
    this.#do("clear memory", () => this.#cuda.cudaMemset(at, 0, BigInt(bytes)));
    this.#settle();
  }

  copy(from: Deno.PointerObject, to: Deno.PointerObject, copies: readonly BlockCopy[], bytes: number): void {
    const at = (start: Deno.PointerObject, element: number) =>
      Deno.UnsafePointer.offset(start, element * bytes);
    this.#do("copy on the GPU", () => {
      for (const { from: start, to: target, count, blocks, fromStep, toStep } of copies) {
        const [source, pitch, width] = [at(from, start), BigInt(fromStep * bytes), BigInt(count * bytes)];
        const code = this.#cuda.cudaMemcpy2D(
          at(to, target),
          BigInt(toStep * bytes),
          source,
          pitch,
          width,
          BigInt(blocks),
          DEVICE_TO_DEVICE,
        );
        if (code !== 0) return code;
      }
      return 0;
    });
    this.#settle();
  }

  memory(): DeviceMemory {
    const api = this.#api;
    const stats = api.pointer(
      "read the arena's statistics",
      (cell) => api.AllocatorGetStats(this.#allocator!.pointer, cell),
    );
    try {
      const value = (key: string) => {
        const text = api.GetKeyValue(stats, cString(key));
        return text === null ? NaN : Number(Deno.UnsafePointerView.getCString(text));
      };
      return { used: value("InUse"), peak: value("MaxInUse"), reserved: value("TotalAllocated") };
    } finally {
      api.ReleaseKeyValuePairs(stats);
    }
  }

  close(): void {
    if (this.#allocator) {
      this.#api.ReleaseAllocator(this.#allocator.pointer);
      this.#allocator.session.drop();
    }
    this.#api.ReleaseMemoryInfo(this.memoryInfo);
  }

  /** On this GPU: which one a thread means is the thread's, and onnxruntime may have said another. */
  #do(action: string, call: () => number): void {
    succeed(this.#cuda, this.#cuda.cudaSetDevice(this.#options.index), "choose the GPU");
    succeed(this.#cuda, call(), action);
  }

  #settle(): void {
    this.#do("wait for the GPU", () => this.#cuda.cudaDeviceSynchronize());
  }
}

/** Keys and values as the arrays of C strings a call takes; `held` keeps them until the call is over. */
function cStrings(options: Record<string, string>) {
  const held = Object.entries(options).flat().map(cString);
  const addresses = (parity: number) =>
    BigUint64Array.from(
      held.filter((_, i) => i % 2 === parity),
      (text) => Deno.UnsafePointer.value(Deno.UnsafePointer.of(text)),
    );
  return { keys: addresses(0), values: addresses(1), size: BigInt(held.length / 2), held };
}
