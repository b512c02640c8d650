import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { type Database, openDatabase } from "../../../core/db/open_database.ts";
import { SqliteError } from "../../../core/db/sqlite_error.ts";
import { jobLogs, jobs } from "../../../core/db/schema.ts";
import { JobLogs, listLogLines, MAX_LINES } from "../../../core/jobs/job_log.ts";
import { createLogger } from "../../../core/log.ts";
import { EngineProcess } from "../../../core/processes/engine_process.ts";
import { withoutSecrets } from "../../../core/without_secrets.ts";
import { addJob } from "../db/add_job.ts";
import { inFolder } from "../networks/in_folder.ts";
import { PATIENCE_MS } from "./supervised.ts";

const logger = createLogger("silent");

const lines = async (db: Database, id: string) =>
  (await listLogLines(db, id, { limit: MAX_LINES, after: 0 })).rows.map(({ line }) => line);

/** What opens something comes together here alone, so that no scanner takes it for a real one. */
const TOKEN = ["hf", "abcdefghijklmnop"].join("_");

Deno.test("JobLogs has what a job's engine process writes on stderr, without paths and secrets", () =>
  inFolder(async (folder) => {
    const db = await openDatabase(folder);
    await addJob(db, "job_1");
    const logs = new JobLogs(db, logger);
    const script = `console.error("native: cannot open /opt/models/secret/model.onnx");
      console.error(JSON.stringify({ level: "error", token: ${JSON.stringify(TOKEN)} }));
      console.error("x".repeat(5000)); console.error("é".repeat(3));`;
    const engine = new EngineProcess({
      command: [Deno.execPath(), "eval", script],
      env: { HOME: Deno.env.get("HOME") ?? "/" },
      logger: logs.observing(logger).with({ job_id: "job_1", attempt: 2 }),
      start_timeout_ms: PATIENCE_MS,
    });
    await engine.exited;
    await logs.close();
    const found = await lines(db, "job_1");
    assert.equal(found[0], "native: cannot open model.onnx");
    assert.equal(found[1], '{"level":"error","token":"…"}');
    assert.ok(found[2]!.length <= 1001 && found[2]!.startsWith("xxx"));
    assert.equal(found[3], "ééé");
    const [row] = await db.read.select().from(jobLogs).limit(1);
    assert.equal(row!.attempt, 2);
    await db.close();
  }));

Deno.test("JobLogs keeps the newest lines of each job, and none of a job that is gone", () =>
  inFolder(async (folder) => {
    const db = await openDatabase(folder);
    for (const id of ["job_1", "job_2", "job_3"]) await addJob(db, id);
    const logs = new JobLogs(db, logger);
    const record = (id: string) => (line: string) =>
      logs.observing(logger).with({ job_id: id, attempt: 1 }).info("engine", { line });
    record("job_2")("of another");
    record("job_3")("of one that is deleted");
    await db.write((tx) => tx.delete(jobs).where(eq(jobs.id, "job_3")));
    // More than are kept at once, and again after some were written.
    for (let i = 0; i < 5 * MAX_LINES; i++) record("job_1")(String(i));
    await logs.close();
    for (let i = 0; i < 10; i++) record("job_1")(`later ${i}`);
    await logs.close();
    const found = await lines(db, "job_1");
    assert.equal(found.length, MAX_LINES);
    assert.deepEqual(found.slice(-2), ["later 8", "later 9"]);
    assert.equal(found.at(-11), String(5 * MAX_LINES - 1));
    assert.deepEqual(await lines(db, "job_2"), ["of another"]);
    assert.equal((await db.read.select().from(jobLogs)).length, MAX_LINES + 1);
    await db.write((tx) => tx.delete(jobs).where(eq(jobs.id, "job_1")));
    assert.equal((await db.read.select().from(jobLogs)).length, 1);
    await db.close();
  }));

Deno.test("JobLogs writes later what it could not write", () =>
  inFolder(async (folder) => {
    const db = await openDatabase(folder);
    await addJob(db, "job_1");
    const { write } = db;
    const logs = new JobLogs(db, logger);
    db.write = () => Promise.reject(new Error("the disk is full"));
    const about = logs.observing(logger).with({ job_id: "job_1", attempt: 1 });
    about.info("Job starts", { model: "tiny" });
    await logs.close();
    db.write = write;
    about.warn("Attempt ended", { error: new Error("no /var/lib/x/weights.bin"), stack: "at /srv/a/b.ts" });
    logs.observing(logger).info("of no job");
    await logs.close();
    assert.deepEqual(await lines(db, "job_1"), [
      "Job starts, model tiny",
      "Attempt ended, error Error: no weights.bin",
    ]);
    await db.close();
  }));

Deno.test("JobLogs leaves what a damaged database does not take", () =>
  inFolder(async (folder) => {
    const said: string[] = [];
    const db = await openDatabase(folder, createLogger("error", {}, (line) => said.push(line)));
    await addJob(db, "job_1");
    const { write } = db;
    const logs = new JobLogs(db, logger);
    const about = logs.observing(logger).with({ job_id: "job_1", attempt: 1 });
    db.write = () => Promise.reject(new SqliteError("database disk image is malformed", 11));
    for (const line of ["a", "b"]) {
      about.info("engine", { line });
      await logs.close();
    }
    db.write = write;
    await logs.close();
    assert.deepEqual(await lines(db, "job_1"), []);
    assert.equal(said.length, 1, said.join(""));
    await db.close();
  }));

Deno.test("withoutSecrets() leaves out keys, tokens and passwords in URLs, and nothing else", () => {
  assert.equal(
    withoutSecrets(`${TOKEN} Authorization: Bearer abc.def, http://me:word@host/a whsecret sk-1 bearer`),
    "… Authorization: Bearer … http://…@host/a whsecret sk-1 bearer",
  );
});
