/**
 * Runs the queue: claims jobs, gives each an engine process, records what it says, ends each attempt by how it ended.
 * It decides about processes only; what becomes of the job is in `end_attempt.ts`. After a start it owns every job that
 * has an engine, so there may be one supervisor per database.
 */
import { and, asc, desc, eq, inArray } from "drizzle-orm";
import { join } from "node:path";
import { isDamage, naming } from "../db/damaged_data.ts";
import type { Database } from "../db/open_database.ts";
import { patient } from "../db/patient.ts";
import { checkpoints, type JobRow, jobs, rowNumber, type StoredConfig } from "../db/schema.ts";
import { type EngineProcess, NoRoom, type Request } from "../processes/engine_process.ts";
import type { ModelFolders } from "../contract/protocol.ts";
import type { TrainingEvent, TrainingSummary } from "../contract/training_events.ts";
import { type ErrorRecord, errorRecord, UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { MEASURES } from "../metrics/measures.ts";
import { machineMemory, memoryKills, residentBytes } from "../system_memory.ts";
import { makeFolder } from "../formats/atomic_file.ts";
import { removeTrainingState } from "../formats/remove_training_state.ts";
import type { TrainingJobConfig } from "../contract/training_job.ts";
import { hasEngine, isFinal, JOB_STATUSES } from "../contract/job_states.ts";
import { afterFailure } from "./after_failure.ts";
import { claimJob, nextRetry_ms } from "./claim_job.ts";
import { deleteJob } from "./delete_job.ts";
import { type AttemptEnd, endAttempt } from "./end_attempt.ts";
import { endDamagedJob } from "./end_damaged_job.ts";
import type { EventFeed } from "./event_feed.ts";
import { askOfJob } from "./job_lifecycle.ts";
import { getJob, getJobWithPrompts, jobRecord } from "./job_queries.ts";
import { isShortOfFiles } from "./is_short_of_files.ts";
import { endProcess, processIdentity } from "./process_identity.ts";
import { recordEvent } from "./record_event.ts";
import { type Backoff, BETWEEN_LOOKS, retryDelay_ms } from "./retry_delay.ts";
import { StallWatch } from "./stall_watch.ts";
import { sweepCheckpoints } from "./sweep_checkpoints.ts";

export interface SupervisorOptions {
  db: Database;
  logger: Logger;
  /** Absolute; checkpoints go below it. */
  dataDir: string;
  feed: EventFeed;
  max_concurrent_jobs: number;
  /** @throws NoRoom */
  startEngine: (logger: Logger) => EngineProcess;
  /** Frees what other processes hold and do not need; says whether there was any. */
  freeMemory?: () => Promise<boolean>;
  /** @throws UserError when a model is gone. */
  resolveFolders: (config: StoredConfig) => Promise<ModelFolders>;
  /** Called when webhooks may have been written. */
  onOutbox: () => void;
  /** How long an engine may take to obey a cancel, and to leave when it has nothing more to do. */
  cancel_grace_ms: number;
  stop_grace_ms: number;
  /** How long running steps and their checkpoints may take when the server stops. */
  shutdown_grace_ms: number;
  /** How long a training may come no further. */
  stall_ms?: number;
  /** Pauses between a job's attempts, and between looks for room. */
  backoff?: Backoff;
  look_again?: Backoff;
  /** Pause before the end of a job is written again that could not be. */
  rewrite_ms?: number;
}

type TrainCommand = Extract<Request, { type: "train" }>;

/** How often the end of a job is tried to be written. */
const REWRITE_MS = 1000;
/** After so many looks in vain no other job is begun before one that waits for room. */
const PATIENT_LOOKS = 5;

interface Run {
  readonly job: JobRow;
  /** Aborted to cancel the job. */
  readonly cancel: AbortController;
  /** Aborted to end it after its step, with a checkpoint. */
  readonly pause: AbortController;
  engine: EngineProcess | null;
  /** Whether it has done a step, and so holds the memory that it needs. */
  stepped: boolean;
  killTimer?: ReturnType<typeof setTimeout>;
  done: Promise<void>;
}

/** A job that had no room when its turn came. */
interface Wait {
  looks: number;
  /** On the clock of `performance.now()`. */
  until: number;
}

/** There is no room for the job now. */
class Refused extends Error {
  constructor(readonly reason: ErrorRecord, readonly everybody: boolean) {
    super(reason.detail);
  }
}

/** Nothing of the attempt was begun before the job was paused. */
class NotBegun extends Error {}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #runs = new Map<string, Run>();
  readonly #waits = new Map<string, Wait>();
  #filling: Promise<void> = Promise.resolve();
  /** False before `start` too: the jobs of a dead server are to be seen to first. */
  #claiming = false;
  readonly #stopping = new AbortController();
  /** Where what happens to running jobs is written, and must not be lost because of a lock. */
  readonly #records: Database;
  #refill: ReturnType<typeof setTimeout> | undefined;
  /** While the machine has no room for any process: looks so far, and when to look again. */
  #noRoom: Wait | null = null;
  /** Rows of the queue that are damaged and could not even be ended. */
  readonly #unreadable = new Set<number>();
  /** Said once, not at every try. */
  #cannotClaim = false;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#records = patient(options.db, this.#stopping.signal);
  }

  /** Takes care of jobs that a dead server left behind, then begins with the queue. */
  async start(): Promise<void> {
    const { db, logger } = this.#options;
    const left = await db.read.select({ number: rowNumber(jobs) }).from(jobs)
      .where(inArray(jobs.status, JOB_STATUSES.filter(hasEngine)));
    for (const { number } of left) {
      const which = eq(rowNumber(jobs), number);
      try {
        const [{ id, engine }] = await db.read.select({ id: jobs.id, engine: jobs.engine }).from(jobs)
          .where(which) as [JobRow];
        if (engine !== null && await endProcess(engine)) {
          logger.warn("Ended an engine process whose server had died", { job_id: id });
        }
        await endAttempt(db, id, { type: "lost" });
        this.#tell(id);
      } catch (error) {
        if (!isDamage(error)) throw error;
        await endDamagedJob(db, which, `The training job in row ${number}`, error);
      }
    }
    const all = await db.read.select({ id: jobs.id, status: jobs.status }).from(jobs).orderBy(
      asc(rowNumber(jobs)),
    ).catch((error) => {
      if (!isDamage(error)) throw error;
      return [];
    });
    for (const { id, status } of all) if (!isFinal(status)) await this.#sweep(id);
    this.#sweeping = this.#sweepAll(all.filter(({ status }) => isFinal(status)).map(({ id }) => id));
    this.#claiming = true;
    this.wake();
  }

  /** Looks for queued jobs; to be called when one was added. */
  wake(): void {
    clearTimeout(this.#refill);
    this.#filling = this.#filling.then(() => this.#fill()).then((again_ms) => {
      this.#cannotClaim = false;
      if (again_ms !== null) this.#wakeIn(again_ms);
    }, (error) => {
      if (!this.#claiming) return;
      if (!this.#cannotClaim) this.#options.logger.error("Cannot claim a job", { error: String(error) });
      this.#cannotClaim = true;
      this.#wakeIn(this.#options.rewrite_ms ?? REWRITE_MS);
    });
  }

  #wakeIn(ms: number): void {
    clearTimeout(this.#refill);
    if (this.#claiming) this.#refill = setTimeout(() => this.wake(), ms);
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
    const job = await this.#ask(id, "cancel");
    const run = this.#runs.get(id);
    if (run && !run.cancel.signal.aborted) {
      run.cancel.abort(new UserError("cancelled", "The job was cancelled"));
      run.killTimer = setTimeout(() => run.engine?.kill(), this.#options.cancel_grace_ms);
    }
    return job;
  }

  /**
   * Pauses a job: one that runs finishes its step and writes a checkpoint.
   *
   * @throws UserError `not_found`, or `wrong_state` when there is nothing to pause.
   */
  async pause(id: string): Promise<JobRow> {
    const job = await this.#ask(id, "pause");
    this.#runs.get(id)?.pause.abort();
    return job;
  }

  /**
   * Gives a paused job back to the queue, to continue from its newest checkpoint.
   *
   * @throws UserError `not_found`, or `wrong_state` when it is not paused.
   */
  async resume(id: string): Promise<JobRow> {
    const job = await this.#ask(id, "resume");
    this.wake();
    return job;
  }

  /**
   * Removes a job that is over with all that belongs to it.
   *
   * @throws UserError `not_found`, or `wrong_state` when it is not over or another needs a checkpoint of it.
   */
  async delete(id: string): Promise<void> {
    const { db, dataDir } = this.#options;
    // The engine of a job that has just ended may be about to leave.
    if (isFinal((await getJob(db, id)).status)) await this.#runs.get(id)?.done;
    await deleteJob(db, dataDir, id);
    this.#options.feed.notify(id);
  }

  async #ask(id: string, verb: Parameters<typeof askOfJob>[2]): Promise<JobRow> {
    const { db } = this.#options;
    const job = await naming(db, jobRecord(id), askOfJob(db, id, verb));
    if (!hasEngine(job.status)) this.#waits.delete(id);
    this.#tell(id);
    return job;
  }

  /**
   * Pauses all running jobs and puts them back into the queue; the next start continues them.
   *
   * @param hurry Aborted to end what still runs at once.
   */
  async stop(hurry?: AbortSignal): Promise<void> {
    this.#claiming = false;
    this.#stopping.abort();
    await this.#filling;
    clearTimeout(this.#refill);
    const runs = [...this.#runs.values()];
    const kill = () => {
      for (const { engine } of runs) engine?.kill();
    };
    for (const { pause } of runs) pause.abort();
    const timer = setTimeout(kill, this.#options.shutdown_grace_ms);
    hurry?.addEventListener("abort", kill);
    if (hurry?.aborted) kill();
    await Promise.all(runs.map(({ done }) => done));
    clearTimeout(timer);
    hurry?.removeEventListener("abort", kill);
    await this.#sweeping;
  }

  /** Begins what can begin; gives how long nothing more will be able to, null until something happens. */
  async #fill(): Promise<number | null> {
    while (this.#claiming && this.#runs.size < this.#options.max_concurrent_jobs) {
      const now = performance.now();
      if (this.#noRoom && this.#noRoom.until > now) return this.#noRoom.until - now;
      const waits = [...this.#waits].filter(([, { until }]) => until > now);
      const patience = waits.some(([, { looks }]) => looks >= PATIENT_LOOKS);
      const job = patience && this.#runs.size > 0 ? null : await claimJob(this.#records, {
        unreadable: this.#unreadable,
        passedOver: waits.map(([id]) => id),
      });
      if (!job) {
        const soonest = waits.map(([, { until }]) => until - now);
        const retry_ms = await nextRetry_ms(this.#options.db.read);
        return [...soonest, ...(retry_ms === null ? [] : [retry_ms + 1])].reduce<number | null>(
          (least, ms) => Math.min(least ?? ms, ms),
          null,
        );
      }
      const run: Run = {
        ...{ job, cancel: new AbortController(), pause: new AbortController() },
        ...{ engine: null, stepped: false, done: Promise.resolve() },
      };
      this.#runs.set(job.id, run);
      run.done = this.#run(run).finally(() => {
        if (this.#runs.get(job.id) === run) this.#runs.delete(job.id);
        this.wake();
      });
    }
    return null;
  }

  async #run(run: Run): Promise<void> {
    const { job } = run;
    const logger = this.#options.logger.with({ job_id: job.id, attempt: job.attempt });
    logger.info("Job starts", { model: job.model });
    const kills = memoryKills();
    let end: AttemptEnd;
    try {
      const summary = await this.#train(run, logger);
      end = summary.paused ? { type: "paused" } : { type: "done", summary };
    } catch (thrown) {
      end = await this.#endOf(run, thrown, kills, logger);
    }
    if (end.type === "refused") this.#waits.set(job.id, this.#longer(this.#waits.get(job.id) ?? null));
    else {
      this.#waits.delete(job.id);
      this.#noRoom = null;
      // Whoever waits for room may have it once this one is gone.
      for (const wait of this.#waits.values()) wait.until = 0;
    }
    // A job that goes on must not meet the engine of this attempt, or what it left.
    if (end.type !== "done") await this.#clear(run);
    await this.#write(run, end, logger);
    clearTimeout(run.killTimer);
    this.#tell(job.id);
    if (end.type === "done") await this.#clear(run);
  }

  /** The engine leaves, and what it has not finished is removed. */
  async #clear({ job, engine }: Run): Promise<void> {
    await engine?.stop(this.#options.stop_grace_ms);
    await this.#sweep(job.id);
  }

  /** How an attempt ended that threw. */
  async #endOf(run: Run, thrown: unknown, kills: number, logger: Logger): Promise<AttemptEnd> {
    if (this.#stopping.signal.aborted || thrown instanceof NotBegun) return { type: "paused" };
    if (thrown instanceof Refused) {
      logger.info("Job waits", { reason: thrown.message });
      this.#noRoom = thrown.everybody ? this.#longer(this.#noRoom) : this.#noRoom;
      return { type: "refused", reason: thrown.reason };
    }
    const known = thrown instanceof UserError;
    logger[known && thrown.code === "cancelled" ? "info" : "warn"]("Attempt ended", {
      error: String(thrown),
      stack: known ? undefined : stackOf(thrown),
    });
    let error = jobError(thrown);
    if (error.code === "engine_crashed" && await this.#ranOutOfMemory(run, kills)) {
      error = { code: "out_of_memory", detail: "The system killed the engine process as memory ran out" };
    }
    return { type: "failed", error, after: afterFailure(error.code), backoff: this.#options.backoff };
  }

  async #ranOutOfMemory({ engine }: Run, kills: number): Promise<boolean> {
    await engine?.exited;
    return engine !== null && engine.killedElsewhere && memoryKills() > kills;
  }

  #longer(wait: Wait | null): Wait {
    const looks = (wait?.looks ?? 0) + 1;
    const { look_again = BETWEEN_LOOKS } = this.#options;
    return { looks, until: performance.now() + retryDelay_ms(look_again, looks) };
  }

  async #train(run: Run, logger: Logger): Promise<TrainingSummary> {
    const { job } = run;
    const { db, dataDir, resolveFolders, freeMemory } = this.#options;
    this.#checkBegun(run);
    this.#checkRoom(run);
    const output = join(dataDir, "jobs", job.id, String(job.attempt));
    const [{ prompts }, folders] = await this.#withFiles(async () => {
      const found = [await getJobWithPrompts(db, job.id), await resolveFolders(job.config)] as const;
      await makeFolder(output);
      return found;
    });
    // The engine knows no URL of ours.
    const config: TrainingJobConfig = { ...job.config, prompts, webhook: null, metadata: job.metadata };
    const request: TrainCommand = {
      ...{ type: "train", job: config, folders: { ...folders, output } },
      resume: await this.#resumable(job.id),
      memory_share: 2 ** -job.memory_halvings,
    };
    try {
      return await this.#engine(run, request, logger);
    } catch (thrown) {
      // Nothing has happened yet: a job that does not fit the memory there is now is refused before it starts.
      const tooLarge = thrown instanceof UserError && thrown.code === "job_too_large";
      if (!tooLarge || this.#stopping.signal.aborted) throw thrown;
      if (await freeMemory?.()) {
        logger.info("Job begins again with the memory that serving held");
        await run.engine?.stop(this.#options.stop_grace_ms);
        try {
          return await this.#engine(run, request, logger);
        } catch (again) {
          throw this.#tooLarge(run, again);
        }
      }
      throw this.#tooLarge(run, thrown);
    }
  }

  /** A job that the machine could hold if nothing else ran waits; one that it never can fails. */
  #tooLarge({ job }: Run, thrown: unknown): unknown {
    if (!(thrown instanceof UserError) || thrown.code !== "job_too_large") return thrown;
    if (job.memory_halvings > 0) return new UserError("out_of_memory", thrown.message, thrown.errors);
    if (job.plan.estimate.memory_bytes > machineMemory().total) return thrown;
    return new Refused({ code: thrown.code, detail: errorRecord(thrown).detail }, false);
  }

  async #engine(run: Run, request: TrainCommand, logger: Logger) {
    const { job } = run;
    const { startEngine, stall_ms, dataDir } = this.#options;
    this.#checkBegun(run);
    const engine = await this.#withFiles(() => Promise.resolve(startEngine(logger)));
    run.engine = engine;
    MEASURES.job_attempts_total.add();
    if (job.attempt === 1) {
      MEASURES.job_queue_wait_seconds.observe(Math.max(0, Date.now() - job.created_at.getTime()) / 1000);
    }
    const identity = processIdentity(engine.pid);
    await this.#records.write((tx) =>
      tx.update(jobs).set({ engine: identity }).where(and(eq(jobs.id, job.id), eq(jobs.attempt, job.attempt)))
    );
    const watch = new StallWatch({
      stall_ms,
      step_seconds: job.plan.estimate.step_seconds,
      onStall: (ms) => engine.end(`The training came no further for ${Math.round(ms / 1000)} s`),
    });
    const place = { dataDir, jobId: job.id, attempt: job.attempt, knownStep: job.progress.step };
    try {
      return await engine.request(
        request,
        (event) => {
          watch.progress();
          return watch.hold(() => this.#record(run, place, event));
        },
        run.cancel.signal,
        Infinity,
        run.pause.signal,
      );
    } finally {
      watch.close();
    }
  }

  async #record(run: Run, place: Parameters<typeof recordEvent>[1], event: TrainingEvent): Promise<void> {
    const { folders, states } = await recordEvent(this.#records, place, event);
    if (event.type === "step") run.stepped = true;
    this.#tell(run.job.id);
    // What cannot be removed now is when the job has ended.
    for (const folder of folders) await Deno.remove(folder, { recursive: true }).catch(() => {});
    for (const folder of states) await removeTrainingState(folder).catch(() => {});
  }

  #checkBegun(run: Run): void {
    run.cancel.signal.throwIfAborted();
    if (run.pause.signal.aborted || this.#stopping.signal.aborted) throw new NotBegun();
  }

  /** What `work` gives; where the machine has no files or processes left for it, nothing else begins for a while. */
  async #withFiles<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof NoRoom) && !isShortOfFiles(thrown)) throw thrown;
      const detail = "The server has no room for another process now: the job waits until it has";
      throw new Refused({ code: "runtime_unavailable", detail }, true);
    }
  }

  /**
   * Refuses a job that would not fit beside those that have begun and do not hold yet what they need: what is free now is
   * theirs.
   */
  #checkRoom({ job }: Run): void {
    const begun = [...this.#runs.values()].filter((run) => run.job.id !== job.id && !run.stepped);
    if (begun.length === 0) return;
    const promised = begun.map(({ job, engine }) =>
      Math.max(0, job.plan.estimate.memory_bytes - (engine ? residentBytes(engine.pid) : 0))
    );
    const free = machineMemory().available - promised.reduce((sum, bytes) => sum + bytes, 0);
    if (job.plan.estimate.memory_bytes <= free) return;
    const detail =
      "Other jobs need the memory that is free: the job waits until they hold theirs or have ended";
    throw new Refused({ code: "job_too_large", detail }, false);
  }

  /** Folders that the job can continue from, newest first. */
  async #resumable(jobId: string): Promise<string[]> {
    const rows = await this.#options.db.read.select({ folder: checkpoints.folder }).from(checkpoints)
      .where(and(eq(checkpoints.job_id, jobId), eq(checkpoints.resumable, 1)))
      .orderBy(desc(checkpoints.step), desc(rowNumber(checkpoints)));
    return rows.map(({ folder }) => join(this.#options.dataDir, folder));
  }

  /** Writes how an attempt ended; nothing thrown here may reach the process. */
  async #write(run: Run, end: AttemptEnd, logger: Logger): Promise<void> {
    const { job } = run;
    const { rewrite_ms = REWRITE_MS } = this.#options;
    // A job may have ended because the disk is full, and until there is room its end cannot be written either.
    for (let tries = 1;; tries++) {
      try {
        const ended = await endAttempt(this.#records, job.id, end);
        return logger.info("Job is", { status: ended?.status, reason: ended?.status_reason?.detail });
      } catch (unwritable) {
        if (isDamage(unwritable)) {
          return await endDamagedJob(this.#options.db, eq(jobs.id, job.id), jobRecord(job.id), unwritable);
        }
        if (tries === 1) logger.error("Cannot write the end of the job", { error: String(unwritable) });
        await this.#clear(run);
        if (this.#stopping.signal.aborted) return;
        await new Promise((resolve) => setTimeout(resolve, rewrite_ms));
      }
    }
  }

  /** Removes what a job's engine has left of a checkpoint that was not recorded. */
  async #sweep(id: string): Promise<void> {
    try {
      await sweepCheckpoints(this.#options.db, this.#options.dataDir, id);
    } catch (error) {
      this.#options.logger.warn("Cannot remove what an attempt left", { job_id: id, error: String(error) });
    }
  }

  /** Jobs that are over are swept beside all else: there may be many. */
  async #sweepAll(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      if (this.#stopping.signal.aborted) return;
      await this.#sweep(id);
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
