/** A ready text classifier's folder, as transformers.js finds one: what its config.json says, and where its graph is. */
import { basename, dirname, join } from "node:path";
import { CLASSIFIER_FILES } from "../contract/rewards/classifier.ts";
import type { RewardOf } from "../contract/reward_schema.ts";
import { UserError } from "../errors.ts";
import { readBounded } from "./read_bounded.ts";
import { parseJson } from "./strict_json.ts";

/** Where graphs are, with what they keep outside of themselves. */
export const ONNX_FOLDER = "onnx";
const MAX_CONFIG_BYTES = 16 * 1024 * 1024;
/** No message of protobuf's is longer. */
const MAX_GRAPH_BYTES = 2 ** 31 - 1;
const MAX_LABELS = 100_000;
/** Libraries write a number beyond all texts where a tokenizer has no limit. */
const MAX_LENGTH = 1_000_000;
/** Families whose first position is behind the padding's. */
const OFFSET_POSITIONS = /^(xlm-)?roberta$|^camembert$|^longformer$|^mpnet$/;

export interface ClassifierFolder {
  /** By id. */
  labels: readonly string[];
  /** Of `labels`: whose score is the reward. */
  label: number;
  apply: "softmax" | "sigmoid" | "none";
  /** Tokens that it can read. */
  max_length: number;
  /** Of the graph. */
  path: string;
  /** Of the graph, with what it keeps in files beside it. */
  bytes: number;
}

type Config = RewardOf<"classifier">;

/** @throws {UserError} `damaged_model`, `unsupported_model`, or `invalid_request` for a label that there is not */
export async function readClassifierFolder(
  folder: string,
  { label, dtype, function_to_apply }: Config,
): Promise<ClassifierFolder> {
  const config = await readObject(folder, "config.json");
  if (config === null) throw damaged("The folder has no config.json");
  const labels = labelsOf(config);
  const path = join(folder, ONNX_FOLDER, CLASSIFIER_FILES[dtype]);
  return {
    labels,
    label: indexOf(labels, label),
    apply: function_to_apply ?? functionOf(config.problem_type, labels.length),
    max_length: await maxLength(folder, config),
    path,
    bytes: await graphBytes(path, `${ONNX_FOLDER}/${CLASSIFIER_FILES[dtype]}`) + await outsideBytes(path),
  };
}

function labelsOf({ id2label, num_labels }: Record<string, unknown>): string[] {
  if (typeof id2label === "object" && id2label !== null && !Array.isArray(id2label)) {
    const count = Object.keys(id2label).length;
    const labels = Array.from(
      { length: Math.min(count, MAX_LABELS) },
      (_, id) => (id2label as Record<string, unknown>)[String(id)],
    );
    if (
      count === 0 || count > MAX_LABELS || !labels.every((name): name is string => typeof name === "string")
    ) {
      throw damaged("config.json: expected id2label as names by numbers from 0");
    }
    return labels;
  }
  const count = num_labels ?? 2; // what transformers takes where a config says nothing
  if (!Number.isSafeInteger(count) || (count as number) < 1 || (count as number) > MAX_LABELS) {
    throw damaged("config.json: expected num_labels as a positive number");
  }
  return Array.from({ length: count as number }, (_, id) => `LABEL_${id}`);
}

function indexOf(labels: readonly string[], label: string | null): number {
  if (label === null && labels.length === 1) return 0;
  const index = label === null ? -1 : labels.indexOf(label);
  if (index >= 0) return index;
  const told = labels.slice(0, 20).join(", ") + (labels.length > 20 ? ", …" : "");
  throw new UserError(
    "invalid_request",
    `Expected a label among ${told}, got ${label === null ? "none" : `'${label}'`}`,
  );
}

function functionOf(problem: unknown, labels: number): ClassifierFolder["apply"] {
  if (problem === "regression") return "none";
  return problem === "multi_label_classification" || labels === 1 ? "sigmoid" : "softmax";
}

/** The fewest that the tokenizer and the model's positions allow. */
async function maxLength(folder: string, config: Record<string, unknown>): Promise<number> {
  const tokenizer = await readObject(folder, "tokenizer_config.json") ?? {};
  const offset = OFFSET_POSITIONS.test(String(config.model_type)) ? 2 : 0;
  const limits = [tokenizer.model_max_length, Number(config.max_position_embeddings) - offset]
    .filter((limit): limit is number => Number.isSafeInteger(limit) && (limit as number) > 0);
  return Math.min(MAX_LENGTH, ...limits);
}

async function graphBytes(path: string, name: string): Promise<number> {
  const info = await Deno.stat(path).catch(() => null);
  if (!info?.isFile) throw damaged(`The folder has no ${name}`);
  if (info.size === 0 || info.size > MAX_GRAPH_BYTES) {
    throw damaged(`${name} has ${info.size} bytes: expected 1 to ${MAX_GRAPH_BYTES}`);
  }
  return info.size;
}

/** Of the files that exporters put weights in when a graph grows too large: `model.onnx_data`, `model.onnx.data_1`. */
async function outsideBytes(path: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(dirname(path))) {
    if (isDirectory || name === basename(path) || !name.startsWith(basename(path))) continue;
    bytes += (await Deno.stat(join(dirname(path), name))).size;
  }
  return bytes;
}

async function readObject(folder: string, name: string): Promise<Record<string, unknown> | null> {
  const bytes = await readBounded(join(folder, name), name, MAX_CONFIG_BYTES);
  if (bytes === null) return null;
  const value = parseJson(bytes, name);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw damaged(`${name}: expected an object`);
  }
  return value as Record<string, unknown>;
}

function damaged(message: string): UserError {
  return new UserError("damaged_model", message);
}
