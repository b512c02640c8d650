/** The whole HTTP surface: middleware in order, one file per resource, errors in one place. */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context, Next } from "hono";
import { requestId } from "hono/request-id";
import { CheckpointExports } from "../core/jobs/checkpoint_exports.ts";
import { cutText } from "../core/cut_text.ts";
import { VERSION } from "../core/version.ts";
import { accessLog } from "./access_log.ts";
import { allowOrigins } from "./allow_origins.ts";
import { audit } from "./audit.ts";
import { authenticate } from "./authenticate.ts";
import { checkpoints } from "./checkpoints.ts";
import { clonedDocument } from "./cloned_body.ts";
import { compressAnswers } from "./compress_answers.ts";
import type { AppContext, Env } from "./context.ts";
import { datasets } from "./datasets.ts";
import { docs } from "./docs.ts";
import { evaluations } from "./evaluations.ts";
import { generations } from "./generations.ts";
import { health } from "./health.ts";
import { jobAttributions } from "./job_attributions.ts";
import { jobEvents } from "./job_events.ts";
import { jobLogs } from "./job_logs.ts";
import { jobMetrics } from "./job_metrics.ts";
import { jobRollouts } from "./job_rollouts.ts";
import { jobRows } from "./job_rows.ts";
import { measureRequests } from "./measure_requests.ts";
import { metrics } from "./metrics.ts";
import { models } from "./models.ts";
import { openaiErrors } from "./openai/errors.ts";
import { absentFromOpenai, OPENAI_RESOURCES, openaiPaths } from "./openai/mod.ts";
import { refuseForeign, requireHost } from "./own_requests.ts";
import { page } from "./page.ts";
import { plainSchemas } from "./plain_schemas.ts";
import { invalidProblem, problem, problemOf } from "./problem.ts";
import { rateLimit } from "./rate_limit.ts";
import { recordWrites } from "./record_writes.ts";
import { requireScope } from "./require_scope.ts";
import { scores } from "./scores.ts";
import { securedDocument, SECURITY_SCHEME } from "./secured_document.ts";
import { sharedReads } from "./shared_reads.ts";
import { trainingJobs } from "./training_jobs.ts";
import { webhookDeliveries } from "./webhook_deliveries.ts";
import { WEBHOOK_REQUESTS } from "./webhook_requests.ts";
import { webhooks } from "./webhooks.ts";

const INFO = {
  title: "Proximal",
  version: VERSION,
  description: "PPO fine-tuning of language models behind a REST API.",
  license: { name: "Apache-2.0", identifier: "Apache-2.0" },
  contact: { name: "Whoever runs this server" },
};

/** What the operations are about, in the order in which pages show them. */
const TAGS = Object.entries({
  "Training jobs": "Jobs of all kinds, and everything that belongs to one.",
  Checkpoints: "What jobs write: files, and the same in other programs' layouts.",
  Inference: "Text, and scores of text, from models and checkpoints.",
  Models: "What jobs and generations can name.",
  Datasets: "Rows that are sent once and named by jobs.",
  Files: "Files as OpenAI's clients send them.",
  "Fine-tuning": "Jobs as OpenAI's clients ask for them.",
  Webhooks: "Where events are posted to, and what was.",
  Server: "Who did what.",
  Health: "Whether the server lives, and what it measures.",
}).map(([name, description]) => ({ name, description }));

/** The methods that exist for a path, for Allow; none: nothing is there. */
function allowedMethods(app: OpenAPIHono<Env>, path: string): string[] {
  const matches = (pattern: string) =>
    new RegExp(`^${pattern.replaceAll(/:[^/{]+(\{[^}]*\})?/g, "[^/]+")}$`).test(path);
  const methods = app.routes.filter((route) => route.method !== "ALL" && matches(route.path)).map((
    { method },
  ) => method);
  const allowed = [...new Set(methods)];
  if (allowed.length === 0) return [];
  return [...allowed, ...(allowed.includes("GET") ? ["HEAD"] : []), "OPTIONS"];
}

/** Types of answers that are made while they are sent. */
const STREAMED = /^(text\/csv|application\/x-ndjson|application\/vnd\.apache\.parquet)\b/;

/** What browsers are told of every answer; pages have a content policy of their own. */
const BROWSER_HEADERS = {
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
};

/**
 * Headers that every answer has, and the length that an answer to HEAD would have had to GET. What an answer says of
 * caching stays only where it is public: all else may hold what a key opened, or a secret.
 */
async function commonHeaders(c: Context<Env>, next: Next): Promise<void> {
  await next();
  const { headers, body } = c.res;
  if (c.req.raw.method === "HEAD" && body !== null) {
    // Tables are sent as they are made.
    if (STREAMED.test(headers.get("content-type") ?? "")) await body.cancel();
    else headers.set("content-length", String((await c.res.clone().arrayBuffer()).byteLength));
  }
  if (!headers.get("cache-control")?.startsWith("public")) headers.set("cache-control", "no-store");
  // Problems are made without the context, so the id is set here once more.
  headers.set("x-request-id", c.get("requestId"));
  for (const [name, value] of Object.entries(BROWSER_HEADERS)) {
    if (!headers.has(name)) headers.set(name, value);
  }
}

/** Builds the app around the process's parts. */
export function createApp(context: AppContext): OpenAPIHono<Env> {
  const app = new OpenAPIHono<Env>({
    defaultHook: (result) => result.success ? undefined : invalidProblem(result.error),
    // A slash at the end of a path makes no other resource of it.
    strict: false,
  });
  app.use(measureRequests);
  app.use(requestId());
  app.use(accessLog(context.logger));
  app.use(compressAnswers());
  app.use(commonHeaders);
  const { keys, corsOrigins = [] } = context;
  app.use(allowOrigins(corsOrigins));
  for (const [path, statuses] of openaiPaths()) app.use(`${path}/*`, openaiErrors(statuses));
  app.use(requireHost);
  app.use("/v1/*", refuseForeign(corsOrigins));
  const makeExports = ["exports/:format", "files/:format/:name", "archive"];
  for (const made of makeExports.map((path) => `/v1/checkpoints/:id/${path}`)) {
    app.use(made, refuseForeign(corsOrigins, true));
  }
  app.use("/v1/*", recordWrites(context.db, keys));
  const authenticated = authenticate(keys, context.wrongKeys);
  app.use("/v1/*", authenticated);
  if (!context.metricsPublic) app.use("/metrics", authenticated);
  app.use("/v1/*", rateLimit(context.rate_limit));
  app.use("/v1/*", requireScope);
  app.use("/v1/training-jobs/*", sharedReads(context.db));

  const exports = new CheckpointExports(context, context.serving);
  for (
    const resource of [
      trainingJobs,
      evaluations,
      jobRows,
      jobMetrics,
      jobRollouts,
      jobAttributions,
      jobLogs,
      jobEvents,
      checkpoints,
      generations,
      ...OPENAI_RESOURCES,
      scores,
      models,
      datasets,
      webhooks,
      webhookDeliveries,
      audit,
      health,
      metrics,
    ]
  ) {
    app.route("/", resource(context, exports));
  }
  for (const request of WEBHOOK_REQUESTS) app.openAPIRegistry.registerWebhook(request);
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", SECURITY_SCHEME);
  // Made at the first request for it, and again once a key is needed.
  const documents = new Map<boolean, string>();
  const document = () => {
    const { required } = keys;
    const made = documents.get(required) ?? JSON.stringify(plainSchemas(securedDocument(
      clonedDocument(
        app.getOpenAPI31Document({ openapi: "3.1.0", info: INFO, tags: TAGS, servers: [{ url: "/" }] }),
      ),
      required,
    )));
    documents.set(required, made);
    return made;
  };
  app.route("/", docs(document));
  app.route("/", page());

  app.notFound((c) => {
    const allow = allowedMethods(app, c.req.path);
    if (allow.length === 0) {
      return problem(
        "not_found",
        absentFromOpenai(c.req.path) ?? `Nothing is at ${cutText(c.req.path, 200)}`,
      );
    }
    if (c.req.raw.method === "OPTIONS") return c.body(null, 204, { allow: allow.join(", ") });
    const detail = `${c.req.method} is not possible here: use ${allow.join(" or ")}`;
    return problem("method_not_allowed", detail, [], { allow: allow.join(", ") });
  });
  app.onError(problemOf);
  return app;
}
