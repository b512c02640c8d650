/**
 * Where the onnxruntime shared library is: an explicit path, or the one inside the onnxruntime-node package.
 * Only finds the file; `api.ts` opens it.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
// Named so that the package is installed with the engine: a path that is resolved later is in no module graph.
import "onnxruntime-node/package.json" with { type: "json" };
import { UserError } from "../errors.ts";

/** The package's folder and file per operating system: the very file its addon loads, so a process has it once. */
const SYSTEMS: Partial<Record<typeof Deno.build.os, { folder: string; file: string }>> = {
  linux: { folder: "linux", file: "libonnxruntime.so.1" },
  darwin: { folder: "darwin", file: "libonnxruntime.1.dylib" },
  windows: { folder: "win32", file: "onnxruntime.dll" },
};

const ARCHITECTURES: Record<typeof Deno.build.arch, string> = { x86_64: "x64", aarch64: "arm64" };

/**
 * The library's path relative to the package root, with forward slashes.
 *
 * @throws UserError `runtime_unavailable` for a system the package has no library for
 */
export function packagedLibrary(os: typeof Deno.build.os, arch: typeof Deno.build.arch): string {
  const system = SYSTEMS[os];
  if (!system || (os === "darwin" && arch !== "aarch64")) {
    throw new UserError(
      "runtime_unavailable",
      `Cannot find onnxruntime: the onnxruntime-node package has no library for '${os} ${arch}', ` +
        "set the path of an onnxruntime library built for it",
    );
  }
  return `bin/napi-v6/${system.folder}/${ARCHITECTURES[arch]}/${system.file}`;
}

/**
 * The library to open: `explicit` as it is, else the package's own.
 *
 * @throws UserError `runtime_unavailable` if there is no such file, saying what to do
 */
export function findLibrary(explicit?: string): string {
  const path = explicit ?? join(packageRoot(), packagedLibrary(Deno.build.os, Deno.build.arch));
  if (isFile(path)) return path;
  const repair = explicit === undefined
    ? "install the dependencies again with 'deno install'"
    : "set the path of an existing onnxruntime library, or none to use the packaged one";
  throw new UserError("runtime_unavailable", `Cannot find onnxruntime: no file at '${path}', ${repair}`);
}

function packageRoot(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  } catch (cause) {
    throw new UserError(
      "runtime_unavailable",
      "Cannot find onnxruntime: the onnxruntime-node package is not installed, run 'deno install'",
      [],
      { cause },
    );
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}
