/**
 * Runs the queue: claims jobs, lets an attempt of each run, and has written how it ended. On a file it owns every job that
 * has an engine after a start. On a database that several servers share each has a supervisor, which owns the jobs that it
 * has a lease of (`job_lease.ts`) and takes over those whose lease has run out.
 */
import { and, asc, eq, inArray } from "drizzle-orm";
import { isDamage, naming } from "../db/damaged_data.ts";
import { whileLeased } from "../db/leases.ts";
import type { Database } from "../db/open_database.ts";
import { patient } from "../db/patient.ts";
import { type JobRow, jobs, rowNumber } from "../db/schema.ts";
import { hasEngine, isFinal, JOB_STATUSES } from "../contract/job_states.ts";
import { Attempt, type AttemptOptions } from "./attempt.ts";
import { claimJob, isQueued, nextRetry_ms } from "./claim_job.ts";
import { deleteJob } from "./delete_job.ts";
import { type AttemptEnd, endAttempt } from "./end_attempt.ts";
import { endDamagedJob } from "./end_damaged_job.ts";
import type { EventFeed } from "./event_feed.ts";
import { askOfJob } from "./job_lifecycle.ts";
import { askedOf, expired, LEASE_MS, renewLeases } from "./job_lease.ts";
import { getJob, jobRecord } from "./job_queries.ts";
import { endOrphan } from "../processes/process_identity.ts";
import type { Backoff } from "./retry_delay.ts";
import { sweepJob } from "./sweep_job.ts";
import { WaitingJobs } from "./waiting_jobs.ts";

export interface SupervisorOptions extends AttemptOptions {
  feed: EventFeed;
  max_concurrent_jobs: number;
  /** Ends what a dead server has placed of a job on other machines. */
  endLeft?: (jobId: string) => Promise<void>;
  /** Called when webhooks may have been written. */
  onOutbox: () => void;
  /** How long running steps and their checkpoints may take when the server stops. */
  shutdown_grace_ms: number;
  /** Pauses between looks for room. */
  look_again?: Backoff;
  /** Pause before the end of a job is written again that could not be. */
  rewrite_ms?: number;
  /** How long a job stays this server's while it says nothing, on a shared database. */
  lease_ms?: number;
}

/** How often the end of a job is tried to be written. */
const REWRITE_MS = 1000;

/** How often in the time of a lease it is taken for longer. */
const RENEWALS = 4;
/** What of a lease's time must be left for an engine to be let run on. */
const SPARE = 1 / 6;
/** How long one server sweeps at a time before others may take it for dead. */
const SWEEP_MS = 60_000;

interface Run {
  readonly attempt: Attempt;
  done: Promise<void>;
  /** By this machine's clock that never goes back: until then nobody else takes the job. */
  held_until: number;
  /** The engine does no more; only the end is not written yet. */
  isOver: boolean;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #runs = new Map<string, Run>();
  readonly #waiting: WaitingJobs;
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
  #sweeping: Promise<void> = Promise.resolve();
  #leaseTimer: ReturnType<typeof setInterval> | undefined;
  #renewing: Promise<void> | null = null;
  #cannotRenew = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#waiting = new WaitingJobs(options.look_again);
    this.#records = patient(options.db, this.#stopping.signal);
  }

  get #lease_ms(): number {
    return this.#options.lease_ms ?? LEASE_MS;
  }

  /** Takes care of jobs that a dead server left behind, then begins with the queue. */
  async start(): Promise<void> {
    const { db } = this.#options;
    await this.#takeOver();
    const all = await db.read.select({ id: jobs.id, status: jobs.status }).from(jobs).orderBy(
      asc(rowNumber(jobs)),
    ).catch((error) => {
      if (!isDamage(error)) throw error;
      return [];
    });
    // Where others may run them, jobs are swept when they are claimed.
    if (!db.isShared) { for (const { id, status } of all) if (!isFinal(status)) await this.#sweep(id); }
    const over = all.filter(({ status }) => isFinal(status)).map(({ id }) => id);
    this.#sweeping = whileLeased(db, "sweep_jobs", SWEEP_MS, (lost) => this.#sweepAll(over, lost)).then(
      () => {},
      (error) => this.#options.logger.warn("Cannot sweep", { error: String(error) }),
    );
    if (db.isShared) {
      this.#leaseTimer = setInterval(() => this.#keepLeases(), this.#lease_ms / RENEWALS);
    }
    this.#claiming = true;
    this.wake();
  }

  /** Gives jobs back to the queue whose server has died. */
  async #takeOver(): Promise<void> {
    const { logger } = this.#options;
    const db = this.#options.db.isShared ? this.#records : this.#options.db;
    const left = await db.read.select({ number: rowNumber(jobs) }).from(jobs)
      .where(and(inArray(jobs.status, JOB_STATUSES.filter(hasEngine)), db.isShared ? expired() : undefined));
    for (const { number } of left) {
      const which = eq(rowNumber(jobs), number);
      try {
        const [{ id, engine }] = await db.read.select({ id: jobs.id, engine: jobs.engine }).from(jobs)
          .where(which) as [JobRow];
        if (engine !== null && await endOrphan(engine)) {
          logger.warn("Ended an engine process whose server had died", { job_id: id });
        }
        await this.#options.endLeft?.(id);
        const ended = await endAttempt(db, id, { type: "lost" }, db.isShared ? "expired" : "anybody");
        if (ended && db.isShared) logger.warn("Took over a job whose server had died", { job_id: id });
        this.#tell(id);
      } catch (error) {
        if (!isDamage(error)) throw error;
        await endDamagedJob(db, which, `The training job in row ${number}`, error);
      }
    }
  }

  /** Says that this server goes on with its jobs, ends engines of those that it has lost, and looks for what others have left. */
  #keepLeases(): void {
    const now = performance.now();
    const spare_ms = this.#lease_ms * SPARE;
    for (const run of this.#runs.values()) {
      if (!run.isOver && run.held_until - spare_ms < now) run.attempt.abandon();
    }
    this.#renewing ??= this.#renew(now).then(() => {
      this.#cannotRenew = false;
    }, (error) => {
      if (!this.#cannotRenew) {
        this.#options.logger.error("Cannot renew the leases of running jobs", { error: String(error) });
      }
      this.#cannotRenew = true;
    }).finally(() => this.#renewing = null);
  }

  async #renew(now: number): Promise<void> {
    const { db } = this.#options;
    const before = [...this.#runs.values()];
    if (before.length > 0) {
      const mine = await renewLeases(db, this.#lease_ms, this.#lease_ms / RENEWALS);
      for (const run of before) {
        const { id, attempt } = run.attempt.job;
        if (mine.some((one) => one.id === id && one.attempt === attempt)) {
          run.held_until = now + this.#lease_ms;
        } else if (!run.isOver && this.#runs.get(id) === run) run.attempt.abandon();
      }
    }
    await this.#takeOver();
    if (this.#claiming) this.wake();
  }

  /** Does what others have asked of jobs that run here, and looks for new ones: to be called when others have written. */
  async heed(): Promise<void> {
    const { db, max_concurrent_jobs } = this.#options;
    if (this.#claiming && this.#runs.size < max_concurrent_jobs && await isQueued(db.read)) this.wake();
    if (this.#runs.size === 0) return;
    for (const { id, status } of await askedOf(db)) {
      const attempt = this.#runs.get(id)?.attempt;
      if (status === "cancelling") attempt?.cancel();
      else attempt?.pause();
    }
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
    return new Map([...this.#runs].map(([id, { attempt }]) => [id, attempt.pid]));
  }

  /**
   * Cancels a job; its engine is killed when it does not obey in time.
   *
   * @throws UserError `not_found`, or `wrong_state` when the job is over.
   */
  async cancel(id: string): Promise<JobRow> {
    const job = await this.#ask(id, "cancel");
    this.#runs.get(id)?.attempt.cancel();
    return job;
  }

  /**
   * Pauses a job: one that runs finishes its step and writes a checkpoint.
   *
   * @throws UserError `not_found`, or `wrong_state` when there is nothing to pause.
   */
  async pause(id: string): Promise<JobRow> {
    const job = await this.#ask(id, "pause");
    this.#runs.get(id)?.attempt.pause();
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
    if (!hasEngine(job.status)) this.#waiting.remove(id);
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
      for (const { attempt } of runs) attempt.kill();
    };
    for (const { attempt } of runs) attempt.pause();
    const timer = setTimeout(kill, this.#options.shutdown_grace_ms);
    hurry?.addEventListener("abort", kill);
    if (hurry?.aborted) kill();
    await Promise.all(runs.map(({ done }) => done));
    clearTimeout(timer);
    hurry?.removeEventListener("abort", kill);
    clearInterval(this.#leaseTimer);
    await this.#renewing;
    await this.#sweeping;
  }

  /** Begins what can begin; gives how long nothing more will be able to, null until something happens. */
  async #fill(): Promise<number | null> {
    while (this.#claiming && this.#runs.size < this.#options.max_concurrent_jobs) {
      const waiting = this.#waiting;
      if (waiting.held_ms > 0) return waiting.held_ms;
      const now = performance.now();
      const job = waiting.comeFirst && this.#runs.size > 0 ? null : await claimJob(this.#records, {
        unreadable: this.#unreadable,
        passedOver: waiting.ids,
        lease_ms: this.#lease_ms,
      });
      if (!job) {
        const retry_ms = await nextRetry_ms(this.#options.db.read);
        const times = [waiting.next_ms, retry_ms].filter((ms) => ms !== null);
        return times.length > 0 ? Math.min(...times) + 1 : null;
      }
      const attempt: Attempt = new Attempt(job, this.#options, {
        records: this.#records,
        stopping: this.#stopping.signal,
        others: () => [...this.#runs.values()].map((run) => run.attempt).filter((one) => one !== attempt),
        onRecord: () => this.#tell(job.id),
      });
      const held_until = now + this.#lease_ms;
      const run: Run = { attempt, done: Promise.resolve(), held_until, isOver: false };
      this.#runs.set(job.id, run);
      run.done = this.#run(run).finally(() => {
        if (this.#runs.get(job.id) === run) this.#runs.delete(job.id);
        this.wake();
      });
    }
    return null;
  }

  async #run(run: Run): Promise<void> {
    const { attempt } = run;
    const { id } = attempt.job;
    const { isShared } = this.#options.db;
    if (isShared && attempt.job.attempt > 1) await this.#sweep(id);
    const end = await attempt.run();
    run.isOver = true;
    if (end.type === "refused") this.#waiting.add(id, end.everybody);
    else {
      this.#waiting.remove(id);
      this.#waiting.lookAgain();
    }
    // A job that goes on must not meet the engine of this attempt, or what it left. Another server's may be there already.
    if (end.type !== "done") {
      await attempt.leave();
      if (!isShared) await this.#sweep(id);
    }
    const ended = await this.#write(attempt, end);
    this.#tell(id);
    if (end.type === "done") await attempt.leave();
    // Nobody goes on with it any more.
    if (ended && isFinal(ended.status) && (isShared || end.type === "done")) await this.#sweep(id);
  }

  /** Writes how an attempt ended, and gives the job as it is then, if that is so; nothing thrown here may reach the process. */
  async #write(attempt: Attempt, end: AttemptEnd): Promise<JobRow | null> {
    const { job } = attempt;
    const logger = this.#options.logger.with({ job_id: job.id, attempt: job.attempt });
    const { rewrite_ms = REWRITE_MS } = this.#options;
    // A job may have ended because the disk is full, and until there is room its end cannot be written either.
    for (let tries = 1;; tries++) {
      try {
        const ended = await endAttempt(this.#records, job.id, end, job.attempt);
        logger.info("Job is", { status: ended?.status, reason: ended?.status_reason?.detail });
        return ended;
      } catch (unwritable) {
        if (isDamage(unwritable)) {
          await endDamagedJob(this.#options.db, eq(jobs.id, job.id), jobRecord(job.id), unwritable);
          return null;
        }
        if (tries === 1) logger.error("Cannot write the end of the job", { error: String(unwritable) });
        await attempt.leave();
        if (this.#stopping.signal.aborted) return null;
        await new Promise((resolve) => setTimeout(resolve, rewrite_ms));
      }
    }
  }

  /** Removes what a job's engine has left of checkpoints and records that have no rows. */
  async #sweep(id: string): Promise<void> {
    try {
      await sweepJob(this.#options.db, this.#options.dataDir, id);
    } catch (error) {
      this.#options.logger.warn("Cannot remove what an attempt left", { job_id: id, error: String(error) });
    }
  }

  /** Jobs that are over are swept beside all else: there may be many. */
  async #sweepAll(ids: readonly string[], lost: AbortSignal): Promise<void> {
    for (const id of ids) {
      if (this.#stopping.signal.aborted || lost.aborted) return;
      await this.#sweep(id);
    }
  }

  #tell(id: string): void {
    this.#options.feed.notify(id);
    this.#options.onOutbox();
  }
}
