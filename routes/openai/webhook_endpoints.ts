/**
 * Webhook endpoints as OpenAI's clients make them: those of our own that ask for OpenAI's types of events by name, and are
 * sent OpenAI's bodies. Others are not shown here.
 */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { component } from "../../core/contract/component.ts";
import type { MiddlewareHandler } from "hono";
import { FINE_TUNING_EVENT_TYPES } from "../../core/contract/fine_tuning_events.ts";
import { webhookUrlSchema } from "../../core/contract/webhook_schema.ts";
import type { EndpointRow } from "../../core/db/schema.ts";
import { attributed, invalid, UserError } from "../../core/errors.ts";
import { invalidValue } from "../../core/field_errors.ts";
import {
  createEndpoint,
  deleteEndpoint,
  getEndpoint,
  listEndpoints,
  MAX_ENDPOINTS,
  rotateSecret,
  updateEndpoint,
} from "../../core/webhooks/endpoints.ts";
import type { AppContext, Env } from "../context.ts";
import { jsonBody } from "../json_body.ts";
import { limitParam } from "../paging.ts";
import { openaiErrorResponses } from "./errors.ts";
import { listBody, listSchema } from "./list.ts";
import { unixSeconds } from "./unix_time.ts";

const json = <T extends z.ZodType>(schema: T) => ({ "application/json": { schema } });
const tags = ["Webhooks"];
const PATH = "/v1/webhook_endpoints";

const eventType = z.enum(FINE_TUNING_EVENT_TYPES, {
  error: () => `Expected one of ${FINE_TUNING_EVENT_TYPES.join(", ")}: nothing else of OpenAI's happens here`,
});
const eventTypes = z.array(eventType).min(1).max(100).describe("Events that are sent.");
const name = z.string().min(1).max(500).describe("A text of your own.");
const url = webhookUrlSchema.describe("Where events are posted to.");

const createSchema = z.strictObject({ name, url, event_types: eventTypes }).openapi(
  "OpenAIWebhookEndpointRequest",
  {
    example: { name: "jobs", url: "https://example.com/hook", event_types: ["fine_tuning.job.succeeded"] },
  },
);

const updateSchema = z.strictObject({
  name: name.optional(),
  url: url.optional(),
  event_types: eventTypes.optional(),
}).openapi("OpenAIWebhookEndpointUpdate", { example: { name: "jobs" } });

const rotateSchema = z.strictObject({
  keep_old_secret_active_for_24_hours: z.boolean().default(false).describe(
    "Whether the secret before signs beside the new one for a day.",
  ),
}).openapi("OpenAIRotateSecret", { example: { keep_old_secret_active_for_24_hours: true } });

const testSchema = z.strictObject({ event_type: eventType.describe("Of the event that is sent.") })
  .openapi("OpenAIWebhookTest", { example: { event_type: "fine_tuning.job.succeeded" } });

const endpointSchema = z.object({
  id: z.string().describe("Names the webhook in paths."),
  object: z.literal("webhook_endpoint").describe("What this is."),
  created_at: z.int().describe("Seconds since 1970."),
  name: z.string().describe("A text of your own."),
  url: z.string().describe("Where events are posted to."),
  event_types: z.array(z.string()).describe("Events that are sent."),
  signing_secret_hint: z.string().describe("The end of the secret."),
}).meta(component("OpenAIWebhookEndpoint"));

const withSecretSchema = endpointSchema.extend({
  signing_secret: z.string().describe("Signs the deliveries."),
})
  .meta(component("OpenAIWebhookEndpointWithSecret"));

function endpointView(row: EndpointRow): z.output<typeof endpointSchema> {
  return {
    id: row.id,
    object: "webhook_endpoint",
    created_at: unixSeconds(row.created_at),
    name: row.description,
    url: row.url,
    event_types: row.event_types,
    signing_secret_hint: row.secret.slice(-4),
  };
}

const withSecret = (row: EndpointRow) => ({ ...endpointView(row), signing_secret: row.secret });

/** Whether it is for these routes. */
function isOpenai({ event_types }: EndpointRow): boolean {
  return event_types.every((type) => (FINE_TUNING_EVENT_TYPES as readonly string[]).includes(type));
}

const params = z.object({
  id: z.string().max(100).openapi({ description: "Which webhook, by its id.", example: "wh_01k0…" }),
});

const create = (context: AppContext) =>
  createRoute({
    ...{ method: "post", path: PATH, tags, operationId: "createWebhookEndpoint" },
    summary: "Add a webhook that is told as OpenAI tells",
    description: "The answer alone has the secret.",
    middleware: [jsonBody(context, createSchema)] as const,
    request: { body: { required: true, content: json(createSchema) } },
    responses: {
      200: { description: "The webhook, with its secret", content: json(withSecretSchema) },
      ...openaiErrorResponses([400, 401, 403, 405, 413, 415, 429, 500, 503]),
    },
  });

const list = createRoute({
  ...{ method: "get", path: PATH, tags, operationId: "listWebhookEndpoints" },
  summary: "List webhooks that are told as OpenAI tells, newest first",
  description: "Those that ask for other events are at /v1/webhooks.",
  request: {
    query: z.object({
      limit: limitParam(MAX_ENDPOINTS, 20),
      after: z.string().max(200).optional().openapi({ description: "The last id of the page before." }),
    }),
  },
  responses: {
    200: { description: "A page of webhooks", content: json(listSchema(endpointSchema)) },
    ...openaiErrorResponses([400, 401, 403, 405, 429, 500, 503]),
  },
});

const one = openaiErrorResponses([400, 401, 403, 404, 405, 429, 500, 503]);
const written = openaiErrorResponses([400, 401, 403, 404, 405, 413, 415, 429, 500, 503]);

const show = createRoute({
  ...{ method: "get", path: `${PATH}/{id}`, tags, operationId: "retrieveWebhookEndpoint" },
  summary: "Show a webhook that is told as OpenAI tells",
  description: "Without its secret.",
  request: { params },
  responses: { 200: { description: "The webhook", content: json(endpointSchema) }, ...one },
});

const update = (context: AppContext) =>
  createRoute({
    ...{ method: "post", path: `${PATH}/{id}`, tags, operationId: "updateWebhookEndpoint" },
    summary: "Change a webhook that is told as OpenAI tells",
    description: "What is left out stays.",
    middleware: [jsonBody(context, updateSchema)] as const,
    request: { params, body: { required: true, content: json(updateSchema) } },
    responses: {
      200: { description: "The webhook as it is now", content: json(endpointSchema) },
      ...written,
    },
  });

const deletedSchema = z.object({
  id: z.string().describe("The webhook that was deleted."),
  object: z.literal("webhook_endpoint.deleted").describe("What this is."),
  deleted: z.literal(true).describe("That it is gone."),
}).meta(component("OpenAIWebhookEndpointDeleted"));

const remove = createRoute({
  ...{ method: "delete", path: `${PATH}/{id}`, tags, operationId: "deleteWebhookEndpoint" },
  summary: "Delete a webhook that is told as OpenAI tells",
  description: "Nothing more is sent to it.",
  request: { params },
  responses: { 200: { description: "It is gone", content: json(deletedSchema) }, ...one },
});

/** A middleware for requests that have a body. OpenAI's clients say that nothing is JSON. */
function unlessEmpty(middleware: MiddlewareHandler<Env>): MiddlewareHandler<Env> {
  return function unlessEmpty(c, next) {
    const isChunked = c.req.header("transfer-encoding") !== undefined;
    if (isChunked || Number(c.req.header("content-length") ?? 0) > 0) return middleware(c, next);
    c.req.json = <T>() => Promise.resolve({} as T);
    return next();
  };
}

const rotate = (context: AppContext) =>
  createRoute({
    ...{
      method: "post",
      path: `${PATH}/{id}/rotate_secret`,
      tags,
      operationId: "rotateWebhookEndpointSecret",
    },
    summary: "Give a webhook that is told as OpenAI tells another secret",
    description: "The body may be left out: the secret before then signs no longer.",
    middleware: [unlessEmpty(jsonBody(context, rotateSchema))] as const,
    // As a plain schema, which nothing reads the body by: one of no bytes is said to be JSON.
    request: {
      params,
      body: {
        required: false,
        content: {
          "application/json": {
            schema: {
              type: "object",
              properties: {
                keep_old_secret_active_for_24_hours: {
                  type: "boolean",
                  description: "Whether the secret before signs beside the new one for a day.",
                },
              },
              additionalProperties: false,
              example: { keep_old_secret_active_for_24_hours: true },
            },
          },
        },
      },
    },
    responses: {
      200: { description: "The webhook, with its new secret", content: json(withSecretSchema) },
      ...written,
    },
  });

const testedSchema = z.object({
  object: z.literal("webhook_endpoint.test").describe("What this is."),
  webhook_endpoint_id: z.string().describe("The webhook that was tested."),
  event_type: z.string().describe("Of the event that was sent."),
  status_code: z.int().describe("HTTP status of its answer."),
  success: z.literal(true).describe("That it was accepted: else the test is refused."),
}).meta(component("OpenAIWebhookTestResult"));

const test = (context: AppContext) =>
  createRoute({
    ...{ method: "post", path: `${PATH}/{id}/test`, tags, operationId: "testWebhookEndpoint" },
    summary: "Send a test event as OpenAI tells",
    description: "Once and at once; 400 says why it was not accepted.",
    middleware: [jsonBody(context, testSchema)] as const,
    request: { params, body: { required: true, content: json(testSchema) } },
    responses: { 200: { description: "It was accepted", content: json(testedSchema) }, ...written },
  });

const types = createRoute({
  ...{ method: "get", path: "/v1/webhook_event_types", tags, operationId: "listWebhookEventTypes" },
  summary: "List the types of events that are told as OpenAI tells",
  description: "The ends of fine-tuning jobs.",
  responses: {
    200: {
      description: "The types",
      content: json(
        z.object({
          object: z.literal("list").describe("What this is."),
          data: z.array(eventType).describe("The types."),
        }).meta(component("OpenAIEventTypes")),
      ),
    },
    ...openaiErrorResponses([401, 403, 405, 429, 500]),
  },
});

/** The webhook endpoints' routes. */
export function webhookEndpoints(context: AppContext): OpenAPIHono<Env> {
  const { db, deliverer, guard } = context;
  const app = new OpenAPIHono<Env>();

  const find = async (id: string): Promise<EndpointRow> => {
    const row = await getEndpoint(db, id);
    if (!isOpenai(row)) throw new UserError("not_found", `No webhook endpoint '${id}'`);
    return row;
  };

  /** A URL is refused while its sender can still be told. */
  const checkUrl = (given: string | undefined) => {
    try {
      if (given !== undefined) guard.precheck(given);
    } catch (error) {
      throw error instanceof UserError ? invalid("url", error.message) : attributed("url", error);
    }
  };

  app.openapi(create(context), async (c) => {
    const { name, ...config } = c.req.valid("json");
    checkUrl(config.url);
    return c.json(withSecret(await createEndpoint(db, { ...config, description: name })), 200);
  });

  app.openapi(list, async (c) => {
    const { limit, after } = c.req.valid("query");
    const { rows } = await listEndpoints(db, { limit: MAX_ENDPOINTS });
    const shown = rows.filter(isOpenai).filter(({ id }) => after === undefined || id < after);
    const page = { rows: shown.slice(0, limit), has_more: shown.length > limit };
    return c.json(listBody(page, endpointView), 200);
  });

  app.openapi(types, (c) => c.json({ object: "list" as const, data: [...FINE_TUNING_EVENT_TYPES] }, 200));

  app.openapi(show, async (c) => c.json(endpointView(await find(c.req.valid("param").id)), 200));

  app.openapi(update(context), async (c) => {
    const { id } = await find(c.req.valid("param").id);
    const { name, ...change } = c.req.valid("json");
    checkUrl(change.url);
    const row = await updateEndpoint(db, id, { ...change, ...(name !== undefined && { description: name }) });
    if (change.url !== undefined) deliverer.refresh(id);
    return c.json(endpointView(row), 200);
  });

  app.openapi(remove, async (c) => {
    const { id } = await find(c.req.valid("param").id);
    await deleteEndpoint(db, id);
    deliverer.forget(id);
    return c.json({ id, object: "webhook_endpoint.deleted" as const, deleted: true as const }, 200);
  });

  app.openapi(rotate(context), async (c) => {
    const { id } = await find(c.req.valid("param").id);
    const { data, error } = rotateSchema.safeParse(await c.req.json());
    if (error) throw invalidValue(error);
    const overlap_seconds = data.keep_old_secret_active_for_24_hours ? 86_400 : 0;
    return c.json(withSecret(await rotateSecret(db, id, { overlap_seconds })), 200);
  });

  app.openapi(test(context), async (c) => {
    const endpoint = await find(c.req.valid("param").id);
    const { event_type } = c.req.valid("json");
    const sent = await deliverer.test(endpoint, event_type);
    if (sent.status !== "delivered" || sent.last_status === null) {
      throw new UserError("invalid_request", `The test was not accepted: ${sent.last_error}`);
    }
    return c.json({
      object: "webhook_endpoint.test" as const,
      webhook_endpoint_id: endpoint.id,
      event_type,
      status_code: sent.last_status,
      success: true as const,
    }, 200);
  });

  return app;
}
