/**
 * Where NVIDIA's libraries are on a machine that has PyTorch but no CUDA in the loader's path: in its site-packages, as
 * the wheels of CUDA 13 (`nvidia/cu13/lib`) and earlier ones (`nvidia/cublas/lib`) have them.
 */
import { join } from "node:path";

/** Folders of Python packages; `*` stands for any one name. */
const PACKAGES = [
  "/usr/local/lib/python3*/*-packages",
  "/usr/lib/python3*/*-packages",
  "/opt/*/lib/python3*/site-packages",
  "/opt/*/.venv/lib/python3*/site-packages",
  "/root/*/lib/python3*/site-packages",
];
const LIBRARIES = ["nvidia/*/lib", "nvidia/*/lib64"];
/** Beside them, an installed CUDA and a container's driver. */
const INSTALLED = ["/usr/local/cuda*/lib64", "/usr/local/cuda*/targets/*/lib", "/usr/local/nvidia/lib64"];

/** Folders with libraries, of all Python packages that are found or that a `python3` says it has. */
export async function nvidiaFolders(packages = PACKAGES, installed = INSTALLED): Promise<string[]> {
  const roots = [...packages, ...await pythonPath()];
  const patterns = [
    ...roots.flatMap((root) => LIBRARIES.map((libraries) => join(root, libraries))),
    ...installed,
  ];
  return [...new Set(patterns.flatMap(matching))].filter(hasLibraries);
}

/** Folders that a path with `*` in its names stands for, in order. */
function matching(pattern: string): string[] {
  return pattern.split("/").slice(1).reduce<string[]>((found, name) =>
    found.flatMap((folder) => {
      if (!name.includes("*")) return [join(folder, name)];
      const [start, end] = name.split("*") as [string, string];
      return names(folder).filter((one) => one.startsWith(start) && one.endsWith(end)).sort()
        .map((one) => join(folder, one));
    }), ["/"]);
}

function names(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return []; // not there, or not ours to see
  }
}

function hasLibraries(folder: string): boolean {
  return names(folder).some((name) => /^lib.*\.so(\.\d+)*$/.test(name));
}

async function pythonPath(): Promise<string[]> {
  try {
    const args = ["-c", "import sys; print('\\n'.join(sys.path))"];
    const { stdout } = await new Deno.Command("python3", { args, stderr: "null" }).output();
    return new TextDecoder().decode(stdout).split("\n").filter((path) => path.startsWith("/"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
