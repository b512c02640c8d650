/**
 * Spans of requests, jobs and steps, where Deno's OpenTelemetry is on (OTEL_DENO=true), which sends them. Deno makes spans of
 * HTTP requests too, but none that what answers them could be below. Where it is off, nothing is loaded and nothing is done. A trace goes on in another
 * process, or later, by a W3C traceparent (https://www.w3.org/TR/trace-context/).
 */
import type { Attributes, Context, Span } from "@opentelemetry/api";

type Api = typeof import("@opentelemetry/api");

/** Null while tracing is off. */
let api: Api | null = null;

/** Turns tracing on in this process. @param on what OTEL_DENO says */
export async function startTracing(on: string | undefined): Promise<void> {
  if (on === "true") api = await import("@opentelemetry/api");
}

/** Whether spans are made, so that nobody looks for what only they need. */
export function isTracing(): boolean {
  return api !== null;
}

/** Ids of zeros alone are none. */
const TRACEPARENT = /^00-(?!0+-)([0-9a-f]{32})-(?!0+-)([0-9a-f]{16})-([0-9a-f]{2})$/;

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

/** The span that is in progress, as a traceparent; undefined where tracing is off or none is. */
export function currentTrace(): string | undefined {
  const span = api?.trace.getActiveSpan();
  return span && traceparentOf(span);
}

/** The id of the trace in progress, for logs. */
export function currentTraceId(): string | undefined {
  return api?.trace.getActiveSpan()?.spanContext().traceId;
}

/** What a span is below: a traceparent where one is given, else the span in progress. */
function contextOf({ context, trace }: Api, parent: string | undefined): Context {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(parent ?? "") ?? [];
  if (traceId === undefined) return context.active();
  const remote = { traceId, spanId: spanId!, traceFlags: parseInt(flags!, 16), isRemote: true };
  return trace.setSpanContext(context.active(), remote);
}

const tracer = ({ trace }: Api) => trace.getTracer("proximal");

/**
 * Does `work` as a span.
 *
 * @param parent The traceparent that it is below; the span in progress by default.
 * @param work Gets the span's traceparent, undefined where tracing is off.
 */
export async function traced<T>(
  name: string,
  attributes: Attributes,
  parent: string | undefined,
  work: (traceparent: string | undefined) => Promise<T>,
): Promise<T> {
  if (!api) return await work(undefined);
  const { SpanStatusCode } = api;
  return await tracer(api).startActiveSpan(name, { attributes }, contextOf(api, parent), async (span) => {
    try {
      return await work(traceparentOf(span));
    } catch (thrown) {
      const { code } = thrown as { code?: unknown };
      span.setStatus({ code: SpanStatusCode.ERROR, message: typeof code === "string" ? code : "internal" });
      throw thrown;
    } finally {
      span.end();
    }
  });
}

/** A span of what is over. Times are milliseconds of the clock. */
export function recordSpan(
  name: string,
  { parent, start, end, attributes }: { parent?: string; start: number; end: number; attributes: Attributes },
): void {
  if (!api) return;
  tracer(api).startSpan(name, { attributes, startTime: start }, contextOf(api, parent)).end(end);
}

/** Does what answers an HTTP request as its span, below the client's. */
export async function tracedRequest(
  traceparent: string | undefined,
  work: () => Promise<void>,
): Promise<void> {
  if (!api) return await work();
  const context = contextOf(api, traceparent);
  const kind = api.SpanKind.SERVER;
  await tracer(api).startActiveSpan("request", { kind }, context, (span) => work().finally(() => span.end()));
}

/** Says what the request's span in progress was of; its name is known once its route is. */
export function nameRequestSpan(name: string, attributes: Attributes, failed: boolean): void {
  const span = api?.trace.getActiveSpan();
  span?.updateName(name).setAttributes(attributes);
  if (failed) span?.setStatus({ code: api!.SpanStatusCode.ERROR });
}
