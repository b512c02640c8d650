/** Webhooks: endpoints for the events of all jobs. What was sent to them is in `webhook_deliveries.ts`. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import {
  createEndpointSchema,
  rotateSecretSchema,
  updateEndpointSchema,
} from "../core/contract/webhook_schema.ts";
import { deliverySchema, webhookSchema, webhookWithSecretSchema } from "../core/contract/webhook_answers.ts";
import { invalid, UserError } from "../core/errors.ts";
import { idempotencyKey } from "../core/idempotency_key.ts";
import {
  createEndpoint,
  deleteEndpoint,
  getEndpoint,
  listEndpoints,
  rotateSecret,
  updateEndpoint,
} from "../core/webhooks/endpoints.ts";
import { deliveryView, endpointView } from "../core/webhooks/webhook_view.ts";
import type { AppContext, Env } from "./context.ts";
import { jsonBody } from "./json_body.ts";
import { jsonContent, jsonRequest } from "./json_content.ts";
import { afterId, limitParam, pageBody, pageSchema } from "./paging.ts";
import { problemResponses } from "./problem.ts";

const tags = ["Webhooks"];

export const webhookParams = z.object({
  id: z.string().max(100).openapi({ description: "Which webhook, by its id.", example: "wh_01k0…" }),
});

const CREATE_EXAMPLES = {
  all: { summary: "All events", value: { url: "https://example.com/hooks/proximal" } },
  some: {
    summary: "How jobs end",
    value: {
      url: "https://example.com/hooks/proximal",
      event_types: ["training_job.succeeded", "training_job.failed", "training_job.cancelled"],
      description: "How jobs end",
    },
  },
};

const UPDATE_EXAMPLES = {
  disable: { summary: "Send nothing for now", value: { status: "disabled" } },
};

const ROTATE_EXAMPLES = {
  overlap: { summary: "The old secret goes on for an hour", value: { overlap_seconds: 3600 } },
};

const create = (context: AppContext) =>
  createRoute({
    ...{ method: "post", path: "/v1/webhooks", tags },
    operationId: "createWebhook",
    summary: "Add a webhook for the events of all jobs",
    description:
      "Its secret is in this answer only. docs/webhooks.md says how deliveries are signed and tried again.",
    middleware: [jsonBody(context, createEndpointSchema)] as const,
    request: {
      headers: z.object({
        "idempotency-key": z.string().min(1).max(255).optional().describe(
          "Makes the request safe to repeat for 24 hours: the same key and request give the stored answer.",
        ),
      }),
      body: jsonRequest(createEndpointSchema, CREATE_EXAMPLES),
    },
    responses: {
      201: { description: "The webhook, with its secret", content: jsonContent(webhookWithSecretSchema) },
      ...problemResponses(400, 401, 409, 413, 415, 422, 503),
    },
  });

const list = createRoute({
  ...{ method: "get", path: "/v1/webhooks", tags },
  operationId: "listWebhooks",
  summary: "List webhooks, newest first",
  description: "Without their secrets.",
  request: { query: z.strictObject({ limit: limitParam(100, 20), after: afterId("wh") }) },
  responses: {
    200: { description: "A page of webhooks", content: jsonContent(pageSchema(webhookSchema)) },
    ...problemResponses(401, 422, 500, 503),
  },
});

const show = createRoute({
  ...{ method: "get", path: "/v1/webhooks/{id}", tags },
  operationId: "getWebhook",
  summary: "Show a webhook",
  description: "Without its secrets. Where nothing is sent, it says why.",
  request: { params: webhookParams },
  responses: {
    200: { description: "The webhook", content: jsonContent(webhookSchema) },
    ...problemResponses(401, 404, 422, 500, 503),
  },
});

const update = (context: AppContext) =>
  createRoute({
    ...{ method: "patch", path: "/v1/webhooks/{id}", tags },
    operationId: "updateWebhook",
    summary: "Change, disable or enable a webhook",
    description: "What is left out stays as it is.",
    middleware: [jsonBody(context, updateEndpointSchema)] as const,
    request: { params: webhookParams, body: jsonRequest(updateEndpointSchema, UPDATE_EXAMPLES) },
    responses: {
      200: { description: "The webhook as it is now", content: jsonContent(webhookSchema) },
      ...problemResponses(400, 401, 404, 413, 415, 422, 500, 503),
    },
  });

const remove = createRoute({
  ...{ method: "delete", path: "/v1/webhooks/{id}", tags },
  operationId: "deleteWebhook",
  summary: "Delete a webhook with what waits for it and its log",
  description: "Deliveries in progress may still arrive.",
  request: { params: webhookParams },
  responses: {
    204: { description: "It is gone, and nothing more is sent to it" },
    ...problemResponses(401, 404, 422, 503),
  },
});

/** A middleware for requests that have a body. */
function unlessEmpty(middleware: MiddlewareHandler<Env>): MiddlewareHandler<Env> {
  const headers = ["content-type", "transfer-encoding"];
  return function unlessEmpty(c, next) {
    const isEmpty = headers.every((name) => c.req.header(name) === undefined) &&
      Number(c.req.header("content-length") ?? 0) === 0;
    return isEmpty ? next() : middleware(c, next);
  };
}

const rotate = (context: AppContext) =>
  createRoute({
    ...{ method: "post", path: "/v1/webhooks/{id}/rotate-secret", tags },
    operationId: "rotateWebhookSecret",
    summary: "Give a webhook another secret",
    description:
      "The secrets before go on signing beside the new one for a while, so that no delivery is refused meanwhile.",
    middleware: [unlessEmpty(jsonBody(context, rotateSecretSchema))] as const,
    request: {
      params: webhookParams,
      body: jsonRequest(rotateSecretSchema, ROTATE_EXAMPLES, { required: false }),
    },
    responses: {
      200: { description: "The webhook, with its new secret", content: jsonContent(webhookWithSecretSchema) },
      ...problemResponses(400, 401, 404, 409, 413, 415, 422, 500, 503),
    },
  });

const test = createRoute({
  ...{ method: "post", path: "/v1/webhooks/{id}/test", tags },
  operationId: "testWebhook",
  summary: "Send a test event to a webhook",
  description: "An event that tells of nothing, sent once and at once, and what the receiver answered.",
  request: { params: webhookParams },
  responses: {
    200: {
      description: "What became of it: sent once, at once, to a disabled webhook as well",
      content: jsonContent(deliverySchema),
    },
    ...problemResponses(401, 404, 422, 429, 500, 503),
  },
});

/** The webhooks' routes. */
export function webhooks(context: AppContext): OpenAPIHono<Env> {
  const { db, deliverer, guard } = context;
  const app = new OpenAPIHono<Env>();

  /** A URL is refused while its sender can still be told. */
  const checkUrl = (url: string | undefined) => {
    try {
      if (url !== undefined) guard.precheck(url);
    } catch (error) {
      throw error instanceof UserError ? invalid("url", error.message) : error;
    }
  };

  app.openapi(create(context), async (c) => {
    const config = c.req.valid("json");
    checkUrl(config.url);
    const header = c.req.valid("header")["idempotency-key"];
    const key = header === undefined ? null : idempotencyKey(c.get("caller")?.id ?? "", header, config);
    const row = await createEndpoint(db, config, key);
    const location = `/v1/webhooks/${row.id}`;
    return c.json({ ...endpointView(row), secret: row.secret }, 201, { location });
  });

  app.openapi(list, async (c) => {
    const page = await listEndpoints(db, c.req.valid("query"));
    return c.json(pageBody(page, (row) => endpointView(row), (row) => row.id), 200);
  });

  app.openapi(show, async (c) => c.json(endpointView(await getEndpoint(db, c.req.valid("param").id)), 200));

  app.openapi(update(context), async (c) => {
    const { id } = c.req.valid("param");
    const change = c.req.valid("json");
    checkUrl(change.url);
    const row = await updateEndpoint(db, id, change);
    if (change.url !== undefined || change.status === "enabled") deliverer.refresh(id);
    return c.json(endpointView(row), 200);
  });

  app.openapi(remove, async (c) => {
    const { id } = c.req.valid("param");
    await deleteEndpoint(db, id);
    deliverer.forget(id);
    return c.body(null, 204);
  });

  app.openapi(rotate(context), async (c) => {
    // Without a body nothing has filled in the defaults.
    const how = rotateSecretSchema.parse(c.req.valid("json") ?? {});
    const row = await rotateSecret(db, c.req.valid("param").id, how);
    return c.json({ ...endpointView(row), secret: row.secret }, 200);
  });

  app.openapi(test, async (c) => {
    const endpoint = await getEndpoint(db, c.req.valid("param").id);
    return c.json(deliveryView(await deliverer.test(endpoint)), 200);
  });

  return app;
}
