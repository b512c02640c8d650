/** Traces of a real server and its engines, as a collector gets them. */
import assert from "node:assert/strict";
import { startServer } from "../../tasks/start_server.ts";
import { eventually } from "./jobs/supervised.ts";

interface OtlpSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[];
  status: { code?: number };
}

/** A collector that speaks OTLP over HTTP as JSON, on loopback. */
function collector() {
  const spans: OtlpSpan[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const body = await request.json();
    if (new URL(request.url).pathname === "/v1/traces") {
      for (const { scopeSpans } of body.resourceSpans) {
        for (const scope of scopeSpans) spans.push(...scope.spans);
      }
    }
    return Response.json({});
  });
  return { spans, url: `http://127.0.0.1:${server.addr.port}`, stop: () => server.shutdown() };
}

const attribute = ({ attributes }: OtlpSpan, name: string) =>
  Object.values(attributes.find(({ key }) => key === name)?.value ?? {})[0];

const REQUEST = {
  ...{ kind: "ppo", model: "tiny", prompts: ["Once upon a time", "The sun"], epochs: 2 },
  ppo: { batch_size: 2, max_new_tokens: 4 },
  reward: { type: "length", target: 5 },
};

/** Asks as a client that traces does: by a socket, as this process's own fetch may add a header of its own. */
async function post(url: string, body: unknown, headers: Record<string, string>) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return { json: await response.json(), status: response.status, id: response.headers.get("x-request-id") };
}

Deno.test("a request, the job it creates and that job's steps are one trace, which goes on from the client's", async () => {
  const { spans, url, stop } = collector();
  const server = await startServer({
    ...{ OTEL_DENO: "true", OTEL_EXPORTER_OTLP_PROTOCOL: "http/json", OTEL_EXPORTER_OTLP_ENDPOINT: url },
    ...{ OTEL_BSP_SCHEDULE_DELAY: "100", OTEL_DENO_CONSOLE: "ignore" },
  });
  try {
    const traceId = "0123456789abcdef0123456789abcdef";
    const traceparent = `00-${traceId}-0123456789abcdef-01`;
    const { json: job, status, id } = await post(`${server.url}/v1/training-jobs`, REQUEST, { traceparent });
    assert.equal(status, 202, JSON.stringify(job));
    await eventually(async () => {
      const response = await fetch(`${server.url}/v1/training-jobs/${job.id}`);
      return (await response.json()).status === "succeeded";
    });
    // Each process tells of its own, in its own time.
    const awaited = [
      "POST /v1/training-jobs",
      "engine check",
      "check",
      "training_job",
      "train",
      "step",
      "step",
    ];
    const ofTrace = await eventually(() => {
      const found = spans.filter((span) => span.traceId === traceId);
      const count = (name: string) => found.filter((span) => span.name === name).length;
      return awaited.every((name) => count(name) >= awaited.filter((one) => one === name).length) && found;
    });
    const named = (name: string) => ofTrace.filter((span) => span.name === name);
    const [request] = named("POST /v1/training-jobs");
    assert.ok(request, ofTrace.map(({ name }) => name).join(", "));
    assert.equal(request.parentSpanId, "0123456789abcdef");
    assert.equal(attribute(request, "http.route"), "/v1/training-jobs");
    assert.equal(attribute(request, "proximal.request_id"), id);
    assert.equal(named("engine check")[0]!.parentSpanId, request.spanId);
    assert.equal(named("check")[0]!.parentSpanId, named("engine check")[0]!.spanId);
    const [attempt] = named("training_job");
    assert.equal(attempt!.parentSpanId, request.spanId);
    assert.equal(attribute(attempt!, "proximal.job_id"), job.id);
    // In the engine's process.
    const [train] = named("train");
    assert.equal(train!.parentSpanId, attempt!.spanId);
    const steps = named("step");
    assert.deepEqual(steps.map((step) => Number(attribute(step, "proximal.step"))).sort(), [1, 2]);
    for (const step of steps) {
      assert.equal(step.parentSpanId, train!.spanId);
      assert.ok(BigInt(step.startTimeUnixNano) <= BigInt(step.endTimeUnixNano));
    }
  } finally {
    await server.stop();
    await stop();
  }
});

Deno.test("what a request did wrong is its spans' status, and no text of it is in them", async () => {
  const { spans, url, stop } = collector();
  const server = await startServer({
    ...{ OTEL_DENO: "true", OTEL_EXPORTER_OTLP_PROTOCOL: "http/json", OTEL_EXPORTER_OTLP_ENDPOINT: url },
    ...{ OTEL_BSP_SCHEDULE_DELAY: "100", OTEL_DENO_CONSOLE: "ignore" },
  });
  try {
    const prompts = ["x ".repeat(20_000)];
    const { json } = await post(`${server.url}/v1/training-jobs`, { ...REQUEST, prompts }, {});
    assert.equal(json.code, "prompt_too_long");
    const check = await eventually(() => spans.find(({ name }) => name === "engine check") ?? null);
    assert.equal(check.status.code, 2);
    const request = await eventually(() =>
      spans.find(({ name }) => name === "POST /v1/training-jobs") ?? null
    );
    assert.equal(check.traceId, request.traceId);
    // No text of the request, no path of the machine.
    assert.doesNotMatch(JSON.stringify(spans), /x x x|\/(work|tmp|root)\//);
  } finally {
    await server.stop();
    await stop();
  }
});
