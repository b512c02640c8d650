/** What the process measures, as Prometheus reads it. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { count, eq, min } from "drizzle-orm";
import { statfs } from "node:fs/promises";
import { JOB_STATUSES } from "../core/contract/job_states.ts";
import { jobs } from "../core/db/schema.ts";
import { exposition, type Gauge } from "../core/metrics/exposition.ts";
import { VERSION } from "../core/version.ts";
import { pendingSummary } from "../core/webhooks/outbox.ts";
import type { AppContext, Env } from "./context.ts";
import { problemResponses } from "./problem.ts";
import { undescribed } from "./undescribed.ts";

const metricsRoute = createRoute({
  method: "get",
  path: "/metrics",
  tags: ["Health"],
  operationId: "getServerMetrics",
  summary: "Metrics for Prometheus",
  description: "Requests, jobs, engines, webhooks and the process, in Prometheus' text format.",
  responses: {
    200: { description: "Prometheus' text format", content: { "text/plain": { schema: z.string() } } },
    ...problemResponses(401, 503),
  },
});

/** What is looked up when somebody asks: an index each, however many rows there are. */
async function gauges({ db, supervisor, serving, dataDir }: AppContext): Promise<Record<string, Gauge>> {
  const { read } = db;
  const statuses = await read.select({ status: jobs.status, value: count() }).from(jobs).groupBy(jobs.status);
  const [queued] = await read.select({ at: min(jobs.created_at) }).from(jobs).where(
    eq(jobs.status, "queued"),
  );
  const webhooks = await pendingSummary(read);
  const disk = await statfs(dataDir);
  const age = (at: Date | null | undefined) => at ? Math.max(0, Date.now() - at.getTime()) / 1000 : 0;
  const jobCounts = new Map(statuses.map(({ status, value }) => [status, value]));
  return {
    build_info: { help: "The version that runs.", series: [{ labels: { version: VERSION }, value: 1 }] },
    jobs: {
      help: "Jobs by their status.",
      series: JOB_STATUSES.map((status) => ({ labels: { status }, value: jobCounts.get(status) ?? 0 })),
    },
    job_queue_age_seconds: {
      help: "How long ago the oldest queued job was created.",
      series: [{ value: age(queued?.at) }],
    },
    disk_free_bytes: {
      help: "What may still be written where DATA_DIR is.",
      series: [{ value: disk.bavail * disk.bsize }],
    },
    engines: {
      help: "Engine processes that run now, by what for.",
      series: [
        { labels: { role: "training" }, value: supervisor.running.size },
        { labels: { role: "serving" }, value: serving.pids.length },
      ],
    },
    serving_outstanding: {
      help: "Requests that engine processes work on, by the number of the process among those of its model.",
      series: [...serving.outstanding].map(([engine, value]) => ({
        labels: { engine: String(engine) },
        value,
      })),
    },
    webhooks_pending: {
      help: "Webhooks that have not been delivered and are still tried.",
      series: [{ value: webhooks.count }],
    },
    webhook_lag_seconds: {
      help: "How long ago the oldest pending webhook's event happened.",
      series: [{ value: age(webhooks.oldest) }],
    },
  };
}

/** The metrics' route. */
export function metrics(context: AppContext): OpenAPIHono<Env> {
  const app = new OpenAPIHono<Env>();
  app.openapi(metricsRoute, async (c) => {
    const { text, type } = await exposition(await gauges(context));
    return undescribed(c.body(text, 200, { "content-type": type }));
  });
  return app;
}
