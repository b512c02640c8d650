import assert from "node:assert/strict";
import { eventually } from "../core/jobs/supervised.ts";
import { assertProblem, jobRequest, served } from "./served.ts";

/** A sample's value, or 0 where there is none: counters begin when something happens. */
function sample(text: string, name: string): number {
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  return line ? Number(line.slice(name.length + 1)) : 0;
}

Deno.test("GET /metrics counts requests by route pattern, jobs by status and writes, as Prometheus reads it", async () => {
  await served(async (it) => {
    const before = (await it.call("GET", "/metrics")).text;
    const { id } = (await it.call("POST", "/v1/training-jobs", jobRequest())).json;
    await it.reaches(id, "succeeded");
    // Its end is counted once it is written.
    await eventually(() => it.supervisor.running.size === 0);
    for (let i = 0; i < 3; i++) await it.call("GET", `/v1/training-jobs/${id}`);
    for (const odd of ["/nowhere/at/all", "/v1/training-jobs/job_none", `/x${"y".repeat(300)}`]) {
      await it.call("GET", odd);
    }
    await it.call("BREW", "/healthz");
    const answer = await it.call("GET", "/metrics");
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("content-type")!, /^text\/plain; version=0\.0\.4/);
    const { text } = answer;
    const grown = (name: string) => sample(text, name) - sample(before, name);
    const route = 'route="/v1/training-jobs/:id"';
    assert.equal(grown(`proximal_http_requests_total{method="GET",${route},status="200"}`), 3);
    assert.equal(grown(`proximal_http_requests_total{method="GET",${route},status="404"}`), 1);
    assert.equal(grown('proximal_http_requests_total{method="GET",route="none",status="404"}'), 2);
    assert.equal(grown('proximal_http_requests_total{method="other",route="none",status="405"}'), 1);
    assert.equal(grown(`proximal_http_request_duration_seconds_count{method="GET",${route}}`), 4);
    assert.equal(grown(`proximal_http_request_duration_seconds_bucket{le="+Inf",method="GET",${route}}`), 4);
    assert.ok(grown('proximal_database_write_seconds_count{outcome="written"}') >= 5);
    assert.ok(grown("proximal_engine_starts_total") >= 2);
    assert.equal(grown("proximal_job_attempts_total"), 1);
    assert.equal(grown("proximal_job_queue_wait_seconds_count"), 1);
    assert.equal(grown('proximal_job_ends_total{status="succeeded"}'), 1);
    assert.equal(grown('proximal_step_seconds_count{kind="ppo"}'), 4);
    assert.equal(grown('proximal_trained_tokens_total{kind="ppo"}'), 4 * 100);
    assert.equal(sample(text, 'proximal_jobs{status="succeeded"}'), 1);
    assert.equal(sample(text, 'proximal_jobs{status="failed"}'), 0);
    assert.ok(sample(text, "proximal_disk_free_bytes") > 0);
    assert.ok(sample(text, "process_resident_memory_bytes") > 1e6);
    // Nothing that somebody sent, no id, no path of the machine.
    assert.doesNotMatch(text, /job_0|nowhere|xyyy|BREW|\/(work|tmp|home|root)\//);
    // What is not a comment is a sample; each measure is said once.
    for (const line of text.split("\n").filter((one) => one !== "" && !one.startsWith("#"))) {
      assert.match(line, /^[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? \d\S*$/);
    }
    const types = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    assert.equal(new Set(types).size, types.length);
  });
});

Deno.test("/metrics wants a key where other calls do, unless it is said to be public", async () => {
  const headers = { authorization: "Bearer right" };
  await served(async (it) => {
    assertProblem(await it.call("GET", "/metrics"), 401, "unauthorized");
    assert.equal((await it.call("GET", "/metrics", undefined, headers)).status, 200);
  }, { apiKeys: ["right"] });
  await served(async (it) => {
    assert.equal((await it.call("GET", "/metrics")).status, 200);
    assertProblem(await it.call("GET", "/v1/training-jobs"), 401, "unauthorized");
  }, { apiKeys: ["right"], metricsPublic: true });
});
