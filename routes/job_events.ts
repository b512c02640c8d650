/** A job's feed: pages of events, or the same as Server-Sent Events that go on until the job ends. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { streamSSE } from "hono/streaming";
import { UserError } from "../core/errors.ts";
import { eventSeq, getJob, listEvents } from "../core/jobs/job_queries.ts";
import { isFinal } from "../core/jobs/job_states.ts";
import { eventView } from "../core/jobs/job_view.ts";
import type { AppContext, Env } from "./context.ts";
import { eventSchema } from "./job_schema.ts";
import { afterId, limitParam, pageBody, pageSchema } from "./paging.ts";
import { problemResponses } from "./problem.ts";
import { jobParams } from "./training_jobs.ts";

const MAX_STREAMS = 100;
const HEARTBEAT_MS = 15_000;
const BATCH = 100;

const route = createRoute({
  method: "get",
  path: "/v1/training-jobs/{id}/events",
  tags: ["Training jobs"],
  summary: "Events of a training job, oldest first, as a list or a stream",
  request: {
    params: jobParams,
    query: z.strictObject({ limit: limitParam(1000, 100), after: afterId("evt") }),
    headers: z.object({
      "last-event-id": z.string().max(100).optional().openapi({
        description: "Stream what came after this event.",
      }),
    }),
  },
  responses: {
    200: {
      description: "A page of events; with Accept: text/event-stream, all events until the job has ended",
      content: {
        "application/json": { schema: pageSchema(eventSchema) },
        "text/event-stream": { schema: z.string() },
      },
    },
    204: { description: "The job has ended and there are no events after Last-Event-ID" },
    ...problemResponses(401, 404, 422, 429),
  },
});

/** The events' route. */
export function jobEvents(context: AppContext): OpenAPIHono<Env> {
  const { db, feed, closing, max_event_streams = MAX_STREAMS, heartbeat_ms = HEARTBEAT_MS } = context;
  let streams = 0;

  return new OpenAPIHono<Env>().openapi(route, async (c) => {
    const { id } = c.req.valid("param");
    const { limit, after } = c.req.valid("query");
    const job = await getJob(db, id);
    if (!c.req.header("accept")?.includes("text/event-stream")) {
      const afterSeq = await eventSeq(db, id, after, "after");
      const page = await listEvents(db, id, { limit, afterSeq });
      return c.json(pageBody(page, eventView, (row) => row.id), 200);
    }

    const lastId = c.req.valid("header")["last-event-id"] || after;
    let afterSeq = await eventSeq(db, id, lastId, "last-event-id");
    if (isFinal(job.status) && (await listEvents(db, id, { limit: 1, afterSeq })).rows.length === 0) {
      return c.body(null, 204) as never;
    }
    if (streams >= max_event_streams) {
      throw new UserError(
        "too_many_requests",
        `${streams} event streams are open: close some or try again later`,
      );
    }
    // A HEAD request's stream would never be read nor closed.
    if (c.req.raw.method === "HEAD") {
      return c.body(null, 200, { "content-type": "text/event-stream" }) as never;
    }
    streams++;
    c.header("x-accel-buffering", "no");
    return streamSSE(c, async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      const ended = AbortSignal.any([gone.signal, closing]);
      const subscription = feed.subscribe(id);
      try {
        while (!ended.aborted) {
          // Asked before the events are: whatever ended the job is then among them.
          const over = isFinal((await getJob(db, id)).status);
          const { rows, has_more } = await listEvents(db, id, { limit: BATCH, afterSeq });
          for (const row of rows) {
            await stream.writeSSE({ id: row.id, event: row.type, data: JSON.stringify(eventView(row)) });
            afterSeq = row.seq;
          }
          if (has_more) continue;
          if (over) return;
          if (rows.length === 0) await stream.write(": waiting\n\n");
          await subscription.next(heartbeat_ms, ended);
        }
      } finally {
        subscription.close();
        streams--;
      }
    }) as never;
  });
}
