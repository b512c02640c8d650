/**
 * What places the processes of a job: a command line in front of the engine's own, which starts it as often as the job
 * has replicas, gives the first this process's pipes, and ends all when one of them or it itself ends.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DEADLINES } from "../contract/deadlines.ts";
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { PlacedJob, Placing, PlacingTell } from "./placing.ts";
import { cancelSlurmJob, slurmJob, slurmName } from "./slurm_job.ts";
import { RayGang, stopLeft } from "./ray/ray_gang.ts";
import { RayJobs, type RayOptions } from "../outbound/ray_jobs.ts";
import { Turns } from "./ray/turns.ts";

export const LAUNCHERS = ["local", "mpiexec", "slurm", "ray"] as const;

export type LauncherName = (typeof LAUNCHERS)[number];

interface LauncherKind {
  /** The command line that goes before the engine's. */
  prefix(job: Pick<PlacedJob, "replicas" | "job">, mpiFolder: string): [string, ...string[]];
  /** Whether a job may wait for its turn there, as long as it takes. */
  queues: boolean;
  /** Whether processes run on other machines than the server's, whose memory says nothing of theirs. */
  elsewhere: boolean;
}

const KINDS: Readonly<Record<Exclude<LauncherName, "local">, LauncherKind>> = {
  mpiexec: {
    prefix: ({ replicas }, folder) => [mpiexec(folder), "-n", String(replicas)],
    queues: false,
    elsewhere: false,
  },
  slurm: {
    prefix: ({ replicas, job }) => [
      ...["srun", "--ntasks", String(replicas), "--mpi=pmi2"] as [string, string, string, string],
      // One that is lost ends all; its lines come as they are written; and only the first is spoken to.
      ...["--kill-on-bad-exit=1", "--unbuffered", "--input=0", `--job-name=${slurmName(job)}`],
    ],
    queues: true,
    elsewhere: true,
  },
  ray: {
    // It prints how each host's proxy is started, which Ray is asked to do.
    prefix: ({ replicas }, folder) => {
      const hosts = Array.from({ length: replicas }, (_, at) => `replica${at}`).join();
      return [mpiexec(folder), "-n", String(replicas), "-launcher", "manual", "-hosts", hosts, "-ppn", "1"];
    },
    queues: true,
    elsewhere: true,
  },
};

/** The one that was installed, or the system's. */
function mpiexec(folder: string): string {
  const own = join(folder, "bin", "mpiexec");
  return existsSync(own) ? own : "mpiexec";
}

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
  /** Of LAUNCHER=ray: where Ray is asked, and what each process takes of a host. */
  ray?: RayOptions & { cpus: number };
}

/** How the process of an attempt is started. */
export interface Launch {
  command: [string, ...string[]];
  env: Record<string, string>;
  /** Whether something else than the engine may write to its stdout, and its stdin takes short lines only. */
  launched: boolean;
  queues: boolean;
  /** How long it may say nothing, where that is less than for any engine. */
  silence_ms?: number;
  /** Of a launcher that starts nothing by itself. */
  placing?: (tell: PlacingTell) => Placing;
}

/** An engine that nothing else starts. */
export function directly(engine: readonly [string, ...string[]]): Launch {
  return { command: [...engine], env: {}, launched: false, queues: false };
}

export class Launcher {
  readonly #settings: LauncherSettings;
  readonly #kind: LauncherKind | null;
  readonly #ray: RayJobs | null;
  /** Of gangs of Ray's. */
  readonly #turns = new Turns();

  constructor(settings: LauncherSettings) {
    this.#settings = settings;
    this.#kind = settings.name === "local" ? null : KINDS[settings.name];
    this.#ray = settings.name === "ray" && settings.ray ? new RayJobs(settings.ray) : null;
  }

  /** Whether jobs run on other machines than the server's. */
  get elsewhere(): boolean {
    return this.#kind?.elsewhere ?? false;
  }

  /** Ends what a server that died has left of a job where this launcher places. */
  async endLeft(jobId: string, logger: Logger): Promise<void> {
    if (this.#settings.name === "slurm") await cancelSlurmJob(jobId, logger);
    if (!this.#ray) return;
    try {
      const stopped = await stopLeft(this.#ray, jobId, logger);
      if (stopped > 0) logger.warn("Stopped what a dead server had placed", { job_id: jobId, stopped });
    } catch (error) {
      // Its processes end by themselves when they find mpiexec gone.
      logger.warn("Cannot look for what a dead server had placed", { job_id: jobId, error: String(error) });
    }
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

  #placing(job: PlacedJob): Launch["placing"] {
    if (this.#settings.name === "slurm") return ({ logger }) => slurmJob(job.job, logger);
    const [jobs, turns] = [this.#ray, this.#turns];
    if (!jobs) return undefined;
    const { cpus } = this.#settings.ray!;
    return (tell) => new RayGang({ jobs, turns, cpus }, job, tell);
  }

  /** How `engine` is started for an attempt of a job. */
  launch(engine: readonly [string, ...string[]], job: PlacedJob): Launch {
    const { replicas } = job;
    if (!this.#kind) return directly(engine);
    const { args, mpiFolder, timeout_s } = this.#settings;
    const [program, ...own] = this.#kind.prefix(job, mpiFolder);
    const mpi = { MPI_LIBRARY: this.#library, REPLICA_TIMEOUT_S: String(timeout_s) };
    return {
      command: [program, ...own, ...args, ...engine, ...(replicas > 1 ? ["--replicas"] : [])],
      env: replicas > 1 ? mpi : {},
      // Of a host that is gone, its launcher may never tell.
      ...(replicas > 1 && { silence_ms: Math.min(DEADLINES.silence_ms, timeout_s * 1000) }),
      launched: true,
      queues: this.#kind.queues,
      placing: this.#placing(job),
    };
  }
}

function refused(message: string): UserError {
  return new UserError("invalid_request", `replicas: ${message}`, [{ path: "replicas", message }]);
}
