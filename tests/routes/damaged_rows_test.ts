/** Rows and pages that are damaged while the server has them: each fails who asks for it, and nobody else. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { createJob } from "../../core/jobs/job_lifecycle.ts";
import { trainingJobSchema } from "../../core/contract/training_job.ts";
import { openDatabase } from "../../core/db/open_database.ts";
import { getJob, listJobs } from "../../core/jobs/job_queries.ts";
import { createKey } from "../../core/keys/stored_keys.ts";
import { createLogger } from "../../core/log.ts";
import { inFolder } from "../core/networks/in_folder.ts";
import { eventually, PLAN, type Supervised, supervised } from "../core/jobs/supervised.ts";
import { assertProblem, jobRequest, type Served, served } from "./served.ts";

const PATH = "/v1/training-jobs";

/** Changes the file as somebody with a shell does, between two transactions of the server. */
async function changed(it: Supervised, sql: string): Promise<void> {
  await eventually(() => {
    const database = new DatabaseSync(join(it.folder, "proximal.db"), { timeout: 0 });
    try {
      database.exec(sql);
      return true;
    } catch (error) {
      if (/locked/.test(String(error))) return false;
      throw error;
    } finally {
      database.close();
    }
  });
}

const damageLines = (it: Supervised) => it.logs.filter((line) => line.includes('"Damaged data"'));

const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);

async function ended(it: Served): Promise<string> {
  const { id } = (await it.call("POST", PATH, jobRequest())).json;
  await it.reaches(id, "succeeded");
  return id;
}

/** What is put into one column of a job's row. */
const DAMAGES: Record<string, string> = {
  "JSON that is cut off": `config = '{"kind":'`,
  "JSON of another kind": "config = '[]'",
  "null as JSON": "progress = 'null'",
  "an object without its fields": "progress = '{}'",
  "bytes": "config = x'00ff00'",
  "an unknown status": "status = 'lost'",
  "a time that is none": "created_at = 'yesterday'",
  "a number that is none": "attempt = 'many'",
  "a number that is too large": "created_at = 9223372036854775807",
};

for (const [name, set] of Object.entries(DAMAGES)) {
  Deno.test(`A job's row with ${name} fails its own requests, and the log says so once`, async () => {
    await served(async (it) => {
      // Nothing runs any more: these are rows.
      await it.supervisor.stop();
      const added = async () => (await it.call("POST", PATH, jobRequest())).json.id as string;
      const [first, damaged, last] = [await added(), await added(), await added()];
      await changed(it, `update jobs set ${set} where id = '${damaged}'`);
      // What was read before is answered again for half a second.
      await eventually(async () => (await it.call("GET", `${PATH}/${damaged}`)).status === 500);
      for (let poll = 0; poll < 3; poll++) {
        assertProblem(await it.call("GET", `${PATH}/${damaged}`), 500, "damaged_data");
        assertProblem(await it.call("GET", `${PATH}/${damaged}/events`), 500, "damaged_data");
        assert.equal((await it.call("GET", `${PATH}/${last}`)).status, 200);
      }
      assertProblem(await it.call("POST", `${PATH}/${damaged}/cancel`), 500, "damaged_data");
      await eventually(async () => (await it.call("GET", PATH)).json.data.length === 2);
      assert.deepEqual(ids((await it.call("GET", PATH)).json.data), [last, first]);
      const page = (await it.call("GET", `${PATH}?limit=1`)).json;
      assert.deepEqual([ids(page.data), page.has_more], [[last], true]);
      const next = (await it.call("GET", `${PATH}?limit=1&after=${page.next_cursor}`)).json;
      assert.deepEqual([ids(next.data), next.has_more], [[first], false]);
      assert.equal((await it.call("GET", "/readyz")).status, 200);
      // Once by its id, and once by its row, which is all that a list knows of it.
      assert.ok(damageLines(it).length <= 2, damageLines(it).join(""));
      assert.ok(damageLines(it).some((line) => line.includes(damaged)));
    });
  });
}

Deno.test("Damaged prompts, metrics, events and checkpoints fail no others", async () => {
  await served(async (it) => {
    const [id, other] = [await ended(it), await ended(it)];
    await changed(it, `update job_rows set row = '"a' where job_id = '${id}' and number = 0`);
    await changed(it, `update metrics set metrics = '{' where job_id = '${id}' and step = 2`);
    await changed(it, `update events set data = '{' where job_id = '${id}' and type like '%started'`);
    await changed(it, `update checkpoints set files = '{}' where job_id = '${id}' and epoch = 1`);
    await eventually(async () => (await it.call("GET", `${PATH}/${id}/rows`)).json.data.length === 1);
    assert.equal((await it.call("GET", `${PATH}/${id}`)).status, 200);
    assert.equal((await it.call("GET", `${PATH}/${other}`)).status, 200);

    const rows = async (of: string, path: string) =>
      (await it.call("GET", `${PATH}/${of}/${path}`)).json.data;
    const steps = (await rows(id, "metrics?limit=999")).map(({ step }: { step: number }) => step);
    assert.deepEqual(steps, [1, 3, 4]);
    const csv = await it.call("GET", `${PATH}/${id}/metrics?format=csv`);
    assert.equal(csv.text.trim().split("\r\n").length, 4, csv.text);
    assert.equal(
      (await rows(other, "events?limit=999")).length,
      (await rows(id, "events?limit=999")).length + 1,
    );
    assert.equal((await rows(id, "checkpoints?limit=99")).length, 1);
    const stream = await it.call("GET", `${PATH}/${id}/events`, undefined, { accept: "text/event-stream" });
    assert.match(stream.text, /training_job\.queued[^]*training_job\.succeeded/);
    assert.doesNotMatch(stream.text, /training_job\.started/);
  });
});

Deno.test("The queue goes on behind a job that cannot be read", async () => {
  await supervised(async (it) => {
    const [damaged, next] = [await it.create("succeed"), await it.create("succeed")];
    await changed(it, `update jobs set config = '{' where id = '${damaged.id}'`);
    await it.supervisor.start();
    await it.reaches(next.id, "succeeded");
    await assert.rejects(getJob(it.db, damaged.id), { code: "damaged_data" });
    const database = new DatabaseSync(join(it.folder, "proximal.db"), { readOnly: true });
    const row = database.prepare(`select status, error from jobs where id = '${damaged.id}'`).get()!;
    database.close();
    assert.equal(row.status, "failed");
    assert.equal(JSON.parse(row.error as string).code, "damaged_data");
  });
});

for (
  const [what, statement] of [
    ["a row is damaged", `update job_rows set row = '{' where number = 1`],
    ["a row is missing", "delete from job_rows where number = 1"],
    ["all rows are missing", "delete from job_rows"],
  ] as const
) {
  Deno.test(`A job of which ${what} fails and says so`, async () => {
    await supervised(async (it) => {
      const { id } = await it.create("succeed");
      await changed(it, statement);
      await it.supervisor.start();
      const { error } = await it.reaches(id, "failed");
      assert.equal(error?.code, "damaged_data");
      assert.match(error!.detail, /list of rows/);
    });
  });
}

Deno.test("A start goes on behind a running job that cannot be read", async () => {
  await supervised(async (it) => {
    const [damaged, next] = [await it.create("succeed"), await it.create("succeed")];
    await changed(it, `update jobs set plan = '{', status = 'running' where id = '${damaged.id}'`);
    await it.supervisor.start();
    await it.reaches(next.id, "succeeded");
  });
});

Deno.test("A job whose row is damaged while it runs ends, and the next one runs", async () => {
  await supervised(async (it) => {
    await it.supervisor.start();
    const damaged = await it.create("slow", { epochs: 1000 });
    await eventually(async () => (await getJob(it.db, damaged.id)).progress.step > 1);
    await changed(it, `update jobs set metadata = '{' where id = '${damaged.id}'`);
    await it.reaches((await it.create("succeed")).id, "succeeded");
    await eventually(() => it.supervisor.running.size === 0);
  });
});

Deno.test("Webhooks go on behind a delivery that cannot be read", async () => {
  const received: string[] = [];
  const receiver = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    received.push((await request.json()).type.slice("training_job.".length));
    return new Response();
  });
  try {
    await supervised(async (it) => {
      await it.supervisor.start();
      const webhook = { url: `http://127.0.0.1:${receiver.addr.port}/` };
      const job = await it.create("succeed", { webhook });
      await it.reaches(job.id, "succeeded");
      await changed(
        it,
        "update webhook_deliveries set next_attempt_at = 'soon' where body like '%.started\"%'",
      );
      await changed(
        it,
        "update webhook_deliveries set attempts = '?' where id = (select max(id) - 1 from webhook_deliveries)",
      );
      it.deliverer.start();
      await eventually(() => received.at(-1) === "succeeded");
      assert.ok(!received.includes("started"));
      assert.equal(damageLines(it).length, 2, damageLines(it).join(""));
    });
  } finally {
    await receiver.shutdown();
  }
});

Deno.test("A page that is damaged while the server runs fails the jobs on it alone", async () => {
  await inFolder(async (folder) => {
    const logs: string[] = [];
    const db = await openDatabase(folder, createLogger("error", {}, (line) => logs.push(line)));
    const config = trainingJobSchema.parse({
      ...{ kind: "ppo", model: "m", prompts: ["a"], reward: { type: "length", target: 5 } },
      metadata: { text: "x".repeat(400) },
    });
    const created: string[] = [];
    for (let i = 0; i < 30; i++) created.push((await db.write((tx) => createJob(tx, config, PLAN))).id);
    await db.close();

    // A page of rows in the middle of the table, damaged so late that no check at the start has seen it.
    const path = join(folder, "proximal.db");
    const again = await openDatabase(folder, createLogger("error", {}, (line) => logs.push(line)));
    const text = new TextDecoder("latin1").decode(await Deno.readFile(path));
    const pages = Array.from(
      { length: text.length / 4096 },
      (_, page) => text.slice(page * 4096).slice(0, 4096),
    );
    const page = pages.findIndex((one) => one.includes(created[15]!) && one.includes('"text":"xxx'));
    const file = await Deno.open(path, { write: true });
    await file.seek(page * 4096, Deno.SeekMode.Start);
    await file.write(new Uint8Array(4096).fill(0xff));
    file.close();
    // A write makes SQLite forget the pages that it has in memory.
    await again.write((tx) => createJob(tx, config, PLAN));

    const listed = ids((await listJobs(again, { limit: 99 })).rows);
    const lost = created.filter((id) => !listed.includes(id));
    assert.ok(lost.length >= 1 && lost.length <= 10, `${lost.length} cannot be read`);
    for (const id of created) {
      if (listed.includes(id)) assert.equal((await getJob(again, id)).id, id);
      else await assert.rejects(getJob(again, id), { code: "damaged_data" });
    }
    const lines = logs.length;
    await listJobs(again, { limit: 99 });
    assert.equal(logs.length, lines, "it was said once");
    await again.close();
  });
});

Deno.test("A damaged key is nobody's, others go on working, and so does the audit log", async () => {
  for (
    const set of ["scope = 'all'", "hash = 'zz'", "hash = x'00ff'", "expires_at = 'never'", "name = x'00'"]
  ) {
    await served(async (it) => {
      const key = { name: "x", scope: "admin", expires_at: null } as const;
      const [damaged, whole] = [await createKey(it.db, key), await createKey(it.db, key)];
      await changed(it, `update api_keys set ${set} where id = '${damaged.row.id}'`);
      await changed(it, `update audit_log set at = 'now' where resource = '${damaged.row.id}'`);
      await it.keys.refresh();
      await it.keys.refresh();
      const ask = ({ text }: typeof whole) =>
        it.call("GET", "/v1/audit", undefined, { authorization: `Bearer ${text}` });
      assertProblem(await ask(damaged), 401, "unauthorized");
      const { status, json } = await ask(whole);
      assert.equal(status, 200, set);
      assert.deepEqual(json.data.map(({ resource }: { resource: string }) => resource), [whole.row.id]);
      assert.equal(damageLines(it).length, 2, set);
    });
  }
});
