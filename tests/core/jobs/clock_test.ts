/** What a clock that is set back does to jobs: nothing but that their times stand still for a while. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openDatabase } from "../../../core/db/open_database.ts";
import type { JobRow } from "../../../core/db/schema.ts";
import { claimJob } from "../../../core/jobs/claim_job.ts";
import { createJob } from "../../../core/jobs/job_lifecycle.ts";
import { listCheckpoints, listEvents, listJobs } from "../../../core/jobs/job_queries.ts";
import { trainingJobSchema } from "../../../core/contract/training_job.ts";
import { inFolder } from "../networks/in_folder.ts";
import { PLAN, supervised } from "./supervised.ts";
import { withClock } from "./with_clock.ts";

const WEEK_MS = 7 * 24 * 3_600_000;

function assertInOrder(...times: (Date | null)[]): void {
  const ms = times.map((time) => time!.getTime());
  assert.deepEqual(ms, ms.toSorted((a, b) => a - b));
}

const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);

Deno.test("A clock that is set back while jobs run changes no order, and times never run backwards", async () => {
  await withClock((set) =>
    supervised(async (it) => {
      set(WEEK_MS);
      await it.supervisor.start();
      const first = await it.create("slow");
      await it.reaches(first.id, "running", "succeeded");
      set(0);
      const second = await it.create("succeed");
      assert.deepEqual(ids((await listJobs(it.db, { limit: 9 })).rows), [second.id, first.id]);
      const after = (await listJobs(it.db, { limit: 9, after: second.id })).rows;
      assert.deepEqual(ids(after), [first.id]);

      for (const { id } of [first, second]) {
        const job = await it.reaches(id, "succeeded");
        assertInOrder(job.created_at, job.started_at, job.finished_at);
        const { rows } = await listEvents(it.db, id, { limit: 99, afterSeq: 0 });
        const times = rows.map(({ created_at }) => created_at);
        assertInOrder(...times.slice(0, -1), job.finished_at, times.at(-1)!);
        const checkpoints = (await listCheckpoints(it.db, id, { limit: 9 })).rows;
        assert.deepEqual(checkpoints.map(({ epoch }) => epoch), [1, 2]);
        assertInOrder(job.started_at, ...checkpoints.map(({ created_at }) => created_at), job.finished_at);
        assert.deepEqual(
          ids((await listCheckpoints(it.db, id, { limit: 9, after: checkpoints[0]!.id })).rows),
          [checkpoints[1]!.id],
        );
      }
      const [one, other] = (await listJobs(it.db, { limit: 9 })).rows as [JobRow, JobRow];
      assert.ok(one.created_at < other.created_at, "which the clock says, and no order comes from it");
    })
  );
});

Deno.test("A clock that was set back before a start changes no order of list, queue or ids", async () => {
  await withClock((set) =>
    inFolder(async (parent) => {
      const folder = join(parent, "data");
      const config = trainingJobSchema.parse({
        ...{ kind: "ppo", model: "m", prompts: ["a"], reward: { type: "length", target: 5 } },
      });
      const add = async () => {
        const db = await openDatabase(folder);
        const job = await db.write((tx) => createJob(tx, config, PLAN));
        await db.close();
        return job.id;
      };
      const added: string[] = [];
      for (const offset of [0, WEEK_MS, 0, -WEEK_MS]) {
        set(offset);
        added.push(await add());
      }
      const db = await openDatabase(folder);
      assert.deepEqual(ids((await listJobs(db, { limit: 9 })).rows), added.toReversed());
      assert.deepEqual(ids((await listJobs(db, { limit: 9, status: "queued" })).rows), added.toReversed());
      assert.deepEqual(added, added.toSorted());
      for (const id of added) {
        const job = await claimJob(db);
        assert.equal(job!.id, id);
        assertInOrder(job!.created_at, job!.started_at);
      }
      await db.close();
    })
  );
});
