/** The rows of a training job: its prompts, examples, …, page by page. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { columnMap, mappedRow } from "../core/contract/dataset.ts";
import { jobRowSchema, type JobRowView, ROWS_FIELDS } from "../core/contract/job_rows.ts";
import { readLines } from "../core/datasets/read_lines.ts";
import { getJob } from "../core/jobs/job_queries.ts";
import { listRows } from "../core/jobs/job_rows.ts";
import type { AppContext, Env } from "./context.ts";
import { jsonContent } from "./json_content.ts";
import { limitParam, pageBody, pageSchema } from "./paging.ts";
import { problemResponses } from "./problem.ts";
import { jobParams } from "./training_jobs.ts";

const route = createRoute({
  method: "get",
  path: "/v1/training-jobs/{id}/rows",
  tags: ["Training jobs"],
  operationId: "listTrainingJobRows",
  summary: "What a training job works on, in the order of the request",
  description:
    "Its prompts, examples or preferences, with every default filled in; rows of a dataset as its columns are read.",
  request: {
    params: jobParams,
    query: z.strictObject({
      limit: limitParam(1000, 20),
      after: z.string().regex(/^\d{1,15}$/, "Expected the next_cursor of an earlier page").transform(Number)
        .default(-1).openapi({ type: "string", description: "next_cursor of the page before." }),
    }),
  },
  responses: {
    200: {
      description: "A page of rows",
      content: jsonContent(pageSchema(jobRowSchema)),
    },
    ...problemResponses(401, 404, 422, 500, 503),
  },
});

/** The rows' route. */
export function jobRows({ db, datasets }: AppContext): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>().openapi(route, async (c) => {
    const { id } = c.req.valid("param");
    const { kind, config } = await getJob(db, id);
    if (config.dataset) {
      const { limit, after } = c.req.valid("query");
      const field = ROWS_FIELDS[kind];
      const dataset = await datasets.get(config.dataset);
      const columns = columnMap(field, config.columns, dataset.columns);
      const lines = await readLines(
        datasets.folder(dataset.id),
        after + 1,
        Math.min(after + 1 + limit, dataset.rows),
      );
      const rows = lines.map((line, index): JobRowView => ({
        index: after + 1 + index,
        row: mappedRow(field, columns, JSON.parse(line)),
      }));
      const has_more = rows.length > 0 && rows.at(-1)!.index + 1 < dataset.rows;
      return c.json(pageBody({ rows, has_more }, (row) => row, ({ index }) => String(index)), 200);
    }
    const page = await listRows(db, id, c.req.valid("query"));
    const view = ({ number, row }: (typeof page.rows)[number]): JobRowView => ({ index: number, row });
    return c.json(pageBody(page, view, ({ number }) => String(number)), 200);
  });
}
