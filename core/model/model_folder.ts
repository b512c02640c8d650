/**
 * Finding models by the names of their folders, below the folders that were named as roots and nowhere else. A root
 * that is a model's folder itself is one of those found.
 */
import { basename, isAbsolute, join, relative, sep } from "node:path";
import { type ErrorRecord, UserError } from "../errors.ts";
import type { ModelSummary } from "./describe_model.ts";
import { describedModel } from "./described_models.ts";
import { quote } from "./strict_json.ts";

const MAX_NAME_LENGTH = 200;

/** A folder that looks like a model: what it is, or why it cannot be used. */
export interface ListedModel {
  name: string;
  folder: string;
  summary: ModelSummary | null;
  problem: ErrorRecord | null;
}

/** All models below `roots`, by name. Of two of the same name the one in the earlier root counts. */
export async function listModels(roots: readonly string[]): Promise<ListedModel[]> {
  const found = [...await modelFolders(roots)].sort(([a], [b]) => a < b ? -1 : 1);
  return await Promise.all(
    found.map(async ([name, folder]) => ({ name, folder, ...await describedModel(folder) })),
  );
}

/** Real paths of all models' folders below `roots`, by name. */
async function modelFolders(roots: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const root of roots) {
    for (const name of [basename(root), ...await folderNames(root)]) {
      const folder = await folderInside(root, [name], "config.json");
      if (folder !== null && !found.has(name)) found.set(name, folder);
    }
  }
  return found;
}

/**
 * The folder of the model `name` (a folder with a config.json right below a root, or the root), as a real path.
 * @throws {UserError} `unknown_model`, saying which models there are
 */
export async function resolveModel(roots: readonly string[], name: string): Promise<string> {
  const folder = await findFolder(roots, () => [name], "config.json");
  if (folder !== null) return folder;
  const names = [...(await modelFolders(roots)).keys()].sort();
  const known = names.length === 0 ? "there are none" : `there are ${names.slice(0, 50).join(", ")}`;
  throw new UserError("unknown_model", `There is no model ${quote(name)}: ${known}`, [{
    path: "model",
    message: known,
  }]);
}

/**
 * The folder of a PEFT adapter, given by its path below a root (`my-adapter`, `qwen3/adapter`) or its whole path, as a
 * real path.
 * @throws {UserError} `unknown_checkpoint` when there is none
 */
export async function resolveAdapter(roots: readonly string[], path: string): Promise<string> {
  const plain = path.replace(/\/+$/, "");
  const below = (root: string) => isAbsolute(plain) ? relative(root, plain).split(sep) : plain.split("/");
  const folder = await findFolder(roots, below, "adapter_config.json");
  if (folder !== null) return folder;
  const message = `There is no adapter ${
    quote(path)
  }: a folder with an adapter_config.json below the models' folders is wanted`;
  throw new UserError("unknown_checkpoint", message, [{ path: "adapter", message }]);
}

/** The first folder that is inside its root, by the parts of its path below that. */
async function findFolder(
  roots: readonly string[],
  below: (root: string) => string[],
  marker: string,
): Promise<string | null> {
  for (const root of roots) {
    const folder = await folderInside(root, below(root), marker);
    if (folder !== null) return folder;
  }
  return null;
}

/**
 * The real path of root/parts when it has the file `marker` and neither a name nor a link leads out of the root. Of a
 * root that is a model's folder the first part may be its own name.
 */
async function folderInside(root: string, parts: string[], marker: string): Promise<string | null> {
  if (!parts.every(isName)) return null;
  const [first, ...rest] = parts;
  return await realFolder(root, parts, marker) ??
    (first === basename(root) && await isFile(join(root, "config.json"))
      ? await realFolder(root, rest, marker)
      : null);
}

async function realFolder(root: string, parts: string[], marker: string): Promise<string | null> {
  try {
    const realRoot = await Deno.realPath(root);
    const folder = await Deno.realPath(join(realRoot, ...parts));
    const inside = realRoot.endsWith(sep) ? realRoot : realRoot + sep;
    const within = folder === realRoot || folder.startsWith(inside);
    return within && await isFile(join(folder, marker)) ? folder : null;
  } catch (thrown) {
    if (isAbsence(thrown)) return null;
    throw thrown;
  }
}

function isName(name: string): boolean {
  // deno-lint-ignore no-control-regex -- control characters are what is refused here
  return name.length <= MAX_NAME_LENGTH && /^[^/\\\x00-\x1f]+$/.test(name) && !name.startsWith(".");
}

async function folderNames(root: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(root))).filter(({ isFile }) => !isFile).map(({ name }) =>
      name
    );
  } catch (thrown) {
    if (isAbsence(thrown)) return [];
    throw thrown;
  }
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => isFile, () => false);
}

/** What looking at a path throws when there is nothing that can be used. */
function isAbsence(thrown: unknown): boolean {
  return thrown instanceof Deno.errors.NotFound || thrown instanceof Deno.errors.NotADirectory ||
    thrown instanceof Deno.errors.FilesystemLoop || thrown instanceof Deno.errors.PermissionDenied ||
    // A file system counts a name's bytes, of which a character may have several.
    (thrown as { code?: string }).code === "ENAMETOOLONG";
}
