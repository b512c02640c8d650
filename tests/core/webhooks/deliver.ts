/** A process that sends what the outbox of a data folder holds until it is killed, for tests. */
import { openDatabase } from "../../../core/db/open_database.ts";
import { createLogger } from "../../../core/log.ts";
import { OutboundGuard } from "../../../core/outbound/outbound_guard.ts";
import { Deliverer } from "../../../core/webhooks/deliverer.ts";

if (import.meta.main) {
  const db = await openDatabase(Deno.args[0]!);
  const deliverer = new Deliverer({
    db,
    guard: new OutboundGuard(["127.0.0.0/8"]),
    logger: createLogger("silent"),
    retry_delays_ms: Array(1000).fill(5),
  });
  deliverer.start();
}
