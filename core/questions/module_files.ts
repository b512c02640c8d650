/**
 * The files of a user's module: found, checked, hashed, and copied to where they are run from. A module imports files
 * below the same folder and nothing else; which it imports is told by Deno itself, which runs none of it for that.
 */
import { createHash } from "node:crypto";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { UserError } from "../errors.ts";
import { withoutPaths } from "../without_paths.ts";

const MAX_FILES = 256;
const MAX_BYTES = 4 * 1024 * 1024;
/** Deno needs some ms. */
const GRAPH_MS = 60_000;
const MAX_INFO_BYTES = 16 * 1024 * 1024;

/** Flags of every Deno that sees a user's module: nothing is fetched, asked for, configured or kept. */
export const CLOSED_FLAGS = [
  ...["--no-config", "--no-lock", "--no-npm", "--no-remote", "--node-modules-dir=none"],
] as const;

/** No folder: what would be cached or stored has no place. */
export const CLOSED_ENVIRONMENT = {
  DENO_DIR: "/dev/null/none",
  DENO_NO_UPDATE_CHECK: "1",
  NO_COLOR: "1",
} as const;

/** What Deno says of a module's imports, as far as it is wanted. */
const graphSchema = z.object({
  modules: z.array(z.object({
    specifier: z.string(),
    local: z.string().nullish(),
    error: z.string().optional(),
    dependencies: z.array(z.object({ specifier: z.string() })).optional(),
  })),
});

/** A module as it is now. */
export interface ModuleFiles {
  /** By path below the folder, sorted; the module itself is among them. */
  files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** Of the file if it is the only one, else of the list of all hashes and paths, as sha256sum writes it. */
  sha256: string;
}

/**
 * Reads a module and all that it imports.
 *
 * @param folder where modules are
 * @param file of the module, below it
 * @throws {UserError} `invalid_request` without a field, for what is not there, cannot be read, or imports what it may not
 */
export async function readModule(folder: string, file: string): Promise<ModuleFiles> {
  const root = await Deno.realPath(folder).catch(() => null);
  const path = root && join(root, file);
  const found = path &&
    await Deno.stat(path).then(({ isFile, size }) => isFile && size <= MAX_BYTES, () => false);
  if (!root || !found) {
    throw refused(`There is no file '${file}' of at most ${MAX_BYTES} bytes below DATA_DIR/rewards`);
  }
  const names = await importsOf(root, path);
  if (names.length > MAX_FILES) {
    throw refused(`Expected a module of at most ${MAX_FILES} files, got ${names.length}`);
  }
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  let bytes = 0;
  for (const name of names) {
    const { size } = await Deno.stat(join(root, name));
    bytes += size;
    if (bytes > MAX_BYTES) {
      throw refused(`Expected a module of at most ${MAX_BYTES} bytes, with what it imports`);
    }
    files.set(name, await Deno.readFile(join(root, name)));
  }
  return { files, sha256: hashOf(files) };
}

/** Writes the files of a module, and checks them once more where nobody else writes. */
export async function writeModule({ files }: ModuleFiles, file: string, folder: string): Promise<void> {
  for (const [name, bytes] of files) {
    await Deno.mkdir(dirname(join(folder, name)), { recursive: true });
    await Deno.writeFile(join(folder, name), bytes);
  }
  const root = await Deno.realPath(folder);
  await importsOf(root, join(root, file));
}

function hashOf(files: ReadonlyMap<string, Uint8Array>): string {
  const sha256 = (data: Uint8Array | string) => createHash("sha256").update(data).digest("hex");
  const hashes = [...files].map(([name, bytes]) => [name, sha256(bytes)] as const);
  if (hashes.length === 1) return hashes[0]![1];
  return sha256(hashes.map(([name, hash]) => `${hash}  ${name}\n`).join(""));
}

/** Paths below `root` of a module and all that it imports, sorted. */
async function importsOf(root: string, path: string): Promise<string[]> {
  const { modules } = await graphOf(root, path);
  const found = modules.map((module) => {
    const { specifier } = module;
    return {
      ...module,
      name: specifier.startsWith("file:") ? relative(root, fileURLToPath(specifier)) : specifier,
    };
  });
  for (const { name, dependencies = [] } of found) {
    const foreign = dependencies.find(({ specifier }) => !/^\.\.?\//.test(specifier));
    if (!foreign) continue;
    throw refused(
      `Expected imports of files beside it, './…' or '../…', got '${foreign.specifier}' in ${name}`,
    );
  }
  const names: string[] = [];
  // What is outside is not even told to be there or not.
  for (const { specifier, name } of found) {
    const isInside = specifier.startsWith("file:") && name !== "" && name.split(sep)[0] !== "..";
    if (!isInside) throw refused(`Expected imports of files below DATA_DIR/rewards, got '${name}'`);
  }
  for (const { name, local, error } of found) {
    if (error !== undefined) throw refused(`Cannot read ${name}: ${withoutPaths(error)}`);
    const real = local ? await Deno.realPath(local).catch(() => null) : null;
    if (real !== join(root, name)) throw refused(`Expected a file as '${name}', got a link or nothing`);
    names.push(name);
  }
  return names.sort();
}

async function graphOf(root: string, path: string): Promise<z.output<typeof graphSchema>> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", ...CLOSED_FLAGS, path],
    ...{ cwd: root, env: { ...CLOSED_ENVIRONMENT }, clearEnv: true, stdin: "null" },
    signal: AbortSignal.timeout(GRAPH_MS),
  }).output();
  const text = new TextDecoder();
  if (!success || stdout.length > MAX_INFO_BYTES) {
    throw refused(`Cannot read the module: ${withoutPaths(text.decode(stderr.subarray(0, 500))).trim()}`);
  }
  return graphSchema.parse(JSON.parse(text.decode(stdout)));
}

function refused(message: string): UserError {
  return new UserError("invalid_request", message);
}
