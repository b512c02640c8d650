/**
 * Versions of OpenAI's Python client that it is tested with, each installed once into a folder of its own. Run as a program
 * it installs them all, for tests that come after.
 */
import { join } from "node:path";

export const PYPI_VERSIONS = ["3.57.0", "1.109.1"];

const PIP = ["--quiet", "--disable-pip-version-check", "--retries", "1", "--timeout", "10"];
const INSTALL_MS = 90_000;

/** A folder of Python packages with this version of the client; null where it cannot be had. */
export async function pythonPackages(version: string): Promise<string | null> {
  const parent = Deno.env.get("TMPDIR") ?? "/tmp";
  const folder = join(parent, `proximal-openai-${version}`);
  const run = async (...args: string[]) => {
    const signal = AbortSignal.timeout(INSTALL_MS);
    const options = { args, signal, env: { PYTHONPATH: folder }, stdout: "null", stderr: "null" } as const;
    try {
      return (await new Deno.Command("python3", options).output()).success;
    } catch {
      return false;
    }
  };
  const isRight = () => run("-c", `import openai; assert openai.__version__ == "${version}"`);
  if (await isRight()) return folder;
  // Another test may install the same meanwhile: the folder has its name once it is whole.
  const part = await Deno.makeTempDir({ dir: parent, prefix: "proximal-openai-" });
  try {
    if (!await run("-m", "pip", "install", ...PIP, "--target", part, `openai==${version}`)) return null;
    await Deno.rename(part, folder).catch(() => {});
    return await isRight() ? folder : null;
  } finally {
    await Deno.remove(part, { recursive: true }).catch(() => {});
  }
}

if (import.meta.main) {
  const folders = await Promise.all(PYPI_VERSIONS.map(pythonPackages));
  if (folders.includes(null)) Deno.exit(1);
}
