/**
 * `deno task mpi:install --from WHEEL`: unpacks PyPI's mpich wheel (`pip download --no-deps mpich==5.0.2`) into `.mpi/`, where
 * LAUNCHER=mpiexec looks for it: the library, what it loads, `mpiexec` and the proxy that it starts on each host.
 * Nothing in it is Python, and nothing is run but `mpiexec --version`.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { UserError } from "../../core/errors.ts";
import { extract, wheelEntries } from "../cuda/wheel.ts";

/** What running needs of the wheel, below its `data/` folder; its compilers and headers stay out. */
const WANTED =
  /\.data\/data\/((?:bin\/(?:mpiexec|hydra_pmi_proxy)|lib\/libmpi_abi\.so\.1|lib\/mpich\/.*[^/]))$/;

/** The folder of this project. */
export const MPI_FOLDER = fileURLToPath(new URL("../../.mpi/", import.meta.url));

/**
 * Unpacks a wheel.
 * @returns what `mpiexec --version` says first
 * @throws {UserError} for what is no wheel of MPICH's
 */
export async function installMpi(wheel: string, folder = MPI_FOLDER): Promise<string> {
  let installed = 0;
  for (const entry of await wheelEntries(wheel)) {
    const name = WANTED.exec(entry.name)?.[1];
    if (!name) continue;
    const target = join(folder, name);
    await Deno.mkdir(dirname(target), { recursive: true });
    await extract(wheel, entry, target);
    if (name.startsWith("bin/")) await Deno.chmod(target, 0o755);
    installed++;
  }
  if (installed === 0) {
    throw new UserError(
      "runtime_unavailable",
      `Expected PyPI's mpich wheel, got '${wheel}': it has no mpiexec`,
    );
  }
  const { stdout } = await new Deno.Command(join(folder, "bin", "mpiexec"), { args: ["--version"] }).output();
  return new TextDecoder().decode(stdout).split("\n").map((line) => line.trim()).filter(Boolean).slice(0, 2)
    .join(" ");
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { from: { type: "string" } } });
  try {
    if (values.from === undefined) {
      throw new UserError("runtime_unavailable", "Expected --from with PyPI's mpich wheel, a file (.whl)");
    }
    console.log(`${MPI_FOLDER}\n${await installMpi(values.from)}`);
  } catch (thrown) {
    if (!(thrown instanceof UserError)) throw thrown;
    console.error(thrown.message);
    Deno.exit(1);
  }
}
