/**
 * A model folder's weights in memory, once, whatever the number of graphs that use them: each tensor is read when
 * the first graph needs it and handed to all sessions as a shared initializer.
 */
import type { Artifact } from "../../kernels/graph/artifact.ts";
import { sizeOf } from "../../kernels/graph/cost.ts";
import type { NamedType } from "../../kernels/onnx/encode.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import { linearWeights } from "../../kernels/models/linears.ts";
import { isInt8, type Precision } from "../../kernels/nn/parameters.ts";
import { rotaryTable } from "../../kernels/nn/rotary_table.ts";
import { type Numerics, numericsOf, type Target } from "../../kernels/nn/numerics.ts";
import { type Dtype, DTYPES } from "../../kernels/onnx/dtypes.ts";
import { isHalf, toHalf } from "../../kernels/onnx/half_precision.ts";
import type { PrepackedWeights } from "../ort/prepacked_weights.ts";
import type { Runtime } from "../ort/runtime.ts";
import type { Session } from "../ort/session.ts";
import type { SessionOptions } from "../ort/session_options.ts";
import { Tensor } from "../ort/tensor.ts";
import { ComputedTokens } from "./computed_tokens.ts";
import { heldHere } from "./int8_products.ts";
import { int8Sources, int8Weight, isInt8Part } from "./int8_weights.ts";
import { changedWhileRead, folderVersion, WEIGHTS } from "../formats/file_version.ts";
import { ModelWeights, readModelInfo, type WantedWeight } from "./model_weights.ts";
import type { FolderConfig } from "../formats/read_config.ts";

/** What a device computes in unless told otherwise: a GPU multiplies half precision many times faster. */
export const PRECISION: Record<Target, Precision> = { cpu: "float32", cuda: "bfloat16" };

function keyOf({ name, dtype }: { name: string; dtype: Dtype }): string {
  return `${name}:${dtype}`;
}

/** What decides how many workers there are: the most, a thread each, and whether the model is a small one. */
export interface Workers {
  readonly workers: number;
  /** Its operators are too short to be shared among threads, and for workers to wait for each other's memory. */
  readonly small: boolean;
  /** In (0, 1], 1 by default: what runs may take of what they otherwise would. */
  readonly memoryShare?: number;
}

/** Weights of the layers up to which a model is small. */
const MAX_SMALL_WEIGHTS = 16e6;

/** How batches of a model are cut into workers on so many threads. A GPU takes them whole. */
export function workersOf(config: ModelConfig, threads: number, target: Target): Workers {
  if (target === "cuda") return { workers: 1, small: false };
  return { workers: threads, small: linearWeights(config) <= MAX_SMALL_WEIGHTS };
}

/** Bytes of weights that a base holds for sessions of these graphs, each once. */
export function heldBytes(artifacts: readonly Artifact[]): number {
  return bytesOf(artifacts.flatMap(({ weights }) => weights));
}

/** Bytes of the weights that onnxruntime holds once more, reordered, for those of the graphs that ask for prepacking. */
export function prepackedBytes(artifacts: readonly Artifact[]): number {
  return bytesOf(artifacts.flatMap(({ nodes, weights }) => {
    const names = new Set(weights.map(({ name }) => name));
    return nodes.filter(({ op }) => /MatMul|Gemm/.test(op)).flatMap(({ inputs }) => inputs)
      .filter(({ name, shape }) => names.has(name) && shape.length === 2);
  }));
}

/** Bytes of some of a graph's weights, those of one name once. */
function bytesOf(weights: readonly NamedType[]): number {
  const each = new Map(weights.map((weight) => [weight.name, weight]));
  return [...each.values()].reduce(
    (sum, { dtype, shape }) => sum + DTYPES[dtype].bytes * sizeOf(shape, {}),
    0,
  );
}

export class BaseModel {
  readonly runtime: Runtime;
  readonly folder: string;
  readonly info: FolderConfig;
  /** What the matrices of its layers are held as, for whoever leaves them frozen, and what its layers compute in. */
  readonly precision: Precision;
  /** Into how many workers, a thread each, its batches are cut at most. */
  readonly workers: number;
  /** Whether its operators are too short to be shared among threads. */
  readonly small: boolean;
  /** What its runs may take of what they otherwise would: less on a machine that was found too small. */
  readonly memoryShare: number;
  /** Of all runs over batches, but for what is sampled. */
  readonly computed = new ComputedTokens();
  /** By name and dtype: a weight may be asked for as float32 and as half precision. */
  readonly #weights = new Map<string, Tensor>();
  readonly #prepacked: PrepackedWeights;
  /** Of the files that its configuration was read from, and all of its weights must be. */
  readonly #version: string;
  #reading: Promise<void> = Promise.resolve();
  #rope: { length: number; cos: Tensor; sin: Tensor } | undefined;

  private constructor(
    runtime: Runtime,
    folder: string,
    { info, version }: { info: FolderConfig; version: string },
    { precision, memoryShare }: { precision: Precision; memoryShare: number },
  ) {
    this.#version = version;
    this.memoryShare = memoryShare;
    this.runtime = runtime;
    this.folder = folder;
    this.info = info;
    this.precision = precision;
    // Any device takes its batches whole, also the host's memory that stands in for one.
    const { workers, small } = workersOf(info.model, runtime.threads, runtime.device ? "cuda" : "cpu");
    this.workers = workers;
    this.small = small;
    this.#prepacked = runtime.createPrepackedWeights();
  }

  /**
   * Reads the folder's configuration and, of a tied model whose files hold the head too, whether that is so; weights
   * follow when a session needs them. Unless said, the device decides the precision; int8 is held in the form whose
   * products are exact here.
   */
  static async open(
    runtime: Runtime,
    folder: string,
    { precision, memoryShare = 1 }: { precision?: Precision; memoryShare?: number } = {},
  ): Promise<BaseModel> {
    const version = await folderVersion(folder, WEIGHTS);
    const info = await readModelInfo(folder);
    const held = await heldHere(runtime, precision ?? PRECISION[runtime.target]);
    return new BaseModel(runtime, folder, { info, version }, { precision: held, memoryShare });
  }

  /** @throws {UserError} `damaged_model` when the files are not those any more that its configuration was read from */
  async checkVersion(): Promise<void> {
    if (await folderVersion(this.folder, WEIGHTS) !== this.#version) throw changedWhileRead();
  }

  /** Whether the same tokens give the same numbers whatever batch they are in, but for the last bits. */
  get arithmetic(): "fine" | "coarse" {
    return this.runtime.target === "cpu" && this.numerics.activations === "float32" ? "fine" : "coarse";
  }

  /** What its graphs compute in. */
  get numerics(): Numerics {
    return numericsOf(this.precision, this.runtime.target);
  }

  /** Bytes of its layers' matrices, held as `precision`. */
  layerBytes(precision: Precision = this.precision): number {
    return linearWeights(this.config) * DTYPES[precision].bytes;
  }

  get config(): ModelConfig {
    return this.info.model;
  }

  /**
   * A session of a graph over this model's weights. Unless told otherwise it takes weights as they lie, but for
   * int8 ones: reordering them pays most for runs of few rows and costs a second copy. It plans no memory ahead: a plan holds one block per
   * batch shape for itself, where all sessions could share (docs/performance.md has the figures).
   *
   * @throws {UserError} `damaged_model` naming a weight that is missing or of another shape
   */
  async session(artifact: Artifact, options: SessionOptions = {}): Promise<Session> {
    const wanted = artifact.weights.map(({ name, dtype, shape }) => ({
      name,
      dtype,
      shape: shape as readonly number[],
    }));
    // Sessions of several workers are made at once: what one is reading, the next finds there.
    const read = this.#reading.then(() => this.#read(wanted));
    this.#reading = read.catch(() => {});
    await read;
    const initializers = Object.fromEntries(
      wanted.map((weight) => [weight.name, this.#weights.get(keyOf(weight))!]),
    );
    return await this.runtime.createSession(artifact.bytes, {
      initializers,
      prepacked: this.#prepacked,
      prepacking: isInt8(this.precision),
      memoryPattern: false,
      hostNodes: artifact.hostNodes,
      ...options,
    });
  }

  /** Rotary tables for at least `length` positions, [≥ length, D/2] each. */
  rope(length: number): { rope_cos: Tensor; rope_sin: Tensor } | Record<string, never> {
    const { rope, head_dim } = this.config;
    if (!rope) return {};
    if (!this.#rope || this.#rope.length < length) {
      // Grown by doubling, so that a session of growing lengths makes few tables.
      const grown = Math.max(length, 2 * (this.#rope?.length ?? 64));
      const table = rotaryTable(rope, head_dim, grown);
      const tensor = (data: Float32Array<ArrayBuffer>) =>
        Tensor.onDevice(this.runtime, "float32", [grown, head_dim / 2], data);
      this.#rope?.cos.dispose();
      this.#rope?.sin.dispose();
      this.#rope = { length: grown, cos: tensor(table.cos), sin: tensor(table.sin) };
    }
    return { rope_cos: this.#rope.cos, rope_sin: this.#rope.sin };
  }

  /**
   * A weight in float32: as it is in memory, or else read from the folder and not kept.
   *
   * @throws {UserError} `damaged_model`
   */
  async weight(name: string): Promise<Float32Array<ArrayBuffer>> {
    const known = this.#weights.get(keyOf({ name, dtype: "float32" }));
    if (known) return known.read() as Float32Array<ArrayBuffer>;
    using weights = await ModelWeights.open(this.folder, this.config);
    const values = await weights.readFloat32(name);
    await this.checkVersion();
    return values;
  }

  /** Bytes of the weights that have been read. */
  get bytes(): number {
    return [...this.#weights.values()].reduce((sum, { size, dtype }) => sum + DTYPES[dtype].bytes * size, 0);
  }

  dispose(): void {
    for (const tensor of this.#weights.values()) tensor.dispose();
    this.#rope?.cos.dispose();
    this.#rope?.sin.dispose();
    this.#prepacked.dispose();
  }

  async #read(wanted: readonly (WantedWeight & { dtype: Dtype })[]): Promise<void> {
    const missing = wanted.filter((weight) => !this.#weights.has(keyOf(weight)));
    if (missing.length === 0) return;
    await this.checkVersion();
    using weights = await ModelWeights.open(this.folder, this.config);
    const inEight = int8Sources(this.config, missing);
    const plain = missing.filter(({ name }) => !isInt8Part(name));
    weights.check([...plain, ...inEight.flatMap(({ parts }) => parts)]);
    for (const weight of plain) {
      const { name, dtype, shape } = weight;
      const values = await weights.readFloat32(name);
      const data = isHalf(dtype) ? toHalf(values, dtype) : values;
      this.#weights.set(keyOf(weight), Tensor.onDevice(this.runtime, dtype, shape, data));
    }
    for (const source of inEight) {
      const { codes, scale, dtype, size } = source;
      const matrix = await int8Weight(source, (name) => {
        // A tied head is the embedding, which may be here already. What is read for this alone is not kept.
        const known = this.#weights.get(keyOf({ name, dtype: "float32" }));
        return Promise.resolve(known?.read() as Float32Array | undefined ?? weights.readFloat32(name));
      });
      this.#weights.set(
        keyOf({ name: codes, dtype }),
        Tensor.onDevice(this.runtime, dtype, size, matrix.codes),
      );
      const scales = Tensor.onDevice(this.runtime, "float32", [size[1]], matrix.scale);
      this.#weights.set(keyOf({ name: scale, dtype: "float32" }), scales);
    }
    await this.checkVersion();
  }
}
