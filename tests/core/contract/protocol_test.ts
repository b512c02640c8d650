import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import { commandSchema, EVENTS, messageSchema, RESULTS } from "../../../core/contract/protocol.ts";
import { trainingJobSchema } from "../../../core/contract/training_job.ts";
import { invalidValue } from "../../../core/field_errors.ts";

const FOLDERS = { model: "/m", rewards: {} };
const JOB = { kind: "ppo", model: "m", prompts: ["a"], reward: { type: "length", target: 5 } };

/** The fields that a command is refused by. */
function faults(command: unknown): string[] {
  const { error } = commandSchema.safeParse(command);
  return error ? invalidValue(error).errors.map(({ path, message }) => `${path}: ${message}`) : [];
}

Deno.test("a command is what its type says, and its job what a request may be", () => {
  const check = { id: "1", type: "check", job: JOB, folders: FOLDERS };
  assert.deepEqual(faults(check), []);
  assert.deepEqual(faults({ ...check, job: trainingJobSchema.parse(JOB) }), [], "with defaults filled in");
  assert.deepEqual(faults({ ...check, more: 1 }), ["more: Unknown key"]);
  assert.deepEqual(faults({ ...check, job: { ...JOB, epochs: 0 } }), [
    "job.epochs: Expected at least 1, got 0",
  ]);
  assert.deepEqual(faults({ id: "1", type: "cancel" }), ["target: Expected a string, got nothing"]);
  assert.match(
    faults({ id: "1", type: "dance" }).join(),
    /^type: Expected a command among check, .*'dance'$/,
  );
});

Deno.test("whatever JSON is sent is a command or refused with words", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom("check", "train", "generate", "score", 5), (value, type) => {
      const given = typeof value === "object" && value !== null ? { id: "1", type, ...value } : value;
      const { error } = commandSchema.safeParse(given);
      assert.ok(error && invalidValue(error).message.length > 0);
    }),
  );
});

Deno.test("events and results with a number that is none are refused, in long lists too", () => {
  const message = { id: "1", type: "result", result: null };
  assert.deepEqual(messageSchema.parse(message), message);
  assert.ok(!messageSchema.safeParse({ ...message, id: 1 }).success);
  const data = (logprobs: unknown[], token_ids: unknown[] = [1, 2]) => [
    { prompt_index: 0, index: 0, text: "a", token_ids, finish_reason: "stop", logprobs },
  ];
  const usage = { prompt_tokens: 1, completion_tokens: 2 };
  const generated = (...given: Parameters<typeof data>) =>
    RESULTS.generate.safeParse({ data: data(...given), usage }).success;
  assert.ok(generated([-1, -2.5]));
  assert.ok(!generated([-1, null]));
  assert.ok(!generated([-1, "2"]));
  assert.ok(!generated([-1, -2], [1, 2.5]));
  assert.ok(!generated([-1, -2], [1, undefined]));
  const deltas = data([-1, -2]).map((delta) => ({ ...delta, finish_reason: null }));
  assert.ok(EVENTS.generate.safeParse({ type: "deltas", deltas }).success);
  assert.ok(!EVENTS.generate.safeParse({ type: "step", deltas }).success);
});
