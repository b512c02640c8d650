/** Liveness and readiness, open to everybody. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { sql } from "drizzle-orm";
import { jobs } from "../core/db/schema.ts";
import { UserError } from "../core/errors.ts";
import type { AppContext, Env } from "./context.ts";
import { problemResponses } from "./problem.ts";

/** How long the database may take until the server counts as not ready: a disk that is busy takes a second at times. */
const READY_MS = 2000;

const status = z.object({ status: z.literal("ok").describe("That all is well.") });
const content = { "application/json": { schema: status } };
const readyContent = {
  "application/json": {
    schema: status.extend({
      device: z.string().describe("Where models run unless a job says otherwise: cpu, cuda or cuda:N."),
    }),
  },
};

const live = createRoute({
  method: "get",
  path: "/healthz",
  tags: ["Health"],
  operationId: "getHealth",
  summary: "Liveness",
  description: "Answers while the process lives.",
  responses: { 200: { description: "It does", content } },
});

const ready = createRoute({
  method: "get",
  path: "/readyz",
  tags: ["Health"],
  operationId: "getReadiness",
  summary: "Readiness",
  description:
    "Answers 200 once requests will be answered: the database can be written and the server is not stopping.",
  responses: { 200: { description: "They will", content: readyContent }, ...problemResponses(503) },
});

/** The health routes. */
export function health({ db, closing, device }: AppContext): OpenAPIHono<Env> {
  const app = new OpenAPIHono<Env>();
  app.openapi(live, (c) => c.json({ status: "ok" as const }, 200));
  app.openapi(ready, async (c) => {
    if (closing.aborted) throw new UserError("runtime_unavailable", "The server is stopping");
    // Reads go on beside another program's lock, and writes do not.
    await db.write((tx) => tx.select({ one: sql`1` }).from(jobs).limit(1), { patience_ms: READY_MS });
    return c.json({ status: "ok" as const, device }, 200);
  });
  return app;
}
