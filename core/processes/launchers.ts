/**
 * What places the processes of a job: a command line in front of the engine's own, which starts it as often as the job
 * has replicas, gives the first this process's pipes, and ends all when one of them or it itself ends.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../errors.ts";

export const LAUNCHERS = ["local", "mpiexec", "slurm"] as const;

export type LauncherName = (typeof LAUNCHERS)[number];

interface LauncherKind {
  /** The command line that goes before the engine's. */
  prefix(replicas: number, mpiFolder: string): [string, ...string[]];
  /** Whether a job may wait for its turn there, as long as it takes. */
  queues: boolean;
}

const KINDS: Readonly<Record<Exclude<LauncherName, "local">, LauncherKind>> = {
  mpiexec: {
    prefix: (replicas, folder) => {
      const own = join(folder, "bin", "mpiexec");
      return [existsSync(own) ? own : "mpiexec", "-n", String(replicas)];
    },
    queues: false,
  },
  slurm: {
    prefix: (replicas) => [
      ...["srun", "--ntasks", String(replicas), "--mpi=pmi2"] as [string, string, string, string],
      // One that is lost ends all; its lines come as they are written; and only the first is spoken to.
      ...["--kill-on-bad-exit=1", "--unbuffered", "--input=0"],
    ],
    queues: true,
  },
};

export interface LauncherSettings {
  name: LauncherName;
  /** What else its command line has, such as a partition or a file of hosts. */
  args: readonly string[];
  /** Path of libmpi_abi.so.1; of `mpiFolder` by default. */
  library: string | undefined;
  /** Where `deno task mpi:install` puts an MPI. */
  mpiFolder: string;
  /** How long a process may wait for the others, in seconds. */
  timeout_s: number;
}

/** How the process of an attempt is started. */
export interface Launch {
  command: [string, ...string[]];
  env: Record<string, string>;
  /** Whether something else than the engine may write to its stdout, and its stdin takes short lines only. */
  launched: boolean;
  queues: boolean;
}

/** An engine that nothing else starts. */
export function directly(engine: readonly [string, ...string[]]): Launch {
  return { command: [...engine], env: {}, launched: false, queues: false };
}

export class Launcher {
  readonly #settings: LauncherSettings;
  readonly #kind: LauncherKind | null;

  constructor(settings: LauncherSettings) {
    this.#settings = settings;
    this.#kind = settings.name === "local" ? null : KINDS[settings.name];
  }

  get #library(): string {
    const { library, mpiFolder } = this.#settings;
    return library ?? join(mpiFolder, "lib", "libmpi_abi.so.1");
  }

  /** @throws {UserError} when so many processes cannot be placed here */
  require(replicas: number): void {
    if (replicas === 1) return;
    if (!this.#kind) {
      throw refused(`Expected 1, got ${replicas}: this server's LAUNCHER is local, which places one process`);
    }
    if (!existsSync(this.#library)) {
      throw refused(
        `Expected 1, got ${replicas}: there is no MPI at this server's MPI_LIBRARY, see 'deno task mpi:install'`,
      );
    }
  }

  /** How `engine` is started for a job of so many replicas. */
  launch(engine: readonly [string, ...string[]], replicas: number): Launch {
    if (!this.#kind) return directly(engine);
    const { args, mpiFolder, timeout_s } = this.#settings;
    const [program, ...own] = this.#kind.prefix(replicas, mpiFolder);
    const mpi = { MPI_LIBRARY: this.#library, REPLICA_TIMEOUT_S: String(timeout_s) };
    return {
      command: [program, ...own, ...args, ...engine, ...(replicas > 1 ? ["--replicas"] : [])],
      env: replicas > 1 ? mpi : {},
      launched: true,
      queues: this.#kind.queues,
    };
  }
}

function refused(message: string): UserError {
  return new UserError("invalid_request", `replicas: ${message}`, [{ path: "replicas", message }]);
}
