/**
 * Folders of a tiny ready classifier, for tests: real files with a real graph. Its logits are the mean of a row a token of
 * a table, so that they can be worked out by hand.
 */
import { join } from "node:path";
import { encodeModel } from "../../../kernels/onnx/encode.ts";
import { uniform } from "../../../core/rng.ts";
import { fileURLToPath } from "node:url";

const TOKENIZER = fileURLToPath(new URL("../../fixtures/tokenizers/word-piece", import.meta.url));

export interface ClassifierOptions {
  labels?: number;
  config?: Record<string, unknown>;
  /** Names of inputs, of which the graph takes the mean over the mask where there is one. */
  inputs?: readonly string[];
  output?: string;
  /** Keep the table in a file beside the graph. */
  external?: boolean;
  /** Where the graph says that file is. */
  location?: string;
  /** The graph's file. */
  file?: string;
}

export const VOCABULARY = 1000;

/** What the table has of a token and a label. */
export function entry(id: number, label: number): number {
  return Math.fround(4 * uniform(3, "data", 0, id, label) - 2);
}

/** Writes the folder. */
export async function writeClassifier(
  folder: string,
  {
    labels = 3,
    config = {},
    inputs = ["input_ids", "attention_mask", "token_type_ids"],
    output = "logits",
    external = false,
    file = "model.onnx",
    location = `${file}_data`,
  }: ClassifierOptions = {},
): Promise<void> {
  await Deno.mkdir(join(folder, "onnx"), { recursive: true });
  for (const name of ["tokenizer.json", "tokenizer_config.json"]) {
    await Deno.copyFile(join(TOKENIZER, name), join(folder, name)).catch(() => {});
  }
  const id2label = Object.fromEntries(Array.from({ length: labels }, (_, id) => [id, `L${id}`]));
  const written = { model_type: "bert", id2label, max_position_embeddings: 64, ...config };
  await Deno.writeTextFile(join(folder, "config.json"), JSON.stringify(written));
  const table = new Float32Array(VOCABULARY * labels);
  for (let id = 0; id < VOCABULARY; id++) {
    for (let label = 0; label < labels; label++) table[id * labels + label] = entry(id, label);
  }
  const bytes = new Uint8Array(table.buffer);
  const weight = { name: "table", dtype: "float32" as const, shape: [VOCABULARY, labels] };
  const place = { location, offset: 0, length: bytes.length };
  if (external) await Deno.writeFile(join(folder, "onnx", `${file}_data`), bytes);
  const node = (op: string, takes: string[], gives: string, attributes = {}) => ({
    name: gives,
    op,
    domain: "",
    inputs: takes,
    outputs: [gives],
    attributes,
  });
  const graph = encodeModel({
    name: "classifier",
    inputs: inputs.map((name) => ({ name, dtype: "int64", shape: ["batch", "sequence"] })),
    outputs: [{ name: output, dtype: "float32", shape: ["batch", labels] }],
    constants: [
      ...(external ? [] : [{ ...weight, bytes }]),
      { name: "axis", dtype: "int64", shape: [1], bytes: new Uint8Array(BigInt64Array.of(1n).buffer) },
    ],
    weights: external ? [{ ...weight, place }] : [],
    nodes: [
      node("Gather", ["table", inputs.includes("input_ids") ? "input_ids" : inputs[0]!], "rows"),
      node("ReduceMean", ["rows", "axis"], output, { keepdims: 0 }),
    ],
  });
  await Deno.writeFile(join(folder, "onnx", file), graph);
}
