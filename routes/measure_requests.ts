/** Counts, times and names requests by the pattern of the route that answered, never by a path that somebody sent. */
import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { MEASURES } from "../core/metrics/measures.ts";
import { isTracing, nameRequestSpan, tracedRequest } from "../core/tracing.ts";
import type { Env } from "./context.ts";

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** The first middleware, so that it sees every answer. */
export const measureRequests: MiddlewareHandler<Env> = function measureRequests(c, next) {
  const start = performance.now();
  return tracedRequest(c.req.header("traceparent"), async () => {
    await next();
    const method = METHODS.has(c.req.method) ? c.req.method : "other";
    const route = matchedRoutes(c).findLast((one) => one.method !== "ALL")?.path ?? "none";
    const { status } = c.res;
    MEASURES.http_requests_total.add([method, route, String(status)]);
    MEASURES.http_request_duration_seconds.observe((performance.now() - start) / 1000, [method, route]);
    if (!isTracing()) return;
    const attributes = {
      "http.request.method": method,
      "http.route": route,
      "http.response.status_code": status,
      "proximal.request_id": c.get("requestId"),
    };
    nameRequestSpan(`${method} ${route}`, attributes, status >= 500);
  });
};
