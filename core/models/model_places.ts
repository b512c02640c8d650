/**
 * Where models may lie below a root, and what they are called there: a folder by its own name, one that was
 * downloaded by the hub's, and what the hub's own cache holds (`models--org--name/snapshots/<commit>`) by the hub's
 * name for the revision `main` and by `org/name@revision` for others. A root may also be a model's folder, a model of
 * a cache, or one snapshot of it. Whether a place in a root holds a model is not known here.
 */
import { basename, dirname, join, resolve, sep } from "node:path";
import { UserError } from "../errors.ts";
import { readHubRecord } from "./hub_record.ts";
import { modelKey } from "../formats/model_name.ts";
import { readBounded } from "../formats/read_bounded.ts";

/**
 * A folder that is searched. Links directly in it were put there by its owner and are followed, unless it is the place
 * where downloads land.
 */
export type ModelRoot = string | { folder: string; links: false };

export interface ModelPlace {
  name: string;
  /** Other names for it, beside those of the same `modelKey`. */
  also: string[];
  /** Absolute, as it was found: links in it are not resolved. */
  folder: string;
  /** It is in a hub's cache, so it is a model whether or not it is whole. */
  cached: boolean;
  /** Why there is nothing to look at. */
  fault?: UserError;
}

export const MODEL_CONFIG = "config.json";
export const ADAPTER_CONFIG = "adapter_config.json";
const MARKERS = [MODEL_CONFIG, ADAPTER_CONFIG];
const MAX_NAME_LENGTH = 200;
const CACHED = /^models--[^/]+$/;
const SNAPSHOTS = "snapshots";
const MAIN = "main";
/** Of a cache's refs, which may have folders: `refs/pr/1`. */
const MAX_REFS = 1000;
const MAX_REF_DEPTH = 4;
const MAX_REF_BYTES = 200;

export function folderOf(root: ModelRoot): string {
  return resolve(typeof root === "string" ? root : root.folder);
}

/**
 * Every place in a root, or those that may be called one of `names`; of two of one name the first counts.
 */
export async function modelPlaces(root: ModelRoot, names?: readonly string[]): Promise<ModelPlace[]> {
  const folder = folderOf(root);
  const links = typeof root === "string";
  const keys = names && new Set(names.map(modelKey).flatMap((key) => [key, key.replace(/@.*$/s, "")]));
  const isWanted = (name: string) => !keys || keys.has(modelKey(name));
  const own = await ownPlaces(folder);
  const isSnapshots = basename(folder) === SNAPSHOTS && own.length > 0;
  const all = isSnapshots ? [] : (await folderNames(folder, links)).sort();
  const places = await Promise.all(
    all.filter(isWanted).map(async (name): Promise<ModelPlace[]> => {
      const path = join(folder, name);
      if (links && CACHED.test(name)) return await cachedPlaces(path);
      // By another name, as a link has it.
      if (links && await isCached(path)) return await cachedPlaces(path, name);
      const record = await readHubRecord(path).catch(() => null);
      const isNamed = record !== null && modelKey(record.hub_id) === modelKey(name);
      return [plainPlace(path, isNamed ? record.hub_id : name)];
    }),
  );
  const hub = links && all.includes("hub") ? await hubPlaces(join(folder, "hub"), isWanted) : [];
  return [...own, ...places.flat(), ...hub];
}

/** @throws {UserError} for a root that is no folder which can be read: a mistyped one would only look empty */
export async function checkModelRoots(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const fault = await Deno.readDir(folder)[Symbol.asyncIterator]().next().then(() => null, rootFault);
    if (fault !== null) {
      throw new UserError("invalid_request", `MODELS_DIR names '${folder}': expected a folder, ${fault}`);
    }
  }
}

function rootFault(thrown: unknown): string {
  if (thrown instanceof Deno.errors.NotFound) return "there is nothing at that path";
  if (thrown instanceof Deno.errors.NotADirectory) return "that is a file";
  return "it cannot be read";
}

/** Whether a name can be that of a folder in a root. */
export function isName(name: string): boolean {
  // deno-lint-ignore no-control-regex -- control characters are what is refused here
  return name.length <= MAX_NAME_LENGTH && /^[^/\\\x00-\x1f]+$/.test(name) && !name.startsWith(".");
}

/** What looking at a path throws when there is nothing that can be used. */
export function isAbsence(thrown: unknown): boolean {
  return thrown instanceof Deno.errors.NotFound || thrown instanceof Deno.errors.NotADirectory ||
    thrown instanceof Deno.errors.FilesystemLoop || thrown instanceof Deno.errors.PermissionDenied ||
    // A file system counts a name's bytes, of which a character may have several.
    (thrown as { code?: string }).code === "ENAMETOOLONG";
}

function plainPlace(folder: string, name: string, ...also: string[]): ModelPlace {
  return { name: name.normalize("NFC"), also, folder, cached: false };
}

/** What the root itself is: a model's folder, a cached model or its snapshots, or one of these. */
async function ownPlaces(folder: string): Promise<ModelPlace[]> {
  const name = basename(folder);
  if (CACHED.test(name) && await isFolder(join(folder, SNAPSHOTS))) return await cachedPlaces(folder);
  const parent = dirname(folder);
  if (name === SNAPSHOTS && CACHED.test(basename(parent))) return await cachedPlaces(parent);
  const model = basename(dirname(parent));
  if (basename(parent) === SNAPSHOTS && CACHED.test(model)) {
    return [{ ...plainPlace(folder, modelKey(model), name, `${modelKey(model)}@${name}`), cached: true }];
  }
  if (isName(name) && await isCached(folder)) return await cachedPlaces(folder, name);
  const isOne = await Promise.all(MARKERS.map((file) => isThere(join(folder, file))));
  return isName(name) && isOne.includes(true) ? [plainPlace(folder, name)] : [];
}

/** The models of a cache whose parent the root is, as `~/.cache/huggingface` is of `hub`. */
async function hubPlaces(folder: string, isWanted: (name: string) => boolean): Promise<ModelPlace[]> {
  const cached = (await folderNames(folder, true)).filter((name) => CACHED.test(name) && isWanted(name));
  return (await Promise.all(cached.sort().map((name) => cachedPlaces(join(folder, name))))).flat();
}

/** Whether a folder is a cached model's, whatever it is called here. */
async function isCached(folder: string): Promise<boolean> {
  return await isFolder(join(folder, SNAPSHOTS)) && await isFolder(join(folder, "blobs"));
}

/** The snapshots of one cached model. */
async function cachedPlaces(folder: string, name = modelKey(basename(folder))): Promise<ModelPlace[]> {
  const refs = await refsOf(join(folder, "refs"));
  const commits = (await folderNames(join(folder, SNAPSHOTS), true)).sort();
  // Without a main, as of a model that was fetched at one revision only, that one is meant.
  const main = refs.get(MAIN) ?? (commits.length === 1 ? commits[0] : undefined);
  const places = commits.map((commit): ModelPlace => {
    const named = [...refs].filter(([, of]) => of === commit).map(([ref]) => `${name}@${ref}`).sort();
    const names = [...(commit === main ? [name] : []), ...named, `${name}@${commit}`];
    const [first, ...also] = names as [string, ...string[]];
    return { name: first, also, folder: join(folder, SNAPSHOTS, commit), cached: true };
  });
  if (commits.length > 0 && (main === undefined || commits.includes(main))) return places;
  const message = `The hub's cache has no files of revision ${MAIN}: its download was not finished`;
  const fault = new UserError("damaged_model", message);
  return [{ name, also: [`${name}@${MAIN}`], folder, cached: true, fault }, ...places];
}

/** Commits by the names of a cache's refs. */
async function refsOf(folder: string): Promise<Map<string, string>> {
  const refs = new Map<string, string>();
  const walk = async (path: string, prefix: string, depth: number): Promise<void> => {
    for (const { name, isDirectory } of await entriesOf(path)) {
      if (refs.size >= MAX_REFS) return;
      if (isDirectory) {
        if (depth < MAX_REF_DEPTH) await walk(join(path, name), `${prefix}${name}/`, depth + 1);
        continue;
      }
      const bytes = await readBounded(join(path, name), name, MAX_REF_BYTES).catch(() => null);
      const commit = bytes && new TextDecoder().decode(bytes).trim();
      if (commit) refs.set(prefix + name, commit);
    }
  };
  await walk(folder, "", 1);
  return refs;
}

async function folderNames(folder: string, links: boolean): Promise<string[]> {
  const real = links ? null : await Deno.realPath(folder).catch(() => null);
  const found: string[] = [];
  for (const { name, isFile, isSymlink } of await entriesOf(folder)) {
    if (isFile || !isName(name)) continue;
    if (isSymlink && real !== null && !await leadsInside(real, join(folder, name))) continue;
    found.push(name);
  }
  return found;
}

async function leadsInside(real: string, path: string): Promise<boolean> {
  const target = await Deno.realPath(path).catch(() => "");
  return target.startsWith(real.endsWith(sep) ? real : real + sep);
}

async function entriesOf(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder));
  } catch (thrown) {
    if (isAbsence(thrown)) return [];
    throw thrown;
  }
}

/** Whether there is anything of this name: what is no file, or leads nowhere, its reader says. */
export async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
}
