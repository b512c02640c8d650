/** `/v1/webhooks` from outside: endpoints, their secrets, tests, logs and redelivery, with a real receiver. */
import assert from "node:assert/strict";
import { WEBHOOK_TYPES } from "../../core/contract/webhook_schema.ts";
import { Webhook } from "standardwebhooks";
import { Receiver } from "../core/webhooks/receiver.ts";
import { eventually } from "../core/jobs/supervised.ts";
import { assertProblem, jobRequest, type Served, served } from "./served.ts";

const PATH = "/v1/webhooks";
const JOBS = "/v1/training-jobs";
const SECRET = `whsec_${btoa("0123456789abcdef0123456789abcdef")}`;

// deno-lint-ignore no-explicit-any
async function added(it: Served, config: Record<string, unknown>): Promise<any> {
  const answer = await it.call("POST", PATH, config);
  assert.equal(answer.status, 201, answer.text);
  return answer.json;
}

async function ended(it: Served, more: Record<string, unknown> = {}): Promise<string> {
  const { id } = (await it.call("POST", JOBS, jobRequest("succeed", more))).json;
  await it.reaches(id, "succeeded");
  return id;
}

/** The log of a destination once nothing in it is pending. */
// deno-lint-ignore no-explicit-any
function settled(it: Served, path: string, count: number): Promise<any[]> {
  return eventually(async () => {
    const { data } = (await it.call("GET", `${path}/deliveries?limit=100`)).json;
    return data.length === count && data.every(({ status }: { status: string }) => status !== "pending") &&
      data;
  });
}

const verified = ({ headers, text }: Receiver["received"][number], secret: string) => {
  try {
    return Boolean(new Webhook(secret).verify(text, Object.fromEntries(headers)));
  } catch {
    return false;
  }
};

Deno.test("An endpoint is made, shown without its secret, changed, listed in pages and deleted", async () => {
  await served(async (it) => {
    const first = await added(it, { url: "https://example.com/a" });
    assert.match(first.id, /^wh_/);
    assert.match(first.secret, /^whsec_/);
    assert.deepEqual([first.event_types, first.status, first.disabled], [["*"], "enabled", null]);
    const second = await it.call("POST", PATH, {
      ...{ url: "https://example.com/b", secret: SECRET, description: "b" },
      event_types: ["training_job.failed", "training_job.failed"],
    });
    assert.equal(second.headers.get("location"), `${PATH}/${second.json.id}`);
    assert.equal(second.json.secret, SECRET);
    assert.deepEqual(second.json.event_types, ["training_job.failed"]);

    const page = (await it.call("GET", `${PATH}?limit=1`)).json;
    assert.deepEqual([page.data[0].id, page.has_more], [second.json.id, true]);
    const rest = await it.call("GET", `${PATH}?after=${page.next_cursor}`);
    assert.deepEqual([rest.json.data[0].id, rest.json.has_more], [first.id, false]);
    const shown = await it.call("GET", `${PATH}/${first.id}`);
    for (const { text } of [shown, rest]) assert.doesNotMatch(text, /secret":|whsec_/);

    const changed = await it.call("PATCH", `${PATH}/${first.id}`, {
      description: "changed",
      status: "disabled",
    });
    assert.deepEqual(
      [changed.status, changed.json.description, changed.json.status, changed.json.disabled.code],
      [200, "changed", "disabled", "by_request"],
    );
    const enabled = (await it.call("PATCH", `${PATH}/${first.id}`, { status: "enabled" })).json;
    assert.deepEqual([enabled.status, enabled.disabled, enabled.url], ["enabled", null, first.url]);

    assert.equal((await it.call("DELETE", `${PATH}/${first.id}`)).status, 204);
    for (const [method, path] of [["GET", ""], ["DELETE", ""], ["GET", "/deliveries"], ["POST", "/test"]]) {
      assertProblem(await it.call(method!, `${PATH}/${first.id}${path}`), 404, "not_found");
    }
    // The cursor of an endpoint that is gone still has its place.
    assert.equal((await it.call("GET", `${PATH}?after=${first.id}`)).json.data.length, 0);
  });
});

const REFUSED: [string, Record<string, unknown>, string][] = [
  ["no URL", {}, "url"],
  ["a URL that is none", { url: "nope" }, "url"],
  ["a private address", { url: "https://10.0.0.1/" }, "url"],
  ["plain http", { url: "http://1.1.1.1/" }, "url"],
  ["a user's name in the URL", { url: "https://me:pw@example.com/" }, "url"],
  ["an unknown type", { url: "https://a.example", event_types: ["training_job.exploded"] }, "event_types.0"],
  ["a type that webhooks do not carry", {
    url: "https://a.example",
    event_types: ["training_job.queued"],
  }, "event_types.0"],
  ["no type", { url: "https://a.example", event_types: [] }, "event_types"],
  ["a short secret", { url: "https://a.example", secret: "whsec_aaaa" }, "secret"],
  ["an unknown key", { url: "https://a.example", colour: "red" }, "colour"],
];

Deno.test("An endpoint's faults are named by their fields", async () => {
  await served(async (it) => {
    for (const [name, body, path] of REFUSED) {
      const answer = await it.call("POST", PATH, body);
      assert.equal(answer.status, 422, name);
      assertProblem(answer, 422, "invalid_request", path);
    }
    const { id } = await added(it, { url: "https://example.com" });
    assertProblem(
      await it.call("PATCH", `${PATH}/${id}`, { url: "http://10.0.0.1" }),
      422,
      "invalid_request",
      "url",
    );
    assertProblem(
      await it.call("PATCH", `${PATH}/${id}`, { status: "off" }),
      422,
      "invalid_request",
      "status",
    );
    const rotate = `${PATH}/${id}/rotate-secret`;
    assertProblem(
      await it.call("POST", rotate, { overlap_seconds: -1 }),
      422,
      "invalid_request",
      "overlap_seconds",
    );
    assertProblem(
      await it.call("POST", rotate, "x", { "content-type": "text/plain" }),
      415,
      "unsupported_media_type",
    );
    assertProblem(
      await it.call("GET", `${PATH}/${id}/deliveries?status=lost`),
      422,
      "invalid_request",
      "status",
    );
    assertProblem(await it.call("GET", `${PATH}/${id}/deliveries/whd_1`), 404, "not_found");
  });
});

Deno.test("There may be 100 endpoints", async () => {
  await served(async (it) => {
    for (let i = 0; i < 100; i++) await added(it, { url: `https://example.com/${i}` });
    assertProblem(await it.call("POST", PATH, { url: "https://example.com/" }), 409, "wrong_state");
  });
});

Deno.test("Endpoints hear of all jobs in order, each of the types that it chose, beside a job's own webhook", async () => {
  const [all, some, own] = [new Receiver(), new Receiver(), new Receiver()];
  await served(async (it) => {
    it.deliverer.start();
    const everything = await added(it, { url: all.url });
    const ends = await added(it, { url: some.url, event_types: ["training_job.succeeded"] });
    const id = await ended(it, { webhook: { url: own.url } });
    const other = await ended(it);
    const log = await settled(it, `${PATH}/${everything.id}`, 14);
    await settled(it, `${PATH}/${ends.id}`, 2);
    await settled(it, `${JOBS}/${id}`, 7);
    assert.deepEqual(all.types().slice(0, 7), own.types());
    assert.deepEqual(all.received.map(({ body }) => body.data.job.id), [
      ...Array(7).fill(id),
      ...Array(7).fill(other),
    ]);
    assert.deepEqual(some.types(), ["succeeded", "succeeded"]);
    const ids = (receiver: Receiver) => receiver.received.map(({ headers }) => headers.get("webhook-id"));
    assert.deepEqual(ids(all).slice(0, 7), ids(own));
    assert.deepEqual(log.map(({ event_id }) => event_id), ids(all).toReversed());
    for (const one of all.received) assert.ok(verified(one, everything.secret));
    for (const one of some.received) assert.ok(verified(one, ends.secret));
    const [last] = log;
    assert.deepEqual(
      [
        last.status,
        last.attempts,
        last.response_status,
        last.type,
        last.job_id,
        last.error,
        last.next_attempt_at,
      ],
      ["delivered", 1, 200, "training_job.succeeded", other, null, null],
    );
    assert.ok(last.latency_ms >= 0);
    const page = (await it.call("GET", `${PATH}/${everything.id}/deliveries?limit=10`)).json;
    const rest =
      (await it.call("GET", `${PATH}/${everything.id}/deliveries?limit=10&after=${page.next_cursor}`)).json;
    assert.deepEqual([...page.data, ...rest.data].map((row) => row.id), log.map((row) => row.id));
    assert.equal(rest.has_more, false);
    const shown = (await it.call("GET", `${PATH}/${everything.id}/deliveries/${last.id}`)).json;
    assert.equal(shown.body, all.received.at(-1)!.text);
    // Of another's log it is no part.
    assertProblem(await it.call("GET", `${PATH}/${ends.id}/deliveries/${last.id}`), 404, "not_found");
    assertProblem(await it.call("GET", `${JOBS}/job_none/deliveries`), 404, "not_found");
  });
  await Promise.all([all, some, own].map((receiver) => receiver.close()));
});

Deno.test("After a rotation old and new secret sign, until the old one's time is over", async () => {
  const receiver = new Receiver();
  await served(async (it) => {
    const { id, secret: first } = await added(it, { url: receiver.url });
    const sent = async () => {
      const answer = await it.call("POST", `${PATH}/${id}/test`);
      assert.deepEqual([answer.status, answer.json.status, answer.json.type], [
        200,
        "delivered",
        "webhook.test",
      ]);
      return receiver.received.at(-1)!;
    };
    assert.ok(verified(await sent(), first));
    // Without a body a secret is made, and the one before has a day.
    const rotated = await it.call("POST", `${PATH}/${id}/rotate-secret`);
    assert.equal(rotated.status, 200, rotated.text);
    const second = rotated.json.secret;
    assert.notEqual(second, first);
    const until = Date.parse(rotated.json.previous_secrets_expire_at) - Date.now();
    assert.ok(until > 86_000_000 && until <= 86_400_000, `${until}`);
    const both = await sent();
    assert.equal(both.headers.get("webhook-signature")!.split(" ").length, 2);
    assert.deepEqual([first, second].map((secret) => verified(both, secret)), [true, true]);

    const third = await it.call("POST", `${PATH}/${id}/rotate-secret`, {
      secret: SECRET,
      overlap_seconds: 0,
    });
    assert.deepEqual([third.json.secret, third.json.previous_secrets_expire_at], [SECRET, null]);
    const one = await sent();
    assert.deepEqual([first, second, SECRET].map((secret) => verified(one, secret)), [false, false, true]);

    assertProblem(
      await it.call("POST", `${PATH}/${id}/rotate-secret`, { secret: SECRET }),
      ...[422, "invalid_request", "secret"] as const,
    );
    for (let i = 0; i < 5; i++) {
      assert.equal((await it.call("POST", `${PATH}/${id}/rotate-secret`)).status, 200);
    }
    assertProblem(await it.call("POST", `${PATH}/${id}/rotate-secret`), 409, "wrong_state");
    assert.equal((await sent()).headers.get("webhook-signature")!.split(" ").length, 6);
  });
  await receiver.close();
});

Deno.test("A test says what the receiver answered, and goes to a disabled endpoint too", async () => {
  const receiver = new Receiver(() => new Response("no such hook".padEnd(3000, "!"), { status: 404 }));
  await served(async (it) => {
    const { id } = await added(it, { url: receiver.url });
    await it.call("PATCH", `${PATH}/${id}`, { status: "disabled" });
    const { json } = await it.call("POST", `${PATH}/${id}/test`);
    assert.deepEqual([json.status, json.response_status, json.attempts], ["failed", 404, 1]);
    assert.equal(json.error, "The receiver answered 404");
    assert.equal(json.response_excerpt.length, 1000);
    assert.match(json.response_excerpt, /^no such hook!/);
    assert.equal(receiver.received[0]!.body.data.webhook.id, id);
    const log = (await it.call("GET", `${PATH}/${id}/deliveries`)).json.data;
    assert.deepEqual(log.map((row: { id: string }) => row.id), [json.id]);
  });
  await receiver.close();
});

Deno.test("An endpoint has one test at a time", async () => {
  const release = Promise.withResolvers<void>();
  const receiver = new Receiver(() => release.promise.then(() => new Response()));
  await served(async (it) => {
    const { id } = await added(it, { url: receiver.url });
    const first = it.call("POST", `${PATH}/${id}/test`);
    await eventually(() => receiver.received.length === 1);
    assertProblem(await it.call("POST", `${PATH}/${id}/test`), 429, "too_many_requests");
    release.resolve();
    assert.equal((await first).json.status, "delivered");
  });
  await receiver.close();
});

Deno.test("A delivery is sent again by hand, as a new one with its event's id; for a job's own webhook too", async () => {
  let accepts = false;
  const receiver = new Receiver(() => new Response(null, { status: accepts ? 200 : 400 }));
  await served(async (it) => {
    it.deliverer.start();
    const { id } = await added(it, { url: receiver.url, event_types: ["training_job.succeeded"] });
    const job = await ended(it, { webhook: { url: receiver.url } });
    const logs = [[`${PATH}/${id}`, 1], [`${JOBS}/${job}`, 7]] as const;
    for (const [path, count] of logs) await settled(it, path, count);
    accepts = true;
    for (const [path, count] of logs) {
      const [failed] = await settled(it, path, count);
      assert.deepEqual([failed.status, failed.attempts, failed.response_status], ["failed", 3, 400]);
      const again = await it.call("POST", `${path}/deliveries/${failed.id}/redeliver`);
      assert.equal(again.status, 202, again.text);
      assert.deepEqual([again.json.redelivery_of, again.json.event_id], [failed.id, failed.event_id]);
      const [last] = await settled(it, path, count + 1);
      assert.deepEqual([last.id, last.status, last.attempts], [again.json.id, "delivered", 1]);
      assert.equal(receiver.received.at(-1)!.headers.get("webhook-id"), failed.event_id);
    }
  });
  await receiver.close();
});

Deno.test("The OpenAPI document says what receivers get", async () => {
  await served(async (it) => {
    const { webhooks, components } = (await it.call("GET", "/openapi.json")).json;
    for (const type of [...WEBHOOK_TYPES, "webhook.test"]) assert.ok(webhooks[type], type);
    // deno-lint-ignore no-explicit-any
    for (const [type, { post }] of Object.entries<any>(webhooks)) {
      const { $ref } = post.requestBody.content["application/json"].schema;
      const schema = components.schemas[$ref.split("/").at(-1)];
      const keys = type.startsWith("fine_tuning.")
        ? ["id", "object", "created_at", "type", "data"]
        : ["type", "timestamp", "data"];
      assert.deepEqual(schema.required, keys);
      assert.deepEqual(schema.properties.type.enum, [type]);
      const names = post.parameters.map(({ name }: { name: string }) => name);
      assert.deepEqual(names, ["webhook-id", "webhook-timestamp", "webhook-signature"]);
    }
  });
});

Deno.test("The same Idempotency-Key and request make one endpoint, with the same secret", async () => {
  await served(async (it) => {
    const key = { "idempotency-key": "k1" };
    const [first, second] = [
      await it.call("POST", PATH, { url: "https://example.com/a" }, key),
      // Defaults are filled in: it means the same.
      await it.call("POST", PATH, { url: "https://example.com/a", event_types: ["*"] }, key),
    ];
    assert.deepEqual([first.status, second.status], [201, 201]);
    assert.deepEqual(second.json, first.json);
    assertProblem(
      await it.call("POST", PATH, { url: "https://example.com/b" }, key),
      409,
      "idempotency_conflict",
    );
    await it.call("POST", PATH, { url: "https://example.com/a" }, { "idempotency-key": "k2" });
    assert.equal((await it.call("GET", PATH)).json.data.length, 2);
  });
});
