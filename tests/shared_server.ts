/**
 * A server of tests as a process, on a database that others share: the real API, supervisor and deliverer, with the engine
 * that trains nothing. Reads DATABASE_URL, DATA_DIR, LEASE_MS and MAX_JOBS; prints its address and its name in leases.
 */
import { openServerDatabase } from "../core/db/open_server_database.ts";
import { OtherServers } from "../core/jobs/other_servers.ts";
import { createLogger } from "../core/log.ts";
import { Supervised } from "./core/jobs/supervised.ts";
import { servedOn } from "./routes/served.ts";

/** How long a receiver may take, and so a killed server keeps a destination. */
const DELIVERY_MS = 3000;

if (import.meta.main) {
  const { DATABASE_URL, DATA_DIR, LEASE_MS, MAX_JOBS } = Deno.env.toObject();
  const logger = createLogger(Deno.env.get("LOG_LEVEL") === "debug" ? "debug" : "silent");
  const db = await openServerDatabase({ url: DATABASE_URL! }, DATA_DIR!, logger);
  const options = { lease_ms: Number(LEASE_MS), max_concurrent_jobs: Number(MAX_JOBS), logger };
  const it = new Supervised(db, DATA_DIR!, [], options, { timeout_ms: DELIVERY_MS });
  await servedOn(it, async ({ app, supervisor, deliverer, feed, fineTuning }) => {
    deliverer.start();
    const others = new OtherServers({ db, feed, logger, supervisor, workers: [deliverer, fineTuning] });
    others.start();
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, app.fetch);
    console.log(JSON.stringify({ url: `http://127.0.0.1:${server.addr.port}`, owner: db.owner }));
    await new Promise<void>((resolve) => Deno.addSignalListener("SIGTERM", resolve));
    await Promise.all([supervisor.stop(), deliverer.stop(), others.stop()]);
  });
  await db.close();
  Deno.exit(0);
}
