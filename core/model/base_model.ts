/**
 * A model folder's weights in memory, once, whatever the number of graphs that use them: each tensor is read when
 * the first graph needs it and handed to all sessions as a shared initializer.
 */
import type { Artifact } from "../../kernels/graph/graph.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import { rotaryTable } from "../../kernels/nn/rotary_table.ts";
import { UserError } from "../errors.ts";
import type { PrepackedWeights } from "../ort/prepacked_weights.ts";
import type { Runtime } from "../ort/runtime.ts";
import type { Session } from "../ort/session.ts";
import type { SessionOptions } from "../ort/session_options.ts";
import { Tensor } from "../ort/tensor.ts";
import { type FolderConfig, readConfig } from "./read_config.ts";
import { openSafetensors } from "./safetensors.ts";

export class BaseModel {
  readonly runtime: Runtime;
  readonly folder: string;
  readonly facts: FolderConfig;
  readonly #weights = new Map<string, Tensor>();
  readonly #prepacked: PrepackedWeights;
  #rope: { length: number; cos: Tensor; sin: Tensor } | undefined;

  private constructor(runtime: Runtime, folder: string, facts: FolderConfig) {
    this.runtime = runtime;
    this.folder = folder;
    this.facts = facts;
    this.#prepacked = runtime.createPrepackedWeights();
  }

  /** Reads the folder's configuration; weights follow when a session needs them. */
  static async open(runtime: Runtime, folder: string): Promise<BaseModel> {
    return new BaseModel(runtime, folder, await readConfig(folder));
  }

  get config(): ModelConfig {
    return this.facts.model;
  }

  /**
   * A session of a graph over this model's weights.
   *
   * @throws {UserError} `damaged_model` naming a weight that is missing or of another shape
   */
  async session(artifact: Artifact, options: SessionOptions = {}): Promise<Session> {
    await this.#read(
      artifact.weights.map(({ name, shape }) => ({ name, shape: shape as readonly number[] })),
    );
    const initializers = Object.fromEntries(
      artifact.weights.map(({ name }) => [name, this.#weights.get(name)!]),
    );
    return await this.runtime.createSession(artifact.bytes, {
      initializers,
      prepacked: this.#prepacked,
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
        Tensor.from(this.runtime, "float32", [grown, head_dim / 2], data);
      this.#rope?.cos.dispose();
      this.#rope?.sin.dispose();
      this.#rope = { length: grown, cos: tensor(table.cos), sin: tensor(table.sin) };
    }
    return { rope_cos: this.#rope.cos, rope_sin: this.#rope.sin };
  }

  /** Bytes of the weights that have been read. */
  get bytes(): number {
    return [...this.#weights.values()].reduce((sum, { size }) => sum + 4 * size, 0);
  }

  dispose(): void {
    for (const tensor of this.#weights.values()) tensor.dispose();
    this.#rope?.cos.dispose();
    this.#rope?.sin.dispose();
    this.#prepacked.dispose();
  }

  async #read(wanted: readonly { name: string; shape: readonly number[] }[]): Promise<void> {
    const missing = wanted.filter(({ name }) => !this.#weights.has(name));
    if (missing.length === 0) return;
    const source = await openSafetensors(this.folder);
    try {
      checkShapes(source, missing);
      for (const { name, shape } of missing) {
        this.#weights.set(name, Tensor.from(this.runtime, "float32", shape, await source.readFloat32(name)));
      }
    } finally {
      source.close();
    }
  }
}

/**
 * Reads a folder's weights straight into `into`, for parameters that will be trained.
 *
 * @throws {UserError} `damaged_model` naming a weight that is missing or of another shape
 */
export async function readWeights(
  folder: string,
  parameters: readonly { name: string; into: Float32Array; shape: readonly number[] }[],
): Promise<void> {
  const source = await openSafetensors(folder);
  try {
    checkShapes(source, parameters);
    for (const { name, into } of parameters) into.set(await source.readFloat32(name));
  } finally {
    source.close();
  }
}

/** @throws {UserError} `damaged_model` when a tensor is missing or not of the shape its config.json implies */
function checkShapes(
  source: { has(name: string): boolean; info(name: string): { shape: number[] } },
  wanted: readonly { name: string; shape: readonly number[] }[],
): void {
  for (const { name, shape } of wanted) {
    if (!source.has(name)) throw new UserError("damaged_model", `The model's files have no tensor '${name}'`);
    const actual = source.info(name).shape;
    if (actual.join() !== shape.join()) {
      throw new UserError(
        "damaged_model",
        `Tensor '${name}' has shape [${actual}]: config.json implies [${shape}]`,
      );
    }
  }
}
