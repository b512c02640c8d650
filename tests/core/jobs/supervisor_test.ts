import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { join } from "node:path";
import { checkpoints, jobs } from "../../../core/db/schema.ts";
import { claimJob } from "../../../core/jobs/claim_job.ts";
import { MAX_INTERRUPTIONS } from "../../../core/jobs/end_attempt.ts";
import { NoRoom } from "../../../core/processes/engine_process.ts";
import { machineMemory } from "../../../core/system_memory.ts";
import { getJob, listCheckpoints, listEvents, listMetrics } from "../../../core/jobs/job_queries.ts";
import { eventually, PLAN, startFakeEngine, Supervised, supervised } from "./supervised.ts";

const types = async (it: Supervised, id: string) =>
  (await listEvents(it.db, id, { limit: 1000, afterSeq: 0 })).rows.map(({ type }) =>
    type.replace("training_job.", "")
  );

Deno.test("Supervisor runs a job and records progress, metrics, checkpoints and events", async () => {
  await supervised(async (it) => {
    await it.supervisor.start();
    const { id } = await it.create("succeed");
    const job = await it.reaches(id, "succeeded");
    assert.deepEqual(job.progress, {
      ...{ epoch: 2, epochs: 2, step: 4, steps: 4, episodes: 16, tokens: 400, eta_seconds: 0 },
    });
    assert.equal(job.latest_metrics!["objective/kl"], 0.4);
    assert.equal(job.attempt, 1);
    assert.ok(job.started_at! >= job.created_at && job.finished_at! >= job.started_at!);
    assert.deepEqual(await types(it, id), [
      ...["queued", "started", "step.completed", "warning", "step.completed", "epoch.completed"],
      ...["checkpoint.created", "step.completed", "step.completed", "epoch.completed", "checkpoint.created"],
      "succeeded",
    ]);
    const steps = await listMetrics(it.db, id, { scope: "step", limit: 10, after: 0 });
    assert.deepEqual(steps.rows.map(({ step, epoch }) => [step, epoch]), [[1, 1], [2, 1], [3, 2], [4, 2]]);
    const epochs = await listMetrics(it.db, id, { scope: "epoch", limit: 10, after: 0 });
    assert.deepEqual(epochs.rows.map(({ metrics }) => metrics.avg_reward), [2, 4]);
    const checkpoints = await listCheckpoints(it.db, id, { limit: 10 });
    assert.equal(checkpoints.rows.at(-1)!.id, job.checkpoint);
    assert.equal(checkpoints.rows[0]!.folder, `jobs/${id}/1/epoch-1`);
  });
});

Deno.test("Supervisor runs jobs in the order they came, as many at a time as allowed", async () => {
  for (const max_concurrent_jobs of [1, 2]) {
    await supervised(async (it) => {
      const ids: string[] = [];
      for (let i = 0; i < 4; i++) ids.push((await it.create("slow", { epochs: 3 })).id);
      let most = 0;
      const watch = setInterval(() => most = Math.max(most, it.supervisor.running.size), 1);
      await it.supervisor.start();
      for (const id of ids) await it.reaches(id, "succeeded");
      clearInterval(watch);
      assert.equal(most, max_concurrent_jobs);
      const rows = await Promise.all(ids.map((id) => getJob(it.db, id)));
      const starts = rows.map(({ started_at }) => started_at!.getTime());
      assert.deepEqual(starts, [...starts].sort((a, b) => a - b));
    }, { max_concurrent_jobs });
  }
});

Deno.test("claimJob() gives each job to one claimer", async () => {
  await supervised(async (it) => {
    for (let i = 0; i < 5; i++) await it.create("hang");
    const claimed = await Promise.all(Array.from({ length: 8 }, () => claimJob(it.db)));
    const ids = claimed.filter((job) => job !== null).map(({ id }) => id);
    assert.equal(ids.length, 5);
    assert.equal(new Set(ids).size, 5);
    await it.db.write((tx) => tx.update(jobs).set({ status: "cancelled" }));
  }, { max_concurrent_jobs: 0 });
});

for (
  const [behaviour, code, detail] of [
    ["exit", "engine_crashed", /exit code 7/],
    ["die", "engine_crashed", /SIGKILL/],
    ["garbage", "engine_crashed", /not the protocol/],
    ["fail", "reward_failed", /The reward gave NaN/],
  ] as const
) {
  Deno.test(`Supervisor fails a job whose engine does ${behaviour}, and goes on with the next`, async () => {
    await supervised(async (it) => {
      await it.supervisor.start();
      const { id } = await it.create(behaviour, { max_attempts: 1 });
      const next = await it.create("succeed");
      const job = await it.reaches(id, "failed");
      assert.equal(job.error!.code, code);
      assert.match(job.error!.detail, detail);
      assert.equal(job.progress.step, 1, "what was recorded stays");
      assert.equal((await types(it, id)).at(-1), "failed");
      await it.reaches(next.id, "succeeded");
      if (behaviour === "exit") {
        assert.ok(it.logs.some((line) => line.includes("out of luck")), "its last words are in the log");
        assert.ok(!JSON.stringify(job).includes("out of luck"), "and nowhere else");
      }
    });
  });
}

Deno.test("Supervisor fails a job whose model has gone since", async () => {
  await supervised(async (it) => {
    await it.supervisor.start();
    const { id } = await it.create("succeed", { model: "gone" });
    assert.equal((await it.reaches(id, "failed")).error!.code, "unknown_model");
  });
});

Deno.test("Supervisor fails a job with a general sentence when the reason is a bug", async () => {
  await supervised(async (it) => {
    await it.supervisor.start();
    const { id } = await it.create("succeed", { max_attempts: 1 });
    const { error } = await it.reaches(id, "failed");
    assert.equal(error!.code, "internal");
    assert.doesNotMatch(error!.detail, /secret/);
    assert.ok(it.logs.some((line) => line.includes("/secret/path")));
  }, { resolveFolders: () => Promise.reject(new Error("ENOENT /secret/path")) });
});

Deno.test("Supervisor pauses a job that filled the disk as soon as there is room to write that", async () => {
  await supervised(async (it) => {
    await it.supervisor.start();
    const { id } = await it.create("slow", { epochs: 1000 });
    await eventually(async () => (await getJob(it.db, id)).progress.step > 2);
    const { write } = it.db;
    const full = Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
    it.db.write = () => Promise.reject(new Error("Failed query", { cause: full }));
    const engine = it.supervisor.running.get(id)!;
    await eventually(() => it.logs.some((line) => line.includes("Cannot write the end of the job")));
    await eventually(() => Deno.stat(`/proc/${engine}`).then(() => false, () => true));
    assert.equal((await getJob(it.db, id)).status, "running");
    it.db.write = write;
    const job = await it.reaches(id, "paused");
    assert.equal(job.status_reason!.code, "disk_full");
    assert.equal((await types(it, id)).at(-1), "paused");
    await it.reaches((await it.create("succeed")).id, "succeeded");
    await it.supervisor.cancel(id);
  }, { rewrite_ms: 20 });
});

Deno.test("cancel() ends a queued job at once and a running one through its engine", async () => {
  await supervised(async (it) => {
    await it.supervisor.start();
    const running = await it.create("hang");
    const queued = await it.create("succeed");
    await eventually(async () => (await getJob(it.db, running.id)).progress.step === 1);
    assert.equal((await it.supervisor.cancel(queued.id)).status, "cancelled");
    assert.equal((await getJob(it.db, queued.id)).started_at, null);
    assert.equal((await it.supervisor.cancel(running.id)).status, "cancelling");
    const job = await it.reaches(running.id, "cancelled");
    assert.equal(job.error, null);
    assert.ok(job.finished_at);
    assert.deepEqual((await types(it, running.id)).slice(-2), ["cancelling", "cancelled"]);
    await assert.rejects(it.supervisor.cancel(running.id), { code: "wrong_state" });
    await assert.rejects(it.supervisor.cancel("job_none"), { code: "not_found" });
  });
});

Deno.test("cancel() kills an engine that does not obey", async () => {
  await supervised(async (it) => {
    await it.supervisor.start();
    const { id } = await it.create("deaf");
    await eventually(async () => (await getJob(it.db, id)).progress.step === 1);
    const asked = await Promise.all([it.supervisor.cancel(id), it.supervisor.cancel(id)]);
    assert.deepEqual(
      asked.map(({ status }) => status),
      Array(2).fill("cancelling"),
      "asking again changes nothing",
    );
    await it.reaches(id, "cancelled");
    await eventually(() => it.supervisor.running.size === 0);
  }, { cancel_grace_ms: 3000 });
});

Deno.test("cancel() right after the claim cancels before anything is trained", async () => {
  const release = Promise.withResolvers<void>();
  await supervised(async (it) => {
    await it.supervisor.start();
    const { id } = await it.create("succeed");
    await it.reaches(id, "running");
    await it.supervisor.cancel(id);
    release.resolve();
    const job = await it.reaches(id, "cancelled");
    assert.equal(job.progress.step, 0);
    assert.ok(it.logs.every((line) => !line.includes('"warn"')), "it is nothing to be warned of");
  }, { resolveFolders: () => release.promise.then(() => ({ model: "/m", rewards: {} })) });
});

Deno.test("stop() pauses running jobs, and the next start continues them without a gap or a repeat", async () => {
  await supervised(async (it) => {
    await it.supervisor.start();
    const { id } = await it.create("hang_once", { epochs: 3 });
    await eventually(async () => (await getJob(it.db, id)).progress.step === 3);
    await it.supervisor.stop();
    const stopped = await getJob(it.db, id);
    assert.equal(stopped.status, "queued");
    assert.deepEqual([stopped.interruptions, stopped.failures], [0, 0]);
    const { rows: [last] } = await listMetrics(it.db, id, {
      ...{ scope: "step", limit: 1000, after: stopped.progress.step - 1 },
    });
    assert.equal(last!.step, stopped.progress.step);
    const again = new Supervised(it.db, it.folder, []);
    await again.supervisor.start();
    const job = await again.reaches(id, "succeeded");
    assert.equal(job.attempt, 2);
    assert.ok(job.attempts.every(({ ended_at, error }) => ended_at !== null && error === null));
    assert.deepEqual(job.started_at, stopped.started_at);
    const { rows } = await listMetrics(it.db, id, { scope: "step", limit: 1000, after: 0 });
    assert.deepEqual(rows.map(({ step }) => step), Array.from({ length: 6 }, (_, i) => i + 1));
    const told = await types(it, id);
    assert.equal(told.filter((type) => type === "started").length, 1);
    assert.equal(told.filter((type) => type === "step.completed").length, 6);
    assert.deepEqual(
      told.filter((type) => ["requeued", "attempt.started"].includes(type)),
      ["requeued", "attempt.started"],
    );
    await again.supervisor.stop();
  });
});

Deno.test("start() continues a job of a dead server, and fails one that kills servers without a step more", async () => {
  await supervised(async (it) => {
    const { id } = await it.create("succeed");
    const die = async (step: number) => {
      const { progress } = await getJob(it.db, id);
      await it.db.write((tx) =>
        tx.update(jobs).set({ status: "running", progress: { ...progress, step } }).where(eq(jobs.id, id))
      );
      await new Supervised(it.db, it.folder, [], { max_concurrent_jobs: 0 }).supervisor.start();
      return await getJob(it.db, id);
    };
    for (let step = 1; step <= MAX_INTERRUPTIONS + 1; step++) {
      const { status, interruptions, retry_at } = await die(step);
      assert.deepEqual([status, interruptions, retry_at], ["queued", 1, null], "it comes further");
    }
    for (let deaths = 2; deaths < MAX_INTERRUPTIONS; deaths++) {
      const { status, interruptions, retry_at } = await die(MAX_INTERRUPTIONS + 1);
      assert.deepEqual([status, interruptions], ["queued", deaths]);
      assert.equal(retry_at !== null, deaths > 3, "it may be what kills the server");
    }
    const failed = await die(MAX_INTERRUPTIONS + 1);
    assert.equal(failed.status, "failed");
    assert.match(failed.error!.detail, /server died while the job was running, 20 times in a row/);
    assert.equal(failed.failures, 0);
  }, { max_concurrent_jobs: 0 });
});

Deno.test("Supervisor removes checkpoints that were never recorded, whole or not, and nothing else", async () => {
  await supervised(async (it) => {
    const { id } = await it.create("deaf");
    const attempts = join(it.folder, "jobs", id);
    const entries = async (attempt: string) =>
      (await Array.fromAsync(Deno.readDir(join(attempts, attempt)))).map(({ name }) => name).sort();
    const leave = async (attempt: string) => {
      for (const name of ["epoch-1", "epoch-2", ".tmp-half-epoch-3"]) {
        await Deno.mkdir(join(attempts, attempt, name), { recursive: true });
        await Deno.writeTextFile(join(attempts, attempt, name, "model.safetensors"), "weights");
      }
      await it.db.write((tx) =>
        tx.insert(checkpoints).values({
          ...{ id: `ckpt_${attempt}`, job_id: id, attempt: Number(attempt), epoch: 1, step: 1 },
          ...{ folder: `jobs/${id}/${attempt}/epoch-1`, files: [], metrics: {}, created_at: new Date() },
        })
      );
    };
    // The server died in the first attempt.
    await leave("1");
    await it.db.write((tx) => tx.update(jobs).set({ status: "running", attempt: 1 }));
    await it.supervisor.start();
    assert.deepEqual(await entries("1"), ["epoch-1"]);
    // The second's engine is killed.
    await eventually(async () => (await getJob(it.db, id)).progress.step >= 1);
    await leave("2");
    await it.supervisor.cancel(id);
    await it.reaches(id, "cancelled");
    assert.deepEqual(await entries("2"), ["epoch-1"]);
    // A job that was over when the server died is swept too.
    await Deno.mkdir(join(attempts, "2", "epoch-2"));
    const again = new Supervised(it.db, it.folder, []);
    await again.supervisor.start();
    await eventually(async () => (await entries("2")).length === 1);
    await again.supervisor.stop();
  }, { cancel_grace_ms: 300 });
});

Deno.test("start() ends a job that was being cancelled when the server died", async () => {
  await supervised(async (it) => {
    const { id } = await it.create("succeed");
    await it.db.write((tx) => tx.update(jobs).set({ status: "cancelling" }).where(eq(jobs.id, id)));
    await it.supervisor.start();
    assert.equal((await getJob(it.db, id)).status, "cancelled");
  });
});

Deno.test("a job that hangs in its model's tokenizer or template fails by name, and the next one runs", async () => {
  await supervised(async (it) => {
    await it.supervisor.start();
    const { id } = await it.create("endless_text");
    const next = await it.create("succeed");
    const { error } = await it.reaches(id, "failed");
    assert.deepEqual([error!.code, error!.errors![0]!.path], ["damaged_model", "model"]);
    assert.match(error!.detail, /tokenizer or chat template/);
    await it.reaches(next.id, "succeeded");
  }, { startEngine: (logger) => startFakeEngine(logger, { text_ms: 300 }) });
});

Deno.test("a job that does not fit is checked again once memory was given back, or else waits and says for what", async () => {
  for (const given of [true, false]) {
    await supervised(async (it) => {
      await it.supervisor.start();
      const { id } = await it.create("too_large_once");
      if (!given) {
        const waiting = await eventually(async () => {
          const job = await getJob(it.db, id);
          return job.status_reason !== null && job;
        });
        assert.deepEqual([waiting.status, waiting.status_reason!.code], ["queued", "job_too_large"]);
        assert.deepEqual([waiting.attempt, waiting.attempts, waiting.started_at], [0, [], null]);
        assert.deepEqual(await types(it, id), ["queued"], "it has not begun");
        await it.supervisor.pause(id);
        await it.supervisor.resume(id);
      }
      const { status_reason, attempt, attempts } = await it.reaches(id, "succeeded");
      assert.deepEqual([status_reason, attempt, attempts.length], [null, 1, 1]);
    }, {
      freeMemory: () => Promise.resolve(given),
      look_again: { first_ms: 3_600_000, longest_ms: 3_600_000 },
    });
  }
});

Deno.test("a job that the machine can never hold fails", async () => {
  await supervised(async (it) => {
    const { id } = await it.create("too_large");
    const plan = { ...PLAN, estimate: { memory_bytes: 1e18 } };
    await it.db.write((tx) => tx.update(jobs).set({ plan }).where(eq(jobs.id, id)));
    await it.supervisor.start();
    assert.equal((await it.reaches(id, "failed")).error!.code, "job_too_large");
  });
});

Deno.test("jobs wait while the machine has no room for a process or no files left, and the first says why", async () => {
  const shortages: (() => never)[] = [
    () => {
      throw new NoRoom(new Error("EAGAIN"));
    },
    () => {
      const error = Object.assign(new Error("Too many open files"), { code: "EMFILE" });
      throw new Error("Cannot look for the model", { cause: error });
    },
  ];
  for (const shortage of shortages) {
    const inTheWay = { tries: 0, gone: false };
    await supervised(async (it) => {
      await it.supervisor.start();
      const ids: string[] = [];
      for (let i = 0; i < 3; i++) ids.push((await it.create("succeed")).id);
      const [first] = await Promise.all(ids.map((id) =>
        eventually(async () => {
          const job = await getJob(it.db, id);
          return (id !== ids[0] || job.status_reason !== null) && job;
        })
      ));
      assert.deepEqual([first!.status, first!.status_reason!.code], ["queued", "runtime_unavailable"]);
      await eventually(() => inTheWay.tries >= 3);
      for (const id of ids) {
        assert.notEqual((await getJob(it.db, id)).status, "failed");
        assert.deepEqual(await types(it, id), ["queued"]);
      }
      inTheWay.gone = true;
      for (const id of ids) {
        const { attempt, failures } = await it.reaches(id, "succeeded");
        assert.deepEqual([attempt, failures], [1, 0]);
      }
    }, {
      resolveFolders: () => {
        inTheWay.tries++;
        return inTheWay.gone ? Promise.resolve({ model: "/m", rewards: {} }) : shortage();
      },
    });
  }
});

Deno.test("a job does not begin on memory that was promised to one that has begun", async () => {
  const begin = Promise.withResolvers<void>();
  await supervised(async (it) => {
    const [first, second, small] = [
      await it.create("hang"),
      await it.create("succeed"),
      await it.create("succeed"),
    ];
    const { total } = machineMemory();
    const need = (id: string, memory_bytes: number) =>
      it.db.write((tx) =>
        tx.update(jobs).set({ plan: { ...PLAN, estimate: { memory_bytes } } }).where(eq(jobs.id, id))
      );
    await need(first.id, total);
    // However little the machine has left now.
    await need(second.id, total / 1000);
    await it.supervisor.start();
    const waiting = await eventually(async () => {
      const job = await getJob(it.db, second.id);
      return job.status_reason !== null && job;
    });
    assert.deepEqual([waiting.status, waiting.status_reason!.code], ["queued", "job_too_large"]);
    assert.match(waiting.status_reason!.detail, /Other jobs need the memory/);
    begin.resolve();
    // It has done a step: what it holds is seen.
    await it.reaches(second.id, "succeeded");
    await it.reaches(small.id, "succeeded");
    assert.equal((await getJob(it.db, first.id)).status, "running");
    await it.supervisor.cancel(first.id);
  }, {
    max_concurrent_jobs: 2,
    resolveFolders: async () => {
      await begin.promise;
      return { model: "/m", rewards: {} };
    },
  });
});

Deno.test("stop() does not wait for running steps when it is told to hurry, and loses no job", async () => {
  await supervised(async (it) => {
    await it.supervisor.start();
    const { id } = await it.create("deaf");
    await eventually(async () => (await getJob(it.db, id)).progress.step === 1);
    const hurry = new AbortController();
    const stopped = it.supervisor.stop(hurry.signal);
    hurry.abort();
    await stopped;
    const job = await getJob(it.db, id);
    assert.deepEqual([job.status, job.failures, job.interruptions], ["queued", 0, 0]);
  });
});
