/** Gives each request a logger with its id, and writes one line when it has been answered. */
import type { MiddlewareHandler } from "hono";
import { cutText } from "../core/cut_text.ts";
import type { Logger } from "../core/log.ts";
import { currentTraceId } from "../core/tracing.ts";
import type { Env } from "./context.ts";

/** Must come after the middleware that sets the request's id. */
export function accessLog(logger: Logger): MiddlewareHandler<Env> {
  return async function accessLog(c, next) {
    const start = performance.now();
    const trace_id = currentTraceId();
    c.set("logger", logger.with({ request_id: c.get("requestId"), ...(trace_id && { trace_id }) }));
    await next();
    c.get("logger").info("request", {
      method: c.req.method,
      path: cutText(c.req.path, 500),
      status: c.res.status,
      ms: Math.round((performance.now() - start) * 10) / 10,
    });
  };
}
