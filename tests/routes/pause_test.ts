/** Pausing, resuming and deleting jobs over HTTP. */
import assert from "node:assert/strict";
import { count, eq } from "drizzle-orm";
import { checkpoints, events, jobs, metrics, webhookDeliveries } from "../../core/db/schema.ts";
import { eventually } from "../core/jobs/supervised.ts";
import { assertProblem, jobRequest, type Served, served } from "./served.ts";

const PATH = "/v1/training-jobs";

const start = async (it: Served, ...of: Parameters<typeof jobRequest>) =>
  (await it.call("POST", PATH, jobRequest(...of))).json.id as string;

const status = async (it: Served, id: string) =>
  (await it.call("GET", `${PATH}/${id}`)).json.status as string;

Deno.test("POST …/pause ends a running job at a checkpoint, and …/resume continues it", async () => {
  await served(async (it) => {
    const id = await start(it, "hang_once");
    await eventually(async () => (await it.call("GET", `${PATH}/${id}`)).json.progress.step === 3);
    const pausing = await it.call("POST", `${PATH}/${id}/pause`);
    assert.deepEqual([pausing.status, pausing.json.status], [202, "pausing"]);
    await it.reaches(id, "paused");
    const again = await it.call("POST", `${PATH}/${id}/pause`);
    assertProblem(again, 409, "wrong_state");
    assert.match(again.json.detail, /its status is paused: expected one of queued, running, pausing/);
    const { json: paused } = await it.call("GET", `${PATH}/${id}`);
    assert.equal(paused.status_reason, null);
    const { json: checkpoint } = await it.call("GET", `/v1/checkpoints/${paused.checkpoint}`);
    assert.equal(checkpoint.step, paused.progress.step);
    await eventually(() => it.supervisor.running.size === 0);

    const resumed = await it.call("POST", `${PATH}/${id}/resume`);
    assert.deepEqual([resumed.status, resumed.json.status], [202, "queued"]);
    await it.reaches(id, "running", "succeeded");
    assertProblem(await it.call("POST", `${PATH}/${id}/resume`), 409, "wrong_state");
    await it.reaches(id, "succeeded");
    const { json: list } = await it.call("GET", `${PATH}/${id}/events?limit=1000`);
    const types = list.data.map(({ type }: { type: string }) => type.replace("training_job.", ""));
    assert.deepEqual(
      types.filter((type: string) => !/step|epoch|checkpoint|warning/.test(type)),
      ["queued", "started", "pausing", "paused", "resumed", "attempt.started", "succeeded"],
    );
    for (const call of ["pause", "resume"]) {
      assertProblem(await it.call("POST", `${PATH}/${id}/${call}`), 409, "wrong_state");
      assertProblem(await it.call("POST", `${PATH}/job_none/${call}`), 404, "not_found");
    }
  });
});

Deno.test("a queued job is paused at once and holds up no other; a paused one can be cancelled", async () => {
  await served(async (it) => {
    const first = await start(it, "hang");
    await eventually(async () => await status(it, first) === "running");
    const second = await start(it, "succeed");
    const third = await start(it, "succeed");
    assert.equal((await it.call("POST", `${PATH}/${second}/pause`)).json.status, "paused");
    await it.call("POST", `${PATH}/${first}/cancel`);
    await it.reaches(third, "succeeded");
    assert.equal(await status(it, second), "paused");
    assert.equal((await it.call("POST", `${PATH}/${second}/cancel`)).json.status, "cancelled");
  });
});

Deno.test("a job that is cancelled while it pauses ends as cancelled", async () => {
  await served(async (it) => {
    const id = await start(it, "deaf");
    // It trains by then: one that has not begun is paused at once.
    await eventually(async () => (await it.call("GET", `${PATH}/${id}`)).json.progress.step === 1);
    await it.call("POST", `${PATH}/${id}/pause`);
    const { json } = await it.call("POST", `${PATH}/${id}/cancel`);
    assert.equal(json.status, "cancelling");
    it.supervisor.running.forEach((pid) => pid && Deno.kill(pid, "SIGKILL"));
    await it.reaches(id, "cancelled");
  });
});

Deno.test("DELETE removes a job that is over with all of it, and no other", async () => {
  await served(async (it) => {
    const webhook = { url: "http://127.0.0.1:9/never" };
    const id = await start(it, "succeed", { webhook });
    const kept = await start(it, "succeed", { webhook });
    const { checkpoint } = await it.reaches(id, "succeeded");
    await it.reaches(kept, "succeeded");
    const user = await start(it, "hang", { checkpoint });
    const refused = await it.call("DELETE", `${PATH}/${id}`);
    assertProblem(refused, 409, "wrong_state");
    assert.match(refused.json.detail, new RegExp(`'${user}', which is not over, needs its checkpoint`));
    assertProblem(await it.call("DELETE", `${PATH}/${user}`), 409, "wrong_state");
    await it.call("POST", `${PATH}/${user}/cancel`);
    await it.reaches(user, "cancelled");

    assert.equal((await it.call("DELETE", `${PATH}/${id}`)).status, 204);
    for (
      const path of ["", "/events", "/metrics", "/checkpoints"].map((part) => `${PATH}/${id}${part}`)
        .concat(
          `/v1/checkpoints/${checkpoint}`,
          `/v1/checkpoints/${checkpoint}/files/adapter_model.safetensors`,
        )
    ) {
      assertProblem(await it.call("GET", path), 404, "not_found");
    }
    assertProblem(await it.call("DELETE", `${PATH}/${id}`), 404, "not_found");
    await assert.rejects(Deno.stat(`${it.folder}/jobs/${id}`), Deno.errors.NotFound);
    for (
      const [table, column] of [
        [events, events.job_id],
        [metrics, metrics.job_id],
        [checkpoints, checkpoints.job_id],
        [webhookDeliveries, webhookDeliveries.job_id],
        [jobs, jobs.id],
      ] as const
    ) {
      const rows = async (of: string) =>
        (await it.db.read.select({ n: count() }).from(table).where(eq(column, of)))[0]!.n;
      assert.equal(await rows(id), 0);
      assert.ok(await rows(kept) > 0);
    }
    const { json: { data } } = await it.call("GET", PATH);
    assert.deepEqual(data.map((job: { id: string }) => job.id), [user, kept]);
    // A job that comes after is the newest, whatever number its row gets.
    await it.call("DELETE", `${PATH}/${user}`);
    const next = await start(it, "succeed");
    const { json: list } = await it.call("GET", PATH);
    assert.deepEqual(list.data.map((job: { id: string }) => job.id), [next, kept]);
  });
});

Deno.test("a stream of events ends when its job is deleted, and one that breaks off is told when to come back", async () => {
  await served(async (it) => {
    const id = await start(it, "hang");
    const response = await it.app.request(`${PATH}/${id}/events`, {
      headers: { accept: "text/event-stream" },
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    assert.match((await reader.read()).value!, /^retry: \d+\n\n/);
    // Whatever ends it: here nobody has read the end before the job is gone.
    await it.call("POST", `${PATH}/${id}/cancel`);
    await it.reaches(id, "cancelled");
    await it.call("DELETE", `${PATH}/${id}`);
    while (!(await reader.read()).done);
  });
});

Deno.test("a stream that breaks off goes on after its last event, whatever became of the job: no gap and no repeat", async () => {
  await served(async (it) => {
    const id = await start(it, "hang_once");
    const seen: string[] = [];
    /** Reads events after the last one that was seen, until one of this type. */
    const follow = async (until: string) => {
      const response = await it.app.request(`${PATH}/${id}/events`, {
        headers: { accept: "text/event-stream", ...(seen.length > 0 && { "last-event-id": seen.at(-1)! }) },
      });
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (let whole = true; whole;) {
        const { done, value } = await reader.read();
        text += value ?? "";
        const blocks = text.split("\n\n");
        text = blocks.pop()!;
        for (const block of blocks) {
          const [, type, event] = /^event: training_job\.(.*)\ndata: .*\nid: (.*)$/.exec(block) ?? [];
          if (event) seen.push(event);
          if (type === until) whole = false;
        }
        if (done) break;
      }
      await reader.cancel();
    };
    await follow("warning");
    await eventually(async () => (await it.call("GET", `${PATH}/${id}`)).json.progress.step === 3);
    await it.call("POST", `${PATH}/${id}/pause`);
    await follow("paused");
    await it.call("POST", `${PATH}/${id}/resume`);
    await follow("epoch.completed");
    await it.reaches(id, "succeeded");
    await follow("succeeded");
    const { json: { data } } = await it.call("GET", `${PATH}/${id}/events?limit=1000`);
    assert.deepEqual(seen, data.map((event: { id: string }) => event.id));
  });
});
