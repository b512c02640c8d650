/**
 * onnxruntime in this process: the opened library, one environment and one thread pool for all sessions. The library
 * keeps a single environment per process, so the first `Runtime` that is open decides threads and log level.
 */
import type { Int8Dtype } from "../../kernels/nn/parameters.ts";
import { type Api, cString, openApi } from "./api.ts";
import { CudaDevice } from "./cuda_device.ts";
import { AllocatedMemory, type Device } from "./device.ts";
import { proveDevice } from "./prove_device.ts";
import { claimAll, Handle } from "./handle.ts";
import { inFlight } from "./in_flight.ts";
import { findLibrary } from "./library.ts";
import type { Place } from "./memory.ts";
import { PrepackedWeights } from "./prepacked_weights.ts";
import { requireProvider } from "./providers.ts";
import { Session } from "./session.ts";
import { type ProcessOptions, type SessionOptions, withSessionOptions } from "./session_options.ts";

const LOG_SEVERITY = { verbose: 0, info: 1, warning: 2, error: 3, fatal: 4 } as const;

/** `OrtArenaAllocator` and `OrtMemTypeDefault`. */
const ARENA_ALLOCATOR = 1;
const DEFAULT_MEMORY = 0;

/**
 * What onnxruntime says when someone else (the package's own addon) made the environment first, without a pool. Sessions
 * then have threads of their own.
 */
const NO_SHARED_POOL = /CreateEnvWithGlobalThreadPools/;

export interface RuntimeOptions {
  /** Where sessions run and `Tensor.zerosOnDevice` allocates. @default {"cpu"} */
  device?: Place;
  /** Whether a GPU's products of float32 may be computed by tensor cores, less exactly. @default {false} */
  tf32?: boolean;
  /** Path of an onnxruntime shared library, 1.24 or newer; the packaged one if not given. */
  library?: string;
  /** Threads for one operator, shared by all sessions. @default the CPUs this process may use */
  threads?: number;
  /** What onnxruntime itself writes to stderr; its errors are thrown anyway. @default {"fatal"} */
  logSeverity?: keyof typeof LOG_SEVERITY;
  /** Choose kernels whose sums do not depend on the scheduling of threads. @default {false} */
  deterministic?: boolean;
  /**
   * Idle pool threads wait in a loop instead of sleeping. Off, because on a machine that does anything else (the API
   * process, another job) the loop takes the cores the work needs: a decode-like step took twice as long.
   *
   * @default {false}
   */
  spin?: boolean;
  /**
   * Forms of 8-bit weights whose products are taken for inexact untried: `["int8"]` makes this a CPU without VNNI, so that
   * both forms can be tested anywhere.
   *
   * @default {[]}
   */
  inexactInt8?: readonly Int8Dtype[];
}

export class Runtime {
  /** The library's version, "1.30.0". */
  readonly version: string;
  /** @internal */
  readonly api: Api;
  /** @internal The environment. */
  readonly handle: Handle;
  /** Where tensors and sessions are, if not in the host's own memory. */
  readonly device: Device | null;
  /** Forms of 8-bit weights whose products are taken for inexact untried. */
  readonly inexactInt8: readonly Int8Dtype[];
  readonly #hostMemory: Deno.PointerObject;
  #process: ProcessOptions;

  private constructor(
    api: Api,
    environment: Deno.PointerObject,
    process: Omit<ProcessOptions, "device">,
    inexactInt8: readonly Int8Dtype[],
    makeDevice: (hostMemory: Deno.PointerObject) => Device | null,
  ) {
    this.api = api;
    this.version = api.version;
    this.inexactInt8 = inexactInt8;
    const cpu = api.pointer(
      "describe CPU memory",
      (cell) => api.CreateCpuMemoryInfo(ARENA_ALLOCATOR, DEFAULT_MEMORY, cell),
    );
    this.#hostMemory = cpu;
    shareArena(api, environment, cpu);
    const device = makeDevice(cpu);
    this.device = device;
    this.#process = { ...process, device };
    this.handle = new Handle("runtime", environment, (pointer) => {
      device?.close();
      api.ReleaseMemoryInfo(cpu);
      api.ReleaseEnv(pointer);
    });
  }

  /**
   * Opens the library and makes the environment.
   *
   * @throws UserError `runtime_unavailable` if the library is missing, is not onnxruntime or is too old
   * @throws RangeError if `threads` is not a positive integer
   */
  static open(options: RuntimeOptions = {}): Runtime {
    const {
      device: place = "cpu",
      tf32 = false,
      library,
      threads = navigator.hardwareConcurrency,
      logSeverity = "fatal",
      deterministic = false,
      spin = false,
      inexactInt8 = [],
    } = options;
    if (!Number.isInteger(threads) || threads < 1) {
      throw new RangeError(`Cannot open the runtime with 'threads' ${threads}: want an integer >= 1`);
    }
    const path = findLibrary(library);
    const api = openApi(path);
    const threading = api.pointer("make threading options", api.CreateThreadingOptions);
    try {
      api.check(api.SetGlobalIntraOpNumThreads(threading, threads), "set the number of threads");
      api.check(api.SetGlobalInterOpNumThreads(threading, 1), "set the number of threads");
      api.check(api.SetGlobalSpinControl(threading, spin ? 1 : 0), "set spinning");
      const severity = LOG_SEVERITY[logSeverity];
      const environment = api.pointer(
        "make the environment",
        (cell) => api.CreateEnvWithGlobalThreadPools(severity, cString("onnxruntime"), threading, cell),
      );
      const process = { threads, spin, deterministic, sharedPool: true };
      return new Runtime(api, environment, process, inexactInt8, (hostMemory) => {
        if (place === "cpu") return null;
        if (place === "allocated") return new AllocatedMemory(api, hostMemory);
        const options = { index: Number(place.slice("cuda:".length)), tf32 };
        const device = new CudaDevice(api, environment, path, options);
        proveDevice(api, environment, device);
        return device;
      });
    } finally {
      api.ReleaseThreadingOptions(threading);
    }
  }

  /** Where sessions run and `Tensor.zerosOnDevice` allocates. */
  get place(): Place {
    return this.device?.place ?? "cpu";
  }

  /** Whose kernels run graphs. */
  get target(): "cpu" | "cuda" {
    return this.place.startsWith("cuda:") ? "cuda" : "cpu";
  }

  /** Threads for one operator. */
  get threads(): number {
    return this.#process.threads;
  }

  /** @internal Where onnxruntime is told that memory is. */
  memoryInfo(place: Place): Deno.PointerObject {
    if (place === "cpu") return this.#hostMemory;
    if (place === this.device?.place) return this.device.memoryInfo;
    throw new TypeError(`Cannot reach memory on ${place}: the runtime's device is ${this.place}`);
  }

  /**
   * Loads a graph from the bytes of an ONNX model, on another thread. The bytes are not needed afterwards.
   *
   * @throws OrtError if onnxruntime refuses the graph; UserError `out_of_memory`, or `runtime_unavailable` if a node
   * that should not would run on the host
   */
  async createSession(bytes: Uint8Array, options: SessionOptions = {}): Promise<Session> {
    const { prepacked, initializers = {} } = options;
    const needs = [this.handle, ...Object.values(initializers).map((tensor) => tensor.handle)];
    if (prepacked) needs.push(prepacked.handle);
    claimAll(needs);
    try {
      const load = () =>
        withSessionOptions(
          this.api,
          options,
          this.#process,
          (native) => this.#load(bytes as Uint8Array<ArrayBuffer>, native, prepacked),
        );
      const pointer = await load().catch((error) => {
        if (!this.#process.sharedPool || !NO_SHARED_POOL.test(error.message)) throw error;
        this.#process = { ...this.#process, sharedPool: false };
        return load();
      });
      const session = new Session(this, pointer, needs);
      try {
        if (this.device && !options.anyProvider) {
          requireProvider(session.nodes(), this.device.provider, options.hostNodes);
        }
      } catch (error) {
        session.dispose();
        throw error;
      }
      return session;
    } finally {
      for (const need of needs) need.drop();
    }
  }

  async #load(
    bytes: Uint8Array<ArrayBuffer>,
    options: Deno.PointerObject,
    prepacked: PrepackedWeights | undefined,
  ): Promise<Deno.PointerObject> {
    const { api } = this;
    const environment = this.handle.pointer;
    const size = BigInt(bytes.byteLength);
    const cell = new BigUint64Array(1);
    const load = prepacked
      ? api.CreateSessionFromArrayWithPrepackedWeightsContainer
        .bind(null, environment, bytes, size, options, prepacked.handle.pointer, cell)
      : api.CreateSessionFromArray.bind(null, environment, bytes, size, options, cell);
    api.check(await inFlight([bytes, cell], load), "create a session");
    return Deno.UnsafePointer.create(cell[0]!)!;
  }

  /** An empty container that sessions over the same weights can share. */
  createPrepackedWeights(): PrepackedWeights {
    void this.handle.pointer;
    return new PrepackedWeights(this);
  }

  /** Ends the environment once the last session, tensor and container is disposed. */
  close(): void {
    this.handle.dispose();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Chunks of exactly what is asked for; the library's other strategy doubles them. */
const SAME_AS_REQUESTED = 1;
const LIBRARY_DEFAULT = -1;

/**
 * The part of a free chunk that a request may leave unused; more is kept as a chunk of its own. The library would give
 * away 128 MiB with each, so that runs of one size found no room in what runs of another had freed.
 */
const MAX_UNUSED_BYTES = 1 << 16;

/**
 * One arena for all sessions that do not ask for their own. They run one after another, so what one has freed serves the
 * next; an arena each would keep every session's peak for ever.
 */
function shareArena(api: Api, environment: Deno.PointerObject, cpu: Deno.PointerObject): void {
  const config = api.pointer(
    "configure the arena",
    (cell) => api.CreateArenaCfg(0n, SAME_AS_REQUESTED, LIBRARY_DEFAULT, MAX_UNUSED_BYTES, cell),
  );
  try {
    api.check(api.CreateAndRegisterAllocator(environment, cpu, config), "share the arena");
  } finally {
    api.ReleaseArenaCfg(config);
  }
}
