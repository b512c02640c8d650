/**
 * `deno task cuda:install [--from FOLDER|WHEEL …] [--device cuda:N]`: puts onnxruntime's CUDA provider beside the
 * onnxruntime library (ORT_LIBRARY, or the package's own), and NVIDIA's libraries too where a folder or wheel has them.
 * Without --from, the package's own installer fetches the provider. Then a session proves that the GPU computes, or the
 * answer says what is missing.
 */
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { placeOf } from "../../core/device_name.ts";
import { UserError } from "../../core/errors.ts";
import { PROVIDER, PROVIDER_BRIDGE } from "../../core/ort/cuda_libraries.ts";
import { findLibrary } from "../../core/ort/library.ts";
import { Runtime } from "../../core/ort/runtime.ts";
import { extract, wheelEntries } from "./wheel.ts";

/** NVIDIA's libraries by the names a loader asks for. */
const NVIDIA = /^lib(cublas|cublasLt|cudart|curand|cufft|cudnn\w*|nvrtc[\w.-]*|nvJitLink)\.so(\.\d+)+$/;

const wanted = (name: string) => name === PROVIDER || name === PROVIDER_BRIDGE || NVIDIA.test(name);

/** The version in a library's or wheel's name: libonnxruntime.so.1.30.0, onnxruntime_gpu-1.30.0-cp311-….whl. */
function versionOf(name: string): string | null {
  return /^(?:libonnxruntime\.so\.|onnxruntime_gpu-)(\d+\.\d+\.\d+)/.exec(name)?.[1] ?? null;
}

/** A provider works with the very onnxruntime it was built with. @throws {UserError} for another */
function requireVersion(names: readonly string[], version: string, from: string): void {
  const other = names.map(versionOf).find((found) => found && found !== version);
  if (!other) return;
  throw new UserError(
    "runtime_unavailable",
    `'${from}' is of onnxruntime ${other}: the library here is ${version}, take the onnxruntime-gpu wheel of that ` +
      "version, or let ORT_LIBRARY name the library of that one",
  );
}

/** Copies what there is in a folder or wheel; gives the names. */
export async function installFrom(from: string, folder: string, version: string): Promise<string[]> {
  const installed: string[] = [];
  if (from.endsWith(".whl")) {
    requireVersion([basename(from)], version, from);
    for (const entry of await wheelEntries(from)) {
      const name = basename(entry.name);
      if (!wanted(name)) continue;
      await extract(from, entry, join(folder, name));
      installed.push(name);
    }
  } else {
    const names = [...Deno.readDirSync(from)].filter(({ isDirectory }) => !isDirectory).map(({ name }) =>
      name
    );
    requireVersion(names, version, from);
    for (const name of names.filter(wanted)) {
      await Deno.copyFile(join(from, name), join(folder, name));
      installed.push(name);
    }
  }
  if (installed.length > 0) return installed.sort();
  throw new UserError("runtime_unavailable", `'${from}' has neither ${PROVIDER} nor a library of NVIDIA's`);
}

/**
 * The package's installer: it downloads, and puts the provider beside the package's library.
 *
 * @throws {UserError} when it did not, or `folder` is another library's
 */
async function installPackaged(folder: string): Promise<void> {
  const script = fileURLToPath(import.meta.resolve("onnxruntime-node/script/install.js"));
  await new Deno.Command("node", {
    args: [script],
    env: { ONNXRUNTIME_NODE_INSTALL: "cuda12" },
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (isThere(folder)) return;
  throw new UserError(
    "runtime_unavailable",
    `The package's installer put no provider beside '${folder}': give a folder or the onnxruntime-gpu wheel with --from`,
  );
}

function isThere(folder: string): boolean {
  const present = new Set([...Deno.readDirSync(folder)].map(({ name }) => name));
  return present.has(PROVIDER) && present.has(PROVIDER_BRIDGE);
}

async function install(): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      from: { type: "string", multiple: true },
      device: { type: "string", default: "cuda" },
    },
  });
  const library = findLibrary(Deno.env.get("ORT_LIBRARY") || undefined);
  const folder = dirname(library);
  const { version } = Runtime.open({ library });
  console.log(`onnxruntime ${version} at ${library}`);
  for (const from of options.from ?? []) {
    console.log(`from ${from}: ${(await installFrom(from, folder, version)).join(", ")}`);
  }
  if (!options.from && !isThere(folder)) await installPackaged(folder);
  const { device } = Runtime.open({ library, device: placeOf(options.device) });
  console.log(`ran on ${options.device}: ${device!.description}`);
}

if (import.meta.main) {
  try {
    await install();
    Deno.exit(0);
  } catch (error) {
    console.error(error instanceof UserError ? error.message : error);
    Deno.exit(1);
  }
}
