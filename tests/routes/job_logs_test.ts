import assert from "node:assert/strict";
import { JobLogs } from "../../core/jobs/job_log.ts";
import { createLogger } from "../../core/log.ts";
import { assertProblem, jobRequest, served } from "./served.ts";

Deno.test("GET …/logs pages through a job's lines, gives the last of them, and what came since", async () => {
  await served(async (it) => {
    const { id } = (await it.call("POST", "/v1/training-jobs", jobRequest())).json;
    const path = `/v1/training-jobs/${id}/logs`;
    assert.deepEqual((await it.call("GET", path)).json, { data: [], has_more: false, next_cursor: null });
    const logs = new JobLogs(it.db, createLogger("silent"));
    const say = async (...lines: string[]) => {
      const about = logs.observing(createLogger("silent")).with({ job_id: id, attempt: 1 });
      for (const line of lines) about.info("engine", { line });
      await logs.close();
    };
    await say("a", "b", "c");
    const texts = (json: { data: { line: string }[] }) => json.data.map(({ line }) => line);
    const first = (await it.call("GET", `${path}?limit=2`)).json;
    assert.deepEqual([texts(first), first.has_more], [["a", "b"], true]);
    assert.deepEqual(Object.keys(first.data[0]), ["time", "attempt", "line"]);
    const second = (await it.call("GET", `${path}?after=${first.next_cursor}`)).json;
    assert.deepEqual([texts(second), second.has_more], [["c"], false]);
    await say("d");
    assert.deepEqual(texts((await it.call("GET", `${path}?after=${second.next_cursor}`)).json), ["d"]);
    assert.deepEqual(texts((await it.call("GET", `${path}?tail=2`)).json), ["c", "d"]);
    assertProblem(await it.call("GET", `${path}?tail=0`), 422, "invalid_request", "tail");
    assertProblem(await it.call("GET", "/v1/training-jobs/job_none/logs"), 404, "not_found");
  });
});
