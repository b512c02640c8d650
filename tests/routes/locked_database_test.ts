import assert from "node:assert/strict";
import { webhookDeliveries } from "../../core/db/schema.ts";
import { holdLock } from "../core/db/hold_lock.ts";
import { eventually } from "../core/jobs/supervised.ts";
import { assertProblem, jobRequest, served } from "./served.ts";

const PATH = "/v1/training-jobs";

Deno.test("While another process locks the database, reads are served, writes are told when to come again, and nothing is lost", async () => {
  const received: string[] = [];
  const receiver = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    received.push((await request.json()).type);
    return new Response();
  });
  try {
    await served(async (it) => {
      it.deliverer.start();
      const webhook = { url: `http://127.0.0.1:${receiver.addr.port}/` };
      const { id } = (await it.call("POST", PATH, jobRequest("slow", { webhook }))).json;
      const engine = await eventually(() => it.supervisor.running.get(id) ?? null);
      // It stands still until the lock is there, and what it trains then cannot be written, nor its end.
      Deno.kill(engine, "SIGSTOP");
      await it.reaches(id, "running");
      const lock = await holdLock(it.folder);
      Deno.kill(engine, "SIGCONT");
      const refused = await it.call("POST", PATH, jobRequest());
      assertProblem(refused, 503, "database_busy");
      assert.equal(refused.headers.get("retry-after"), "5");
      assertProblem(await it.call("POST", `${PATH}/${id}/cancel`), 503, "database_busy");
      assertProblem(await it.call("GET", "/readyz"), 503, "database_busy");
      assert.equal((await it.call("GET", "/healthz")).status, 200);
      assert.equal((await it.call("GET", `${PATH}/${id}`)).json.status, "running");
      assert.ok(it.supervisor.running.has(id));
      await lock.release();

      assert.equal((await it.reaches(id, "succeeded", "failed")).status, "succeeded");
      assert.equal((await it.call("GET", "/readyz")).status, 200);
      const after = await it.call("POST", PATH, jobRequest());
      assert.equal(after.status, 202);
      await it.reaches(after.json.id, "succeeded");
      await eventually(async () =>
        (await it.db.read.select().from(webhookDeliveries)).every(({ status }) => status === "delivered")
      );
      assert.equal(received.at(-1), "training_job.succeeded");
      const { data } = (await it.call("GET", `${PATH}/${id}/metrics`)).json;
      assert.deepEqual(
        data.map(({ step }: { step: number }) => step),
        data.map((_: unknown, i: number) => i + 1),
      );
    });
  } finally {
    await receiver.shutdown();
  }
});
