/**
 * A LoRA adapter as PEFT lays it out: adapter_config.json and adapter_model.safetensors. Tensors have PEFT's keys
 * (`base_model.model.` + module path + `.lora_A.weight`), A is [r, in], B is [out, r]. A file that was made of a running
 * model's state has the adapter's name in them as well (`.lora_A.default.weight`), which is left out here.
 */
import { join } from "node:path";
import { UserError } from "../errors.ts";
import {
  type AdapterConfig,
  adapterConfigText,
  isTransformed,
  moduleScale,
  parseAdapterConfig,
} from "./adapter_config.ts";
import { refusePickles } from "./pickles.ts";
import { readBounded } from "./read_bounded.ts";
import { openSafetensorsFile, type SafetensorsSource } from "./safetensors.ts";
import { isRecord, parseStrictJson, quote } from "./strict_json.ts";
import { encodeSafetensors } from "./write_safetensors.ts";

const CONFIG_FILE = "adapter_config.json";
export const ADAPTER_WEIGHTS_FILE = "adapter_model.safetensors";
const MAX_CONFIG_BYTES = 4_000_000;

/** What PEFT puts before a module's path in the base model. */
export const PEFT_PREFIX = "base_model.model.";

export interface AdapterTensor {
  shape: number[];
  data: Float32Array<ArrayBuffer>;
}

export interface Adapter {
  config: AdapterConfig;
  /** Rank and factor by module path (`model.layers.0.self_attn.q_proj`), in the order of the paths. */
  modules: Map<string, { r: number; scale: number }>;
  /** All tensors by PEFT key, `score.weight` of a classifier (under its PEFT key) among them. */
  tensors: Record<string, AdapterTensor>;
}

/** The PEFT keys of a module's two tensors. */
export function loraKeys(modulePath: string): { a: string; b: string } {
  return { a: `${PEFT_PREFIX}${modulePath}.lora_A.weight`, b: `${PEFT_PREFIX}${modulePath}.lora_B.weight` };
}

/**
 * Reads the adapter of a folder.
 * @throws {UserError} `damaged_model` or `unsupported_model`, naming the key or tensor
 */
export async function readAdapter(folder: string): Promise<Adapter> {
  const bytes = await readBounded(join(folder, CONFIG_FILE), CONFIG_FILE, MAX_CONFIG_BYTES);
  if (bytes === null) throw new UserError("damaged_model", `The adapter folder has no ${CONFIG_FILE}`);
  const json = parseStrictJson(bytes, CONFIG_FILE);
  if (!isRecord(json)) throw new UserError("damaged_model", `${CONFIG_FILE} is not a JSON object`);
  const config = parseAdapterConfig(json);
  const source = await openWeights(folder);
  try {
    const stored = storedKeys(source);
    const modules = adaptedModules(source, stored, config);
    const tensors: Record<string, AdapterTensor> = {};
    for (const [key, name] of stored) {
      tensors[key] = { shape: source.info(name).shape, data: await source.readFloat32(name) };
    }
    return { config, modules, tensors };
  } finally {
    source.close();
  }
}

async function openWeights(folder: string): Promise<SafetensorsSource> {
  const isThere = await Deno.lstat(join(folder, ADAPTER_WEIGHTS_FILE)).then(() => true, () => false);
  if (!isThere) await refusePickles(folder, ADAPTER_WEIGHTS_FILE);
  return await openSafetensorsFile(join(folder, ADAPTER_WEIGHTS_FILE));
}

/** The file's names of the tensors, by PEFT's keys. @throws {UserError} `damaged_model` when it holds several adapters */
function storedKeys(source: SafetensorsSource): Map<string, string> {
  const stored = new Map<string, string>();
  const adapters = new Set<string>();
  for (const name of source.names()) {
    const named = /^(.+\.lora_[AB])\.([^.]+)\.weight$/.exec(name);
    if (named || /\.lora_[AB]\.weight$/.test(name)) adapters.add(named?.[2] ?? "");
    stored.set(named ? `${named[1]}.weight` : name, name);
  }
  if (adapters.size > 1) {
    const names = [...adapters].map((name) => name === "" ? "one without a name" : quote(name)).sort();
    throw new UserError(
      "damaged_model",
      `${ADAPTER_WEIGHTS_FILE} holds the adapters ${names.join(", ")}: expected one`,
    );
  }
  return stored;
}

/** The two files of an adapter, as chunks of bytes by file name. The same adapter gives the same bytes. */
export function adapterFiles(
  config: AdapterConfig,
  tensors: Record<string, AdapterTensor>,
): Record<string, Iterable<Uint8Array>> {
  const weights = Object.fromEntries(
    Object.entries(tensors).map(([key, tensor]) => [key, { dtype: "F32" as const, ...tensor }]),
  );
  return {
    [CONFIG_FILE]: [new TextEncoder().encode(adapterConfigText(config))],
    [ADAPTER_WEIGHTS_FILE]: encodeSafetensors(weights, { format: "pt" }),
  };
}

/** Checks that the tensors are LoRA pairs and modules saved whole, and gives each pair its rank and factor. */
function adaptedModules(
  source: SafetensorsSource,
  stored: ReadonlyMap<string, string>,
  config: AdapterConfig,
): Adapter["modules"] {
  const shapeOf = (key: string) => source.info(stored.get(key)!).shape;
  const modules: Adapter["modules"] = new Map();
  for (const [key, name] of stored) {
    const pair = /^base_model\.model\.(.+)\.lora_[AB]\.weight$/.exec(key);
    if (pair) modules.set(pair[1]!, moduleScale(config, pair[1]!));
    else if (!isSavedWhole(key, config)) {
      throw new UserError(
        "unsupported_model",
        `${ADAPTER_WEIGHTS_FILE} has tensor ${quote(name)}: LoRA pairs of linear layers are supported`,
      );
    }
  }
  for (const [path, { r }] of modules) {
    const { a, b } = loraKeys(path);
    if (!isTransformed(config, path)) {
      throw new UserError(
        "damaged_model",
        `${ADAPTER_WEIGHTS_FILE} has tensor ${
          quote(a)
        } of a layer that is not among layers_to_transform of ${CONFIG_FILE}, ${config.layers_to_transform}`,
      );
    }
    for (const key of [a, b]) {
      if (!stored.has(key)) {
        throw new UserError("damaged_model", `${ADAPTER_WEIGHTS_FILE} lacks tensor ${quote(key)}`);
      }
    }
    const [shapeA, shapeB] = [shapeOf(a), shapeOf(b)];
    if (shapeA.length !== 2 || shapeB.length !== 2 || shapeA[0] !== r || shapeB[1] !== r) {
      throw new UserError(
        "damaged_model",
        `Expected shapes [${r}, in] and [out, ${r}] for ${
          quote(path)
        } in ${ADAPTER_WEIGHTS_FILE}, as its rank is ${r}, got [${shapeA}] and [${shapeB}]`,
      );
    }
  }
  if (modules.size === 0) throw new UserError("damaged_model", `${ADAPTER_WEIGHTS_FILE} has no LoRA tensors`);
  const missing = config.modules_to_save?.find((name) => ![...stored.keys()].some((key) => isOf(name, key)));
  if (missing !== undefined) {
    throw new UserError(
      "damaged_model",
      `adapter_config.json has ${
        quote(missing)
      } among modules_to_save: ${ADAPTER_WEIGHTS_FILE} has no tensor of it`,
    );
  }
  return modules;
}

/** A classifier's head is saved whole whether or not modules_to_save says so. */
function isSavedWhole(key: string, { task_type, modules_to_save }: AdapterConfig): boolean {
  const saved = modules_to_save ?? (task_type === "SEQ_CLS" ? ["score", "classifier"] : []);
  return !key.includes("lora_") && saved.some((name) => isOf(name, key));
}

/** Whether a tensor is one of a module that is saved whole, by that module's name or the end of its path. */
function isOf(name: string, key: string): boolean {
  const path = key.startsWith(PEFT_PREFIX)
    ? key.slice(PEFT_PREFIX.length).replace(/\.(weight|bias)$/, "")
    : "";
  return path === name || path.endsWith(`.${name}`);
}
