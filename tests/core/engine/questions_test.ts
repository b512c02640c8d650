/** What an engine asks: by number, until an answer, an abort or a pause; and turns that are left meanwhile. */
import assert from "node:assert/strict";
import type { Message } from "../../../core/contract/protocol.ts";
import type { Answer } from "../../../core/contract/engine_question.ts";
import { Questions } from "../../../core/engine/questions.ts";
import { ReadersWriterQueue } from "../../../core/engine/readers_writer_queue.ts";
import { Turn } from "../../../core/engine/turn.ts";
import { StepAbandoned } from "../../../core/step_abandoned.ts";

const QUESTION = { at: "", items: [{ prompt: "p", completion: "c", prompt_idx: 0 }] };
const SCORED: Answer = { type: "scored", scores: [1], terms: {}, faults: [] };
const never = new AbortController().signal;

function questions() {
  const sent: Extract<Message, { type: "ask" }>[] = [];
  return { sent, it: new Questions((message) => message.type === "ask" && sent.push(message), 1) };
}

Deno.test("each question has its own answer, and later ones are left", async () => {
  const { it, sent } = questions();
  const [first, second] = [
    it.ask("1", QUESTION, { signal: never, pause: never }),
    it.ask("1", QUESTION, { signal: never, pause: never }),
  ];
  const answer: Answer = { type: "scored", scores: [2], terms: {}, faults: [] };
  it.answered("1", sent[1]!.ask, answer);
  it.answered("2", sent[0]!.ask, answer); // of another command
  it.answered("1", sent[0]!.ask, { ...SCORED });
  it.answered("1", sent[0]!.ask, answer);
  assert.deepEqual([await first, await second], [SCORED, answer]);
});

Deno.test("an error is thrown as what it is", async () => {
  const { it, sent } = questions();
  const asked = it.ask("1", QUESTION, { signal: never, pause: never });
  it.answered("1", sent[0]!.ask, { type: "error", error: { code: "reward_failed", detail: "no" } });
  await assert.rejects(asked, { code: "reward_failed", message: "no" });
});

Deno.test("an abort ends a wait at once, a pause soon after, by giving up the step", async () => {
  const { it } = questions();
  const [abort, pause] = [new AbortController(), new AbortController()];
  const aborted = it.ask("1", QUESTION, { signal: abort.signal, pause: never });
  const paused = it.ask("2", QUESTION, { signal: never, pause: pause.signal });
  const reason = new Error("stopped");
  abort.abort(reason);
  pause.abort();
  await assert.rejects(aborted, reason);
  await assert.rejects(paused, StepAbandoned);
  await assert.rejects(it.ask("3", QUESTION, { signal: never, pause: pause.signal }), StepAbandoned);
});

Deno.test("a pause does not end a wait whose answer comes", async () => {
  const { it, sent } = questions();
  const pause = new AbortController();
  const asked = it.ask("1", QUESTION, { signal: never, pause: pause.signal });
  pause.abort();
  it.answered("1", sent[0]!.ask, { ...SCORED });
  assert.deepEqual(await asked, SCORED);
});

Deno.test("others have their turn while a command waits, and none once it goes on", async () => {
  const queue = new ReadersWriterQueue();
  const order: string[] = [];
  const turn = new Turn(queue);
  await turn.begin();
  queue.together(() => (order.push("reader"), Promise.resolve()));
  const [a, b] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const waits = Promise.all([turn.leave(() => a.promise), turn.leave(() => b.promise)]);
  await new Promise((resolve) =>
    queue.together(() => (order.push("another"), resolve(null), Promise.resolve()))
  );
  a.resolve();
  b.resolve();
  await waits;
  order.push("on");
  const last = Promise.withResolvers<void>();
  queue.together(() => (order.push("last"), last.resolve(), Promise.resolve()));
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(order, ["reader", "another", "on"]);
  turn.end();
  await last.promise;
});
