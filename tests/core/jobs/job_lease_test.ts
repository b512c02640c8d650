/** Whose a job is, where two servers share a database: two connections to one libSQL server. */
import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import type { TrainingEvent } from "../../../core/contract/training_events.ts";
import { trainingJobSchema } from "../../../core/contract/training_job.ts";
import { openAt } from "../../../core/db/open_server_database.ts";
import { jobs } from "../../../core/db/schema.ts";
import { claimJob } from "../../../core/jobs/claim_job.ts";
import { endAttempt } from "../../../core/jobs/end_attempt.ts";
import { createJob } from "../../../core/jobs/job_lifecycle.ts";
import { LeaseLost, renewLeases } from "../../../core/jobs/job_lease.ts";
import { getJob } from "../../../core/jobs/job_queries.ts";
import { recordEvent } from "../../../core/jobs/record_event.ts";
import { testWithSqld, withSqld } from "../db/with_sqld.ts";
import { PLAN } from "./supervised.ts";

const LEASE_MS = 600_000;

const stepTo = (step: number): TrainingEvent => ({
  type: "step",
  progress: { epoch: 1, epochs: 2, step, steps: 4, episodes: step, tokens: step, eta_seconds: null },
  metrics: { "objective/kl": step },
  samples: [],
});

testWithSqld(
  "A job is one server's until it says nothing for too long; what it writes after that is refused",
  () =>
    withSqld(async ({ url }, dataDir) => {
      const [a, b] = [await openAt({ url }), await openAt({ url })];
      const config = trainingJobSchema.parse({
        ...{ kind: "ppo", model: "m", prompts: ["a"], epochs: 2, reward: { type: "length", target: 5 } },
      });
      const { id } = await a.write((tx) => createJob(tx, config, PLAN));
      assert.equal((await claimJob(a, { lease_ms: LEASE_MS }))!.lease_owner, a.owner);
      assert.equal(await claimJob(b, { lease_ms: LEASE_MS }), null);
      const place = (attempt: number) => ({ dataDir, jobId: id, attempt, knownStep: 0 });
      await recordEvent(a, place(1), stepTo(1));
      await assert.rejects(recordEvent(b, place(1), stepTo(2)), LeaseLost);
      for (const whose of ["expired", 1] as const) {
        assert.equal(await endAttempt(b, id, { type: "lost" }, whose), null);
      }

      await a.write((tx) => tx.update(jobs).set({ lease_until: 1 }).where(eq(jobs.id, id)));
      // Nobody has taken it, so it is still its server's.
      assert.deepEqual(await renewLeases(a, LEASE_MS, LEASE_MS), [{ id, attempt: 1 }]);
      assert.equal(await endAttempt(b, id, { type: "lost" }, "expired"), null);

      await a.write((tx) => tx.update(jobs).set({ lease_until: 1 }).where(eq(jobs.id, id)));
      assert.equal((await endAttempt(b, id, { type: "lost" }, "expired"))!.status, "queued");
      assert.equal((await claimJob(b, { lease_ms: LEASE_MS }))!.attempt, 2);
      assert.deepEqual(await renewLeases(a, LEASE_MS, LEASE_MS), []);
      await assert.rejects(recordEvent(a, place(1), stepTo(2)), LeaseLost);
      assert.equal(await endAttempt(a, id, { type: "paused" }, 1), null);
      await recordEvent(b, place(2), stepTo(2));
      // One that gets the job again is not the attempt before.
      await a.write((tx) => tx.update(jobs).set({ lease_owner: a.owner }).where(eq(jobs.id, id)));
      await assert.rejects(recordEvent(a, place(1), stepTo(3)), LeaseLost);
      const { progress, lease_owner } = await getJob(b, id);
      assert.deepEqual([progress.step, lease_owner], [2, a.owner]);
      await Promise.all([a.close(), b.close()]);
    }),
);
