/** Which records stay, and that files, rows and what answers say of them agree at every step. */
import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { join } from "node:path";
import type { PpoJobRequest } from "../../../core/contract/ppo_job.ts";
import { type Database, openDatabase } from "../../../core/db/open_database.ts";
import { jobRecords, jobs, recordSteps, rollouts } from "../../../core/db/schema.ts";
import { parseRecordFile, type RecordPart, recordsFolder } from "../../../core/formats/record_files.ts";
import { deleteJob } from "../../../core/jobs/delete_job.ts";
import { recordEvent } from "../../../core/jobs/record_event.ts";
import { sweepRecords } from "../../../core/records/sweep_records.ts";
import { inFolder } from "../networks/in_folder.ts";
import { addRunning, makeRecords, takeSteps } from "./make_records.ts";

async function onDatabase(work: (db: Database, dataDir: string) => Promise<void>): Promise<void> {
  await inFolder(async (dataDir) => {
    const db = await openDatabase(dataDir);
    try {
      await work(db, dataDir);
    } finally {
      await db.close();
    }
  });
}

/** Steps that have files of a part, in order, and the bytes of all files. */
async function filesOf(dataDir: string, jobId: string) {
  const steps: Record<RecordPart, number[]> = { rollouts: [], tokens: [] };
  let bytes = 0;
  const folder = recordsFolder(dataDir, jobId);
  for await (const { name } of Deno.readDir(folder)) {
    const { step, part } = parseRecordFile(name)!;
    steps[part].push(step);
    bytes += (await Deno.stat(join(folder, name))).size;
  }
  const sorted = (list: number[]) => list.sort((a, b) => a - b);
  return { rollouts: sorted(steps.rollouts), tokens: sorted(steps.tokens), bytes };
}

async function rowsOf(db: Database, jobId: string) {
  const [records] = await db.read.select().from(jobRecords).where(eq(jobRecords.job_id, jobId));
  const steps = await db.read.select().from(recordSteps).where(eq(recordSteps.records_id, records!.id))
    .orderBy(recordSteps.step);
  const rows = await db.read.select().from(rollouts).where(eq(rollouts.records_id, records!.id))
    .orderBy(rollouts.id);
  return {
    records: records!,
    rollouts: steps.map(({ step }) => step),
    tokens: steps.filter(({ tokens_bytes }) => tokens_bytes !== null).map(({ step }) => step),
    rows: [...new Set(rows.map(({ step }) => step))],
  };
}

const SHAPE = { steps: 40, steps_per_epoch: 10, rows: 4 };
const from = (first: number) => Array.from({ length: SHAPE.steps - first + 1 }, (_, at) => first + at);

/** What a job is to keep, and the first steps that it then has rollouts and tokens of; null for none. */
const KEPT: [PpoJobRequest["records"], rollouts: number, tokens: number | null][] = [
  [{}, 1, 1],
  [{ tokens: false }, 1, null],
  [{ tokens: { last_epochs: 1 } }, 1, 31],
  [{ tokens: { last_epochs: 2 } }, 1, 21],
  [{ rollouts: { last_epochs: 2 } }, 21, 21],
  [{ rollouts: { last_epochs: 3 }, tokens: { last_epochs: 1 } }, 11, 31],
  [{ rollouts: { last_epochs: 1 }, tokens: { last_epochs: 3 } }, 31, 31],
];

Deno.test("a job keeps what it asks for: files and rows of the same steps, and their bytes", () =>
  onDatabase(async (db, dataDir) => {
    for (const [records, firstRollouts, firstTokens] of KEPT) {
      const what = JSON.stringify(records);
      const { id } = await makeRecords(db, dataDir, SHAPE, { records });
      const files = await filesOf(dataDir, id);
      const rows = await rowsOf(db, id);
      assert.deepEqual(files.rollouts, from(firstRollouts), what);
      assert.deepEqual(files.tokens, firstTokens === null ? [] : from(firstTokens), what);
      assert.deepEqual([rows.rollouts, rows.rows, rows.tokens], [
        files.rollouts,
        files.rollouts,
        files.tokens,
      ]);
      assert.equal(rows.records.bytes, files.bytes, what);
      assert.equal(rows.records.rollouts_from, firstRollouts, what);
      if (firstTokens !== null) assert.equal(rows.records.tokens_from, firstTokens, what);
    }
  }));

Deno.test("beyond max_bytes the oldest tokens go, then the oldest rollouts, and never the newest step", () =>
  onDatabase(async (db, dataDir) => {
    // Prompts are most of the bytes, so that rollouts have to go as well.
    for (const [prompt, max_bytes] of [[20, 100_000], [3000, 100_000], [200_000, 100_000]] as const) {
      const shape = { ...SHAPE, steps: 60, prompt };
      const job = await addRunning(db, shape, { records: { max_bytes } });
      for (let step = 1; step <= shape.steps; step++) {
        await takeSteps(db, dataDir, job, shape, step, step);
        const files = await filesOf(dataDir, job.id);
        assert.ok(
          files.bytes <= max_bytes || files.rollouts.length === 1,
          `${prompt}: ${files.bytes} at ${step}`,
        );
        assert.equal(files.rollouts.at(-1), step);
        assert.equal(files.tokens.at(-1), step);
        assert.ok(files.tokens.length === 1 || files.rollouts[0] === 1, "tokens go first");
        const rows = await rowsOf(db, job.id);
        assert.deepEqual([rows.rollouts, rows.rows, rows.tokens], [
          files.rollouts,
          files.rollouts,
          files.tokens,
        ]);
        assert.equal(rows.records.bytes, files.bytes);
      }
      assert.ok((await rowsOf(db, job.id)).records.tokens_from > 1);
    }
  }));

Deno.test("a step that is done again leaves one record of each rollout, and no file that was removed", () =>
  onDatabase(async (db, dataDir) => {
    const job = await addRunning(db, SHAPE, { records: { tokens: { last_epochs: 1 } } });
    await takeSteps(db, dataDir, job, SHAPE, 1, 25);
    const [files, rows] = [await filesOf(dataDir, job.id), await rowsOf(db, job.id)];
    assert.deepEqual([files.rollouts.length, files.tokens[0]], [25, 21]);
    // From a checkpoint after step 9: tokens of steps 10 to 20 were already too old.
    await takeSteps(db, dataDir, job, SHAPE, 10, 25);
    assert.deepEqual(await filesOf(dataDir, job.id), files);
    assert.deepEqual(await rowsOf(db, job.id), rows);
    await takeSteps(db, dataDir, job, SHAPE, 26, 40);
    const whole = await makeRecords(db, dataDir, SHAPE, { records: { tokens: { last_epochs: 1 } } });
    assert.deepEqual(await filesOf(dataDir, job.id), await filesOf(dataDir, whole.id));
  }));

Deno.test("what an attempt has left without rows is swept, and nothing else", () =>
  onDatabase(async (db, dataDir) => {
    const job = await addRunning(db, SHAPE, { records: { tokens: { last_epochs: 1 } } });
    await takeSteps(db, dataDir, job, SHAPE, 1, 25);
    const files = await filesOf(dataDir, job.id);
    const folder = recordsFolder(dataDir, job.id);
    for (
      const name of [
        "step-00000026.rollouts.safetensors",
        "step-00000026.tokens.safetensors",
        "step-00000003.tokens.safetensors",
        ".tmp-1-step-00000026.tokens.safetensors",
      ]
    ) await Deno.writeTextFile(join(folder, name), "left");
    await Deno.writeTextFile(join(folder, "notes.txt"), "somebody's");
    await sweepRecords(db, dataDir, job.id);
    assert.equal(await Deno.readTextFile(join(folder, "notes.txt")), "somebody's");
    await Deno.remove(join(folder, "notes.txt"));
    assert.deepEqual(await filesOf(dataDir, job.id), files);
    await sweepRecords(db, dataDir, "job_that_never_was");
  }));

Deno.test("records that are not there when their step is told of fail the job by name, and write no row", () =>
  onDatabase(async (db, dataDir) => {
    const job = await addRunning(db, SHAPE);
    await takeSteps(db, dataDir, job, SHAPE, 1, 1);
    const place = { dataDir, jobId: job.id, attempt: 1, knownStep: 1 };
    const event = {
      ...{
        type: "step" as const,
        progress: { ...job.progress, step: 2, epoch: 1 },
        metrics: {},
        samples: [],
      },
      records: { rollouts_bytes: 1, tokens_bytes: 1 },
    };
    await assert.rejects(recordEvent(db, place, event), { code: "damaged_checkpoint", message: /removed/ });
    assert.deepEqual((await rowsOf(db, job.id)).rollouts, [1]);
  }));

Deno.test("a job that is deleted takes its records with it, of any number, and nobody else's", () =>
  onDatabase(async (db, dataDir) => {
    const [gone, stays] = [
      await makeRecords(db, dataDir, { steps: 3, steps_per_epoch: 3, rows: 1500, tokens: 1 }),
      await makeRecords(db, dataDir, SHAPE),
    ];
    await deleteJob(db, dataDir, gone.id);
    assert.deepEqual((await rowsOf(db, stays.id)).rollouts, from(1));
    assert.equal((await db.read.select().from(rollouts)).length, SHAPE.steps * SHAPE.rows);
    assert.equal((await db.read.select().from(recordSteps)).length, SHAPE.steps);
    assert.deepEqual((await db.read.select().from(jobRecords)).map(({ job_id }) => job_id), [stays.id]);
    assert.deepEqual((await db.read.select().from(jobs)).map(({ id }) => id), [stays.id]);
    await assert.rejects(Deno.stat(join(dataDir, "jobs", gone.id)), Deno.errors.NotFound);
  }));
