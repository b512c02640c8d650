/**
 * PEFT's adapter_config.json: what we write, and what we take from one that PEFT or another tool wrote. Keys that
 * we do not know are ignored; known ones that would change the mathematics are refused by name.
 */
import { UserError } from "../errors.ts";
import { compilePattern } from "../regex_pattern.ts";
import { Fields, type Json } from "./config_fields.ts";
import { isRecord, quote } from "./strict_json.ts";

/** The release whose file layout this is. */
const PEFT_VERSION = "0.21.2";

const FILE = "adapter_config.json";
const MAX_RANK = 4096;
const MAX_PATTERN_LENGTH = 500;
const MAX_PATTERNS = 2000;

export interface AdapterConfig {
  task_type: "CAUSAL_LM" | "SEQ_CLS";
  base_model_name_or_path: string | null;
  r: number;
  lora_alpha: number;
  lora_dropout: number;
  /** Module names, or a regular expression as PEFT takes one. The tensors say which modules are adapted. */
  target_modules: string[] | string;
  /** Numbers of the layers that target_modules stand for; null for all of them. */
  layers_to_transform: number[] | null;
  /** The base's weights are [in, out] (GPT-2's). It does not change the adapter's own tensors. */
  fan_in_fan_out: boolean;
  /** Modules saved whole beside the adapter (`score` of a classifier). */
  modules_to_save: string[] | null;
  /** The factor is lora_alpha / √r instead of lora_alpha / r. */
  use_rslora: boolean;
  /** Other ranks and alphas for modules whose path ends with a pattern. */
  rank_pattern: Record<string, number>;
  alpha_pattern: Record<string, number>;
}

/**
 * The configuration that a parsed adapter_config.json means.
 * @throws {UserError} `unsupported_model` or `damaged_model`, naming the key and its value
 */
export function parseAdapterConfig(json: Json): AdapterConfig {
  const fields = new Fields(json, FILE);
  // PEFT has no value for these that stands for leaving them out: it computes with what is there.
  for (const key of NEVER_NULL) {
    if (json[key] === null) throw fields.wrong(key, "a value, or not there");
  }
  fields.choice("peft_type", ["LORA"]);
  fields.choice("bias", ["none"], "none");
  for (const key of REFUSED) {
    const value = json[key];
    if (value && !(isRecord(value) && Object.keys(value).length === 0)) {
      throw fields.unsupported(key, "not supported");
    }
  }
  if (!PLAIN_INITS.includes(json.init_lora_weights)) {
    throw fields.unsupported(
      "init_lora_weights",
      "an adapter that changed its base's weights needs to be converted first",
    );
  }
  const targets = json.target_modules;
  if (fields.has("layers_pattern") && !fields.has("layers_to_transform")) {
    throw fields.wrong("layers_pattern", "there only with layers_to_transform");
  }
  return {
    task_type: fields.choice("task_type", ["CAUSAL_LM", "SEQ_CLS"], "CAUSAL_LM"),
    base_model_name_or_path: typeof json.base_model_name_or_path === "string"
      ? json.base_model_name_or_path
      : null,
    r: fields.size("r", MAX_RANK, 8),
    lora_alpha: fields.number("lora_alpha", 8),
    lora_dropout: dropout(fields),
    target_modules: typeof targets === "string" ? targets : fields.strings("target_modules"),
    layers_to_transform: layers(fields),
    fan_in_fan_out: fields.flag("fan_in_fan_out", false),
    modules_to_save: fields.has("modules_to_save") ? fields.strings("modules_to_save") : null,
    use_rslora: fields.flag("use_rslora", false),
    rank_pattern: patterns(fields, "rank_pattern"),
    alpha_pattern: patterns(fields, "alpha_pattern"),
  };
}

/** The text of adapter_config.json, laid out as PEFT does: sorted keys, indented by two. */
export function adapterConfigText(config: AdapterConfig): string {
  const full: Json = {
    ...config,
    bias: "none",
    inference_mode: true,
    init_lora_weights: true,
    layers_pattern: null,
    peft_type: "LORA",
    peft_version: PEFT_VERSION,
    revision: null,
    use_dora: false,
  };
  return JSON.stringify(Object.fromEntries(Object.keys(full).sort().map((key) => [key, full[key]])), null, 2);
}

/** Rank and factor (s of y = W·x + s·B·A·x) of the module at `path`, as PEFT finds them. */
export function moduleScale(config: AdapterConfig, path: string): { r: number; scale: number } {
  const r = matching(config.rank_pattern, path) ?? config.r;
  const alpha = matching(config.alpha_pattern, path) ?? config.lora_alpha;
  return { r, scale: alpha / (config.use_rslora ? Math.sqrt(r) : r) };
}

const NEVER_NULL = ["r", "lora_alpha", "lora_dropout", "bias", "rank_pattern", "alpha_pattern"] as const;

/** It has no part in a trained adapter's arithmetic, but must be one. */
function dropout(fields: Fields): number {
  const value = fields.number("lora_dropout", 0);
  if (value > 1) throw fields.wrong("lora_dropout", "a probability");
  return value;
}

/** One number or a list; PEFT takes an empty list for none. */
function layers(fields: Fields): number[] | null {
  const value = fields.source.layers_to_transform ?? [];
  const numbers = Array.isArray(value) ? value : [value];
  if (numbers.length > MAX_PATTERNS || !numbers.every((layer) => Number.isSafeInteger(layer) && layer >= 0)) {
    throw fields.wrong("layers_to_transform", "numbers of layers");
  }
  return numbers.length > 0 ? numbers : null;
}

/** Whether PEFT puts an adapter on the module at `path`, as far as layers_to_transform decides that. */
export function isTransformed(
  { layers_to_transform: layers, target_modules: targets }: AdapterConfig,
  path: string,
): boolean {
  if (layers === null || typeof targets === "string" || targets.includes(path)) return true;
  const layer = /.*\.[^.]*\.(\d+)\./.exec(path)?.[1];
  return layer !== undefined && layers.includes(Number(layer));
}

/** Variants of LoRA whose arithmetic is not ours. */
const REFUSED = [
  "use_dora",
  "lora_bias",
  "layer_replication",
  "target_parameters",
  "trainable_token_indices",
  "use_qalora",
  "use_bdlora",
  "alora_invocation_tokens",
  "arrow_config",
  "kasa_config",
  "velora_config",
  "monteclora_config",
] as const;

/** Initialisations that leave the base as it was; the others (PiSSA, OLoRA, LoftQ …) took a part out of it. */
const PLAIN_INITS: unknown[] = [undefined, null, true, false, "gaussian", "orthogonal", "eva"];

function patterns(fields: Fields, key: "rank_pattern" | "alpha_pattern"): Record<string, number> {
  const value = fields.source[key] ?? {};
  if (!isRecord(value) || Object.keys(value).length > MAX_PATTERNS) {
    throw fields.wrong(key, "an object of numbers");
  }
  for (const [pattern, number] of Object.entries(value)) {
    const isRank = Number.isInteger(number) && (number as number) > 0;
    if (typeof number !== "number" || Math.abs(number) > 1e6 || (key === "rank_pattern" && !isRank)) {
      const what = key === "rank_pattern" ? "a positive integer" : "a number";
      throw fields.wrong(key, `an object with ${what} for ${quote(pattern)}`);
    }
    patternOf(pattern);
  }
  return value as Record<string, number>;
}

type Matcher = { found(text: string): boolean };

/** The patterns of each table, compiled when first asked for. */
const compiled = new WeakMap<Record<string, number>, [Matcher, number][]>();

function matching(table: Record<string, number>, path: string): number | undefined {
  const rows = compiled.get(table) ??
    Object.entries(table).map(([pattern, value]): [Matcher, number] => [patternOf(pattern), value]);
  compiled.set(table, rows);
  return rows.find(([pattern]) => pattern.found(path))?.[1];
}

/** A pattern stands for a whole path or for its end behind a dot. */
function patternOf(pattern: string): Matcher {
  try {
    if (pattern.length <= MAX_PATTERN_LENGTH) return compilePattern(`^(?:.*\\.)?(?:${pattern})$`, "");
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown; // else it is said below, with the one that is too long
  }
  throw new UserError(
    "damaged_model",
    `Expected a module name or regular expression as pattern of ${FILE}, got ${quote(pattern)}`,
  );
}
