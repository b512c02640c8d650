/**
 * Runs the queue: claims jobs, gives each an engine process, records what it says, ends the job by how it ended.
 * It decides about processes only; what a state change means is in `job_lifecycle.ts`. After a start it owns
 * every job that has an engine, so there may be one supervisor per database.
 */
import { eq, inArray } from "drizzle-orm";
import { join } from "node:path";
import { isDamage, naming } from "../db/damaged_data.ts";
import type { Database } from "../db/open_database.ts";
import { patient } from "../db/patient.ts";
import { type JobRow, jobs, rowNumber, type StoredConfig } from "../db/schema.ts";
import type { EngineProcess } from "../processes/engine_process.ts";
import type { ModelFolders } from "../contract/protocol.ts";
import type { TrainingSummary } from "../contract/training_events.ts";
import { type ErrorRecord, errorRecord, UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { removeLeftovers } from "../formats/checkpoint_folder.ts";
import type { TrainingJobConfig } from "../contract/training_job.ts";
import type { EventFeed } from "./event_feed.ts";
import { claimJob, endDamagedJob, failJob, requestCancel, requeueJob, succeedJob } from "./job_lifecycle.ts";
import { getJobWithPrompts, jobRecord } from "./job_queries.ts";
import { hasEngine, JOB_STATUSES } from "../contract/job_states.ts";
import { recordEvent } from "./record_event.ts";

export interface SupervisorOptions {
  db: Database;
  logger: Logger;
  /** Absolute; checkpoints go below it. */
  dataDir: string;
  feed: EventFeed;
  max_concurrent_jobs: number;
  startEngine: (logger: Logger) => EngineProcess;
  /** Frees what other processes hold and do not need; says whether there was any. */
  freeMemory?: () => Promise<boolean>;
  /** @throws UserError when a model is gone. */
  resolveFolders: (config: StoredConfig) => Promise<ModelFolders>;
  /** Called when webhooks may have been written. */
  onOutbox: () => void;
  /** How long an engine may take to obey a cancel, and to finish its step when the server stops. */
  cancel_grace_ms: number;
  stop_grace_ms: number;
  /** Pause before the end of a job is written again that could not be. */
  rewrite_ms?: number;
}

/** How often the end of a job is tried to be written. */
const REWRITE_MS = 1000;

interface Run {
  /** Aborted to cancel the job. */
  abort: AbortController;
  engine: EngineProcess | null;
  killTimer?: ReturnType<typeof setTimeout>;
  done: Promise<void>;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #runs = new Map<string, Run>();
  #filling: Promise<void> = Promise.resolve();
  /** False before `start` too: the jobs of a dead server are to be seen to first. */
  #claiming = false;
  readonly #stopping = new AbortController();
  /** Where what happens to running jobs is written, and must not be lost because of a lock. */
  readonly #records: Database;
  #refill: ReturnType<typeof setTimeout> | undefined;
  /** Rows of the queue that are damaged and could not even be ended. */
  readonly #unreadable = new Set<number>();
  /** Said once, not at every try. */
  #cannotClaim = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#records = patient(options.db, this.#stopping.signal);
  }

  /** Takes care of jobs that a dead server left behind, then begins with the queue. */
  async start(): Promise<void> {
    const { db } = this.#options;
    const left = await db.read.select({ number: rowNumber(jobs) }).from(jobs)
      .where(inArray(jobs.status, JOB_STATUSES.filter(hasEngine)));
    for (const { number } of left) {
      const which = eq(rowNumber(jobs), number);
      try {
        const [{ id }] = await db.read.select({ id: jobs.id }).from(jobs).where(which) as [JobRow];
        await requeueJob(db, id, "The server died while the job was running", true);
        await this.#removeLeftovers(id);
        this.#tell(id);
      } catch (error) {
        if (!isDamage(error)) throw error;
        await endDamagedJob(db, which, `The training job in row ${number}`, error);
      }
    }
    this.#claiming = true;
    this.wake();
  }

  /** Looks for queued jobs; to be called when one was added. */
  wake(): void {
    clearTimeout(this.#refill);
    this.#filling = this.#filling.then(() => this.#fill()).then(() => {
      this.#cannotClaim = false;
    }, (error) => {
      if (!this.#claiming) return;
      if (!this.#cannotClaim) this.#options.logger.error("Cannot claim a job", { error: String(error) });
      this.#cannotClaim = true;
      this.#refill = setTimeout(() => this.wake(), this.#options.rewrite_ms ?? REWRITE_MS);
    });
  }

  /** Jobs that have an engine now, and the process of each. */
  get running(): Map<string, number | null> {
    return new Map([...this.#runs].map(([id, { engine }]) => [id, engine?.pid ?? null]));
  }

  /**
   * Cancels a job; its engine is killed when it does not obey in time.
   *
   * @throws UserError `not_found`, or `wrong_state` when the job is over.
   */
  async cancel(id: string): Promise<JobRow> {
    const { db } = this.#options;
    const job = await naming(db, jobRecord(id), requestCancel(db, id));
    const run = this.#runs.get(id);
    if (run && !run.abort.signal.aborted) {
      run.abort.abort(new UserError("cancelled", "The job was cancelled"));
      run.killTimer = setTimeout(() => run.engine?.kill(), this.#options.cancel_grace_ms);
    }
    this.#tell(id);
    return job;
  }

  /** Stops all engines after their current step and puts their jobs back into the queue. */
  async stop(): Promise<void> {
    this.#claiming = false;
    this.#stopping.abort();
    await this.#filling;
    clearTimeout(this.#refill);
    await Promise.all([...this.#runs.values()].map(async ({ engine, done }) => {
      await engine?.stop(this.#options.stop_grace_ms);
      await done;
    }));
  }

  async #fill(): Promise<void> {
    while (this.#claiming && this.#runs.size < this.#options.max_concurrent_jobs) {
      const job = await claimJob(this.#records, this.#unreadable);
      if (!job) return;
      const run: Run = { abort: new AbortController(), engine: null, done: Promise.resolve() };
      this.#runs.set(job.id, run);
      run.done = this.#run(job, run).finally(() => {
        this.#runs.delete(job.id);
        this.wake();
      });
    }
  }

  async #run(job: JobRow, run: Run): Promise<void> {
    const { stop_grace_ms } = this.#options;
    const logger = this.#options.logger.with({ job_id: job.id, attempt: job.attempt });
    logger.info("Job starts", { model: job.model });
    try {
      await succeedJob(this.#records, job.id, await this.#train(job, run, logger));
      logger.info("Job succeeded");
    } catch (error) {
      await this.#settle(job, run, error, logger);
    } finally {
      clearTimeout(run.killTimer);
      await run.engine?.stop(stop_grace_ms);
      await this.#removeLeftovers(job.id);
      this.#tell(job.id);
    }
  }

  async #train(job: JobRow, run: Run, logger: Logger): Promise<TrainingSummary> {
    const { db, dataDir, resolveFolders, startEngine, freeMemory } = this.#options;
    const { prompts } = await getJobWithPrompts(db, job.id);
    const output = join(dataDir, "jobs", job.id, String(job.attempt));
    const folders = { ...await resolveFolders(job.config), output };
    await Deno.mkdir(output, { recursive: true });
    // The engine knows no URL of ours.
    const config: TrainingJobConfig = { ...job.config, prompts, webhook: null, metadata: job.metadata };
    if (this.#stopping.signal.aborted) throw new Error("The server is stopping");
    run.abort.signal.throwIfAborted();
    const place = { dataDir, jobId: job.id, attempt: job.attempt };
    const train = () => {
      run.engine = startEngine(logger);
      return run.engine.request(
        { type: "train", job: config, folders },
        async (event) => {
          await recordEvent(this.#records, place, event);
          this.#tell(job.id);
        },
        run.abort.signal,
      );
    };
    try {
      return await train();
    } catch (thrown) {
      // Nothing has happened yet: a job that does not fit the memory there is now is refused before it starts.
      const refused = thrown instanceof UserError && thrown.code === "job_too_large";
      if (!refused || !await freeMemory?.() || this.#stopping.signal.aborted) throw thrown;
      logger.info("Job begins again with the memory that serving held");
      await run.engine?.stop(this.#options.stop_grace_ms);
      run.abort.signal.throwIfAborted();
      return await train();
    }
  }

  /** Ends a job whose attempt ended with an error; nothing thrown here may reach the process. */
  async #settle(job: JobRow, run: Run, error: unknown, logger: Logger): Promise<void> {
    const { db, stop_grace_ms, rewrite_ms = REWRITE_MS } = this.#options;
    if (!this.#stopping.signal.aborted) {
      const known = error instanceof UserError;
      logger[known && error.code === "cancelled" ? "info" : "warn"]("Job ended", {
        error: String(error),
        stack: known ? undefined : stackOf(error),
      });
    }
    // A job may have ended because the disk is full, and until there is room its end cannot be written either.
    for (let tries = 1;; tries++) {
      try {
        if (!this.#stopping.signal.aborted) return await failJob(db, job.id, jobError(error));
        logger.info("Job goes back to the queue");
        return await requeueJob(db, job.id, "The server was stopped", false);
      } catch (unwritable) {
        if (isDamage(unwritable)) {
          return await endDamagedJob(db, eq(jobs.id, job.id), jobRecord(job.id), unwritable);
        }
        if (tries === 1) logger.error("Cannot write the end of the job", { error: String(unwritable) });
        await run.engine?.stop(stop_grace_ms);
        if (this.#stopping.signal.aborted) return;
        await new Promise((resolve) => setTimeout(resolve, rewrite_ms));
      }
    }
  }

  /** Removes what a killed engine has left of a checkpoint: another attempt has another folder and would not see it. */
  async #removeLeftovers(id: string): Promise<void> {
    const folder = join(this.#options.dataDir, "jobs", id);
    try {
      for await (const { name } of Deno.readDir(folder)) await removeLeftovers(join(folder, name));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      this.#options.logger.warn("Cannot remove what an attempt left", { job_id: id, error: String(error) });
    }
  }

  #tell(id: string): void {
    this.#options.feed.notify(id);
    this.#options.onOutbox();
  }
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}

/** What a job's row keeps of an error; a bug's message may hold what is not the user's to see. */
function jobError(error: unknown): ErrorRecord {
  const record = errorRecord(error);
  return record.code === "internal"
    ? { code: "internal", detail: "The job failed because of an internal error; the server's log says more" }
    : record;
}
