/**
 * Jobs that are asked for by files: each is a row at once, its files are looked at beside all else, one job after the other,
 * and then it is a training job of the same id, or has failed. What a dead server left is looked at again. It knows our own
 * words only; OpenAI's are the routes'.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { and, asc, count, eq, inArray, isNotNull, isNull, notInArray, or } from "drizzle-orm";
import type { FineTuneError, Note } from "../contract/fine_tune.ts";
import type { FineTuneMethod } from "../contract/fine_tune_rows.ts";
import type { FineTuningEventType } from "../contract/fine_tuning_events.ts";
import type { RewardConfig } from "../contract/reward_schema.ts";
import { splitRewardSecrets } from "../contract/reward_secrets.ts";
import { type TrainingJobConfig, trainingJobSchema } from "../contract/training_job.ts";
import type { Datasets } from "../datasets/datasets.ts";
import { isDamage } from "../db/damaged_data.ts";
import { whileLeased } from "../db/leases.ts";
import { newId } from "../db/new_id.ts";
import type { Database, Transaction } from "../db/open_database.ts";
import {
  datasets as datasetRows,
  type FileRow,
  type FineTuneRow,
  fineTunes,
  jobs,
  rowNumber,
} from "../db/schema.ts";
import { type ErrorCode, errorRecord, type FieldError, UserError, withFields } from "../errors.ts";
import { invalidValue } from "../field_errors.ts";
import type { Files } from "../files/files.ts";
import type { EventFeed } from "../jobs/event_feed.ts";
import { createJob } from "../jobs/job_lifecycle.ts";
import { type FolderSources, resolveFolders } from "../jobs/resolve_folders.ts";
import type { Supervisor } from "../jobs/supervisor.ts";
import { unfinishedJobWithDataset } from "../jobs/unfinished_job_with_dataset.ts";
import type { Logger } from "../log.ts";
import type { ServingEngine } from "../processes/serving_engine.ts";
import { enqueueFineTuningEvent } from "../webhooks/enqueue.ts";
import { type FineTune, getFineTune } from "./fine_tune.ts";
import { resultFile } from "./result_file.ts";

/** Jobs whose files may wait to be looked at. */
const MAX_WAITING = 1000;
/** How long another server takes one that looks at files, or makes results, to be doing so without a word. */
const LOOK_MS = 30_000;
/** Results that are made in one go. */
const RESULTS = 100;
/** How often what cannot be looked at now is looked at again, and the pause before, which doubles. */
const MAX_TRIES = 8;
const RETRY_MS = 1000;
/** Faults of a file that a job's error tells of. */
const TOLD_FAULTS = 3;

/** What may be over in a while. */
const PASSING: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...["too_many_requests", "runtime_unavailable", "engine_busy", "engine_crashed", "database_busy"] as const,
  ...["disk_full", "out_of_memory", "deadline_exceeded", "hub_unreachable"] as const,
]);

export interface FineTuningOptions {
  sources: FolderSources;
  files: Files;
  datasets: Datasets;
  serving: Pick<ServingEngine, "request">;
  supervisor: Pick<Supervisor, "wake" | "cancel" | "pause" | "resume">;
  feed: EventFeed;
  /** Called when webhooks may have been written. */
  onOutbox: () => void;
  /** Looks at a reward as requests' are. */
  checkReward: (reward: RewardConfig) => Promise<RewardConfig>;
  /** Where jobs run unless they say. */
  device: string;
  logger: Logger;
  retry_ms?: number;
}

/** A job that is asked for. */
export interface NewFineTune {
  method: FineTuneMethod;
  model: string;
  training_file: string;
  validation_file: string | null;
  suffix: string | null;
  /** Of the training job, without its dataset. */
  config: Record<string, unknown>;
  shown: Record<string, unknown>;
  metadata: Record<string, string>;
  remarks: readonly { level: Note["level"]; message: string }[];
  owner: string | null;
}

export function note(level: Note["level"], message: string, data?: Note["data"]): Note {
  return { id: newId("event"), at: Date.now(), level, message, ...(data && { data }) };
}

/** Its files, or what of it is being looked at, have changed meanwhile. */
class Overtaken extends Error {}

export class FineTuning {
  readonly #options: FineTuningOptions;
  readonly #stopping = new AbortController();
  /** Aborted when somebody cancels or pauses the one that is looked at. */
  #current: { id: string; abort: AbortController } | null = null;
  /** Those whose next try is later. */
  readonly #later = new Map<string, number>();
  #working: Promise<void> = Promise.resolve();
  /** It is going to be looked for more. */
  #wanted = false;
  #making: Promise<void> = Promise.resolve();

  constructor(options: FineTuningOptions) {
    this.#options = options;
  }

  get #db(): Database {
    return this.#options.sources.db;
  }

  /** Looks for jobs whose files are to be looked at; to be called at the start as well. */
  wake(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#working = this.#working.then(() => {
      this.#wanted = false;
      return this.#work();
    }).catch((error) => {
      if (this.#stopping.signal.aborted) return;
      this.#options.logger.error("Cannot look at the files of fine-tuning jobs", { error: String(error) });
      this.#wakeIn(this.#options.retry_ms ?? RETRY_MS);
    });
  }

  /** Ends what is being looked at; it is looked at again at the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error("The server is stopping"));
    await Promise.all([this.#working, this.#making.catch(() => {})]);
  }

  #wakeIn(ms: number): void {
    sleep(ms, undefined, { signal: this.#stopping.signal, ref: false }).then(() => this.wake(), () => {});
  }

  /** @throws {UserError} `too_many_requests` */
  async create(asked: NewFineTune): Promise<FineTune> {
    const { remarks, ...columns } = asked;
    const id = newId("job");
    const notes = [
      note("info", `Created fine-tuning job: ${id.replace(/^job_/, "ftjob-")}`),
      ...remarks.map(({ level, message }) => note(level, message)),
      note(
        "info",
        "Validating training file" + (asked.validation_file === null ? "" : " and validation file"),
      ),
    ];
    await this.#db.write(async (tx) => {
      const [waiting] = await tx.select({ count: count() }).from(fineTunes).where(
        eq(fineTunes.status, "validating"),
      );
      if (waiting!.count >= MAX_WAITING) {
        throw new UserError(
          "too_many_requests",
          `${MAX_WAITING} jobs wait for their files to be looked at: try again later`,
        );
      }
      await tx.insert(fineTunes).values({
        id,
        status: "validating",
        ...columns,
        notes,
        created_at: new Date(),
      });
    });
    this.wake();
    return await getFineTune(this.#db, id);
  }

  /** @throws {UserError} `not_found`; `wrong_state` when it is over */
  async cancel(id: string): Promise<FineTune> {
    const isBefore = await this.#before(id, "cancel", ["validating", "paused"], async (tx, row) => {
      const at = new Date();
      const notes = [...row.notes, note("info", "Fine-tuning job was cancelled")];
      await tx.update(fineTunes).set({ status: "cancelled", notes, finished_at: at }).where(
        eq(fineTunes.id, id),
      );
      await this.#tell(tx, id, "fine_tuning.job.cancelled", at);
    });
    if (!isBefore) await this.#options.supervisor.cancel(id);
    this.#options.onOutbox();
    return await getFineTune(this.#db, id);
  }

  /** @throws {UserError} `not_found`; `wrong_state` when there is nothing to pause */
  async pause(id: string): Promise<FineTune> {
    const isBefore = await this.#before(id, "pause", ["validating"], async (tx, row) => {
      const notes = [...row.notes, note("info", "Fine-tuning job was paused")];
      await tx.update(fineTunes).set({ status: "paused", notes }).where(eq(fineTunes.id, id));
    });
    if (!isBefore) await this.#options.supervisor.pause(id);
    return await getFineTune(this.#db, id);
  }

  /** @throws {UserError} `not_found`; `wrong_state` when it is not paused */
  async resume(id: string): Promise<FineTune> {
    const isBefore = await this.#before(id, "resume", ["paused"], async (tx, row) => {
      const notes = [...row.notes, note("info", "Fine-tuning job was resumed: validating its files")];
      await tx.update(fineTunes).set({ status: "validating", notes }).where(eq(fineTunes.id, id));
    });
    if (isBefore) this.wake();
    else await this.#options.supervisor.resume(id);
    return await getFineTune(this.#db, id);
  }

  /**
   * Does something to a job that is no training job yet.
   *
   * @returns whether it was none
   */
  async #before(
    id: string,
    verb: string,
    from: readonly FineTuneRow["status"][],
    work: (tx: Transaction, row: FineTuneRow) => Promise<void>,
  ): Promise<boolean> {
    const { job } = await getFineTune(this.#db, id);
    if (job) return false;
    const isBefore = await this.#db.write(async (tx) => {
      const [row] = await tx.select().from(fineTunes).where(eq(fineTunes.id, id));
      if (!row || row.status === "created") return false;
      if (!from.includes(row.status)) {
        throw new UserError(
          "wrong_state",
          `Cannot ${verb} the job as its status is ${row.status}: expected ${from.join(" or ")}`,
        );
      }
      await work(tx, row);
      return true;
    });
    if (isBefore && this.#current?.id === id) this.#current.abort.abort(new Overtaken());
    return isBefore;
  }

  async #tell(tx: Transaction, job_id: string, type: FineTuningEventType, at: Date): Promise<void> {
    await enqueueFineTuningEvent(tx, { event_id: newId("event"), job_id, type, at });
  }

  /** Looks at the files of all jobs that wait for it, oldest first. */
  async #work(): Promise<void> {
    const passed = new Set<string>();
    while (!this.#stopping.signal.aborted) {
      const row = await this.#next(passed);
      if (!row) return;
      passed.add(row.id);
      const abort = new AbortController();
      this.#current = { id: row.id, abort };
      let isOthers = false;
      try {
        const looked = await whileLeased(this.#db, `fine_tune:${row.id}`, LOOK_MS, async (lost) => {
          lost.addEventListener("abort", () => isOthers = true);
          await this.#look(row, AbortSignal.any([abort.signal, this.#stopping.signal, lost]));
          return true;
        });
        isOthers = looked === null;
        // It may die with it.
        if (isOthers) this.#wakeIn(LOOK_MS);
        else this.#later.delete(row.id);
      } catch (error) {
        if (this.#stopping.signal.aborted || abort.signal.aborted || error instanceof Overtaken) continue;
        if (isOthers) {
          this.#wakeIn(LOOK_MS);
          continue;
        }
        await this.#after(row, error);
      } finally {
        this.#current = null;
      }
    }
  }

  /** The oldest that waits. One that is damaged is passed over. */
  async #next(passed: Set<string>): Promise<FineTuneRow | null> {
    for (;;) {
      const waits = and(eq(fineTunes.status, "validating"), notInArray(fineTunes.id, [...passed]));
      const [one] = await this.#db.read.select({ id: fineTunes.id }).from(fineTunes).where(waits)
        .orderBy(asc(rowNumber(fineTunes))).limit(1);
      if (!one) return null;
      try {
        const [row] = await this.#db.read.select().from(fineTunes).where(eq(fineTunes.id, one.id));
        if (row) return row;
      } catch (error) {
        if (!isDamage(error)) throw error;
        this.#db.damaged(`The fine-tuning job '${one.id}'`, error);
      }
      passed.add(one.id);
    }
  }

  /** Makes a training job of one, or throws why not. */
  async #look(row: FineTuneRow, signal: AbortSignal): Promise<void> {
    const { sources, serving, checkReward, device, supervisor, feed, logger } = this.#options;
    const { dataset, held_out } = await this.#dataset(row, signal);
    const job = jobOf(row, dataset, held_out);
    const placed = { ...job, device: job.device ?? device };
    const config = "reward" in placed && placed.reward
      ? { ...placed, reward: await checkReward(placed.reward) } as TrainingJobConfig
      : placed;
    const folders = await resolveFolders(sources, config);
    const checked = { ...splitRewardSecrets(config).config, webhook: null };
    const plan = await serving.request(
      { type: "check", job: checked, folders },
      { client: row.owner ?? "", signal },
    ).catch(async (error) => {
      throw await this.#ofFiles(error, { row, dataset, held_out });
    });
    await this.#db.write(async (tx) => {
      const [before] = await tx.select({ id: fineTunes.id }).from(fineTunes)
        .where(and(eq(fineTunes.id, row.id), eq(fineTunes.status, "validating")));
      if (!before) throw new Overtaken();
      await createJob(tx, config, plan, row.owner, { id: row.id, suffix: row.suffix });
      await tx.update(fineTunes).set({ status: "created", job_id: row.id }).where(eq(fineTunes.id, row.id));
    });
    logger.info("Job created", { job_id: row.id });
    feed.notify(row.id);
    supervisor.wake();
  }

  /** The dataset of a job's files: one that was made of the same before, or a new one. */
  async #dataset(row: FineTuneRow, signal: AbortSignal): Promise<{ dataset: string; held_out: number }> {
    const { files, datasets } = this.#options;
    const known = await this.#knownDataset(row);
    if (known) return known;
    const training = await find(files, "training_file", row.training_file);
    const validation = row.validation_file === null
      ? null
      : await find(files, "validation_file", row.validation_file);
    const source = (file: FileRow) => ({ path: files.path(file.id), bytes: file.bytes, sha256: file.sha256 });
    const { dataset, held_out } = await datasets.derive({
      ...{ method: row.method, training: source(training), validation: validation && source(validation) },
      name: [training, ...(validation ? [validation] : [])].map(({ name }) => name).join(" + ").slice(0, 200),
      ...{ owner: row.owner, signal },
    });
    const made = { dataset: dataset.id, held_out };
    await this.#db.write((tx) => tx.update(fineTunes).set(made).where(eq(fineTunes.id, row.id)));
    return made;
  }

  /** What a model found, as a fault of the file whose example it found it in. */
  async #ofFiles(
    error: unknown,
    { row, dataset, held_out }: { row: FineTuneRow; dataset: string; held_out: number },
  ): Promise<unknown> {
    if (!(error instanceof UserError)) return error;
    const path = error.errors[0]?.path ?? "";
    const at = DATASET_ROW.exec(path)?.[1];
    if (at !== undefined) {
      const [{ rows } = { rows: 0 }] = await this.#db.read.select({ rows: datasetRows.rows }).from(
        datasetRows,
      )
        .where(eq(datasetRows.id, dataset));
      const trained = rows - held_out;
      const [file, index] = Number(at) < trained
        ? ["training_file", Number(at)]
        : ["validation_file", Number(at) - trained];
      return withFields(error, () => `${file}.row.${index + 1}`);
    }
    // A length that the request has not set is not its fault.
    const isFault = error.code === "prompt_too_long" && !has(row.config, path);
    return isFault ? withFields(error, () => "training_file.rows") : error;
  }

  async #knownDataset(row: FineTuneRow): Promise<{ dataset: string; held_out: number } | null> {
    const { validation_file } = row;
    const [known] = await this.#db.read.select({ dataset: datasetRows.id, held_out: fineTunes.held_out })
      .from(fineTunes)
      .innerJoin(datasetRows, eq(datasetRows.id, fineTunes.dataset))
      .where(and(
        eq(fineTunes.training_file, row.training_file),
        validation_file === null
          ? isNull(fineTunes.validation_file)
          : eq(fineTunes.validation_file, validation_file),
        eq(fineTunes.method, row.method),
      )).limit(1);
    if (!known) return null;
    await this.#db.write((tx) => tx.update(fineTunes).set(known).where(eq(fineTunes.id, row.id)));
    return known;
  }

  /** Tries again later what may be over then; else the job has failed. */
  async #after(row: FineTuneRow, error: unknown): Promise<void> {
    const { retry_ms = RETRY_MS, logger } = this.#options;
    const record = errorRecord(error);
    const tries = (this.#later.get(row.id) ?? 0) + 1;
    if (PASSING.has(record.code) && tries < MAX_TRIES) {
      this.#later.set(row.id, tries);
      return this.#wakeIn(retry_ms * 2 ** (tries - 1));
    }
    this.#later.delete(row.id);
    if (record.code === "internal") {
      logger.error("A fine-tuning job failed", { job_id: row.id, error: String(error) });
    }
    const fault = faultOf(error);
    await this.#db.write(async (tx) => {
      const [now] = await tx.select().from(fineTunes)
        .where(and(eq(fineTunes.id, row.id), eq(fineTunes.status, "validating")));
      if (!now) return;
      const at = new Date();
      const { code, message, param } = fault;
      const said = note("error", message, { error_code: code, error_param: param });
      await tx.update(fineTunes)
        .set({ status: "failed", error: fault, notes: [...now.notes, said], finished_at: at })
        .where(eq(fineTunes.id, row.id));
      await this.#tell(tx, row.id, "fine_tuning.job.failed", at);
    });
    this.#options.onOutbox();
  }

  /** Makes the result files that are not there yet of jobs that have succeeded. */
  makeResults(): Promise<void> {
    this.#making = this.#making.catch(() => {}).then(() => this.#makeResults());
    return this.#making;
  }

  async #makeResults(): Promise<void> {
    // One at a time, or a job would get two: who comes later finds those that are made then.
    while (
      await whileLeased(this.#db, "fine_tune_results", LOOK_MS, () => this.#makeDue().then(() => true)) ===
        null
    ) {
      await sleep(RETRY_MS, undefined, { signal: this.#stopping.signal });
    }
  }

  async #makeDue(): Promise<void> {
    const { files } = this.#options;
    const due = await this.#db.read.select({ id: fineTunes.id }).from(fineTunes)
      .innerJoin(jobs, eq(jobs.id, fineTunes.job_id))
      .where(and(isNotNull(fineTunes.job_id), isNull(fineTunes.result_file), eq(jobs.status, "succeeded")))
      .orderBy(asc(rowNumber(fineTunes))).limit(RESULTS);
    for (const { id } of due) {
      const { job, request } = await getFineTune(this.#db, id).catch((error) => {
        if (isDamage(error)) return { job: null, request: null };
        throw error;
      });
      if (!job || !request || request.result_file !== null) continue;
      await files.add({
        parts: resultFile(this.#db, job),
        fields: () => ({ name: "step_metrics.csv", purpose: "fine-tune-results", expires_after_s: null }),
        owner: job.owner,
        beside: async (tx, file) => {
          await tx.update(fineTunes).set({ result_file: file.id }).where(eq(fineTunes.id, id));
        },
      });
    }
  }

  /**
   * Deletes a file, and what was made of it that no unfinished job needs.
   *
   * @throws {UserError} `not_found`
   */
  async deleteFile(id: string): Promise<void> {
    const { files, datasets } = this.#options;
    await files.delete(id);
    const made = await this.#db.read.selectDistinct({ dataset: fineTunes.dataset }).from(fineTunes).where(and(
      or(eq(fineTunes.training_file, id), eq(fineTunes.validation_file, id)),
      isNotNull(fineTunes.dataset),
    )).limit(MAX_WAITING);
    for (const { dataset } of made) {
      await datasets.delete(dataset!, async (tx) => {
        const [waiting] = await tx.select({ id: fineTunes.id }).from(fineTunes).where(and(
          eq(fineTunes.dataset, dataset!),
          inArray(fineTunes.status, ["validating", "paused"]),
        )).limit(1);
        if (waiting || await unfinishedJobWithDataset(tx, dataset!)) {
          throw new UserError("wrong_state", "A job needs it");
        }
      }).catch((error) => {
        if (!(error instanceof UserError)) throw error;
      });
    }
  }
}

/** The training job that a row asks for. @throws {UserError} */
function jobOf(row: FineTuneRow, dataset: string, held_out: number): TrainingJobConfig {
  const { evaluate } = row.config as { evaluate?: Record<string, unknown> };
  const { data, error } = trainingJobSchema.safeParse({
    ...row.config,
    dataset,
    ...(evaluate && { evaluate: { ...evaluate, held_out } }),
    ...("held_out" in row.config && { held_out }),
  });
  if (error) throw invalidValue(error);
  return data;
}

async function find(files: Files, field: string, id: string): Promise<FileRow> {
  return await files.get(id).catch((error) => {
    if (!(error instanceof UserError) || error.code !== "not_found") throw error;
    const message = "The file is not there any more";
    throw new UserError("invalid_request", message, [{ path: `${field}.gone`, message }]);
  });
}

/** What is wrong with a file, by what its faults' paths say, and how OpenAI calls that. */
const FILE_FAULTS: Readonly<Record<string, string>> = {
  json: "invalid_file_format",
  example: "invalid_training_file",
  count: "invalid_n_examples",
  gone: "invalid_training_file",
  row: "invalid_training_file",
  rows: "invalid_training_file",
};

/** A row of a dataset in errors, and in it. */
const DATASET_ROW = /^dataset\.rows\.(\d+)(?:\.|$)/;

const FILE_FAULT = /^(training_file|validation_file)\.(json|example|count|gone|rows?)(?:\.(.+))?$/;

/** Why a job has failed; faults of its dataset's rows are its training file's. */
function faultOf(error: unknown): FineTuneError {
  const { code, detail, errors = [] } = errorRecord(error);
  const [first] = errors;
  const found = FILE_FAULT.exec(first?.path ?? "");
  if (found) {
    const [, param, what] = found as unknown as [string, string, string];
    const file = param === "training_file" ? "training file" : "validation file";
    return {
      code: FILE_FAULTS[what]!.replace("training_file", param),
      message: `The job failed due to an invalid ${file}. ${told(errors)}`,
      param,
    };
  }
  if (code === "internal") {
    return {
      code,
      message: "The job failed because of an internal error; the server's log says more",
      param: null,
    };
  }
  return { code, message: detail, param: first?.path ?? null };
}

/** Whether there is something at a dotted path. */
function has(value: unknown, path: string): boolean {
  return path.split(".").reduce<unknown>((at, key) => Object(at)[key], value) !== undefined;
}

/** Some of a file's faults, with their lines. */
function told(errors: readonly FieldError[]): string {
  const some = errors.slice(0, TOLD_FAULTS).map(({ path, message }) => {
    const [, , what, number] = FILE_FAULT.exec(path) ?? [];
    return number === undefined ? message : `${what === "row" ? "Example" : "Line"} ${number}: ${message}`;
  });
  const more = errors.length - some.length;
  return some.join("; ") + (more > 0 ? `; and ${more} more` : "");
}
