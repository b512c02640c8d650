/** Evaluations over HTTP: posted by either name, with a result, and without checkpoints for anybody. */
import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { checkpoints } from "../../core/db/schema.ts";
import { eventually } from "../core/jobs/supervised.ts";
import { BEHAVIOURS } from "../fake_engine.ts";
import { assertProblem, jobRequest, type Served, served } from "./served.ts";

const PATH = "/v1/training-jobs";

const request = (more: object = {}) => ({
  ...{ model: "qwen3", prompts: ["a", "b"], reward: { type: "json_valid" } },
  ...more,
});

/** The id of a checkpoint that anybody may use. */
async function trained(it: Served): Promise<string> {
  const { json: job } = await it.call("POST", PATH, jobRequest("succeed"));
  await it.reaches(job.id, "succeeded");
  return (await it.call("GET", `${PATH}/${job.id}`)).json.checkpoint;
}

Deno.test("POST /v1/evaluations is the same job posted with its kind filled in; its result is in the job and the last event", async () => {
  await served(async (it) => {
    const created = await it.call("POST", "/v1/evaluations", request());
    assert.equal(created.status, 202);
    const { id, kind, config, rows, result } = created.json;
    assert.equal(created.headers.get("location"), `${PATH}/${id}`);
    assert.deepEqual([kind, config.kind, config.against, result], ["evaluation", "evaluation", null, null]);
    assert.deepEqual([rows.field, rows.count], ["prompts", 2]);
    const same = await it.call("POST", PATH, { kind: "evaluation", ...request() });
    assert.deepEqual(same.json.config, config);
    await it.reaches(id, "succeeded");

    const { json: job } = await it.call("GET", `${PATH}/${id}`);
    assert.deepEqual([job.result.n, job.result.reward.ci95], [2, [0, 2]]);
    assert.deepEqual([job.checkpoint, job.best_checkpoint, job.stopped], [null, null, null]);
    assert.equal(job.progress.epochs, 1);
    const { json: events } = await it.call("GET", `${PATH}/${id}/events?limit=100`);
    const last = events.data.at(-1);
    assert.deepEqual([last.type, last.data.result], ["training_job.succeeded", job.result]);
    assert.ok(events.data.every(({ type }: { type: string }) => !type.includes("checkpoint")));
    const { json: listed } = await it.call("GET", `${PATH}?kind=evaluation`);
    assert.deepEqual(listed.data.map(({ result }: { result: unknown }) => result !== null).length, 2);

    const dry = await it.call("POST", "/v1/evaluations/dry-run", request());
    assert.deepEqual([dry.status, dry.json.config.kind, dry.json.plan.steps], [200, "evaluation", 2]);
    assertProblem(
      await it.call("POST", "/v1/evaluations", { kind: "ppo", ...request() }),
      422,
      "invalid_request",
    );
    const wrong = await it.call("POST", "/v1/evaluations", request({ prompts: [], epochs: 2 }));
    assertProblem(wrong, 422, "invalid_request");
  });
});

Deno.test("an evaluation resumes from what is nobody's to list, to download or to start from", async () => {
  await served(async (it) => {
    const { json: { id } } = await it.call(
      "POST",
      "/v1/evaluations",
      request({ seed: BEHAVIOURS.hang, checkpoint_every_steps: 1 }),
    );
    await eventually(async () => (await it.call("GET", `${PATH}/${id}`)).json.progress.step === 1);
    await it.call("POST", `${PATH}/${id}/pause`);
    await it.reaches(id, "paused");
    const kept = await it.db.read.select().from(checkpoints).where(eq(checkpoints.job_id, id));
    assert.deepEqual(kept.map(({ files, resumable }) => [files, resumable])[0], [[], 1]);
    assert.deepEqual((await it.call("GET", `${PATH}/${id}/checkpoints`)).json.data, []);
    assertProblem(await it.call("GET", `/v1/checkpoints/${kept[0]!.id}`), 404, "not_found");
    const start = await it.call("POST", PATH, jobRequest("succeed", { checkpoint: kept[0]!.id }));
    assertProblem(start, 422, "unknown_checkpoint");
    assert.equal((await it.call("GET", `${PATH}/${id}`)).json.checkpoint, null);
    await it.call("POST", `${PATH}/${id}/cancel`);
    await it.reaches(id, "cancelled");
  });
});

Deno.test("what is compared is a checkpoint of the same model, or the fault names the field", async () => {
  await served(async (it) => {
    const checkpoint = await trained(it);
    const created = await it.call("POST", "/v1/evaluations", request({ checkpoint }));
    assert.deepEqual([created.status, created.json.config.against], [202, "base"]);
    const pair = await it.call("POST", "/v1/evaluations", request({ checkpoint, against: checkpoint }));
    assert.equal(pair.json.config.against, checkpoint);
    const faults = [
      [{ against: "ckpt_none" }, "unknown_checkpoint", "against"],
      [{ against: "nothing" }, "unknown_checkpoint", "against"],
      [{ checkpoint: "ckpt_none" }, "unknown_checkpoint", "checkpoint"],
      [{ model: "llama", against: checkpoint }, "invalid_request", "against"],
    ] as const;
    for (const [given, code, path] of faults) {
      const refused = await it.call("POST", "/v1/evaluations", request(given));
      assertProblem(refused, 422, code);
      assert.equal(refused.json.errors[0].path, path);
    }
  });
});
