import assert from "node:assert/strict";
import type { Database } from "../../../core/db/open_database.ts";
import { emitEvent } from "../../../core/jobs/emit_event.ts";
import { type EventPart, SharedEvents } from "../../../core/jobs/shared_events.ts";
import { type Supervised, supervised } from "./supervised.ts";

/** The database with its reads counted: all of them begin with a select. */
function counting(database: Database): { database: Database; reads(): number } {
  let reads = 0;
  const read = new Proxy(database.read, {
    get(target, name) {
      if (name === "select") reads++;
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const proxy = new Proxy(database, {
    get: (target, name) => name === "read" ? read : Reflect.get(target, name),
  });
  return { database: proxy, reads: () => reads };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A job with `count` events more than the one of its creation. */
async function jobWithEvents(it: Supervised, count: number) {
  const job = await it.create("succeed");
  await it.db.write(async (tx) => {
    for (let i = 0; i < count; i++) await emitEvent(tx, job, "training_job.warning", { step: i });
  });
  return job;
}

/** Reads to the end of what there is; the sequence number there. */
async function follow(events: SharedEvents, id: string, seq = 0): Promise<{ text: string; part: EventPart }> {
  let text = "";
  for (;;) {
    const part = await events.after(id, seq);
    text += decoder.decode(part.bytes);
    seq = part.lastSeq;
    if (!part.has_more) return { text, part };
  }
}

Deno.test("Readers of a job share one read of each part, and one of what is new", async () => {
  await supervised(async (it) => {
    const job = await jobWithEvents(it, 170);
    const { database, reads } = counting(it.db);
    const events = new SharedEvents(database, (row) => encoder.encode(`${row.data.step ?? "queued"} `));
    const all = await Promise.all(Array.from({ length: 200 }, () => follow(events, job.id)));
    const expected = ["queued", ...Array(170).keys(), ""].join(" ");
    assert.ok(all.every(({ text }) => text === expected), all[0]!.text);
    // Four parts, each asked for with the job's state.
    assert.equal(reads(), 8);

    await it.db.write((tx) => emitEvent(tx, job, "training_job.warning", { step: 170 }));
    const seq = all[0]!.part.lastSeq;
    const next = await Promise.all(Array.from({ length: 200 }, () => follow(events, job.id, seq)));
    assert.ok(next.every(({ text, part }) => text === "170 " && !part.over));
    assert.equal(reads(), 10);

    // Whoever comes later reads again what may have grown, and nothing else.
    assert.equal((await follow(events, job.id)).text, expected + "170 ");
    assert.equal(reads(), 12);
    await it.supervisor.cancel(job.id);
    assert.equal((await follow(events, job.id, next[0]!.part.lastSeq)).part.over, true);
  });
});

Deno.test("A read that failed is not kept", async () => {
  await supervised(async (it) => {
    const job = await jobWithEvents(it, 1);
    let fail = true;
    const events = new SharedEvents(it.db, () => {
      if (fail) throw new Error("no");
      return encoder.encode("x");
    });
    await assert.rejects(events.after(job.id, 0), /no/);
    fail = false;
    assert.equal((await events.after(job.id, 0)).bytes.length, 2);
  });
});

Deno.test("What is kept of large feeds is bounded, and still right", async () => {
  await supervised(async (it) => {
    const job = await jobWithEvents(it, 120);
    const { database, reads } = counting(it.db);
    const large = new Uint8Array(150_000);
    const events = new SharedEvents(database, () => large);
    const total = async () => {
      let bytes = 0;
      for (let seq = 0;;) {
        const part = await events.after(job.id, seq);
        bytes += part.bytes.length;
        seq = part.lastSeq;
        if (!part.has_more) return bytes;
      }
    };
    assert.equal(await total(), 121 * large.length);
    assert.equal(await total(), 121 * large.length);
    assert.equal(reads(), 12, "Parts of 7.5 MB push each other out");
  });
});
