/** Who changed what. Written by `record_writes.ts`, and by the `keys` task. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { component } from "../core/contract/component.ts";
import type { AuditRow } from "../core/db/schema.ts";
import { AUDIT_DAYS, listAudit, MAX_AUDIT_ROWS } from "../core/keys/audit_log.ts";
import type { AppContext, Env } from "./context.ts";
import { jsonContent } from "./json_content.ts";
import { timeFilters } from "./list_filters.ts";
import { afterId, limitParam, pageBody, pageSchema } from "./paging.ts";
import { problemResponses } from "./problem.ts";

const recordSchema = z.object({
  id: z.string().describe("Names the record."),
  at: z.iso.datetime().describe("When it was answered."),
  key_id: z.string().nullable().describe("Whose API key it was; null where none was needed, and for tasks."),
  method: z.string().describe("TASK for what was done on the server's machine with `deno task keys`."),
  route: z.string().openapi({
    description: "The path as this document has it.",
    example: "/v1/training-jobs/{id}/cancel",
  }),
  resource: z.string().nullable().describe("Id of what it was done to, or of what came of it."),
  status: z.int().describe("HTTP status of the answer."),
  outcome: z.enum(["done", "refused", "failed"]).describe("By the status: below 400, below 500, above."),
  request_id: z.string().nullable().describe("As in the answer's X-Request-Id and in the server's log."),
}).meta(component("AuditRecord"));

const text = (what: string) => z.string().min(1).max(200).optional().describe(what);

const list = createRoute({
  method: "get",
  path: "/v1/audit",
  tags: ["Server"],
  operationId: "listAuditRecords",
  summary: "List what was changed and by whom, the latest first",
  description: `Kept for ${AUDIT_DAYS} days, and no more than the last ${MAX_AUDIT_ROWS}.`,
  request: {
    query: z.strictObject({
      key_id: text("Only what came with this API key."),
      resource: text("Only what was done to this job, model or key."),
      ...timeFilters,
      limit: limitParam(1000, 100),
      after: afterId("aud"),
    }),
  },
  responses: {
    200: {
      description: "A page of records",
      content: jsonContent(pageSchema(recordSchema)),
    },
    ...problemResponses(401, 422, 500, 503),
  },
});

function auditView({ at, status, ...row }: AuditRow): z.output<typeof recordSchema> {
  const outcome = status < 400 ? "done" : status < 500 ? "refused" : "failed";
  return { ...row, at: at.toISOString(), status, outcome };
}

/** The audit log's route. */
export function audit({ db }: AppContext): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>().openapi(list, async (c) => {
    const page = await listAudit(db, c.req.valid("query"));
    return c.json(pageBody(page, auditView, (row) => row.id), 200);
  });
}
