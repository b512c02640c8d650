/** Decoding as the engine does it, in plain steps: a cache bound as input and output, one call per token. */
import { generateArtifact, mergedArtifact } from "../../../kernels/artifacts.ts";
import { uniform } from "../../../core/rng.ts";
import type { Binding } from "../../../core/ort/binding.ts";
import type { Session } from "../../../core/ort/session.ts";
import { Tensor } from "../../../core/ort/tensor.ts";
import { cacheHeadSize } from "../../../kernels/nn/attend.ts";
import type { LoraForm } from "../../../kernels/nn/parameters.ts";
import type { Dtype } from "../../../kernels/onnx/dtypes.ts";
import { openSession, runArtifact, runtime, scalar, typed } from "../run_artifact.ts";
import { feedsOf, loraOf, type Model, type Row } from "./batch.ts";

const CACHE_LENGTH = 40;

export interface Prompt {
  tokens: number[];
  temperature: number;
  /** Whose random numbers the row has. */
  key: number;
}

/** A row with what the graph said of each token it generated. */
export interface Decoded extends Row {
  logprobs: number[];
  uniforms: number[];
}

export class Decoder {
  readonly #session: Session;
  readonly #binding: Binding;
  readonly #rows: number;

  private constructor(session: Session, rows: number) {
    this.#session = session;
    this.#binding = session.bind();
    this.#rows = rows;
  }

  /** For batches of `rows` rows; the cache is made once and never cleared. */
  static async open(
    model: Model,
    rows: number,
    adapterScale: number,
    form: LoraForm = "merged",
  ): Promise<Decoder> {
    const artifact = generateArtifact(model.config, loraOf(model), { truncation: false, lora: form });
    const given = feedsOf(model, { adapter_scale: scalar(adapterScale) });
    const feeds = { ...given, ...await runArtifact(mergedArtifact(model.config, model.adapter), given) };
    const decoder = new Decoder(await openSession(artifact, feeds), rows);
    for (const { name, dtype } of artifact.inputs) {
      const array = feeds[name];
      if (array) decoder.#bind(name, dtype, array.dims, array.data as ArrayLike<number>);
    }
    const { num_hidden_layers, num_key_value_heads } = model.config;
    const dims = [rows, num_key_value_heads, CACHE_LENGTH, cacheHeadSize(model.config)];
    for (let layer = 0; layer < num_hidden_layers; layer++) {
      for (const side of ["key", "value"]) {
        const cache = Tensor.onHost(runtime, "float32", dims);
        decoder.#binding.input(`past_${side}.${layer}`, cache).output(`present_${side}.${layer}`, cache);
      }
    }
    return decoder;
  }

  #bind(name: string, dtype: Dtype, dims: readonly number[], data: ArrayLike<number>): void {
    this.#binding.input(name, Tensor.onHost(runtime, dtype, dims, typed(dtype, data)));
  }

  /** Prompts padded right with `pad`, then `steps` tokens one by one. */
  async decode(prompts: readonly Prompt[], steps: number, pad = 0): Promise<Decoded[]> {
    const rows = this.#rows;
    const width = Math.max(...prompts.map(({ tokens }) => tokens.length));
    const decoded: Decoded[] = prompts.map(({ tokens }) => ({
      tokens: [...tokens],
      prompt: tokens.length,
      logprobs: [],
      uniforms: [],
    }));
    this.#bind("temperature", "float32", [rows], prompts.map(({ temperature }) => temperature));
    for (let step = 0; step < steps; step++) {
      const lengths = decoded.map(({ tokens }) => tokens.length);
      const columns = step === 0 ? width : 1;
      const ids = decoded.flatMap(({ tokens }) =>
        step === 0 ? Array.from({ length: width }, (_, s) => tokens[s] ?? pad) : [tokens.at(-1)!]
      );
      const uniforms = prompts.map(({ key }) => uniform(21, "sample", 0, key, step));
      this.#bind("ids", "int64", [rows, columns], ids);
      this.#bind(
        "last",
        "int64",
        [rows],
        lengths.map((length, b) => step === 0 ? b * width + length - 1 : b),
      );
      this.#bind("last_position", "int32", [rows], lengths.map((length) => length - 1));
      this.#bind("total_length", "int32", [], [Math.max(...lengths)]);
      this.#bind("uniform", "float32", [rows], uniforms);
      const token = Tensor.onHost(runtime, "int64", [rows]);
      const logprob = Tensor.onHost(runtime, "float32", [rows]);
      await this.#binding.output("token", token).output("logprob", logprob).run();
      decoded.forEach((row, b) => {
        row.tokens.push(Number(token.data[b]));
        row.logprobs.push(logprob.data[b]!);
        row.uniforms.push(uniforms[b]!);
      });
    }
    return decoded;
  }

  [Symbol.dispose](): void {
    this.#binding.dispose();
    this.#session.dispose();
  }
}
