/** A job's feed: pages of events, or the same as Server-Sent Events that go on until the job ends. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { EventRow } from "../core/db/schema.ts";
import { type ErrorCode, knownFault, UserError } from "../core/errors.ts";
import type { Caller } from "../core/keys/key_ring.ts";
import type { Subscription } from "../core/jobs/event_feed.ts";
import { eventSeq, getJob, listEvents } from "../core/jobs/job_queries.ts";
import { JOB_EVENT_TYPES } from "../core/contract/job_events.ts";
import { isFinal } from "../core/contract/job_states.ts";
import { eventView } from "../core/jobs/job_view.ts";
import { type EventPart, SharedEvents } from "../core/jobs/shared_events.ts";
import type { AppContext, Env } from "./context.ts";
import { eventSchema } from "../core/contract/event_answers.ts";
import { eventStreamContent } from "./event_stream_content.ts";
import { afterId, limitParam, pageBody, pageSchema } from "./paging.ts";
import { preferredType } from "./preferred_type.ts";
import { problemResponses } from "./problem.ts";
import { jobParams } from "./training_jobs.ts";
import { undescribed } from "./undescribed.ts";

/** Of one key: the rest are for others. */
const MAX_STREAMS_OF_KEY = 2000;
/** Each costs some 100 KB: its connection, and what of a shared part its reader has not taken yet. */
const MAX_STREAMS = 5000;
const HEARTBEAT_MS = 15_000;
/** What is handed to a connection at once, and so the most that waits in it for a slow reader. */
const PIECE_BYTES = 64 * 1024;

/** What may be over by the next heartbeat. */
const PASSING: readonly ErrorCode[] = ["database_busy", "runtime_unavailable"];

const encoder = new TextEncoder();
const WAITING = encoder.encode(": waiting\n\n");
/** When a client whose stream broke off should come back; a server that is started again is there by then. */
const RETRY = encoder.encode("retry: 2000\n\n");

/** An event as a Server-Sent Event. */
function serverSentEvent(row: EventRow): Uint8Array {
  return encoder.encode(
    `event: ${row.type}\ndata: ${JSON.stringify(eventView(row))}\nid: ${row.id}\n\n`,
  );
}
const TYPES = ["application/json", "text/event-stream"] as const;

const route = createRoute({
  method: "get",
  path: "/v1/training-jobs/{id}/events",
  tags: ["Training jobs"],
  operationId: "listTrainingJobEvents",
  summary: "Events of a training job, as a list or a stream",
  description:
    "What happened to the job. As a stream, events come as they happen until the job is over; Last-Event-ID continues one that broke off.",
  request: {
    params: jobParams,
    query: z.strictObject({
      limit: limitParam(1000, 100),
      after: afterId("evt"),
      type: z.enum(JOB_EVENT_TYPES).optional().openapi({
        description: "Only events of this type, in a list; a stream has all.",
      }),
      order: z.enum(["asc", "desc"]).default("asc").openapi({
        description: "Of a list: oldest first, or newest first. A stream is oldest first.",
      }),
    }),
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
        ...eventStreamContent(eventSchema),
      },
    },
    204: { description: "The job has ended and there are no events after Last-Event-ID" },
    ...problemResponses(401, 404, 422, 429, 500, 503),
  },
});

/** The open streams of a server: how many there may be, one timer for all, and their end when the server stops. */
class EventStreams {
  readonly #context: AppContext;
  readonly #events: SharedEvents;
  readonly #open = new Set<Subscription>();
  /** How many each key has open. */
  readonly #ofKey = new Map<string, number>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(context: AppContext) {
    this.#context = context;
    this.#events = new SharedEvents(context.db, serverSentEvent);
    context.closing.addEventListener("abort", () => {
      for (const subscription of this.#open) subscription.close();
    });
  }

  /** @throws UserError when there is no place for another stream, or none for another of this key. */
  check(caller: Caller | null): void {
    const { max_event_streams = MAX_STREAMS, max_event_streams_of_key = MAX_STREAMS_OF_KEY } = this.#context;
    const open = this.#open.size;
    const ofKey = caller === null ? 0 : this.#ofKey.get(caller.id) ?? 0;
    if (open < max_event_streams && ofKey < max_event_streams_of_key) return;
    throw new UserError(
      "too_many_requests",
      open < max_event_streams
        ? `The API key has ${ofKey} event streams open, as many as it may: close some or try again later`
        : `${open} event streams are open: close some or try again later`,
    );
  }

  /** The events of a job after `seq`, until it or the caller's key ends; nothing is read ahead of the reader. */
  open(jobId: string, seq: number, caller: Caller | null): ReadableStream<Uint8Array> {
    const subscription = this.#context.feed.subscribe(jobId);
    const hold = caller && this.#context.keys.hold(caller.id);
    hold?.signal.addEventListener("abort", () => subscription.close());
    this.#enter(subscription, caller);
    const leave = () => {
      hold?.release();
      subscription.close();
      this.#leave(subscription, caller);
    };
    const pieces = this.#pieces(jobId, seq, subscription);
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        try {
          // A reader that is far behind reads no more either.
          const { done, value } = hold?.signal.aborted ? await pieces.return() : await pieces.next();
          if (!done) return controller.enqueue(value);
          leave();
          controller.close();
        } catch (error) {
          leave();
          throw error;
        }
      },
      cancel: leave,
    }, { highWaterMark: 0 });
  }

  async *#pieces(jobId: string, seq: number, subscription: Subscription): AsyncGenerator<Uint8Array, void> {
    let behind = true;
    yield RETRY;
    for (let isFirst = true;; isFirst = false) {
      const part: EventPart | null = behind ? await this.#part(jobId, seq) : null;
      if (part) {
        for (let at = 0; at < part.bytes.length; at += PIECE_BYTES) {
          yield part.bytes.subarray(at, at + PIECE_BYTES);
        }
        seq = part.lastSeq;
        behind = part.has_more;
        if (part.over) return;
        if (behind) continue;
      }
      if (isFirst && !part?.bytes.length) yield WAITING;
      const wake = await subscription.next();
      if (wake === "ended") return;
      if (wake === "grown") behind = true;
      else yield WAITING;
    }
  }

  /** The next events, none of a job that was deleted; null while the database cannot be read, which is tried again at the next wake. */
  async #part(jobId: string, seq: number): Promise<EventPart | null> {
    try {
      return await this.#events.after(jobId, seq);
    } catch (error) {
      const fault = knownFault(error);
      if (!(fault instanceof UserError)) throw error;
      if (PASSING.includes(fault.code)) return null;
      if (fault.code !== "not_found") throw error;
      return { bytes: new Uint8Array(), lastSeq: seq, has_more: false, over: true };
    }
  }

  #enter(subscription: Subscription, caller: Caller | null): void {
    this.#open.add(subscription);
    if (caller) this.#ofKey.set(caller.id, (this.#ofKey.get(caller.id) ?? 0) + 1);
    this.#timer ??= setInterval(() => {
      for (const one of this.#open) one.wake("beat");
    }, this.#context.heartbeat_ms ?? HEARTBEAT_MS);
  }

  #leave(subscription: Subscription, caller: Caller | null): void {
    if (!this.#open.delete(subscription)) return;
    if (caller) {
      const left = this.#ofKey.get(caller.id)! - 1;
      if (left > 0) this.#ofKey.set(caller.id, left);
      else this.#ofKey.delete(caller.id);
    }
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** The events' route. */
export function jobEvents(context: AppContext): OpenAPIHono<Env> {
  const { db } = context;
  const streams = new EventStreams(context);

  return new OpenAPIHono<Env>().openapi(route, async (c) => {
    const { id } = c.req.valid("param");
    const { limit, after, type, order } = c.req.valid("query");
    const job = await getJob(db, id);
    c.header("vary", "accept");
    if (preferredType(c.req.header("accept"), TYPES) === "application/json") {
      const afterSeq = await eventSeq(db, id, after, "after");
      const page = await listEvents(db, id, { limit, afterSeq, type, newestFirst: order === "desc" });
      return c.json(pageBody(page, eventView, (row) => row.id), 200);
    }

    const lastId = c.req.valid("header")["last-event-id"] || after;
    const afterSeq = await eventSeq(db, id, lastId, "last-event-id");
    if (isFinal(job.status) && (await listEvents(db, id, { limit: 1, afterSeq })).rows.length === 0) {
      return undescribed(c.body(null, 204));
    }
    const caller = c.get("caller");
    streams.check(caller);
    const headers = {
      "content-type": "text/event-stream",
      "cache-control": "no-cache",
      "x-accel-buffering": "no",
    };
    // A HEAD request's stream would never be read nor closed.
    if (c.req.raw.method === "HEAD") return undescribed(c.body(null, 200, headers));
    const events = streams.open(id, afterSeq, caller) as ReadableStream<Uint8Array<ArrayBuffer>>;
    return undescribed(c.body(events, 200, headers));
  });
}
