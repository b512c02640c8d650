/** The log of what was sent to a webhook, a job's own or an endpoint: list, show, send again. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import {
  DELIVERY_STATUSES,
  deliverySchema,
  deliveryWithBodySchema,
} from "../core/contract/webhook_answers.ts";
import { getJob } from "../core/jobs/job_queries.ts";
import { deliveryId, getDelivery, listDeliveries, redeliver } from "../core/webhooks/delivery_log.ts";
import { getEndpoint } from "../core/webhooks/endpoints.ts";
import { deliveryView } from "../core/webhooks/webhook_view.ts";
import type { AppContext, Env } from "./context.ts";
import { jsonContent } from "./json_content.ts";
import { afterId, limitParam, pageBody, pageSchema } from "./paging.ts";
import { problemResponses } from "./problem.ts";

/** Where logs are: below what, and how it is said that there is no such thing. */
const OWNERS = [
  {
    name: "Webhook",
    path: "/v1/webhooks/{id}/deliveries",
    tags: ["Webhooks"],
    of: "a webhook",
    example: "wh_01k0…",
    require: ({ db }: AppContext, id: string): Promise<unknown> => getEndpoint(db, id),
  },
  {
    name: "TrainingJob",
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
  const id = z.string().max(100).openapi({
    description: "Whose deliveries, by its id.",
    example: owner.example,
  });
  const params = z.object({ id });
  const one = z.object({
    id,
    delivery_id: z.string().max(100).openapi({
      description: "Which delivery, by its id.",
      example: "whd_0000…",
    }),
  });

  const list = createRoute({
    ...{ method: "get", path, tags: [...tags] },
    operationId: `list${owner.name}Deliveries`,
    summary: `List the deliveries of ${of}, newest first`,
    description: "What was sent or is to be, and what came of each.",
    request: {
      params,
      query: z.strictObject({
        status: z.enum(DELIVERY_STATUSES).optional().describe("Only deliveries of this status."),
        limit: limitParam(100, 20),
        after: afterId("whd"),
      }),
    },
    responses: {
      200: { description: "A page of deliveries", content: jsonContent(pageSchema(deliverySchema)) },
      ...problemResponses(401, 404, 422, 500, 503),
    },
  });

  const show = createRoute({
    ...{ method: "get", path: `${path}/{delivery_id}`, tags: [...tags] },
    operationId: `get${owner.name}Delivery`,
    summary: `Show a delivery of ${of}`,
    description: "With the exact text that is signed and sent.",
    request: { params: one },
    responses: {
      200: { description: "The delivery, with its body", content: jsonContent(deliveryWithBodySchema) },
      ...problemResponses(401, 404, 422, 500, 503),
    },
  });

  const again = createRoute({
    ...{ method: "post", path: `${path}/{delivery_id}/redeliver`, tags: [...tags] },
    operationId: `redeliver${owner.name}Delivery`,
    summary: `Send a delivery of ${of} again`,
    description: "The same event with the same webhook-id, signed anew.",
    request: { params: one },
    responses: {
      202: {
        description: "The delivery that is sent: a new one, or the same one where it was pending",
        content: jsonContent(deliverySchema),
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
