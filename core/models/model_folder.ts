/**
 * Finding models and adapters by name, below the folders that were named as roots and nowhere else.
 */
import { basename, isAbsolute, join, relative, sep } from "node:path";
import { type ErrorRecord, errorRecord, UserError } from "../errors.ts";
import type { ModelSummary } from "../contract/model.ts";
import { describedModel } from "./described_models.ts";
import { hubNameOf, modelKey, similarNames } from "../formats/model_name.ts";
import {
  ADAPTER_CONFIG,
  folderOf,
  isAbsence,
  isName,
  isThere,
  MODEL_CONFIG,
  type ModelPlace,
  modelPlaces,
  type ModelRoot,
} from "./model_places.ts";
import { quote } from "../formats/strict_json.ts";

/** A folder that looks like a model: what it is, or why it cannot be used. */
export interface ListedModel {
  name: string;
  folder: string;
  summary: ModelSummary | null;
  problem: ErrorRecord | null;
}

/** So many names are told of when another is asked for. */
const MAX_TOLD = 50;

/** All models below `roots`, by name. Of two of the same name the one in the earlier root counts. */
export async function listModels(roots: readonly ModelRoot[]): Promise<ListedModel[]> {
  const places = new Map<string, ModelPlace>();
  for (const root of roots) {
    for (const place of await modelsIn(root)) {
      const key = modelKey(place.name);
      if (!places.has(key)) places.set(key, place);
    }
  }
  const inOrder = [...places.values()].sort((a, b) => a.name < b.name ? -1 : 1);
  return await Promise.all(inOrder.map(listedModel));
}

/** What the list says of the model that `name` stands for; null when there is none. */
export async function findModel(roots: readonly ModelRoot[], name: string): Promise<ListedModel | null> {
  const place = await findPlace(roots, name);
  return place && await listedModel(place);
}

async function listedModel({ name, folder, fault }: ModelPlace): Promise<ListedModel> {
  if (fault) return { name, folder, summary: null, problem: errorRecord(fault) };
  // What cannot be resolved any more is a problem of its description.
  const real = await Deno.realPath(folder).catch(() => folder);
  return { name, folder: real, ...await describedModel(real) };
}

/** Those of `roots` in which there is no model, as when a folder too high or too low was named. */
export async function rootsWithoutModels(roots: readonly ModelRoot[]): Promise<string[]> {
  const counts = await Promise.all(roots.map(async (root) => (await modelsIn(root)).length));
  return roots.filter((_, at) => counts[at] === 0).map(folderOf);
}

/**
 * The folder of the model `name`, as a real path.
 * @throws {UserError} `unknown_model`, saying which models there are and how one of the hub's is fetched
 */
export async function resolveModel(roots: readonly ModelRoot[], name: string): Promise<string> {
  const place = await findPlace(roots, name);
  if (place?.fault) throw place.fault;
  const folder = place && await Deno.realPath(place.folder).catch(() => null); // it may be gone since
  if (folder) return folder;
  const all = (await Promise.all(roots.map((root) => modelsIn(root)))).flat().map((place) => place.name);
  const names = [...new Set(all)].sort();
  const similar = similarNames(name, names);
  const hubName = hubNameOf(name);
  const message = [
    ...(similar.length > 0 ? [`similar: ${similar.join(", ")}`] : []),
    ...(hubName ? [`POST /v1/models with {"hub_id": ${quote(hubName)}} fetches it from the hub`] : []),
    names.length === 0 ? "there are none" : `there are ${names.slice(0, MAX_TOLD).join(", ")}`,
  ].join("; ");
  throw new UserError("unknown_model", `There is no model ${quote(name)}: ${message}`);
}

/**
 * The folder of a PEFT adapter, given by its path below a root (`my-adapter`, `qwen3/adapter`), below a model's name
 * (`org/name/adapter`) or by its whole path, as a real path.
 * @throws {UserError} `unknown_checkpoint` when there is none
 */
export async function resolveAdapter(roots: readonly ModelRoot[], path: string): Promise<string> {
  const plain = path.replace(/\/+$/, "");
  for (const root of roots) {
    const parts = isAbsolute(plain) ? relative(folderOf(root), plain).split(sep) : plain.split("/");
    const folder = parts.every(isName) ? await adapterIn(root, parts) : null;
    if (folder !== null) return folder;
  }
  throw new UserError(
    "unknown_checkpoint",
    `There is no adapter ${
      quote(path)
    }: expected a folder with an adapter_config.json below the models' folders`,
  );
}

/** The places of a root that look like a model; with `name`, those that may be called so. */
async function modelsIn(root: ModelRoot, name?: string): Promise<ModelPlace[]> {
  const places = await modelPlaces(root, name === undefined ? undefined : [name]);
  const isModel = await Promise.all(
    places.map(({ folder, cached }) => cached || isThere(join(folder, MODEL_CONFIG))),
  );
  return places.filter((_, at) => isModel[at]);
}

/** The model of this name; one that is called so to the letter comes before one that is only meant. */
async function findPlace(roots: readonly ModelRoot[], name: string): Promise<ModelPlace | null> {
  const key = modelKey(name);
  for (const root of roots) {
    const places = await modelsIn(root, name);
    const found = places.find(({ folder }) => basename(folder) === name) ??
      places.find((place) => modelKey(place.name) === key) ??
      places.find(({ also }) => also.some((other) => modelKey(other) === key));
    if (found) return found;
  }
  return null;
}

/** The adapter at this path below a root: below the root itself, or below a folder in it by any of that one's names. */
async function adapterIn(root: ModelRoot, parts: readonly string[]): Promise<string | null> {
  // A hub's name has two parts.
  const heads = [1, 2].map((count) => parts.slice(0, count).join("/"));
  for (const place of await modelPlaces(root, heads)) {
    if (place.fault) continue;
    const keys = [basename(place.folder), place.name, ...place.also].map(modelKey);
    for (const count of [1, 2]) {
      if (!keys.includes(modelKey(heads[count - 1]!))) continue;
      const folder = await folderBelow(place.folder, parts.slice(count), ADAPTER_CONFIG);
      if (folder !== null) return folder;
    }
  }
  return await folderBelow(folderOf(root), parts, ADAPTER_CONFIG);
}

/** The real path of folder/parts when it has the file `marker` and no link leads out of the folder. */
async function folderBelow(folder: string, parts: readonly string[], marker: string): Promise<string | null> {
  try {
    const real = await Deno.realPath(folder);
    let path = real;
    for (const part of parts) path = join(path, await entryNamed(path, part));
    path = await Deno.realPath(path);
    const within = path === real || path.startsWith(real.endsWith(sep) ? real : real + sep);
    return within && await isThere(join(path, marker)) ? path : null;
  } catch (thrown) {
    if (isAbsence(thrown)) return null;
    throw thrown;
  }
}

/** What a folder calls the entry of this name: one system writes an accented letter as one character, another as two. */
async function entryNamed(folder: string, name: string): Promise<string> {
  if (await isThere(join(folder, name))) return name;
  const wanted = name.normalize("NFC");
  for await (const entry of Deno.readDir(folder)) {
    if (entry.name.normalize("NFC") === wanted) return entry.name;
  }
  return name;
}
