/** At least once and in order, whatever fails, stops, dies or is disabled meanwhile. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import fc from "../../fast_check.ts";
import { openDatabase } from "../../../core/db/open_database.ts";
import { createLogger } from "../../../core/log.ts";
import { deleteEndpoint, rotateSecret, updateEndpoint } from "../../../core/webhooks/endpoints.ts";
import { eventually } from "../jobs/supervised.ts";
import { withClock } from "../jobs/with_clock.ts";
import { Outboxed, outboxed } from "./outboxed.ts";

/** What a receiver does with a request; null cuts the connection. */
const ANSWERS = {
  accepts: [200, {}],
  breaks: [500, {}],
  moves: [302, { location: "/elsewhere" }],
  waits: [429, { "retry-after": "0" }],
  gone: [410, {}],
  cuts: null,
} as const;

type AnswerName = keyof typeof ANSWERS;

/** Receivers by path, each of which answers as the next of `answers` says, and accepts when there is none. */
class Receivers {
  readonly received = new Map<string, { id: string; n: number }[]>();
  answers: AnswerName[] = [];
  readonly #server = createServer(async (request, response) => {
    // What a server that stops has sent half of was not received.
    const body = await json(request).catch(() => null) as { data: { n: number } } | null;
    if (body === null) return;
    const path = request.url!;
    const all = this.received.get(path) ?? [];
    all.push({ id: String(request.headers["webhook-id"]), n: body.data.n });
    this.received.set(path, all);
    const name = this.answers.shift() ?? "accepts";
    // A job's own webhook is given up when it is gone.
    const answer = ANSWERS[name === "gone" && path.startsWith("/job") ? "breaks" : name];
    if (answer === null) request.socket.destroy();
    else response.writeHead(answer[0], answer[1]).end();
  });

  async listen(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  count(path: string): number {
    return this.received.get(path)?.length ?? 0;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** Every number from `first` was received, first receipts in order, each with one id and no id twice. */
function assertComplete(received: { id: string; n: number }[], first: number, count: number): void {
  const ids = new Map<number, string>();
  for (const { id, n } of received) {
    assert.equal(ids.get(n) ?? id, id);
    ids.set(n, id);
  }
  assert.deepEqual([...ids.keys()], Array.from({ length: count }, (_, i) => first + i));
  assert.equal(new Set(ids.values()).size, count);
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ say: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ restart: fc.constantFrom("stop", "crash") }) },
  { weight: 2, arbitrary: fc.record({ set: fc.constantFrom("disabled", "enabled"), endpoint: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ rotate: fc.nat(1) }) },
  // From one to the other is less than what waits for a disabled endpoint is kept for.
  { weight: 1, arbitrary: fc.record({ clock_days: fc.constantFrom(-1, -0.01, 0, 0.01, 1) }) },
  { weight: 2, arbitrary: fc.record({ pause_ms: fc.integer({ min: 0, max: 20 }) }) },
);

const answers = fc.array(
  fc.constantFrom<AnswerName>("accepts", "accepts", "breaks", "moves", "waits", "gone", "cuts"),
  { maxLength: 40 },
);

Deno.test("Each destination receives each event, first receipts in order, through failures, restarts, disablings and a clock that is set", async () => {
  const receivers = await new Receivers().listen();
  let run = 0;
  let said = 0;
  await withClock((set) =>
    outboxed(async (it) => {
      const { write } = it.db;
      const start = () => it.start({ retry_delays_ms: Array(1000).fill(2) });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), answers, async (steps, given) => {
          run++;
          const paths = [`/job/${run}`, `/a/${run}`, `/b/${run}`];
          receivers.answers = [...given];
          const job = await it.job(receivers.url(paths[0]!));
          const endpoints = [
            await it.endpoint(receivers.url(paths[1]!)),
            await it.endpoint(receivers.url(paths[2]!)),
          ];
          const first = said + 1;
          start();
          for (const one of steps) {
            if ("say" in one) {
              await it.say(job, { count: one.say });
              said += one.say;
            } else if ("restart" in one) {
              // What a server that dies has not written.
              if (one.restart === "crash") {
                it.db.write = () => Promise.reject(new Error("The server is dead"));
              }
              await new Promise((resolve) => setTimeout(resolve, 5));
              await it.stop();
              it.db.write = write;
              start();
            } else if ("set" in one) {
              const { id } = endpoints[one.endpoint]!;
              await updateEndpoint(it.db, id, { status: one.set as "enabled" });
              if (one.set === "enabled") it.deliverer!.refresh(id);
            } else if ("rotate" in one) {
              await rotateSecret(it.db, endpoints[one.rotate]!.id, { overlap_seconds: 0 });
            } else if ("clock_days" in one) {
              set(one.clock_days * 86_400_000);
            } else {
              await new Promise((resolve) => setTimeout(resolve, one.pause_ms));
            }
          }
          receivers.answers = [];
          for (const { id } of endpoints) {
            await updateEndpoint(it.db, id, { status: "enabled" });
            it.deliverer!.refresh(id);
          }
          const count = said - first + 1;
          for (const [i, destination] of [job, ...endpoints.map(({ id }) => id)].entries()) {
            if (count > 0) {
              // One that was answered 410 just now is disabled anew.
              await eventually(async () => {
                const rows = await it.deliveries(destination);
                if (rows.every(({ status }) => status === "delivered")) return true;
                if (i === 0) return false;
                await updateEndpoint(it.db, destination, { status: "enabled" });
                it.deliverer!.refresh(destination);
                return false;
              });
            }
            assertComplete(receivers.received.get(paths[i]!) ?? [], first, count);
          }
          await it.stop();
          for (const { id } of endpoints) await deleteEndpoint(it.db, id);
        }),
        { numRuns: 20 },
      );
    })
  );
  await receivers.close();
});

Deno.test("Nothing is lost or out of order when the sending process is killed at any moment", async () => {
  const receivers = await new Receivers().listen();
  const folder = join(await Deno.realPath(await Deno.makeTempDir()), "data");
  const open = async () => new Outboxed(await openDatabase(folder, createLogger("silent")), folder);
  const before = await open();
  const job = await before.job(receivers.url("/job"));
  const { id } = await before.endpoint(receivers.url("/endpoint"));
  await before.say(job, { count: 30 });
  await before.db.close();
  receivers.answers = Array(20).fill(["accepts", "breaks", "cuts"] as const).flat();
  const paths = ["/job", "/endpoint"];
  const child = () =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", fileURLToPath(new URL("deliver.ts", import.meta.url)), folder],
    }).spawn();
  // Each is killed just when another request has come: before its answer is written, or after.
  for (const more of [1, 2, 7, 12]) {
    const process = child();
    const until = receivers.count("/job") + more;
    await eventually(() => receivers.count("/job") >= until);
    process.kill("SIGKILL");
    await process.status;
  }
  const last = child();
  const has = (path: string) => new Set(receivers.received.get(path)!.map(({ n }) => n)).size;
  await eventually(() => paths.every((path) => has(path) === 30));
  last.kill("SIGKILL");
  await last.status;
  for (const path of paths) assertComplete(receivers.received.get(path)!, 1, 30);
  assert.ok(receivers.count("/job") > 30);
  const after = await open();
  for (const destination of [job, id]) {
    const pending = (await after.deliveries(destination)).filter(({ status }) => status === "pending");
    assert.ok(pending.length <= 1, "all but what the last kill met is known to be delivered");
  }
  await after.db.close();
  await Deno.remove(join(folder, ".."), { recursive: true });
  await receivers.close();
});
