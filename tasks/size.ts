/**
 * What a fresh clone downloads and keeps: runs the install tasks on a copy of the sources with an empty cache, behind a
 * proxy that counts, and adds up what is then on the disk.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { countingProxy } from "./counting_proxy.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** Folders of the repository that installing does not read, beside installed packages. */
const LEFT = ["data", "models", "docs", ".git", "shared"];
const TASKS = { "to run": "install", "to test and change": "install:all" };

function copySources(from: string, to: string): void {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(from)) {
    if (name === "node_modules" || (from === ROOT && LEFT.includes(name))) continue;
    if (isFile) Deno.copyFileSync(join(from, name), join(to, name));
    if (!isDirectory) continue;
    Deno.mkdirSync(join(to, name));
    copySources(join(from, name), join(to, name));
  }
}

/** Bytes of the disk that folders take, a file with several names once. */
function diskUse(...folders: string[]): number {
  const seen = new Set<number | null>();
  const add = (folder: string): number =>
    Deno.readDirSync(folder).reduce((sum, { name, isDirectory, isFile }) => {
      const path = join(folder, name);
      if (isDirectory) return sum + add(path);
      const { ino, blocks, size } = Deno.lstatSync(path);
      if (!isFile || seen.has(ino)) return sum;
      if (ino !== null) seen.add(ino);
      return sum + (blocks === null ? size : blocks * 512);
    }, 0);
  return folders.reduce((sum, folder) => sum + add(folder), 0);
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;

const folder = await Deno.makeTempDir({ prefix: "proximal-size-" });
try {
  const sources = join(folder, "sources"), cache = join(folder, "cache");
  for (const path of [sources, cache]) Deno.mkdirSync(path);
  copySources(ROOT, sources);
  const outside = Deno.env.get("HTTPS_PROXY") ?? Deno.env.get("https_proxy");
  await using proxy = countingProxy(outside === undefined ? undefined : new URL(outside));
  for (const [what, task] of Object.entries(TASKS)) {
    const env = { DENO_DIR: cache, HTTPS_PROXY: proxy.url, https_proxy: proxy.url };
    const command = new Deno.Command(Deno.execPath(), { args: ["task", "-q", task], cwd: sources, env });
    const { success, stderr } = await command.output();
    if (!success) {
      throw new Error(`deno task ${task} failed:\n${new TextDecoder().decode(stderr).slice(-2000)}`);
    }
    const modules = join(sources, "node_modules");
    console.log(
      `${what} (deno task ${task}): ${megabytes(proxy.received())} downloaded, ` +
        `${megabytes(diskUse(modules))} in node_modules, ${
          megabytes(diskUse(modules, cache))
        } with Deno's cache`,
    );
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
