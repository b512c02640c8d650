/**
 * A job as OpenAI's clients see it: a training job of a kind that OpenAI has too, whoever asked for it, or what is still to
 * become one. Both have the id of the training job.
 */
import { and, eq, inArray, isNull, lt, type SQL, sql } from "drizzle-orm";
import { FINE_TUNING_KINDS } from "../contract/fine_tuning_events.ts";
import { isDamage, naming } from "../db/damaged_data.ts";
import type { Database } from "../db/open_database.ts";
import { type Page, page } from "../db/page.ts";
import { type FineTuneRow, fineTunes, type JobRow, jobs } from "../db/schema.ts";
import { UserError } from "../errors.ts";

export interface FineTune {
  id: string;
  /** What was asked for by files; null for a job that came by our own API. */
  request: FineTuneRow | null;
  /** Null until there is one. */
  job: JobRow | null;
}

const recordOf = (id: string) => `The fine-tuning job '${id}'`;

/** @throws {UserError} `not_found`, or `damaged_data` */
export async function getFineTune(db: Database, id: string): Promise<FineTune> {
  const [[request], [job]] = await naming(
    db,
    recordOf(id),
    Promise.all([
      db.read.select().from(fineTunes).where(eq(fineTunes.id, id)),
      db.read.select().from(jobs).where(and(eq(jobs.id, id), inArray(jobs.kind, [...FINE_TUNING_KINDS]))),
    ]),
  );
  if (!request && !job) throw new UserError("not_found", `No fine-tuning job '${id}'`);
  return { id, request: request ?? null, job: job ?? null };
}

function hasMetadata(column: SQL, key: string, value: string): SQL {
  const readable = sql`case when json_valid(${column}) then ${column} else '{}' end`;
  return sql`exists (select 1 from json_each(${readable}) as pair where pair.key = ${key} and pair.value = ${value})`;
}

/** Newest first; `after` is the last id of the page before, though that may be gone. All of `metadata` must be there. */
export async function listFineTunes(
  db: Database,
  { limit, after, metadata }: {
    limit: number;
    after?: string;
    metadata: readonly (readonly [key: string, value: string])[];
  },
): Promise<Page<FineTune>> {
  const waiting = and(
    isNull(fineTunes.job_id),
    after === undefined ? undefined : lt(fineTunes.id, after),
    ...metadata.map(([key, value]) => hasMetadata(sql`${fineTunes.metadata}`, key, value)),
  );
  const running = and(
    inArray(jobs.kind, [...FINE_TUNING_KINDS]),
    after === undefined ? undefined : lt(jobs.id, after),
    ...metadata.map(([key, value]) => hasMetadata(sql`${jobs.metadata}`, key, value)),
  );
  const ids = await db.read.values<[string]>(
    sql`select ${fineTunes.id} as id from ${fineTunes} where ${waiting}
      union all select ${jobs.id} as id from ${jobs} where ${running}
      order by id desc limit ${limit + 1}`,
  );
  const { rows, has_more } = page(ids.map(([id]) => id), limit);
  const found = await Promise.all(rows.map((id) =>
    getFineTune(db, id).catch((error) => {
      // One that is damaged, or was deleted since, is left out.
      if (isDamage(error) || error instanceof UserError) return null;
      throw error;
    })
  ));
  return { rows: found.filter((one) => one !== null), has_more };
}
