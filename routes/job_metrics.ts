/** A job's metrics, per step or per epoch, as JSON pages or one CSV file. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Database } from "../core/db/open_database.ts";
import type { MetricsRow } from "../core/db/schema.ts";
import { getJob, listMetrics, metricNames } from "../core/jobs/job_queries.ts";
import { metricsView } from "../core/jobs/job_view.ts";
import type { AppContext, Env } from "./context.ts";
import { METRIC_SCOPES } from "../core/contract/progress.ts";
import { jobMetricsSchema } from "../core/contract/job_answers.ts";
import { limitParam, pageBody, pageSchema } from "./paging.ts";
import { preferredType } from "./preferred_type.ts";
import { problemResponses } from "./problem.ts";
import { jobParams } from "./training_jobs.ts";
import { undescribed } from "./undescribed.ts";

const MAX_ROWS = 1000;
const TYPES = ["application/json", "text/csv"] as const;
const FORMATS = { "application/json": "json", "text/csv": "csv" } as const;

const route = createRoute({
  method: "get",
  path: "/v1/training-jobs/{id}/metrics",
  tags: ["Training jobs"],
  summary: "Metrics of a training job, oldest first",
  request: {
    params: jobParams,
    query: z.strictObject({
      scope: z.enum(METRIC_SCOPES).default("step"),
      format: z.enum(["json", "csv"]).optional().openapi({
        description:
          "csv gives all rows after the cursor, whatever the limit. Without it Accept decides, and json is the default.",
      }),
      limit: limitParam(MAX_ROWS, MAX_ROWS),
      after: z.string().regex(/^\d{1,12}$/, "Expected the next_cursor of an earlier page").transform(Number)
        .default(-1).openapi({ type: "string", description: "next_cursor of the page before: a step." }),
    }),
  },
  responses: {
    200: {
      description: "A page of metrics",
      content: {
        "application/json": { schema: pageSchema(jobMetricsSchema) },
        "text/csv": { schema: z.string() },
      },
    },
    ...problemResponses(401, 404, 422, 500, 503),
  },
});

/** Lines of CSV, page by page: a long job is never in memory as a whole. */
async function* csvLines(db: Database, id: string, scope: MetricsRow["scope"], after: number) {
  const names = await metricNames(db, id, scope);
  yield ["step", "epoch", ...names].join(",") + "\r\n";
  for (let more = true; more;) {
    const page = await listMetrics(db, id, { scope, limit: MAX_ROWS, after });
    yield page.rows.map((row) =>
      [row.step, row.epoch, ...names.map((name) => row.metrics[name] ?? "")].join(",") + "\r\n"
    ).join("");
    more = page.has_more;
    after = page.rows.at(-1)?.step ?? after;
  }
}

/** The metrics' route. */
export function jobMetrics({ db }: AppContext): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>().openapi(route, async (c) => {
    const { id } = c.req.valid("param");
    const { format = FORMATS[preferredType(c.req.header("accept"), TYPES)], ...query } = c.req.valid("query");
    c.header("vary", "accept");
    await getJob(db, id);
    if (format === "csv") {
      const lines = ReadableStream.from(csvLines(db, id, query.scope, query.after));
      return undescribed(c.body(lines.pipeThrough(new TextEncoderStream()), 200, {
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": `attachment; filename="${id}-${query.scope}s.csv"`,
      }));
    }
    const page = await listMetrics(db, id, query);
    return c.json(pageBody(page, metricsView, (row) => String(row.step)), 200);
  });
}
