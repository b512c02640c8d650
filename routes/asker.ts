/** Who asks an engine for something, and until when: clients take turns by what this says of them. */
import type { Context } from "hono";
import type { AskOptions } from "../core/processes/serving_engine.ts";
import type { Env } from "./context.ts";

/** By API key where there is one, else by address; a client that goes away cancels what it asked for. */
export function asker(c: Context<Env>): Required<Pick<AskOptions, "client" | "signal">> {
  return { client: c.get("caller")?.id ?? c.env?.address ?? "", signal: c.req.raw.signal };
}
