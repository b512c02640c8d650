/**
 * The shared libraries that onnxruntime's CUDA provider needs: which they are (as its file says), where they are, and
 * what exactly is missing. Finds and loads; `cuda_device.ts` uses them.
 */
import { dirname, join } from "node:path";
import { UserError } from "../errors.ts";
import { neededLibraries } from "./elf.ts";

export const PROVIDER = "libonnxruntime_providers_cuda.so";
export const PROVIDER_BRIDGE = "libonnxruntime_providers_shared.so";

/** What people call a library, and what brings it. Others go by their file's name. */
const PRODUCTS: Readonly<Record<string, { name: string; from: string }>> = {
  "libcuda.so": { name: "the NVIDIA driver", from: "install the driver of the GPU" },
  "libcublas.so": { name: "cuBLAS", from: "CUDA, or the wheel nvidia-cublas" },
  "libcublasLt.so": { name: "cuBLAS Lt", from: "CUDA, or the wheel nvidia-cublas" },
  "libcudart.so": { name: "the CUDA runtime", from: "CUDA, or the wheel nvidia-cuda-runtime" },
  "libcurand.so": { name: "cuRAND", from: "CUDA, or the wheel nvidia-curand" },
  "libcufft.so": { name: "cuFFT", from: "CUDA, or the wheel nvidia-cufft" },
  "libcudnn.so": { name: "cuDNN", from: "cuDNN, or the wheel nvidia-cudnn-cu13 (cu12)" },
};

/** What the C library has, on every machine that runs this program. */
const SYSTEM = /^(lib(c|m|dl|rt|pthread|stdc\+\+|gcc_s)|ld-linux-[\w-]+)\.so/;

/**
 * The provider opens cuDNN itself, when the first reduction runs, by names that are in no table of its file. This is the
 * one that onnxruntime has used since 1.19.
 */
const CUDNN = "libcudnn.so.9";

export interface CudaLibrary {
  /** `libcublas.so.13` */
  soname: string;
  /** "cuBLAS 13 (libcublas.so.13)" */
  label: string;
  /** What to do when it is missing. */
  repair: string;
  /** Why it could not be loaded; null when it was. */
  problem: string | null;
}

/** A library's names for people. */
export function describeLibrary(soname: string): Pick<CudaLibrary, "label" | "repair"> {
  const [stem, version] = [soname.replace(/\.so.*$/, ".so"), /\.so\.(\d+)/.exec(soname)?.[1]];
  const product = PRODUCTS[stem];
  // The driver's file is called .so.1 whatever its version.
  const number = version && stem !== "libcuda.so" ? ` ${version}` : "";
  return {
    label: product ? `${product.name}${number} (${soname})` : soname,
    repair: product?.from ?? "CUDA",
  };
}

/** Names of the libraries that the provider in `folder` needs beside what every system has. */
export function wantedLibraries(folder: string): string[] {
  const needed = neededLibraries(join(folder, PROVIDER)).filter((soname) => !SYSTEM.test(soname));
  return [...needed, CUDNN];
}

const isFile = (path: string) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
};

/**
 * Loads what the provider beside `library` needs: each from the folder of that library if it is there, else from where
 * the system looks. A library that is loaded already is the one that the provider then gets, so no search path has to be
 * set. What needs another one is tried again once that is there.
 *
 * @throws {UserError} `runtime_unavailable` when the provider itself is not there
 */
export function loadCudaLibraries(library: string): CudaLibrary[] {
  const folder = dirname(library);
  for (const name of [PROVIDER_BRIDGE, PROVIDER]) {
    if (isFile(join(folder, name))) continue;
    throw new UserError(
      "runtime_unavailable",
      `Cannot use CUDA: there is no ${name} beside the onnxruntime library '${library}'; ` +
        "'deno task cuda:install' puts it there",
    );
  }
  const libraries = wantedLibraries(folder).map((soname): CudaLibrary => ({
    soname,
    ...describeLibrary(soname),
    problem: "not tried",
  }));
  const open = (entry: CudaLibrary) => {
    const beside = join(folder, entry.soname);
    entry.problem = problemOf(isFile(beside) ? beside : entry.soname);
  };
  for (let before = Infinity;;) {
    const missing = libraries.filter(({ problem }) => problem !== null);
    if (missing.length === 0 || missing.length === before) return libraries;
    before = missing.length;
    missing.forEach(open);
  }
}

/** Loads a library for the rest of the process, or says why it cannot be. */
function problemOf(path: string): string | null {
  try {
    Deno.dlopen(path, {});
    return null;
  } catch (error) {
    return (error as Error).message.replace(/^(Could not open library: )+/, "");
  }
}

/** The sentence for what is missing. */
export function missingLibraries(libraries: readonly CudaLibrary[]): UserError | null {
  const missing = libraries.filter(({ problem }) => problem !== null);
  if (missing.length === 0) return null;
  const list = missing.map(({ label, repair, soname, problem }) => {
    const other = problem!.startsWith(`${soname}: cannot open shared object file`) ? "" : `: ${problem}`;
    return `${label} is missing${other} (${repair})`;
  });
  return new UserError("runtime_unavailable", `Cannot use CUDA: ${list.join("; ")}`);
}
