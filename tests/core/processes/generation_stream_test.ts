/** What a reader gets of a streaming generation, whatever its pace. */
import assert from "node:assert/strict";
import { type GenerateCommand, generationStream } from "../../../core/processes/generation_stream.ts";
import { type GenerationDelta, generationSchema } from "../../../core/contract/generation.ts";
import type { AskOptions, ServingEngine } from "../../../core/processes/serving_engine.ts";
import { UserError } from "../../../core/errors.ts";

const USAGE = { prompt_tokens: 3, completion_tokens: 9 };
const command: GenerateCommand = {
  type: "generate",
  request: generationSchema.parse({ model: "m", prompts: ["a"], stream: true }),
  folders: { model: "/m", rewards: {} },
};

const piece = (index: number, text: string, more: Partial<GenerationDelta> = {}): GenerationDelta => ({
  ...{ prompt_index: 0, index, text, token_ids: [text.length], finish_reason: null },
  ...more,
});

/** An engine that says what it is told to, and how the stream that reads it looks. */
function scripted(signal = new AbortController().signal) {
  const answer = Promise.withResolvers<{ data: []; usage: typeof USAGE }>();
  let say!: (deltas: GenerationDelta[]) => void;
  let cancelled!: AbortSignal;
  const request = (_command: unknown, { signal, onDeltas }: AskOptions) => {
    say = onDeltas!;
    cancelled = signal!;
    cancelled.addEventListener("abort", () => answer.reject(new UserError("cancelled", "Cancelled")));
    return answer.promise;
  };
  const stream = generationStream({ request } as Pick<ServingEngine, "request">, command, { signal });
  const first = stream.next();
  return { stream, first, say, cancelled, end: () => answer.resolve({ data: [], usage: USAGE }), answer };
}

Deno.test("pieces come in order, then the usage", async () => {
  const { stream, first, say, end, cancelled } = scripted();
  say([piece(0, "a"), piece(1, "b")]);
  assert.deepEqual(await first, { done: false, value: piece(0, "a") });
  assert.deepEqual((await stream.next()).value, piece(1, "b"));
  const waiting = stream.next();
  say([piece(0, "c", { finish_reason: "stop" })]);
  end();
  assert.deepEqual((await waiting).value, piece(0, "c", { finish_reason: "stop" }));
  assert.deepEqual(await stream.next(), { done: true, value: USAGE });
  assert.ok(cancelled.aborted, "nothing listens any longer");
});

Deno.test("what waits for a reader is joined by completion", async () => {
  const { stream, first, say, end } = scripted();
  const with_ = (tokens: string) => ({ logprobs: [-1], tokens: [tokens], text_offsets: [0] });
  say([piece(0, "a", with_("a"))]);
  await first;
  for (const text of ["b", "cc"]) say([piece(0, text, with_(text)), piece(1, text, with_(text))]);
  say([piece(0, "d", { ...with_("d"), finish_reason: "length" })]);
  end();
  assert.deepEqual((await stream.next()).value, {
    ...piece(0, "bccd", { finish_reason: "length", token_ids: [1, 2, 1] }),
    ...{ logprobs: [-1, -1, -1], tokens: ["b", "cc", "d"], text_offsets: [0, 0, 0] },
  });
  assert.equal(((await stream.next()).value as GenerationDelta).text, "bcc");
  assert.equal((await stream.next()).done, true);
});

Deno.test("an error before the first piece is the first thing that is known; a later one comes after the pieces", async () => {
  const early = scripted();
  early.answer.reject(new UserError("prompt_too_long", "too long"));
  await assert.rejects(early.first, { code: "prompt_too_long" });
  const late = scripted();
  late.say([piece(0, "a")]);
  late.answer.reject(new UserError("engine_crashed", "gone"));
  assert.equal(((await late.first).value as GenerationDelta).text, "a");
  await assert.rejects(late.stream.next(), { code: "engine_crashed" });
});

Deno.test("a reader that leaves, or whose client does, cancels the engine's work", async () => {
  const leaving = scripted();
  leaving.say([piece(0, "a")]);
  await leaving.first;
  await leaving.stream.return(USAGE);
  assert.ok(leaving.cancelled.aborted);
  const client = new AbortController();
  const gone = scripted(client.signal);
  client.abort();
  await assert.rejects(gone.first, { code: "cancelled", message: "Cancelled" });
});

Deno.test("a reader that is far behind loses the rest and not what waits", async () => {
  const { stream, first, say, cancelled } = scripted();
  say([piece(0, "a")]);
  await first;
  let said = 1;
  for (; !cancelled.aborted && said < 1e6; said++) say([piece(0, "b")]);
  assert.ok(said > 50_000 && said < 100_000, `${said}`);
  assert.equal(((await stream.next()).value as GenerationDelta).text.length, said - 1);
  await assert.rejects(stream.next(), { code: "cancelled", message: /read too slowly/ });
});
