/** Questions that a service answers: a real one on loopback, right and wrong in every way. */
import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { rewardSchema } from "../../../core/contract/reward_schema.ts";
import type { RewardOf } from "../../../core/contract/reward_schema.ts";
import { OutboundGuard } from "../../../core/outbound/outbound_guard.ts";
import { newWebhookSecret } from "../../../core/outbound/signature.ts";
import { askService } from "../../../core/questions/http_question.ts";
import { Receiver, receiving } from "../webhooks/receiver.ts";

const ITEMS = [
  { prompt: "p", completion: "a", prompt_idx: 4 },
  { prompt: "q", completion: "b", prompt_idx: 7, answer: "x", metadata: { team: "y" } },
];
const QUESTION = { at: "terms.0.reward", items: ITEMS };
const guard = new OutboundGuard(["127.0.0.1"]);
const never = new AbortController().signal;
const NEVER_LATE_MS = 120_000;

function http(url: string, more: Record<string, unknown> = {}): RewardOf<"http"> {
  const reward = rewardSchema.parse({ type: "http", url, timeout_ms: NEVER_LATE_MS, ...more });
  return reward as RewardOf<"http">;
}

const ask = (reward: RewardOf<"http">, signal = never, question = QUESTION, asker = "job_1") =>
  askService(reward, question, signal, { guard, asker, first_pause_ms: 1 });

const scores = (...given: unknown[]) => Response.json({ scores: given });

Deno.test("a service is sent prompts and completions, signed, and its scores come back in order", () =>
  receiving(() => scores(1, -2.5), async ({ url, received }) => {
    const secret = newWebhookSecret();
    const answer = await ask(http(url, { secret, headers: { authorization: "Bearer abc", "X-Team": "z" } }));
    assert.deepEqual(answer, { type: "scored", scores: [1, -2.5], terms: {}, faults: [] });
    const [{ headers, text, body }] = received as [typeof received[0]];
    assert.deepEqual(body.items, ITEMS);
    assert.equal(headers.get("authorization"), "Bearer abc");
    assert.equal(headers.get("x-team"), "z");
    assert.equal(headers.get("content-type"), "application/json");
    assert.equal(headers.get("webhook-id"), body.id);
    new Webhook(secret).verify(text, Object.fromEntries(headers));
  }));

Deno.test("without a secret nothing is signed", () =>
  receiving(() => scores(1, 2), async ({ url, received }) => {
    await ask(http(url));
    assert.equal(received[0]!.headers.get("webhook-signature"), null);
  }));

Deno.test("scores may come with what else is said of a row", () =>
  receiving(
    () => scores({ score: 1, terms: { kind: 0.5, short: 2 } }, { score: 2, terms: { kind: 1 } }),
    async ({ url }) => {
      const { scores, terms, faults } = await ask(http(url));
      assert.deepEqual({ scores, terms, faults }, {
        scores: [1, 2],
        terms: { kind: [0.5, 1], short: [2, null] },
        faults: [],
      });
    },
  ));

/** What a service may answer in place of scores, by what is said of the rows. */
const WRONG: Record<string, [answer: () => Response, faults: (RegExp | null)[]]> = {
  "no JSON": [() => new Response("<html>"), [/not JSON/, /not JSON/]],
  "an empty body": [() => new Response(""), [/not JSON/, /not JSON/]],
  "NaN, which is no JSON": [() => new Response('{"scores":[NaN,1]}'), [/not JSON/, /not JSON/]],
  "a list": [() => Response.json([1, 2]), [/Expected \{ "scores".*got a list/, /a list/]],
  "nothing of scores": [() => Response.json({ rewards: [1, 2] }), [/got nothing/, /got nothing/]],
  "too few": [() => scores(1), [/Expected 2 scores.*got 1/, /got 1/]],
  "too many": [() => scores(1, 2, 3), [/Expected 2 scores.*got 3/, /got 3/]],
  "a text for a number": [() => scores("1", 2), [/Expected a number, got a text/, null]],
  "null": [() => scores(1, null), [null, /Expected a number, got null/]],
  "a boolean": [() => scores(true, 2), [/got a boolean/, null]],
  "a list in the list": [() => scores([1], 2), [/got a list/, null]],
  "an object without a score": [() => scores({ value: 1 }, 2), [/got nothing/, null]],
  "more than any float32": [() => new Response('{"scores":[1e300,-1e999]}'), [/finite/, /finite/]],
  "terms that are no numbers": [() => scores({ score: 1, terms: { a: "x" } }, 2), [/terms\.a/, null]],
  "terms in a list": [() => scores({ score: 1, terms: [1] }, 2), [/Expected terms as an object/, null]],
  "terms of strange names": [
    () => new Response('{"scores":[{"score":1,"terms":{"__proto__":1}},2]}'),
    [/names of terms/, null],
  ],
  "a refusal": [() => new Response("no such\n item", { status: 422 }), [/422: no such item/, /422/]],
  "a redirect": [() => Response.redirect("http://127.0.0.1:1/", 307), [/307, and redirects/, /307/]],
  "an answer without end": [
    () => new Response(`{"scores":[1,2],"more":"${"x".repeat(200_000)}"}`),
    [/too long/, /too long/],
  ],
};

for (const [what, [answer, faults]] of Object.entries(WRONG)) {
  Deno.test(`a service that answers ${what}: its rows have no score, and it is not asked again`, () =>
    receiving(answer, async ({ url, received }) => {
      const scored = await ask(http(url));
      assert.equal(received.length, 1);
      for (const [row, expected] of faults.entries()) {
        const fault = scored.faults.find((one) => one.row === row);
        if (expected) assert.match(fault!.message, expected);
        else assert.equal(fault, undefined);
        assert.equal(scored.scores[row] === null, expected !== null);
      }
    }));
}

Deno.test("what may pass is tried again, with the same id and a new signature's time", () =>
  receiving(
    (count) =>
      [new Response("", { status: 503 }), new Response("", { status: 429 })][count - 1] ?? scores(1, 2),
    async ({ url, received }) => {
      const secret = newWebhookSecret();
      const { scores } = await ask(http(url, { secret }));
      assert.deepEqual(scores, [1, 2]);
      assert.equal(received.length, 3);
      assert.equal(new Set(received.map(({ text }) => text)).size, 1);
      for (const { headers, text } of received) new Webhook(secret).verify(text, Object.fromEntries(headers));
      // Of the same job the same question, and another's another.
      await ask(http(url));
      await ask(http(url), never, QUESTION, "job_2");
      await ask(http(url), never, { ...QUESTION, at: "" });
      const ids = received.slice(2).map(({ body }) => body.id);
      assert.equal(ids[0], ids[1]);
      assert.equal(new Set(ids).size, 3);
    },
  ));

Deno.test("a service that stays broken is asked max_attempts times", () =>
  receiving(() => new Response("out of order", { status: 500 }), async ({ url, received }) => {
    const { scores, faults } = await ask(http(url, { max_attempts: 3 }));
    assert.deepEqual(scores, [null, null]);
    assert.match(faults[1]!.message, /answered 500: out of order \(3 tries\)/);
    assert.equal(received.length, 3);
  }));

Deno.test("a service that does not answer in time, or is not there, leaves the rows without a score", async () => {
  const open = Promise.withResolvers<void>();
  await receiving(() => open.promise.then(() => scores(1, 2)), async ({ url, received }) => {
    const { faults } = await ask(http(url, { timeout_ms: 20, max_attempts: 2 }));
    assert.match(faults[0]!.message, /No answer within 20 ms \(2 tries\)/);
    assert.ok(received.length <= 2);
    open.resolve();
  });
  const gone = new Receiver();
  await gone.close();
  const { faults } = await ask(http(gone.url, { max_attempts: 2 }));
  assert.match(faults[0]!.message, /\(2 tries\)/);
});

Deno.test("an answer whose body never ends counts as late", () =>
  receiving(
    () => new Response(new ReadableStream({ start: (body) => body.enqueue(new TextEncoder().encode("{")) })),
    async ({ url }) => {
      const { faults } = await ask(http(url, { timeout_ms: 50, max_attempts: 1 }));
      assert.match(faults[0]!.message, /No answer within 50 ms/);
    },
  ));

Deno.test("an address that the guard refuses is not asked, and not again", async () => {
  const closed = new OutboundGuard([]);
  const reward = http("https://127.0.0.1:1/");
  const { faults } = await askService(reward, QUESTION, never, { guard: closed, asker: "job_1" });
  assert.match(faults[0]!.message, /OUTBOUND_ALLOW/);
  assert.doesNotMatch(faults[0]!.message, /tries/);
});

Deno.test("what a service says is shown without what it was sent to open it", () =>
  receiving(
    (_, { headers }) =>
      new Response(`bad key ${headers.get("authorization")}, ${headers.get("x-key")}`, { status: 401 }),
    async ({ url }) => {
      const headers = { authorization: "Bearer topsecret", "x-key": "alsosecret" };
      const { faults } = await ask(http(url, { headers }));
      assert.match(faults[0]!.message, /401: bad key/);
      assert.doesNotMatch(faults[0]!.message, /secret/);
    },
  ));

Deno.test("who no longer waits ends the request, and a pause between tries", async () => {
  const asked = Promise.withResolvers<void>();
  const open = Promise.withResolvers<Response>();
  const reason = new Error("stopped");
  await receiving(() => (asked.resolve(), open.promise), async ({ url }) => {
    const controller = new AbortController();
    const waiting = ask(http(url), controller.signal);
    await asked.promise;
    controller.abort(reason);
    await assert.rejects(waiting, reason);
    open.resolve(scores(1, 2));
  });
  const tried = Promise.withResolvers<void>();
  await receiving(() => (tried.resolve(), new Response("", { status: 500 })), async ({ url }) => {
    const controller = new AbortController();
    const options = { guard, asker: "", first_pause_ms: NEVER_LATE_MS };
    const waiting = askService(http(url), QUESTION, controller.signal, options);
    await tried.promise;
    controller.abort(reason);
    await assert.rejects(waiting, reason);
  });
});
