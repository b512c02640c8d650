import assert from "node:assert/strict";
import { UserError } from "../../../../core/errors.ts";
import { experienceBytes } from "../../../../core/kinds/ppo/experience.ts";
import { ExperienceBuffer } from "../../../../core/kinds/ppo/experience_buffer.ts";
import { makeExperience } from "./make_experience.ts";

const KEY = { policy_version: 0, seed: 1, step: 0, round: 0 };
const row = (id: number, tokens = 3, policy_version = 0) =>
  makeExperience(tokens, { rollout_id: `r${id}`, policy_version });
const BYTES = experienceBytes(row(0));

function filled(rows: number, overflow: "reject" | "evict_oldest" = "reject", room = rows): ExperienceBuffer {
  const buffer = new ExperienceBuffer({ max_bytes: room * BYTES, overflow });
  for (let id = 0; id < rows; id++) buffer.store(row(id));
  return buffer;
}

const ids = (rows: readonly { rollout_id: string }[]) => rows.map(({ rollout_id }) => rollout_id);

Deno.test("the buffer counts rows, tokens and bytes, and forgets them when cleared", () => {
  const buffer = filled(3);
  assert.deepEqual([buffer.size, buffer.tokens, buffer.bytes], [3, 9, 3 * BYTES]);
  buffer.clear();
  assert.deepEqual([buffer.size, buffer.tokens, buffer.bytes], [0, 0, 0]);
  buffer.store(row(9));
  assert.deepEqual(ids(buffer.rows), ["r9"]);
});

Deno.test("reject refuses the row that does not fit and keeps the others", () => {
  const buffer = filled(2);
  assert.throws(
    () => buffer.store(row(2)),
    (error) => error instanceof UserError && error.code === "out_of_memory",
  );
  assert.deepEqual([ids(buffer.rows), buffer.evicted], [["r0", "r1"], 0]);
});

Deno.test("evict_oldest makes room at the front and counts what it dropped", () => {
  const buffer = filled(5, "evict_oldest", 3);
  assert.deepEqual([ids(buffer.rows), buffer.evicted, buffer.bytes], [["r2", "r3", "r4"], 2, 3 * BYTES]);
  buffer.store(row(5, 50));
  assert.deepEqual([ids(buffer.rows), buffer.evicted, buffer.tokens], [["r5"], 5, 50]);
});

Deno.test("a row larger than the whole buffer is refused under either policy", () => {
  for (const overflow of ["reject", "evict_oldest"] as const) {
    const buffer = filled(1, overflow);
    assert.throws(() => buffer.store(row(1, 1000)), UserError);
    assert.equal(buffer.size, 1);
  }
});

Deno.test("sampleBatch() draws different rows, the same ones for the same key", () => {
  const buffer = filled(20);
  const drawn = ids(buffer.sampleBatch(8, KEY));
  assert.equal(new Set(drawn).size, 8);
  assert.deepEqual(ids(buffer.sampleBatch(8, KEY)), drawn);
  assert.notDeepEqual(ids(buffer.sampleBatch(8, { ...KEY, step: 1 })), drawn);
  assert.deepEqual(ids(buffer.sampleBatch(20, KEY)).sort(), ids(buffer.rows).toSorted());
});

Deno.test("sampleBatch() keeps the fields of a row together", () => {
  const buffer = new ExperienceBuffer({ max_bytes: 1e6, overflow: "reject" });
  for (let id = 0; id < 10; id++) {
    buffer.store(makeExperience(2, { rollout_id: `r${id}`, score: id, values: Float32Array.of(id, id) }));
  }
  for (const drawn of buffer.sampleBatch(10, KEY)) {
    assert.deepEqual([drawn.rollout_id, drawn.values![1]], [`r${drawn.score}`, drawn.score]);
  }
});

Deno.test("sampleBatch() refuses rows of an older policy", () => {
  const buffer = filled(2, "reject", 3);
  buffer.store(row(2, 3, 1));
  assert.throws(
    () => buffer.sampleBatch(3, { ...KEY, policy_version: 1 }),
    /it is of policy version 0, not 1/,
  );
});

Deno.test("sampleBatch() refuses more rows than are held", () => {
  for (const size of [0, 3, 1.5]) assert.throws(() => filled(2).sampleBatch(size, KEY), RangeError);
});

Deno.test("store() refuses rows whose arrays do not fit the response", () => {
  const buffer = filled(0, "reject", 5);
  assert.throws(
    () => buffer.store(makeExperience(3, { values: new Float32Array(2) })),
    /values has 2 entries for 3 tokens/,
  );
  assert.throws(() => buffer.store(makeExperience(0)), /it has no tokens/);
});

Deno.test("a buffer needs room", () => {
  assert.throws(() => new ExperienceBuffer({ max_bytes: 0, overflow: "reject" }), RangeError);
});
