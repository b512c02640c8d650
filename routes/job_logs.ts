/** What the server says of a job's attempts, and what its engine processes wrote on stderr. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { listLogLines, MAX_LINES } from "../core/jobs/job_log.ts";
import { getJob } from "../core/jobs/job_queries.ts";
import type { AppContext, Env } from "./context.ts";
import { jsonContent } from "./json_content.ts";
import { limitParam, pageBody, pageSchema } from "./paging.ts";
import { problemResponses } from "./problem.ts";
import { jobParams } from "./training_jobs.ts";

const lineSchema = z.object({
  time: z.string().describe("When the server had it."),
  attempt: z.int().describe("The engine process that wrote it, counted from 1."),
  line: z.string().describe("Without places of the machine; at most 1,000 characters."),
});

const pageOfLines = pageSchema(lineSchema).extend({
  next_cursor: z.string().nullable().describe(
    "For after: the last line of this page, also where no more follow, as more may come; null without a line.",
  ),
});

const route = createRoute({
  method: "get",
  path: "/v1/training-jobs/{id}/logs",
  tags: ["Training jobs"],
  operationId: "listTrainingJobLogs",
  summary: "Log of a training job, oldest line first",
  description: "What the server says of the job's attempts, and what its engine processes wrote.",
  request: {
    params: jobParams,
    query: z.strictObject({
      limit: limitParam(MAX_LINES, 100),
      after: z.string().regex(/^\d{1,15}$/, "Expected the next_cursor of an earlier page").transform(Number)
        .default(0).openapi({ type: "string", description: "next_cursor of the page before." }),
      tail: limitParam(MAX_LINES, 100).removeDefault().optional()
        .openapi({ type: "integer", minimum: 1, maximum: MAX_LINES, description: "The last so many lines." }),
    }),
  },
  responses: {
    200: {
      description: "A page of lines",
      content: jsonContent(pageOfLines),
    },
    ...problemResponses(401, 404, 422, 500, 503),
  },
});

/** The logs' route. */
export function jobLogs({ db }: AppContext): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>().openapi(route, async (c) => {
    const { id } = c.req.valid("param");
    await getJob(db, id);
    const page = await listLogLines(db, id, c.req.valid("query"));
    const view = ({ created_at, attempt, line }: (typeof page.rows)[number]) => ({
      time: created_at.toISOString(),
      attempt,
      line,
    });
    const body = pageBody(page, view, (row) => String(row.id));
    // Lines may still come: whoever has the last ones asks for those after them.
    const last = page.rows.at(-1);
    return c.json({ ...body, next_cursor: last ? String(last.id) : null }, 200);
  });
}
