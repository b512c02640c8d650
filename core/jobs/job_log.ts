/**
 * A job's own log: what the server says of its attempts, and what its engine processes wrote on stderr, for whoever owns
 * the job. Lines are written together now
 * and then, the newest of each job are kept, and none holds a path of the machine or a secret. A log is worth no job:
 * what cannot be written waits for room, and is left where the database is damaged.
 */
import { and, desc, eq, gt, inArray, lte } from "drizzle-orm";
import { cutText } from "../cut_text.ts";
import { isDamage } from "../db/damaged_data.ts";
import type { Database } from "../db/open_database.ts";
import type { Page } from "../db/page.ts";
import { byColumn, readableRows } from "../db/readable_rows.ts";
import { type JobLogRow, jobLogs, jobs } from "../db/schema.ts";
import type { Fields, Logger } from "../log.ts";
import { withoutPaths } from "../without_paths.ts";
import { withoutSecrets } from "../without_secrets.ts";

/** Lines of a job that are kept, and those that wait to be written: an engine that writes without end loses its oldest. */
export const MAX_LINES = 1000;
const MAX_CHARACTERS = 1000;
/** What of a line of the server's is for others; a stack is not. */
const TOLD = ["model", "status", "reason", "error", "code", "signal"] as const;
const FLUSH_MS = 250;
/** When lines cannot be written, as when the disk is full. */
const RETRY_MS = 5000;

type Line = Omit<typeof jobLogs.$inferInsert, "id">;

export class JobLogs {
  readonly #db: Database;
  readonly #logger: Logger;
  readonly #waiting = new Map<string, Line[]>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(db: Database, logger: Logger) {
    this.#db = db;
    this.#logger = logger;
  }

  /** `logger`, whose lines about a job are in that job's log as well. */
  observing(logger: Logger): Logger {
    const at = (level: "info" | "warn" | "error") => (message: string, more: Fields = {}) => {
      logger[level](message, more);
      this.#hear(message, { ...logger.fields, ...more });
    };
    return {
      debug: logger.debug,
      ...{ info: at("info"), warn: at("warn"), error: at("error") },
      fields: logger.fields,
      with: (more) => this.observing(logger.with(more)),
    };
  }

  #hear(message: string, fields: Fields): void {
    const { job_id, attempt, line } = fields;
    if (typeof job_id !== "string") return;
    const told = TOLD.filter((name) => fields[name] !== undefined && fields[name] !== null);
    const text = typeof line === "string"
      ? line
      : [message, ...told.map((name) => `${name} ${String(fields[name])}`)].join(", ");
    this.#add({
      job_id,
      attempt: typeof attempt === "number" ? attempt : 0,
      line: cutText(withoutPaths(withoutSecrets(text)), MAX_CHARACTERS),
      created_at: new Date(),
    });
  }

  /** Writes what waits. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#writing;
    await this.#flush().catch(() => {});
  }

  #add(line: Line): void {
    const lines = this.#waiting.get(line.job_id) ?? [];
    this.#waiting.set(line.job_id, lines);
    lines.push(line);
    if (lines.length > 2 * MAX_LINES) lines.splice(0, lines.length - MAX_LINES);
    this.#later(FLUSH_MS);
  }

  #later(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#writing = this.#flush().then(() => undefined, (error) => {
        this.#logger.debug("Cannot write the log of a job", { error: String(error) });
        return RETRY_MS;
      }).then((again) => {
        this.#timer = undefined;
        if (again !== undefined || this.#waiting.size > 0) this.#later(again ?? FLUSH_MS);
      });
    }, ms);
    Deno.unrefTimer(this.#timer);
  }

  async #flush(): Promise<void> {
    const taken = [...this.#waiting].map(([id, lines]) => [id, lines.slice(-MAX_LINES)] as const);
    if (taken.length === 0) return;
    this.#waiting.clear();
    try {
      await this.#db.write(async (tx) => {
        // A job may have been deleted.
        const there = await tx.select({ id: jobs.id }).from(jobs)
          .where(inArray(jobs.id, taken.map(([id]) => id)));
        for (const [id, lines] of taken) {
          if (!there.some((job) => job.id === id)) continue;
          for (let at = 0; at < lines.length; at += 100) {
            await tx.insert(jobLogs).values(lines.slice(at, at + 100));
          }
          const [last] = await tx.select({ id: jobLogs.id }).from(jobLogs).where(eq(jobLogs.job_id, id))
            .orderBy(desc(jobLogs.id)).limit(1).offset(MAX_LINES);
          if (last) await tx.delete(jobLogs).where(and(eq(jobLogs.job_id, id), lte(jobLogs.id, last.id)));
        }
      });
    } catch (error) {
      // To try again what is damaged would never end.
      if (isDamage(error)) return void this.#db.damaged("The logs of jobs", error);
      for (const [id, lines] of taken) {
        this.#waiting.set(id, [...lines, ...this.#waiting.get(id) ?? []].slice(-MAX_LINES));
      }
      throw error;
    }
  }
}

/** Lines after the one with number `after`, oldest first; with `tail`, the last so many. */
export async function listLogLines(
  db: Database,
  jobId: string,
  { limit, after, tail }: { limit: number; after: number; tail?: number },
): Promise<Page<JobLogRow>> {
  const most = tail ?? limit;
  const rows = await readableRows(db, jobLogs, {
    record: "The log line",
    where: and(eq(jobLogs.job_id, jobId), gt(jobLogs.id, after)),
    number: byColumn(jobLogs.id),
    newestFirst: tail !== undefined,
    limit: tail === undefined ? most + 1 : most,
  });
  if (tail !== undefined) return { rows: rows.reverse(), has_more: false };
  return { rows: rows.slice(0, most), has_more: rows.length > most };
}
