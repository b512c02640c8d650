/** The log of what was sent to a webhook, a job's own or an endpoint: list, show, send again. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { DELIVERY_STATUSES } from "../core/db/schema.ts";
import { getJob } from "../core/jobs/job_queries.ts";
import { deliveryId, getDelivery, listDeliveries, redeliver } from "../core/webhooks/delivery_log.ts";
import { getEndpoint } from "../core/webhooks/endpoints.ts";
import { deliveryView } from "../core/webhooks/webhook_view.ts";
import type { AppContext, Env } from "./context.ts";
import { afterId, limitParam, pageBody, pageSchema } from "./paging.ts";
import { problemResponses } from "./problem.ts";

const time = z.string().openapi({ format: "date-time" });
const json = <T extends z.ZodType>(schema: T) => ({ "application/json": { schema } });

/** What a delivery looks like in lists. */
export const deliverySchema = z.object({
  id: z.string(),
  event_id: z.string().describe("Sent as webhook-id, the same on every try and in every redelivery."),
  type: z.string().nullable(),
  job_id: z.string().nullable().describe("The job it tells of; null in tests."),
  destination: z.string().describe("The webhook, or the job whose own webhook this is."),
  status: z.enum(DELIVERY_STATUSES),
  attempts: z.int(),
  next_attempt_at: time.nullable().describe("While it is pending, and its turn has come."),
  last_attempt_at: time.nullable(),
  response_status: z.int().nullable().describe("HTTP status of the last answer; null where there was none."),
  response_excerpt: z.string().nullable().describe("The last answer's first 1,000 bytes."),
  latency_ms: z.int().nullable().describe("Until the last answer's head."),
  error: z.string().nullable().describe("Why the last try was not accepted, or none was made."),
  redelivery_of: z.string().nullable(),
  created_at: time,
  finished_at: time.nullable(),
}).openapi("WebhookDelivery");

const shownSchema = deliverySchema.extend({
  body: z.string().describe("The exact text that is signed and sent."),
}).openapi("WebhookDeliveryWithBody");

/** Where logs are: below what, and how it is said that there is no such thing. */
const OWNERS = [
  {
    path: "/v1/webhooks/{id}/deliveries",
    tags: ["Webhooks"],
    of: "a webhook",
    example: "wh_01k0…",
    require: ({ db }: AppContext, id: string): Promise<unknown> => getEndpoint(db, id),
  },
  {
    path: "/v1/training-jobs/{id}/deliveries",
    tags: ["Training jobs"],
    of: "a job's own webhook",
    example: "job_01k0…",
    require: ({ db }: AppContext, id: string): Promise<unknown> => getJob(db, id),
  },
] as const;

type Owner = (typeof OWNERS)[number];

/** The routes of one kind of log. */
function logOf(app: OpenAPIHono<Env>, context: AppContext, owner: Owner): void {
  const { path, tags, of } = owner;
  const { db, deliverer } = context;
  const id = z.string().max(100).openapi({ example: owner.example });
  const params = z.object({ id });
  const one = z.object({ id, delivery_id: z.string().max(100).openapi({ example: "whd_0000…" }) });

  const list = createRoute({
    ...{ method: "get", path, tags: [...tags] },
    summary: `List the deliveries of ${of}, newest first`,
    request: {
      params,
      query: z.strictObject({
        status: z.enum(DELIVERY_STATUSES).optional(),
        limit: limitParam(100, 20),
        after: afterId("whd"),
      }),
    },
    responses: {
      200: { description: "A page of deliveries", content: json(pageSchema(deliverySchema)) },
      ...problemResponses(401, 404, 422, 500, 503),
    },
  });

  const show = createRoute({
    ...{ method: "get", path: `${path}/{delivery_id}`, tags: [...tags] },
    summary: `Show a delivery of ${of}`,
    request: { params: one },
    responses: {
      200: { description: "The delivery, with its body", content: json(shownSchema) },
      ...problemResponses(401, 404, 422, 500, 503),
    },
  });

  const again = createRoute({
    ...{ method: "post", path: `${path}/{delivery_id}/redeliver`, tags: [...tags] },
    summary: `Send a delivery of ${of} again`,
    request: { params: one },
    responses: {
      202: {
        description: "The delivery that is sent: a new one, or the same one where it was pending",
        content: json(deliverySchema),
      },
      ...problemResponses(401, 404, 422, 429, 500, 503),
    },
  });

  app.openapi(list, async (c) => {
    const { id } = c.req.valid("param");
    await owner.require(context, id);
    const page = await listDeliveries(db, id, c.req.valid("query"));
    return c.json(pageBody(page, deliveryView, (row) => deliveryId(row.id)), 200);
  });

  app.openapi(show, async (c) => {
    const { id, delivery_id } = c.req.valid("param");
    await owner.require(context, id);
    const row = await getDelivery(db, id, delivery_id);
    return c.json({ ...deliveryView(row), body: row.body }, 200);
  });

  app.openapi(again, async (c) => {
    const { id, delivery_id } = c.req.valid("param");
    await owner.require(context, id);
    const row = await redeliver(db, id, delivery_id);
    deliverer.refresh(id);
    return c.json(deliveryView(row), 202);
  });
}

/** The deliveries' routes. */
export function webhookDeliveries(context: AppContext): OpenAPIHono<Env> {
  const app = new OpenAPIHono<Env>();
  for (const owner of OWNERS) logOf(app, context, owner);
  return app;
}
