/** Every token that a training job has sampled, with what it was worth and why, as pages or as one file. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { attributionSchema } from "../core/contract/records.ts";
import { getJob } from "../core/jobs/job_queries.ts";
import { openRecords, removedBefore } from "../core/records/open_records.ts";
import { tokenPage, type TokenPlace, tokenSlices } from "../core/records/read_records.ts";
import { attributionTable } from "../core/records/record_tables.ts";
import type { AppContext, Env } from "./context.ts";
import { limitParam } from "./paging.ts";
import { problemResponses } from "./problem.ts";
import {
  formatOf,
  ofRollout,
  PAGE_TEXT,
  recordContent,
  recordPage,
  recordParams,
  tableAnswer,
} from "./record_answers.ts";
import { jobParams } from "./training_jobs.ts";

const route = createRoute({
  method: "get",
  path: "/v1/training-jobs/{id}/attributions",
  tags: ["Training jobs"],
  operationId: "listTrainingJobAttributions",
  summary: "Per-token records of a training job, in the order of steps, rollouts and positions",
  description: "What each sampled token was worth and why: log-probabilities, KL, value, reward, advantage.",
  request: {
    params: jobParams,
    query: z.strictObject({
      ...recordParams,
      state_text: z.enum(["true", "false"]).default("true").openapi({
        description: "false leaves state_text out, which is most of an answer's bytes.",
      }),
      limit: limitParam(1000, 100),
      after: z.string().regex(
        /^\d{1,9}-\d{1,9}-\d{1,9}$/,
        "Expected the next_cursor of an earlier page",
      ).optional().openapi({ description: "next_cursor of the page before." }),
    }),
  },
  responses: {
    200: {
      description: "A page of records, or all of them",
      content: recordContent(recordPage(attributionSchema)),
    },
    ...problemResponses(401, 404, 422, 500, 503),
  },
});

function readCursor(text: string | undefined): TokenPlace | undefined {
  if (text === undefined) return undefined;
  const [step, row, position] = text.split("-").map(Number);
  return { step: step!, row: row!, position: position! };
}

/** The per-token records' route. */
export function jobAttributions(context: AppContext): OpenAPIHono<Env> {
  const { db, dataDir } = context;
  return new OpenAPIHono<Env>().openapi(route, async (c) => {
    const { id } = c.req.valid("param");
    const { format: asked, limit, after, epoch, prompt, step, rollout, ...query } = c.req.valid("query");
    const format = formatOf(c, asked);
    const state_text = query.state_text === "true";
    const source = await openRecords(db, dataDir, await getJob(db, id), "tokens");
    const filter = { epoch, prompt, ...ofRollout(rollout, step) };
    const wanted = { filter, after: readCursor(after), state_text };
    if (format !== "json") {
      const slices = source ? tokenSlices(source, wanted) : ReadableStream.from([]);
      const columns = () => attributionTable(state_text);
      return await tableAnswer(c, context, format, `${id}-attributions`, { slices, columns });
    }
    const page = source && await tokenPage(source, wanted, { limit, text: PAGE_TEXT });
    const before_step = removedBefore(source, "tokens");
    const last = page?.data.at(-1);
    return c.json({
      data: page?.data ?? [],
      has_more: page?.has_more ?? false,
      next_cursor: page?.has_more && last ? `${last.rollout_id}-${last.position}` : null,
      dropped: before_step === null ? null : { before_step },
    }, 200);
  });
}
