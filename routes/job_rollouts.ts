/** What a training job has rolled out: prompts, completions and their scores, as pages or as one file. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { rolloutSchema } from "../core/contract/records.ts";
import { getJob } from "../core/jobs/job_queries.ts";
import { ROLLOUT_ORDERS, type RolloutCursor } from "../core/records/find_rollouts.ts";
import { openRecords, removedBefore } from "../core/records/open_records.ts";
import { rolloutPage, rolloutSlices } from "../core/records/read_records.ts";
import { rolloutTable } from "../core/records/record_tables.ts";
import type { AppContext, Env } from "./context.ts";
import { limitParam } from "./paging.ts";
import { problemResponses } from "./problem.ts";
import {
  formatOf,
  numberParam,
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
  path: "/v1/training-jobs/{id}/rollouts",
  tags: ["Training jobs"],
  operationId: "listTrainingJobRollouts",
  summary: "Rollouts of a training job",
  description: "Prompts, completions and their scores, as far as the job keeps them.",
  request: {
    params: jobParams,
    query: z.strictObject({
      ...recordParams,
      min_reward: numberParam("Of score."),
      max_reward: numberParam("Of score."),
      order: z.enum(ROLLOUT_ORDERS).default("step").openapi({
        description: "reward is score, length is completion_tokens; with a minus the highest come first.",
      }),
      limit: limitParam(100, 20),
      after: z.string().regex(
        /^(-?\d{1,20}(\.\d{1,20})?(e-?\d{1,3})?|-?Infinity)_\d{1,15}$/,
        "Expected the next_cursor of an earlier page",
      ).optional().openapi({ description: "next_cursor of the page before, which had the same order." }),
    }),
  },
  responses: {
    200: {
      description: "A page of rollouts, or all of them",
      content: recordContent(recordPage(rolloutSchema)),
    },
    ...problemResponses(401, 404, 422, 500, 503),
  },
});

/** A cursor as it is in an answer: no plus, which is a space in a query. */
function writeCursor({ value, id }: RolloutCursor): string {
  return `${String(value).replace("e+", "e")}_${id}`;
}

function readCursor(text: string | undefined): RolloutCursor | undefined {
  const [value, id] = text?.split("_") ?? [];
  return value === undefined ? undefined : { value: Number(value), id: Number(id) };
}

/** The rollouts' route. */
export function jobRollouts(context: AppContext): OpenAPIHono<Env> {
  const { db, dataDir } = context;
  return new OpenAPIHono<Env>().openapi(route, async (c) => {
    const { id } = c.req.valid("param");
    const { format: asked, limit, order, after, rollout, step, ...filter } = c.req.valid("query");
    const format = formatOf(c, asked);
    const source = await openRecords(db, dataDir, await getJob(db, id), "rollouts");
    const query = { filter: { ...filter, ...ofRollout(rollout, step) }, order, after: readCursor(after) };
    if (format !== "json") {
      const slices = source ? rolloutSlices(source, query) : ReadableStream.from([]);
      return await tableAnswer(c, context, format, `${id}-rollouts`, { slices, columns: rolloutTable });
    }
    const page = source && await rolloutPage(source, query, { limit, text: PAGE_TEXT });
    const before_step = removedBefore(source, "rollouts");
    return c.json({
      data: page?.data ?? [],
      has_more: page?.next != null,
      next_cursor: page?.next ? writeCursor(page.next) : null,
      dropped: before_step === null ? null : { before_step },
    }, 200);
  });
}
