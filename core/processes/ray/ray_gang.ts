/**
 * The processes of one job on Ray's hosts. MPICH's mpiexec, told that its launcher is `manual`, prints a command line for
 * each host and waits until those have connected to it; each line becomes a job of Ray's. All are placed or none: Ray has no
 * gangs, so one gang is placed at a time, and one that finds no room gives up what it has.
 */
import { join } from "node:path";
import { UserError } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { NotPlaced, type PlacedJob, type Placing, type PlacingTell } from "../placing.ts";
import type { RayJob, RayJobs } from "../../outbound/ray_jobs.ts";
import type { Turns } from "./turns.ts";

/** What mpiexec prints for each host, and after the last. */
const COMMAND = "HYDRA_LAUNCH: ";
const END = "HYDRA_LAUNCH_END";

/** Of a job's metadata: whose it is, so that it is found again. */
const JOB_KEY = "proximal_job";

export const GANG_TIMES = {
  /** For all to be placed; Ray itself gives up after 900 s. */
  place_ms: 600_000,
  /** Between looks at how they are. */
  look_ms: 1000,
  /** For jobs to stop that were asked to. */
  stop_ms: 5_000,
};

export interface GangOptions {
  jobs: RayJobs;
  turns: Turns;
  /** CPUs that each process takes of its host. */
  cpus: number;
  times?: Partial<typeof GANG_TIMES>;
}

export class RayGang implements Placing {
  readonly #options: GangOptions;
  readonly #job: PlacedJob;
  readonly #tell: PlacingTell;
  readonly #times: typeof GANG_TIMES;
  readonly #commands: string[] = [];
  readonly #submitted: string[] = [];
  /** Jobs that wait cannot be stopped: one that is placed too late finds it gone, and ends. */
  readonly #permit: string;
  readonly #over = new AbortController();
  #placed: Promise<void> = Promise.resolve();

  constructor(options: GangOptions, job: PlacedJob, tell: PlacingTell) {
    this.#options = options;
    this.#job = job;
    this.#tell = tell;
    this.#times = { ...GANG_TIMES, ...options.times };
    this.#permit = join(job.folder, `gang-${crypto.randomUUID()}`);
  }

  line(line: string): boolean {
    if (line.startsWith(COMMAND)) this.#commands.push(line.slice(COMMAND.length));
    else if (line === END) this.#placed = this.#run();
    else return false;
    return true;
  }

  async ended(): Promise<void> {
    this.#over.abort();
    await this.#placed;
    await Deno.remove(this.#permit).catch(() => {});
    await stopAll(this.#options.jobs, this.#submitted, this.#tell.logger, this.#times);
  }

  async #run(): Promise<void> {
    try {
      await this.#options.turns.take(() => this.#place());
      this.#tell.placed();
    } catch (thrown) {
      if (!this.#over.signal.aborted) this.#tell.refused(asRefusal(thrown));
      return;
    }
    this.#watch();
  }

  /** Submits all, and waits until all run. */
  async #place(): Promise<void> {
    this.#over.signal.throwIfAborted();
    const { jobs, cpus } = this.#options;
    const { logger } = this.#tell;
    await Deno.writeTextFile(this.#permit, "");
    for (const command of this.#commands) {
      this.#submitted.push(
        await jobs.submit({
          entrypoint: `[ -e ${quoted(this.#permit)} ] && exec ${command}`,
          entrypoint_num_cpus: cpus,
          metadata: metadataOf(this.#job),
        }),
      );
      this.#over.signal.throwIfAborted();
    }
    logger.info("Submitted to Ray", { ray_jobs: this.#submitted });
    for (const end = performance.now() + this.#times.place_ms;;) {
      const all = await this.#look();
      if (all.every(({ status }) => status === "RUNNING")) return;
      if (performance.now() > end) {
        const running = all.filter(({ status }) => status === "RUNNING").length;
        const seconds = Math.round(this.#times.place_ms / 1000);
        throw new NotPlaced(
          `Ray had room for ${running} of ${all.length} processes within ${seconds} s: the job waits`,
        );
      }
      await pause(this.#times.look_ms, this.#over.signal);
      this.#over.signal.throwIfAborted();
    }
  }

  /** How all are. @throws when one has ended */
  async #look(): Promise<RayJob[]> {
    const all = await Promise.all(this.#submitted.map((id) => this.#options.jobs.get(id)));
    const ended = all.find(({ status }) => status !== "PENDING" && status !== "RUNNING");
    if (!ended) return all;
    const { status, message } = ended;
    throw new Ended(`A process of the job has ended on Ray (${status}): ${message ?? "it does not say why"}`);
  }

  /** A host that is gone says nothing to MPI; Ray notices. That Ray cannot be asked now ends nothing. */
  async #watch(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      await pause(this.#times.look_ms, signal);
      try {
        await this.#look();
      } catch (thrown) {
        // With all of them over, mpiexec says itself how it was.
        if (!signal.aborted && thrown instanceof Ended) {
          await pause(this.#times.look_ms, signal);
          if (!signal.aborted) this.#tell.lost(thrown.message);
          return;
        }
      }
    }
  }
}

class Ended extends Error {}

/** With a Ray that cannot be asked the job waits; what was placed and ended at once is a failure. */
function asRefusal(thrown: unknown): UserError {
  if (thrown instanceof NotPlaced) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return thrown instanceof UserError
    ? new NotPlaced(message, { cause: thrown })
    : new UserError("engine_crashed", message, [], { cause: thrown });
}

/** Whose Ray jobs they are. */
export function metadataOf({ job, attempt }: Pick<PlacedJob, "job" | "attempt">): Record<string, string> {
  return { [JOB_KEY]: job, proximal_attempt: String(attempt) };
}

/** Ends what a server that died has left of a job on Ray. @returns how many Ray jobs that were */
export async function stopLeft(jobs: RayJobs, jobId: string, logger: Logger): Promise<number> {
  const left = (await jobs.list())
    .filter(({ status, metadata }) =>
      metadata?.[JOB_KEY] === jobId && (status === "PENDING" || status === "RUNNING")
    )
    .map(({ submission_id }) => submission_id!);
  await stopAll(jobs, left, logger, GANG_TIMES);
  return left.length;
}

async function stopAll(
  jobs: RayJobs,
  ids: readonly string[],
  logger: Logger,
  { stop_ms, look_ms }: typeof GANG_TIMES,
): Promise<void> {
  await Promise.all(ids.map(async (id) => {
    try {
      if (!isRunning(await jobs.get(id))) return;
      await jobs.stop(id);
      for (const end = performance.now() + stop_ms; performance.now() < end;) {
        if ((await jobs.get(id)).status !== "RUNNING") return;
        await pause(look_ms);
      }
      logger.warn("A job of Ray's does not stop", { ray_job: id });
    } catch (thrown) {
      logger.warn("Cannot stop a job of Ray's", { ray_job: id, error: String(thrown) });
    }
  }));
}

function isRunning({ status }: RayJob): boolean {
  return status === "PENDING" || status === "RUNNING";
}

/** As a shell reads it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
