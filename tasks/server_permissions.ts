/**
 * The permissions that the server is started with; docs/security.md says why each is so. As a program it prints one list,
 * for the command line of `deno task dev`.
 */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { commaless } from "../core/processes/engine_command.ts";
import { linkedFolders } from "../core/processes/linked_folders.ts";
import { dataFolder, modelFolders } from "../core/settings/folders.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

type Environment = Readonly<Record<string, string | undefined>>;

/** Folders by what the server may do with them, by its environment. */
export function serverFolders(
  { DATA_DIR, MODELS_DIR, ORT_LIBRARY }: Environment,
): Record<"read" | "write", string[]> {
  const data = linkedFolders([dataFolder(DATA_DIR)]);
  const library = ORT_LIBRARY ? [dirname(resolve(ORT_LIBRARY))] : [];
  const models = linkedFolders([...modelFolders(MODELS_DIR), ...library, join(ROOT, "models")]);
  return { read: commaless([ROOT, ...data, ...models]), write: commaless(data) };
}

/** All flags; the tasks that use them have installed the packages. */
export function serverFlags(environment: Environment): string[] {
  const { read, write } = serverFolders(environment);
  return [
    ...["--no-prompt", "--allow-net", "--allow-env", "--allow-sys=systemMemoryInfo,statfs", "--allow-run"],
    ...[
      "--node-modules-dir=manual",
      "--deny-ffi",
      "--deny-import",
      `--allow-read=${read.join(",")}`,
      `--allow-write=${write.join(",")}`,
    ],
  ];
}

if (import.meta.main) {
  const kind = Deno.args[0] === "write" ? "write" : "read";
  console.log(serverFolders(Deno.env.toObject())[kind].join(","));
}
