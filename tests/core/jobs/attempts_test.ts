/** What follows when an attempt of a job does not end well: another one, which leaves no trace in rows and events. */
import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { join } from "node:path";
import { checkpoints, type JobRow, jobs } from "../../../core/db/schema.ts";
import { STATE_FOLDER } from "../../../core/formats/remove_training_state.ts";
import { getJob, listCheckpoints, listEvents, listMetrics } from "../../../core/jobs/job_queries.ts";
import { processIdentity } from "../../../core/processes/process_identity.ts";
import { retryDelay_ms } from "../../../core/jobs/retry_delay.ts";
import { eventually, startFakeEngine, Supervised, supervised } from "./supervised.ts";

const ALL = { limit: 1000, afterSeq: 0 };

/** Events that only tell of attempts. */
const OF_ATTEMPTS = /requeued|attempt\.started|pausing|paused|resumed|memory_reduced|damaged_checkpoint/;

/** What a job leaves that does not depend on when it ran: events (but those of attempts), metrics, checkpoints. */
async function traces(it: Supervised, id: string) {
  const events = (await listEvents(it.db, id, ALL)).rows.map(({ type, data }) => {
    const { checkpoint, attempt: _, ...rest } = data as Record<string, unknown>;
    const { epoch, step, files } = (checkpoint ?? {}) as Record<string, unknown>;
    return { type, ...rest, epoch, step, files, code: rest.code };
  }).filter(({ type, code }) => !OF_ATTEMPTS.test(`${type} ${code}`));
  const metrics = await Promise.all(
    (["step", "epoch"] as const).map(async (scope) =>
      (await listMetrics(it.db, id, { scope, limit: 1000, after: 0 })).rows
        .map(({ step, epoch, metrics }) => ({ step, epoch, metrics }))
    ),
  );
  return { events, metrics };
}

async function folders(it: Supervised, id: string): Promise<string[]> {
  const found: string[] = [];
  for (const { name } of Deno.readDirSync(join(it.folder, "jobs", id))) {
    for (const { name: below } of Deno.readDirSync(join(it.folder, "jobs", id, name))) {
      found.push(`jobs/${id}/${name}/${below}`);
    }
  }
  const rows = await it.db.read.select().from(checkpoints).where(eq(checkpoints.job_id, id));
  assert.deepEqual(found.sort(), rows.map(({ folder }) => folder).sort(), "each folder has a row, and back");
  return found;
}

async function told(it: Supervised, { id }: Pick<JobRow, "id">, type: string) {
  const { rows } = await listEvents(it.db, id, ALL);
  return rows.filter((row) => row.type === `training_job.${type}`).map(({ data }) => data);
}

Deno.test("a job whose engine dies continues from its checkpoint, and leaves what an undisturbed one does", async () => {
  await supervised(async (it) => {
    await it.supervisor.start();
    const undisturbed = await it.create("succeed", { epochs: 3 });
    await it.reaches(undisturbed.id, "succeeded");
    const { id } = await it.create("die_once", { epochs: 3 });
    const job = await it.reaches(id, "succeeded");
    assert.deepEqual([job.attempt, job.failures], [2, 1]);
    assert.deepEqual(job.attempts.map(({ attempt, error }) => [attempt, error?.code]), [
      [1, "engine_crashed"],
      [2, undefined],
    ]);
    assert.match(job.attempts[0]!.error!.detail, /SIGKILL/);
    assert.equal(job.attempts[0]!.started_at, job.started_at!.toISOString());
    assert.deepEqual(await traces(it, id), await traces(it, undisturbed.id));
    const [again] = await told(it, job, "attempt.started");
    const [first] = (await listCheckpoints(it.db, id, { limit: 9 })).rows;
    assert.deepEqual(again, { attempt: 2, step: 2, checkpoint: first!.id });
    const [requeued] = await told(it, job, "requeued");
    assert.match(requeued!.reason as string, /SIGKILL/);
    assert.ok(requeued!.next_attempt_at);
    assert.equal((await folders(it, id)).length, 3);
  });
});

Deno.test("a job whose newest checkpoint is damaged continues from the one before it, and says so", async () => {
  await supervised(async (it) => {
    await it.supervisor.start();
    const { id } = await it.create("hang_once", { epochs: 5 });
    await eventually(async () => (await getJob(it.db, id)).progress.step === 3);
    await it.supervisor.pause(id);
    await it.reaches(id, "paused");
    const { rows } = await listCheckpoints(it.db, id, { limit: 99 });
    const newest = rows.at(-1)!;
    await Deno.writeTextFile(join(it.folder, newest.folder, "adapter_model.safetensors"), "other");
    await it.supervisor.resume(id);
    const job = await it.reaches(id, "succeeded");
    const [warning] = await told(it, job, "warning").then((all) =>
      all.filter(({ code }) => code === "damaged_checkpoint")
    );
    assert.deepEqual(warning!.figures, { step: newest.step, resumed_step: rows.at(-2)!.step });
    const [again] = await told(it, job, "attempt.started");
    assert.equal(again!.checkpoint, rows.at(-2)!.id);
    const steps = (await listMetrics(it.db, id, { scope: "step", limit: 99, after: 0 })).rows;
    assert.deepEqual(steps.map(({ step }) => step), Array.from({ length: 10 }, (_, i) => i + 1));
    await folders(it, id);
  });
});

Deno.test("a job without a whole checkpoint begins again, and repairs those that were damaged", async () => {
  await supervised(async (it) => {
    await it.supervisor.start();
    const { id } = await it.create("hang_once", { epochs: 3 });
    await eventually(async () => (await getJob(it.db, id)).progress.step === 3);
    await it.supervisor.stop();
    const before = (await listCheckpoints(it.db, id, { limit: 99 })).rows.filter((row) => row.resumable);
    assert.equal(before.length, 2);
    for (const { folder } of before) {
      await Deno.writeTextFile(join(it.folder, folder, "adapter_model.safetensors"), "other");
    }
    const again = new Supervised(it.db, it.folder, []);
    await again.supervisor.start();
    const job = await again.reaches(id, "succeeded");
    const warnings = (await told(again, job, "warning")).filter(({ code }) => code === "damaged_checkpoint");
    assert.deepEqual(
      warnings.map(({ figures }) => figures),
      before.toReversed().map(({ step }) => ({
        ...{ step, resumed_step: 0 },
      })),
    );
    const known = before.find(({ reason }) => reason === "epoch")!;
    const { rows } = await listCheckpoints(it.db, id, { limit: 99 });
    const repaired = rows.find((row) => row.id === known.id)!;
    assert.deepEqual([repaired.attempt, repaired.step], [2, known.step]);
    assert.equal(
      await Deno.readTextFile(join(it.folder, repaired.folder, "adapter_model.safetensors")),
      `weights ${known.epoch}`,
    );
    await folders(it, id);
    await again.supervisor.stop();
  });
});

Deno.test("a job whose engine always dies fails after its attempts, each after a longer pause", async () => {
  await supervised(async (it) => {
    await it.supervisor.start();
    const { id } = await it.create("exit", { max_attempts: 3 });
    const job = await it.reaches(id, "failed");
    assert.deepEqual([job.attempt, job.failures, job.attempts.length], [3, 3, 3]);
    assert.match(job.error!.detail, /exit code 7; this was the last of 3 attempts$/);
    assert.equal((await told(it, job, "step.completed")).length, 1);
    assert.equal((await told(it, job, "started")).length, 1);
    assert.equal((await told(it, job, "requeued")).length, 2);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(join(it.folder, "jobs", id))), []);
  });
  const delays = [1, 2, 3, 20].map((failures) =>
    retryDelay_ms({ first_ms: 100, longest_ms: 1000 }, failures)
  );
  for (const [at, least] of [100, 200, 400, 1000].entries()) {
    assert.ok(delays[at]! >= least && delays[at]! <= 1.25 * least, `${delays}`);
  }
});

Deno.test("a job that runs out of memory is tried again with less, and says so", async () => {
  await supervised(async (it) => {
    await it.supervisor.start();
    const { id } = await it.create("too_little_memory");
    const job = await it.reaches(id, "succeeded");
    assert.deepEqual([job.attempt, job.failures, job.memory_halvings], [2, 1, 1]);
    const warnings = (await told(it, job, "warning")).filter(({ code }) => code === "memory_reduced");
    assert.deepEqual(warnings.map(({ figures }) => figures), [{ memory_share: 0.5 }]);
  });
});

Deno.test("a full disk pauses a job with its reason, and it goes on when somebody resumes it", async () => {
  await supervised(async (it) => {
    await it.supervisor.start();
    const { id } = await it.create("disk_full_once");
    const paused = await it.reaches(id, "paused");
    assert.deepEqual([paused.status_reason!.code, paused.failures], ["disk_full", 0]);
    const [event] = await told(it, paused, "paused");
    assert.equal((event!.reason as { code: string }).code, "disk_full");
    await it.supervisor.resume(id);
    const { status_reason } = await it.reaches(id, "succeeded");
    assert.equal(status_reason, null);
  });
});

Deno.test("a training that lives and comes no further is ended and tried again", async () => {
  await supervised(async (it) => {
    await it.supervisor.start();
    const { id } = await it.create("deaf", { max_attempts: 2 });
    const job = await it.reaches(id, "failed");
    assert.equal(job.attempt, 2);
    assert.match(job.error!.detail, /came no further for \d+ s/);
  }, { stall_ms: 500 });
});

Deno.test({
  name: "an engine that somebody has stopped is ended and its job tried again",
  ignore: Deno.build.os === "windows",
  fn: () =>
    supervised(async (it) => {
      await it.supervisor.start();
      const { id } = await it.create("hang_once", { epochs: 3 });
      await eventually(async () => (await getJob(it.db, id)).progress.step === 3);
      Deno.kill(it.supervisor.running.get(id)!, "SIGSTOP");
      const { attempts } = await it.reaches(id, "succeeded");
      assert.match(attempts[0]!.error!.detail, /said nothing for/);
    }, { startEngine: (logger) => startFakeEngine(logger, { silence_ms: 3000 }) }),
});

Deno.test({
  name: "start() ends an engine that outlived its server, and takes no other process for it",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    supervised(async (it) => {
      const { id } = await it.create("succeed");
      const child = new Deno.Command("sleep", { args: ["1000"] }).spawn();
      const ended = child.status;
      const other = new Deno.Command("sleep", { args: ["1000"] }).spawn();
      try {
        Deno.kill(child.pid, "SIGSTOP");
        const engine = await processIdentity(child.pid);
        const another = (await processIdentity(other.pid))!.split(" ");
        const leave = (engine: string | null) =>
          it.db.write((tx) => tx.update(jobs).set({ status: "running", engine }).where(eq(jobs.id, id)));
        // The id was given again since.
        await leave([another[0], Number(another[1]) - 1, another[2]].join(" "));
        await it.supervisor.start();
        assert.notEqual(await processIdentity(other.pid), null);
        // Its server lives: this is a copy of that server's folder.
        await leave(`${engine} of ${await processIdentity(other.pid)}`);
        await it.supervisor.start();
        assert.notEqual(await processIdentity(child.pid), null);
        await leave(engine);
        const again = new Supervised(it.db, it.folder, [], { max_concurrent_jobs: 0 });
        await again.supervisor.start();
        // Asked first, as a launcher wants to be; a machine that is busy may let it come to the other.
        assert.match((await ended).signal!, /^SIG(TERM|KILL)$/);
        assert.equal((await getJob(it.db, id)).status, "queued");
      } finally {
        other.kill();
        await other.status;
      }
    }, { max_concurrent_jobs: 0 }),
});

Deno.test("a job holds what it resumes from in its newest two checkpoints, and keeps those that keep says", async () => {
  await supervised(async (it) => {
    await it.supervisor.start();
    const all = await it.create("succeed", { epochs: 6 });
    const some = await it.create("succeed", {
      ...{ epochs: 6, checkpoint_every_steps: 1 },
      keep: { last: 3, best_by: "avg_reward" },
    });
    await it.reaches(some.id, "succeeded");
    for (const [{ id }, steps] of [[all, [2, 4, 6, 8, 10, 12]], [some, [10, 11, 12]]] as const) {
      const { rows } = await listCheckpoints(it.db, id, { limit: 99 });
      assert.deepEqual(rows.map(({ step }) => step), steps);
      const withState = rows.filter(({ folder }) => {
        try {
          return Deno.statSync(join(it.folder, folder, STATE_FOLDER)).isDirectory;
        } catch {
          return false;
        }
      });
      assert.deepEqual(withState.map(({ step }) => step), steps.slice(-2));
      assert.deepEqual(
        rows.map(({ resumable }) => resumable),
        rows.map((row) => withState.includes(row) ? 1 : 0),
      );
      assert.equal((await getJob(it.db, id)).checkpoint, rows.at(-1)!.id);
      await folders(it, id);
    }
    // The feed still tells of those that have gone.
    assert.equal((await told(it, some, "checkpoint.created")).length, 12);
  });
});
