/** Rollouts of a job found by what they are, in an order, page by page: from rows alone, however many steps there are. */
import { and, eq, gte, isNotNull, lte, type SQL, sql } from "drizzle-orm";
import type { Database } from "../db/open_database.ts";
import { jobRecords, type JobRecordsRow, type JobRow, type RolloutRow, rollouts } from "../db/schema.ts";

export interface RolloutFilter {
  epoch?: number;
  step?: number;
  prompt?: number;
  /** Row of its step. */
  row?: number;
  min_reward?: number;
  max_reward?: number;
}

/** What rollouts are ordered by, and then by their numbers, which are those of steps and rows. */
const ORDER_COLUMNS = {
  step: rollouts.step,
  reward: rollouts.score,
  length: rollouts.completion_tokens,
} as const;

export const ROLLOUT_ORDERS = ["step", "-step", "reward", "-reward", "length", "-length"] as const;

export type RolloutOrder = (typeof ROLLOUT_ORDERS)[number];

/** Where a page ended: the value of what it is ordered by, and the row's number. */
export interface RolloutCursor {
  value: number;
  id: number;
}

/** What there is of a job's records; null before the first. */
export async function findRecords(db: Database, jobId: string): Promise<JobRecordsRow | null> {
  const [records] = await db.read.select().from(jobRecords).where(eq(jobRecords.job_id, jobId));
  return records ?? null;
}

/**
 * At most `limit` rollouts after a cursor.
 *
 * @param first the first step of which any are wanted
 * @param notBefore the first rollout, where the order is that of steps
 */
export async function findRollouts(
  db: Database,
  { records, job }: { records: Pick<JobRecordsRow, "id">; job: Pick<JobRow, "plan"> },
  { filter, order, limit, after, first = 1, notBefore }: {
    filter: RolloutFilter;
    order: RolloutOrder;
    limit: number;
    after?: RolloutCursor;
    first?: number;
    notBefore?: Pick<RolloutRow, "step" | "row">;
  },
): Promise<RolloutRow[]> {
  const descending = order.startsWith("-");
  const column = orderColumn(order);
  const { epoch, step, prompt, row, min_reward, max_reward } = filter;
  const { steps_per_epoch } = job.plan;
  const from = Math.max(first, epoch === undefined ? 1 : (epoch - 1) * steps_per_epoch + 1);
  const direction = sql.raw(descending ? "desc" : "asc");
  const beyond = sql.raw(descending ? "<" : ">");
  const where: (SQL | undefined)[] = [
    eq(rollouts.records_id, records.id),
    from > 1 ? gte(rollouts.step, from) : undefined,
    epoch === undefined ? undefined : lte(rollouts.step, epoch * steps_per_epoch),
    step === undefined ? undefined : eq(rollouts.step, step),
    row === undefined ? undefined : eq(rollouts.row, row),
    prompt === undefined ? undefined : eq(rollouts.prompt_idx, prompt),
    min_reward === undefined ? undefined : gte(rollouts.score, min_reward),
    max_reward === undefined ? undefined : lte(rollouts.score, max_reward),
    column === rollouts.score ? isNotNull(rollouts.score) : undefined,
    notBefore && sql`(${rollouts.step}, ${rollouts.row}) >= (${notBefore.step}, ${notBefore.row})`,
    after && sql`(${column}, ${rollouts.id}) ${beyond} (${after.value}, ${after.id})`,
  ];
  return await db.read.select().from(rollouts).where(and(...where))
    .orderBy(sql`${column} ${direction}`, sql`${rollouts.id} ${direction}`).limit(limit);
}

/** Where a page that ends with a rollout ended. */
export function cursorAfter(row: RolloutRow, order: RolloutOrder): RolloutCursor {
  const { step, score, completion_tokens, id } = row;
  const value = { step, reward: score ?? 0, length: completion_tokens }[nameOf(order)];
  return { value, id };
}

function orderColumn(order: RolloutOrder) {
  return ORDER_COLUMNS[nameOf(order)];
}

function nameOf(order: RolloutOrder): keyof typeof ORDER_COLUMNS {
  return order.replace("-", "") as keyof typeof ORDER_COLUMNS;
}
