/**
 * Random sequences of what clients, engines and servers do to jobs, on the real supervisor with the fake engine and a real
 * database, against a model: the states that a job may be in by what was done to it.
 */
import assert from "node:assert/strict";
import { asc, eq } from "drizzle-orm";
import fc from "../../fast_check.ts";
import { join } from "node:path";
import type { Database } from "../../../core/db/open_database.ts";
import { checkpoints, webhookDeliveries } from "../../../core/db/schema.ts";
import { JOB_EVENTS } from "../../../core/contract/job_events.ts";
import { isFinal, type JobStatus, TRANSITIONS } from "../../../core/contract/job_states.ts";
import { UserError } from "../../../core/errors.ts";
import { getJob, listEvents, listMetrics } from "../../../core/jobs/job_queries.ts";
import { type Behaviour, eventually, Supervised, supervised } from "./supervised.ts";

const MAX_ATTEMPTS = 2;

/** What jobs do by themselves once they run. */
const LIVES = {
  succeed: ["succeeded"],
  fail: ["failed"],
  exit: ["queued", "failed"],
  hang_once: ["succeeded"],
  hang: [],
} as const satisfies Partial<Record<Behaviour, readonly JobStatus[]>>;

type Life = keyof typeof LIVES;

/** Where a client's verb leads from the states that allow it; `deleted` is none. */
const VERBS = {
  pause: { queued: "paused", running: "pausing", pausing: "pausing" },
  resume: { paused: "queued" },
  cancel: {
    ...{ queued: "cancelled", running: "cancelling", pausing: "cancelling", paused: "cancelled" },
    cancelling: "cancelling",
  },
} as const satisfies Record<string, Partial<Record<JobStatus, JobStatus>>>;

type Verb = keyof typeof VERBS;
type States = ReadonlySet<JobStatus>;

/** All states that a job of this life comes to from `states` while nobody does anything. */
function later(life: Life, states: Iterable<JobStatus>, engineDied: boolean): States {
  const seen = new Set<JobStatus>();
  const visit = (status: JobStatus): void => {
    if (seen.has(status)) return;
    seen.add(status);
    const ends: readonly JobStatus[] = engineDied ? [...LIVES[life], "queued", "failed"] : LIVES[life];
    if (status === "queued") visit("running");
    if (status === "running") ends.forEach(visit);
    if (status === "pausing") ["paused" as const, ...ends.filter((end) => end !== "queued")].forEach(visit);
    if (status === "cancelling") visit("cancelled");
  };
  for (const status of states) visit(status);
  return seen;
}

/** What a server's end makes of a job that has an engine; it may also have come to its own end before. */
const AFTER_STOP: Partial<Record<JobStatus, JobStatus>> = {
  running: "queued",
  pausing: "paused",
  cancelling: "cancelled",
};

const possible = ({ life, states, engineDied }: Modelled) => later(life, states, engineDied);

interface Modelled {
  id: string;
  life: Life;
  states: States;
  /** Whether an engine of it was killed, so that it may be tried again or fail. */
  engineDied: boolean;
}

type Step =
  | { type: "create"; life: Life }
  | { type: Verb | "delete" | "kill_engine" | "settle"; at: number }
  | { type: "stop" }
  | { type: "die" };

const at = fc.nat(5);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(...Object.keys(LIVES) as Life[]).map((life) => ({
      type: "create" as const,
      life,
    })),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constantFrom("pause", "resume", "cancel", "delete"),
      at,
    }) as fc.Arbitrary<Step>,
  },
  { weight: 2, arbitrary: at.map((at) => ({ type: "kill_engine" as const, at })) },
  { weight: 4, arbitrary: at.map((at) => ({ type: "settle" as const, at })) },
  { weight: 2, arbitrary: fc.constantFrom({ type: "stop" as const }, { type: "die" as const }) },
);

interface Severable {
  db: Database;
  sever: () => void;
  /** Ends the waiting of what was severed, so that it can be cleared away. */
  release: () => void;
}

/** A database that a process can lose as it does by dying: what it has not written, it never will. */
function severable(db: Database): Severable {
  let severed = false;
  const released = Promise.withResolvers<never>();
  released.promise.catch(() => {});
  const write: Database["write"] = async (work, options) => {
    if (severed) return await released.promise;
    try {
      return await db.write((tx) => {
        if (severed) throw new Error("The server has died");
        return work(tx);
      }, options);
    } catch (error) {
      if (severed) return await released.promise;
      throw error;
    }
  };
  const proxy = new Proxy(db, {
    get(target, name) {
      // What is dead looks nothing up, and so removes nothing.
      if (severed && name === "read") throw new Error("The server has died");
      return name === "write" ? write : Reflect.get(target, name, target);
    },
  });
  return { db: proxy, sever: () => severed = true, release: () => released.reject(new Error("It is over")) };
}

class Machine {
  readonly #base: Supervised;
  readonly #jobs: Modelled[] = [];
  readonly #deleted = new Set<string>();
  #server!: Supervised;
  #connection!: Severable;
  readonly #dead: { server: Supervised; connection: Severable }[] = [];
  readonly #concurrent: number;

  constructor(base: Supervised, concurrent: number) {
    this.#base = base;
    this.#concurrent = concurrent;
  }

  async start(): Promise<void> {
    for (const job of this.#jobs) {
      job.states = new Set([...possible(job)].flatMap((from) => AFTER_STOP[from] ?? from));
    }
    this.#connection = severable(this.#base.db);
    this.#server = new Supervised(this.#connection.db, this.#base.folder, this.#base.logs, {
      max_concurrent_jobs: this.#concurrent,
      cancel_grace_ms: 2000,
    });
    await this.#server.supervisor.start();
  }

  async do(step: Step): Promise<void> {
    if (step.type === "create") return await this.#create(step.life);
    if (step.type === "stop") {
      await this.#server.supervisor.stop();
      for (const job of this.#jobs.filter(({ id }) => !this.#deleted.has(id))) {
        assert.ok(
          !["running", "pausing", "cancelling"].includes(await this.#status(job)),
          "none is left running",
        );
      }
      return await this.start();
    }
    if (step.type === "die") return await this.#die();
    const job = this.#jobs[step.at % Math.max(1, this.#jobs.length)];
    if (!job || this.#deleted.has(job.id)) return;
    if (step.type === "kill_engine") {
      job.engineDied = true;
      kill(this.#server.supervisor.running.get(job.id) ?? null);
    } else if (step.type === "delete") await this.#delete(job);
    else if (step.type !== "settle") await this.#ask(job, step.type);
    await this.#look(job, step.type === "settle");
  }

  async #die(): Promise<void> {
    this.#connection.sever();
    // A transaction that has begun is over before the next server reads: with its process, in life.
    await this.#base.db.write(() => Promise.resolve());
    this.#dead.push({ server: this.#server, connection: this.#connection });
    for (const pid of this.#server.supervisor.running.values()) kill(pid);
    return await this.start();
  }

  async #create(life: Life): Promise<void> {
    const { id } = await this.#server.create(life, {
      ...{ max_attempts: MAX_ATTEMPTS, webhook: { url: "http://127.0.0.1:9/never" } },
    });
    this.#jobs.push({ id, life, states: new Set(["queued"]), engineDied: false });
  }

  async #status({ id }: Modelled): Promise<JobStatus> {
    return (await getJob(this.#base.db, id)).status;
  }

  /** The job's state is one that the model allows, and is known then. */
  async #look(job: Modelled, settle = false): Promise<void> {
    if (this.#deleted.has(job.id)) return;
    const expected = possible(job);
    if (settle) {
      // Not queued behind another that never ends.
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    const status = await this.#status(job);
    assert.ok(expected.has(status), `${job.life} is ${status}, expected ${[...expected]}`);
    job.states = new Set([status]);
  }

  async #ask(job: Modelled, verb: Verb): Promise<void> {
    const table: Partial<Record<JobStatus, JobStatus>> = VERBS[verb];
    const before = [...possible(job)];
    try {
      const { status } = await this.#server.supervisor[verb](job.id);
      const allowed = before.flatMap((from) => table[from] ?? []);
      assert.ok(allowed.includes(status), `${verb} of ${before} gave ${status}`);
      job.states = new Set([status]);
    } catch (error) {
      assert.ok(error instanceof UserError && error.code === "wrong_state", String(error));
      const refusing = before.filter((from) => !(from in table));
      assert.ok(refusing.length > 0, `${verb} of ${before} was refused`);
      job.states = new Set(refusing);
    }
  }

  async #delete(job: Modelled): Promise<void> {
    const before = [...possible(job)];
    try {
      await this.#server.supervisor.delete(job.id);
      assert.ok(before.some(isFinal), `${before} was deleted`);
      this.#deleted.add(job.id);
      await assert.rejects(getJob(this.#base.db, job.id), { code: "not_found" });
    } catch (error) {
      assert.ok(error instanceof UserError && error.code === "wrong_state", String(error));
      job.states = new Set(before.filter((status) => !isFinal(status)));
      assert.ok(job.states.size > 0, `the deletion of ${before} was refused`);
    }
  }

  /** Lets every job come to its end, and looks at what it has left. */
  async finish(): Promise<void> {
    for (const job of this.#jobs) {
      if (this.#deleted.has(job.id)) continue;
      if (job.life === "hang" || job.life === "hang_once") await this.#ask(job, "cancel");
    }
    for (const job of this.#jobs) {
      if (this.#deleted.has(job.id)) continue;
      await eventually(async () => {
        const status = await this.#status(job);
        if (status === "paused") await this.#ask(job, "resume");
        return isFinal(status);
      });
      await this.#look(job);
      await this.#check(job);
    }
    await eventually(() => this.#server.supervisor.running.size === 0);
    await this.#server.supervisor.stop();
    for (const { server, connection } of this.#dead) {
      connection.release();
      await server.supervisor.stop();
    }
    for (const { name } of Deno.readDirSync(this.#base.folder)) {
      if (name !== "jobs") continue;
      const left = [...Deno.readDirSync(join(this.#base.folder, name))].filter(({ name }) =>
        this.#deleted.has(name)
      );
      assert.deepEqual(left, []);
    }
  }

  async #check({ id, life }: Modelled): Promise<void> {
    const { db, folder } = this.#base;
    const job = await getJob(db, id);
    const { rows: events } = await listEvents(db, id, { limit: 1000, afterSeq: 0 });
    const types = events.map(({ type }) => type);
    checkPath(types, job.status);
    assert.ok(types.filter((type) => type === "training_job.started").length <= 1);
    const steps = (await listMetrics(db, id, { scope: "step", limit: 1000, after: 0 })).rows;
    assert.deepEqual(steps.map(({ step }) => step), steps.map((_, i) => i + 1), "no gap, no repeat");
    const told = (type: string) => types.filter((one) => one === `training_job.${type}`).length;
    assert.equal(told("step.completed"), steps.length);
    const epochs = (await listMetrics(db, id, { scope: "epoch", limit: 1000, after: 0 })).rows;
    assert.equal(told("epoch.completed"), epochs.length);
    if (job.status === "succeeded") assert.deepEqual([steps.length, epochs.length], [4, 2]);
    const rows = await db.read.select().from(checkpoints).where(eq(checkpoints.job_id, id));
    assert.equal(told("checkpoint.created"), rows.length);
    await eventually(() => {
      // The engine of a job that has just ended may be about to leave.
      return JSON.stringify(foldersOf(folder, id)) ===
        JSON.stringify(rows.map(({ folder }) => folder).sort());
    });
    assert.ok(job.attempts.every(({ ended_at }) => ended_at !== null));
    assert.ok(job.failures <= MAX_ATTEMPTS);
    if (life === "exit" && job.status === "failed") assert.equal(job.failures, MAX_ATTEMPTS);
    const times = [job.created_at, job.started_at, ...events.slice(1).map(({ created_at }) => created_at)]
      .flatMap((time) => time?.getTime() ?? []);
    assert.ok(times[0]! <= Math.min(...times));
    const deliveries = await db.read.select().from(webhookDeliveries).where(eq(webhookDeliveries.job_id, id))
      .orderBy(asc(webhookDeliveries.id));
    const announced = events.filter(({ type }) => JOB_EVENTS[type].webhook);
    assert.deepEqual(deliveries.map(({ event_id }) => event_id), announced.map(({ id }) => id));
  }
}

function kill(pid: number | null): void {
  try {
    if (pid !== null) Deno.kill(pid, "SIGKILL");
  } catch {
    // It has gone already.
  }
}

function foldersOf(folder: string, id: string): string[] {
  try {
    return [...Deno.readDirSync(join(folder, "jobs", id))].flatMap(({ name }) =>
      [...Deno.readDirSync(join(folder, "jobs", id, name))].map((one) => `jobs/${id}/${name}/${one.name}`)
    ).sort();
  } catch {
    return [];
  }
}

/** The state that an event tells of; those of progress tell of none. */
const TELLS: Record<string, JobStatus> = {
  queued: "queued",
  requeued: "queued",
  resumed: "queued",
  started: "running",
  "attempt.started": "running",
  pausing: "pausing",
  paused: "paused",
  cancelling: "cancelling",
  succeeded: "succeeded",
  failed: "failed",
  cancelled: "cancelled",
};

/** The events tell of a path through the table of states, to where the job is; a claim has no event of its own. */
function checkPath(types: readonly string[], status: JobStatus): void {
  const states = types.flatMap((type) => TELLS[type.replace("training_job.", "")] ?? []);
  assert.equal(states[0], "queued");
  for (const [i, to] of states.slice(1).entries()) {
    const from = states[i]!;
    const claimed = from === "queued" && TRANSITIONS.running.includes(to);
    // An engine that has begun says so, whatever was asked of the job meanwhile.
    const late = to === "running" && ["pausing", "cancelling"].includes(from);
    if (late) states[i + 1] = from;
    assert.ok(TRANSITIONS[from].includes(to) || claimed || late, `${types}: ${from} to ${to}`);
  }
  assert.equal(states.at(-1), status);
}

Deno.test("jobs do what their states allow, whatever is done to them", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 4, maxLength: 14 }),
      fc.integer({ min: 1, max: 2 }),
      async (steps, concurrent) => {
        await supervised(async (it) => {
          const machine = new Machine(it, concurrent);
          await machine.start();
          for (const step of steps) await machine.do(step);
          await machine.finish();
        });
      },
    ),
    { numRuns: 10, endOnFailure: true },
  );
});
