/** How the document describes a stream of Server-Sent Events: OpenAPI 3.1 has no schema for what is sent piece by piece. */
import { z } from "@hono/zod-openapi";

export const eventStreamContent = { schema: z.any() };
