/** What older versions have stored, read by this one. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eq } from "drizzle-orm";
import { migrate } from "drizzle-orm/sqlite-proxy/migrator";
import { drizzle } from "drizzle-orm/sqlite-proxy";
import { openDatabase } from "../../../core/db/open_database.ts";
import {
  checkpoints,
  events,
  jobRows,
  jobs,
  metrics,
  rowNumber,
  webhookDeliveries,
} from "../../../core/db/schema.ts";
import { inFolder } from "../networks/in_folder.ts";

const MIGRATIONS = fileURLToPath(new URL("../../../migrations", import.meta.url));

/** The database as the first `count` migrations made it, with `rows` in it. */
async function older(folder: string, count: number, rows: string[]): Promise<void> {
  const partial = join(folder, "migrations");
  await Deno.mkdir(join(partial, "meta"), { recursive: true });
  const journal = JSON.parse(await Deno.readTextFile(join(MIGRATIONS, "meta/_journal.json")));
  journal.entries = journal.entries.slice(0, count);
  await Deno.writeTextFile(join(partial, "meta/_journal.json"), JSON.stringify(journal));
  for (const { tag } of journal.entries) {
    await Deno.copyFile(join(MIGRATIONS, `${tag}.sql`), join(partial, `${tag}.sql`));
  }
  const file = new DatabaseSync(join(folder, "proximal.db"));
  const connection = drizzle((text, params, method) => {
    const statement = file.prepare(text);
    statement.setReturnArrays(true);
    const found = statement.all(...params) as unknown as unknown[][];
    return Promise.resolve({ rows: method === "get" ? found[0] ?? [] : found });
  });
  await migrate(connection, (queries) => Promise.resolve(queries.forEach((query) => file.exec(query))), {
    migrationsFolder: partial,
  });
  rows.forEach((row) => file.exec(row));
  file.close();
}

const json = (value: unknown) => `'${JSON.stringify(value)}'`;

function job(id: string, epoch: number, step: number): string {
  const plan = { steps: 4, steps_per_epoch: 2 };
  const config = { kind: "ppo", model: "m", epochs: 2, ppo: {}, reward: {} };
  const progress = { epoch, epochs: 2, step, steps: 4, episodes: 0, tokens: 0, eta_seconds: null };
  return `INSERT INTO jobs (id, kind, status, model, config, metadata, plan, progress, created_at)
    VALUES ('${id}', 'ppo', 'cancelled', 'm', ${json(config)}, '{}', ${json(plan)}, ${json(progress)}, 0)`;
}

function event(seq: number, type: string, data: unknown): string {
  return `INSERT INTO events VALUES (${seq}, 'evt_${seq}', 'job_1', 'training_job.${type}', ${
    json(data)
  }, 0)`;
}

Deno.test("epochs, and steps of warnings, that were counted from 0 are counted from 1", () =>
  inFolder(async (folder) => {
    await older(folder, 2, [
      // In the first epoch; at an epoch's end, before and after its event; at the end; before the first step.
      ...[job("a", 0, 1), job("b", 0, 2), job("c", 1, 2), job("d", 2, 4), job("e", 0, 0)],
      `INSERT INTO metrics VALUES ('job_1', 'step', 3, 1, '{}', 0), ('job_1', 'epoch', 2, 0, '{}', 0)`,
      `INSERT INTO checkpoints VALUES ('c', 'job_1', 1, 0, 2, 'f', '[]', '{}', 0)`,
      event(1, "step.completed", { progress: { epoch: 0, step: 1 }, metrics: { "objective/kl": 0 } }),
      event(2, "warning", { code: "identity_violated", detail: "d", step: 0 }),
      event(3, "epoch.completed", { epoch: 0, progress: { epoch: 1, step: 2 }, metrics: {} }),
      event(4, "checkpoint.created", { checkpoint: { id: "c", epoch: 0, step: 2 } }),
      event(5, "succeeded", { progress: { epoch: 2, step: 4 } }),
    ]);
    const database = await openDatabase(folder);
    const progress = (await database.read.select().from(jobs)).map(({ progress }) => progress.epoch);
    assert.deepEqual(progress, [1, 1, 1, 2, 0]);
    const rows = await database.read.select().from(metrics);
    assert.deepEqual(rows.map(({ scope, step, epoch }) => [scope, step, epoch]), [
      ["step", 3, 2],
      ["epoch", 2, 1],
    ]);
    assert.equal((await database.read.select().from(checkpoints))[0]!.epoch, 1);
    assert.deepEqual((await database.read.select().from(events)).map(({ data }) => data), [
      { progress: { epoch: 1, step: 1 }, metrics: { "objective/kl": 0 } },
      { code: "identity_violated", detail: "d", step: 1 },
      { epoch: 1, progress: { epoch: 1, step: 2 }, metrics: {} },
      { checkpoint: { id: "c", epoch: 1, step: 2 } },
      { progress: { epoch: 2, step: 4 } },
    ]);
    await database.close();
  }));

Deno.test("rows that are damaged hold up no migration", () =>
  inFolder(async (folder) => {
    await older(folder, 1, [
      ...[job("a", 0, 1), job("b", 0, 2), job("c", 1, 2)],
      "UPDATE jobs SET progress = '{' WHERE id = 'b'",
      "UPDATE jobs SET plan = x'00' WHERE id = 'c'",
      `INSERT INTO events VALUES (1, 'evt_1', 'job_1', 'training_job.warning', '{', 0)`,
      event(2, "warning", { code: "identity_violated", detail: "d", step: 0 }),
    ]);
    const database = await openDatabase(folder);
    const [first] = await database.read.select().from(jobs).where(eq(jobs.id, "a"));
    assert.equal(first!.progress.epoch, 1);
    const [warning] = await database.read.select().from(events).where(eq(events.seq, 2));
    assert.equal(warning!.data.step, 1);
    await database.close();
  }));

Deno.test("rows keep their order when their tables are made again, and one without what it must have stays behind", () =>
  inFolder(async (folder) => {
    await older(folder, 3, [
      job("job_1", 1, 2),
      ...["c", "a", "b"].map((id) =>
        `INSERT INTO checkpoints VALUES ('${id}', 'job_1', 1, 1, 2, 'f', '[]', '{}', 0)`
      ),
      // A column that may not be empty, as damage leaves it.
      "DROP TABLE events",
      "CREATE TABLE events (seq integer PRIMARY KEY, id text, job_id text, type text, data text, created_at integer)",
      event(7, "queued", {}),
      event(3, "started", {}),
      "INSERT INTO events VALUES (5, 'evt_5', 'job_1', 'training_job.queued', NULL, 0)",
    ]);
    const database = await openDatabase(folder);
    const order = await database.read.select({ id: checkpoints.id }).from(checkpoints).orderBy(
      rowNumber(checkpoints),
    );
    assert.deepEqual(order.map(({ id }) => id), ["c", "a", "b"]);
    assert.deepEqual((await database.read.select().from(events)).map(({ seq }) => seq), [3, 7]);
    await database.close();
  }));

Deno.test("webhooks that waited wait on, in their order, and have the type that their bodies say", () =>
  inFolder(async (folder) => {
    const delivery = (id: number, body: string) =>
      `INSERT INTO webhook_deliveries VALUES
        (${id}, 'evt_${id}', 'job_1', 'job_1', 'pending', ${body}, 1, 9, 500, 'The receiver answered 500', 1, NULL)`;
    await older(folder, 5, [
      job("job_1", 1, 2),
      ...[delivery(9, json({ type: "training_job.started" })), delivery(4, "'{'"), delivery(6, "x'00ff'")],
    ]);
    const database = await openDatabase(folder);
    const { id, type, about_job_id, status, attempts, last_status } = webhookDeliveries;
    const rows = await database.read.select({ id, type, about_job_id, status, attempts, last_status })
      .from(webhookDeliveries).orderBy(id);
    const rest = { about_job_id: "job_1", status: "pending", attempts: 1, last_status: 500 };
    assert.deepEqual(rows, [
      { id: 4, type: null, ...rest },
      { id: 6, type: null, ...rest },
      { id: 9, type: "training_job.started", ...rest },
    ]);
    await database.close();
  }));

Deno.test("prompts become rows, whatever they are, and a list that is damaged leaves none", () =>
  inFolder(async (folder) => {
    const prompts = [
      "a",
      { id: "x", messages: [{ role: "user", content: "é" }] },
      'quo"te\n',
      "12",
      "nul \0 in it",
    ];
    await older(folder, 11, [
      ...[job("job_1", 1, 2), job("job_2", 1, 2), job("job_3", 1, 2), job("job_4", 1, 2)],
      `INSERT INTO job_prompts VALUES ('job_1', ${json(prompts)})`,
      `INSERT INTO job_prompts VALUES ('job_2', '["a'), ('job_3', '{"a": 1}'), ('job_4', x'00')`,
    ]);
    const database = await openDatabase(folder);
    const rows = await database.read.select().from(jobRows).orderBy(jobRows.number);
    assert.deepEqual(rows, prompts.map((row, number) => ({ job_id: "job_1", number, row })));
    const counts = await database.read.select({ id: jobs.id, count: jobs.row_count }).from(jobs);
    assert.deepEqual(counts.map(({ count }) => count), [5, 0, 0, 0]);
    await database.close();
  }));

Deno.test("openDatabase() refuses a schema that it does not know, though it is no newer than its own", () =>
  inFolder(async (folder) => {
    await (await openDatabase(folder)).close();
    const file = new DatabaseSync(join(folder, "proximal.db"));
    file.exec("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('x', 1700000000000)");
    file.close();
    await assert.rejects(
      openDatabase(folder),
      /newer version .* with a schema of 2023-11-14 .*Start that version/,
    );
  }));
