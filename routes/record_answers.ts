/** What the routes of a job's records and metrics share: parameters, pages that say what was removed, and tables as streams. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type Table, TABLE_FORMATS } from "../core/records/table_formats.ts";
import type { AppContext, Env } from "./context.ts";
import { pageSchema } from "./paging.ts";
import { preferredType } from "./preferred_type.ts";
import { undescribed } from "./undescribed.ts";

/** A page ends early once it has so much text. */
export const PAGE_TEXT = 2 * 1024 * 1024;

/** How long a table is made until others have a turn. */
const TURN_MS = 5;

const TYPES = {
  json: "application/json",
  ndjson: "application/x-ndjson",
  csv: "text/csv",
  parquet: "application/vnd.apache.parquet",
} as const;

type Format = keyof typeof TYPES;

const FORMATS = Object.keys(TYPES) as [Format, ...Format[]];

/** A parameter that is an integer of at least `least`. */
export function integerParam(least: number, description?: string) {
  return z.string().regex(/^\d{1,9}$/, `Expected an integer of at least ${least}`).transform(Number)
    .pipe(z.int().min(least)).optional()
    .openapi({ type: "integer", minimum: least, maximum: 999_999_999, description });
}

/** A parameter that is any number. */
export function numberParam(description: string) {
  return z.string().regex(/^-?\d{1,15}(\.\d{1,20})?(e-?\d{1,2})?$/, "Expected a number").transform(Number)
    .optional().openapi({ type: "number", description });
}

/** In which format an answer is to come. */
export const formatParam = z.enum(FORMATS).optional().openapi({
  description:
    "All but json give everything after the cursor, whatever the limit. Without it Accept decides, and json is the default.",
});

/** Parameters that both have. */
export const recordParams = {
  epoch: integerParam(1, "Only what is of this epoch, from 1."),
  step: integerParam(1, "Only what is of this step, from 1."),
  prompt: integerParam(0, "A prompt_idx."),
  rollout: z.string().regex(/^\d{1,9}-\d{1,9}$/, "Expected a rollout_id").optional().openapi({
    description: "A rollout_id.",
    example: "12-3",
  }),
  format: formatParam,
};

/** One rollout alone, by its id; where a step is named too, both have to fit. */
export function ofRollout(rollout: string | undefined, step: number | undefined) {
  if (rollout === undefined) return { step };
  const [its, row] = rollout.split("-").map(Number);
  return { step: its, row, ...(step !== undefined && step !== its && { row: -1 }) };
}

/** The schema of a page of records. */
export function recordPage<T extends z.ZodType>(item: T) {
  return pageSchema(item).extend({
    dropped: z.object({ before_step: z.int().describe("The first step whose records are here.") }).nullable()
      .describe(
        "Records of earlier steps were removed, as the job's `records` says; null where none were.",
      ),
  });
}

/** What an answer may be. */
export function recordContent<T extends z.ZodType>(page: T) {
  return {
    "application/json": { schema: page },
    "application/x-ndjson": { schema: z.string().openapi({ description: "An item a line." }) },
    "text/csv": { schema: z.string() },
    "application/vnd.apache.parquet": { schema: z.string().openapi({ format: "binary" }) },
  };
}

/** The format that a request asks for. */
export function formatOf(c: Context<Env>, format: Format | undefined): Format {
  c.header("vary", "accept");
  if (format) return format;
  const [first, ...others] = FORMATS.map((name) => TYPES[name]);
  const type = preferredType(c.req.header("accept"), [first!, ...others]);
  return FORMATS.find((name) => TYPES[name] === type)!;
}

/** A table as a file that is made while it is sent, at the client's pace, and no further once it is gone. */
export async function tableAnswer<Row>(
  c: Context<Env>,
  { closing }: Pick<AppContext, "closing">,
  format: Exclude<Format, "json">,
  name: string,
  table: Table<Row>,
): Promise<never> {
  const pieces = TABLE_FORMATS[format](table);
  // What cannot be read at all is answered as any fault.
  let next: IteratorResult<Uint8Array> | undefined = await pieces.next();
  let since = performance.now();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      // What is read from memory and sent at once waits for nothing: without this nobody else would have a turn.
      if (performance.now() - since > TURN_MS) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        since = performance.now();
      }
      // Cut off and not ended, or a part would be taken for all.
      if (closing.aborted) await pieces.return(undefined);
      closing.throwIfAborted();
      const { done, value } = next ?? await pieces.next();
      next = undefined;
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => void await pieces.return(undefined),
  }, { highWaterMark: 0 });
  const type = TYPES[format];
  return undescribed(c.body(body, 200, {
    "content-type": type === "text/csv" ? `${type}; charset=utf-8` : type,
    "content-disposition": `attachment; filename="${name}.${format}"`,
  }));
}
