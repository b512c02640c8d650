/**
 * `deno task cuda:kit [--out FOLDER] [--wheel WHEEL | --no-cuda] [--model FOLDER …] [--part-mb N]`: packs what a bare machine
 * with a GPU needs to check this program and measure it: Deno, the sources, the locked packages for Linux on x64,
 * onnxruntime's CUDA provider from its Python wheel, and models. The archive comes in parts of at most 60 MB, with sums
 * and a `run.sh` that joins, verifies and runs them there. NVIDIA's own libraries are not packed: PyTorch's are found.
 */
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { UserError } from "../../core/errors.ts";
import { packagedLibrary } from "../../core/ort/library.ts";
import { dropOtherSystems } from "../drop_other_systems.ts";
import { installFrom } from "./install.ts";
import { type KitPart, writeParts } from "./kit/parts.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Of the sources, what a check and a workload read. */
const PACKED = [
  "core",
  "kernels",
  "bench",
  "tasks",
  "models/tiny",
  "tests/fixtures",
  "deno.json",
  "deno.lock",
];
/** What is run there: their packages are packed. */
const PROGRAMS = [
  "tasks/cuda/kit/run.ts",
  "tasks/cuda/check.ts",
  "bench/ppo_step.ts",
  "bench/random_models.ts",
];
const RUNTIME = "onnxruntime-node";
const TARGET = { os: "linux", arch: "x64" } as const;

export interface KitOptions {
  out: string;
  /** The wheel of onnxruntime-gpu; null packs none, for a machine without a GPU. */
  wheel: string | null;
  /** Folders of models, packed below `models/` by their names. */
  models?: readonly string[];
  partBytes?: number;
  /** The program that runs the kit there. */
  deno?: string;
}

/**
 * Writes the kit's parts, their sums and `run.sh` into `out`.
 *
 * @throws {UserError} if this Deno is not for the machine and no other is given, or the wheel is of another version
 */
export async function packKit(
  { out, wheel, models = [], partBytes = 60e6, deno = thisDeno() }: KitOptions,
): Promise<KitPart[]> {
  await Deno.mkdir(out, { recursive: true });
  const staging = await Deno.makeTempDir({ prefix: "proximal-kit-" });
  try {
    for (const path of PACKED) copy(join(ROOT, path), join(staging, path));
    for (const model of models) copy(model, join(staging, "models", basename(model)));
    Deno.copyFileSync(deno, join(staging, "deno"));
    Deno.chmodSync(join(staging, "deno"), 0o755);
    const { version, folder } = await installPackages(staging);
    if (wheel !== null) await installFrom(wheel, folder, version);
    const parts = await writeParts(archiveOf(staging), out, partBytes);
    Deno.copyFileSync(join(ROOT, "tasks/cuda/kit/run.sh"), join(out, "run.sh"));
    return parts;
  } finally {
    await Deno.remove(staging, { recursive: true });
  }
}

function thisDeno(): string {
  if (Deno.build.os === "linux" && Deno.build.arch === "x86_64") return Deno.execPath();
  throw new UserError(
    "invalid_request",
    "Expected --deno to name a Deno for Linux on x64: this one is for another system",
  );
}

function copy(from: string, to: string): void {
  if (Deno.statSync(from).isFile) {
    Deno.mkdirSync(dirname(to), { recursive: true });
    Deno.copyFileSync(from, to);
    return;
  }
  for (const { name } of Deno.readDirSync(from)) copy(join(from, name), join(to, name));
}

/** Puts the locked packages of what is run into `staging`; gives onnxruntime's version and the folder of its library. */
async function installPackages(staging: string): Promise<{ version: string; folder: string }> {
  const target = ["--os", TARGET.os, "--arch", TARGET.arch];
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet", "--frozen", ...target, "--entrypoint", ...PROGRAMS],
    cwd: staging,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`deno install failed: ${new TextDecoder().decode(stderr).slice(-2000)}`);
  // There is nothing to install from there, so nothing is to be looked for.
  const configuration = join(staging, "deno.json");
  const { nodeModulesDir: _, ...rest } = JSON.parse(Deno.readTextFileSync(configuration));
  Deno.writeTextFileSync(configuration, JSON.stringify({ ...rest, nodeModulesDir: "manual" }));
  const root = Deno.realPathSync(join(staging, "node_modules", RUNTIME));
  const folder = dirname(join(root, packagedLibrary("linux", "x86_64")));
  dropOtherSystems(folder);
  return { version: JSON.parse(Deno.readTextFileSync(join(root, "package.json"))).version, folder };
}

/** `folder` as a compressed archive. Most of it is compressed or is machine code, so the fastest level is taken. */
function archiveOf(folder: string): AsyncIterable<Uint8Array> {
  const child = new Deno.Command("tar", { args: ["-cf", "-", "-C", folder, "."], stdout: "piped" }).spawn();
  return Readable.from(child.stdout).pipe(createGzip({ level: 1 }));
}

/** Fetches the wheel that is of the packaged library's version, by pip. */
async function fetchWheel(folder: string, python: string): Promise<string> {
  const { imports } = JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json")));
  const version = imports[RUNTIME].split("@").at(-1);
  const platforms = ["manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux2014_x86_64"];
  const { success, stderr } = await new Deno.Command(python, {
    args: [
      ...["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", folder],
      ...["--python-version", "3.12", "--implementation", "cp"],
      ...platforms.flatMap((platform) => ["--platform", platform]),
      `onnxruntime-gpu==${version}`,
    ],
    stderr: "piped",
  }).output();
  const wheel = [...Deno.readDirSync(folder)].find(({ name }) => name.endsWith(".whl"));
  if (success && wheel) return join(folder, wheel.name);
  throw new UserError(
    "runtime_unavailable",
    `'${python} -m pip' did not fetch onnxruntime-gpu ${version}: give its wheel with --wheel\n` +
      new TextDecoder().decode(stderr).slice(-1000),
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      out: { type: "string", default: "data/cuda-kit" },
      wheel: { type: "string" },
      "no-cuda": { type: "boolean", default: false },
      python: { type: "string", default: "python3" },
      model: { type: "string", multiple: true, default: [] },
      "part-mb": { type: "string", default: "60" },
      deno: { type: "string" },
    },
  });
  const downloads = await Deno.makeTempDir({ prefix: "proximal-wheel-" });
  try {
    const wheel = values["no-cuda"] ? null : values.wheel ?? await fetchWheel(downloads, values.python);
    const partBytes = 1e6 * Number(values["part-mb"]);
    if (!(partBytes >= 1)) {
      throw new UserError(
        "invalid_request",
        `--part-mb: Expected a number above 0, got ${values["part-mb"]}`,
      );
    }
    const options = { out: values.out, wheel, models: values.model, partBytes };
    const parts = await packKit({ ...options, ...(values.deno && { deno: values.deno }) });
    for (const part of parts) console.log(JSON.stringify(part));
    console.log(`There, with all files of ${values.out} in one folder: sh run.sh SECONDS`);
  } finally {
    await Deno.remove(downloads, { recursive: true });
  }
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof UserError ? error.message : error);
    Deno.exit(1);
  }
}
