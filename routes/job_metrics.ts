/** A job's metrics, per step, per epoch or per evaluation, as JSON pages or as one file for other programs. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Database } from "../core/db/open_database.ts";
import type { MetricsRow } from "../core/db/schema.ts";
import { getJob, listMetrics, metricNames } from "../core/jobs/job_queries.ts";
import { metricsView } from "../core/jobs/job_view.ts";
import type { ColumnType, TableColumn } from "../core/records/record_tables.ts";
import type { AppContext, Env } from "./context.ts";
import { METRIC_SCOPES } from "../core/contract/progress.ts";
import { jobMetricsSchema, type MetricsView } from "../core/contract/job_answers.ts";
import { limitParam, pageBody, pageSchema } from "./paging.ts";
import { problemResponses } from "./problem.ts";
import { formatOf, formatParam, recordContent, tableAnswer } from "./record_answers.ts";
import { jobParams } from "./training_jobs.ts";

const MAX_ROWS = 1000;

const route = createRoute({
  method: "get",
  path: "/v1/training-jobs/{id}/metrics",
  tags: ["Training jobs"],
  operationId: "listTrainingJobMetrics",
  summary: "Metrics of a training job, oldest first",
  description: "One row for each step, epoch or evaluation. docs/api.md says what each metric means.",
  request: {
    params: jobParams,
    query: z.strictObject({
      scope: z.enum(METRIC_SCOPES).default("step").describe("What each row is of. Default step."),
      format: formatParam,
      limit: limitParam(MAX_ROWS, MAX_ROWS),
      after: z.string().regex(/^\d{1,12}$/, "Expected the next_cursor of an earlier page").transform(Number)
        .default(-1).openapi({ type: "string", description: "next_cursor of the page before: a step." }),
    }),
  },
  responses: {
    200: {
      description: "A page of metrics, or all of them",
      content: recordContent(pageSchema(jobMetricsSchema)),
    },
    ...problemResponses(401, 404, 422, 500, 503),
  },
});

/** All rows after a step, page by page: a long job is never in memory as a whole. */
async function* slicesOf(db: Database, id: string, scope: MetricsRow["scope"], after: number) {
  for (let more = true; more;) {
    const page = await listMetrics(db, id, { scope, limit: MAX_ROWS, after });
    yield page.rows.map(metricsView);
    more = page.has_more;
    after = page.rows.at(-1)?.step ?? after;
  }
}

/** A column for each metric that any row has. */
function columnsOf(names: readonly string[]): TableColumn<MetricsView>[] {
  const column = (name: string, type: ColumnType): TableColumn<MetricsView> => ({
    ...{ name, type, of: (row) => row[name] ?? null },
  });
  const counters = ["step", "epoch"].map((name) => column(name, "INT32"));
  return [...counters, ...names.map((name) => column(name, "DOUBLE"))];
}

/** The metrics' route. */
export function jobMetrics(context: AppContext): OpenAPIHono<Env> {
  const { db } = context;
  return new OpenAPIHono<Env>().openapi(route, async (c) => {
    const { id } = c.req.valid("param");
    const { format: asked, ...query } = c.req.valid("query");
    const format = formatOf(c, asked);
    await getJob(db, id);
    if (format !== "json") {
      const columns = columnsOf(await metricNames(db, id, query.scope));
      return await tableAnswer(c, context, format, `${id}-${query.scope}s`, {
        slices: slicesOf(db, id, query.scope, query.after),
        columns: () => columns,
      });
    }
    const page = await listMetrics(db, id, query);
    return c.json(pageBody(page, metricsView, (row) => String(row.step)), 200);
  });
}
