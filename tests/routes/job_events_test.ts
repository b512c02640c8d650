import assert from "node:assert/strict";
import { createApp } from "../../routes/app.ts";
import { eventually } from "../core/jobs/supervised.ts";
import { assertProblem, jobRequest, type Served, served } from "./served.ts";

const PATH = "/v1/training-jobs";
const STREAM = { accept: "text/event-stream" };

interface Sent {
  id: string;
  event: string;
  // deno-lint-ignore no-explicit-any
  data: any;
}

/** The events in a stream's text; comments are left out. */
function parse(text: string): Sent[] {
  return text.split("\n\n").filter((block) =>
    block.startsWith("event:") || block.startsWith("id:") || block.startsWith("data:")
  )
    .map((block) => {
      const fields = Object.fromEntries(
        block.split("\n").map((line) => [line.split(":")[0], line.slice(line.indexOf(":") + 2)]),
      );
      return { id: fields.id!, event: fields.event!, data: JSON.parse(fields.data!) };
    });
}

const start = async (it: Served, behaviour: Parameters<typeof jobRequest>[0]) =>
  (await it.call("POST", PATH, jobRequest(behaviour))).json.id as string;

Deno.test("GET …/events lists those of one type, and the newest first", async () => {
  await served(async (it) => {
    const id = await start(it, "succeed");
    await it.reaches(id, "succeeded");
    const events = async (query: string) => (await it.call("GET", `${PATH}/${id}/events?${query}`)).json;
    const ids = ({ data }: { data: { id: string }[] }) => data.map(({ id }) => id);
    const all = ids(await events(""));
    assert.deepEqual(ids(await events("order=desc")), all.toReversed());
    const first = await events("order=desc&limit=5");
    assert.ok(first.has_more);
    const rest = await events(`order=desc&after=${first.next_cursor}`);
    assert.deepEqual([...ids(first), ...ids(rest)], all.toReversed());
    assert.ok(!rest.has_more);
    const steps = await events("type=training_job.step.completed&limit=1000");
    assert.ok(steps.data.length > 1 && steps.data.length < all.length);
    assert.ok(steps.data.every(({ type }: { type: string }) => type === "training_job.step.completed"));
    assertProblem(await it.call("GET", `${PATH}/${id}/events?type=none`), 422, "invalid_request", "type");
  });
});

Deno.test("GET …/events lists events in order, in pages", async () => {
  await served(async (it) => {
    const id = await start(it, "succeed");
    await it.reaches(id, "succeeded");
    const all = (await it.call("GET", `${PATH}/${id}/events`)).json;
    assert.equal(all.data.length, 12);
    assert.equal(all.data[0].type, "training_job.queued");
    assert.equal(all.data.at(-1).type, "training_job.succeeded");
    const step = all.data.find(({ type }: { type: string }) => type === "training_job.step.completed");
    assert.equal(step.data.samples[0].completion, "ccccc");
    const first = (await it.call("GET", `${PATH}/${id}/events?limit=7`)).json;
    const rest = (await it.call("GET", `${PATH}/${id}/events?limit=7&after=${first.next_cursor}`)).json;
    assert.deepEqual([...first.data, ...rest.data], all.data);
    const other = await start(it, "succeed");
    assertProblem(
      await it.call("GET", `${PATH}/${other}/events?after=${first.next_cursor}`),
      ...[422, "invalid_request", "after"] as const,
    );
  });
});

Deno.test("GET …/events streams a job's events until it has ended", async () => {
  await served(async (it) => {
    const id = await start(it, "slow");
    const { text, headers, status } = await it.call("GET", `${PATH}/${id}/events`, undefined, STREAM);
    assert.equal(status, 200);
    assert.match(headers.get("content-type")!, /^text\/event-stream/);
    const sent = parse(text);
    const listed = (await it.call("GET", `${PATH}/${id}/events`)).json.data;
    assert.deepEqual(sent.map(({ data }) => data), listed);
    assert.deepEqual(sent.map(({ id }) => id), listed.map(({ id }: { id: string }) => id));
    assert.equal(sent.at(-1)!.event, "training_job.succeeded");

    const resume = (lastId: string) =>
      it.call("GET", `${PATH}/${id}/events`, undefined, { ...STREAM, "last-event-id": lastId });
    assert.deepEqual(parse((await resume(sent[4]!.id)).text), sent.slice(5));
    assert.equal((await resume(sent.at(-1)!.id)).status, 204);
    assertProblem(await resume("evt_unknown"), 422, "invalid_request", "last-event-id");
  });
});

Deno.test("An event stream has heartbeats, a bound, and frees its place when the reader goes", async () => {
  await served(async (it) => {
    const id = await start(it, "hang");
    await it.reaches(id, "running");
    const closing = new AbortController();
    const app = createApp({
      ...{
        db: it.db,
        supervisor: it.supervisor,
        feed: it.feed,
        deliverer: it.deliverer,
        dataDir: it.folder,
        modelRoots: [],
        keys: it.keys,
      },
      ...{
        serving: undefined as never,
        device: "cpu",
        guard: undefined as never,
        answering: undefined as never,
        datasets: undefined as never,
        files: undefined as never,
        graders: null as never,
        fineTuning: undefined as never,
        modules: undefined as never,
        launcher: undefined as never,
        registry: undefined as never,
        logger: { info() {}, with: () => ({ info() {} }) } as never,
      },
      ...{ closing: closing.signal, max_event_streams: 1, heartbeat_ms: 20 },
    });
    const open = () => app.request(`${PATH}/${id}/events`, { headers: STREAM });
    const first = await open();
    const reader = first.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while ((text.match(/: waiting/g) ?? []).length < 3) text += (await reader.read()).value;
    const refused = await open();
    assert.equal(refused.status, 429);
    assert.ok(refused.headers.get("retry-after"));
    await refused.body?.cancel();
    await reader.cancel();
    const second = await eventually(async () => {
      const answer = await open();
      if (answer.status === 200) return answer;
      await answer.body?.cancel();
      return null;
    });
    const head = await app.request(`${PATH}/${id}/events`, { method: "HEAD", headers: STREAM });
    assert.equal(head.status, 429);
    closing.abort();
    assert.ok((await second.text()).length > 0, "and it ends when the server stops");
    await it.supervisor.cancel(id);
    await it.reaches(id, "cancelled");
  });
});
