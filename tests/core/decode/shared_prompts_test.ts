/** Rows of one prompt: it is run once, and each row gets what it gets when its prompt is run for it. */
import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import { BatchDecoder } from "../../../core/decode/batch_decoder.ts";
import { Decoder } from "../../../core/decode/decoder.ts";
import { prefillTokens } from "../../../core/decode/prompt_groups.ts";
import type { SamplingRequest } from "../../../core/decode/sampling_request.ts";
import { Binding } from "../../../core/ort/binding.ts";
import type { Tensor } from "../../../core/ort/tensor.ts";
import { BaseModel } from "../../../core/weights/base_model.ts";
import { SessionCache } from "../../../core/run/session_cache.ts";
import { Runtime } from "../../../core/ort/runtime.ts";
import type { Place } from "../../../core/ort/memory.ts";
import { uniform } from "../../../core/rng.ts";
import { alone, row, same } from "./decode_rows.ts";
import { fixtureFolder, openAdapted, someTokens } from "../networks/tiny_models.ts";

/** Row `sample` of the prompt `key`, with random numbers of its own. */
const sampleOf = (key: number, sample: number, length: number, given: Partial<SamplingRequest> = {}) =>
  row(key, length, {
    prompt_ids: someTokens(key, length),
    uniform: (position) => uniform(3, "sample", 0, key, position, sample),
    ...given,
  });

/** The shapes of the prompts that are run while `work` is. */
async function promptShapes(work: () => Promise<unknown>): Promise<number[][]> {
  const shapes: number[][] = [];
  const { input } = Binding.prototype;
  Binding.prototype.input = function (name: string, tensor: Tensor) {
    if (name === "ids" && tensor.dims[1]! > 1) shapes.push([...tensor.dims]);
    return input.call(this, name, tensor);
  };
  try {
    await work();
    return shapes;
  } finally {
    Binding.prototype.input = input;
  }
}

/** A bare model on a place, on one thread, so that sums have one order. */
async function opened(place: Place) {
  const runtime = Runtime.open({ device: place, threads: 1 });
  const base = await BaseModel.open(runtime, fixtureFolder("qwen3"));
  const decoder = new Decoder(new SessionCache(base), { type: "none" });
  return {
    base,
    decode: (rows: readonly SamplingRequest[]) => decoder.decode(rows, null),
    [Symbol.dispose]: () => runtime.close(),
  };
}

for (const place of ["cpu", "allocated"] as const) {
  Deno.test(`${place}: rows of one prompt are the same to the last bit, whether it is run once or for each`, async () => {
    using model = await opened(place);
    const group = [0, 1, 2].map((sample) => sampleOf(1, sample, 9));
    // Four prompts of six rows are too many for one run each.
    const apart = await model.decode([...group, ...[2, 3, 4].map((key) => sampleOf(key, 0, 9))]);
    const together: typeof apart[] = [];
    const shapes = await promptShapes(async () => together.push(await model.decode(group)));
    assert.deepEqual(shapes, [[1, 9]]);
    const texts = (from: typeof apart) =>
      from.map(({ response_ids, logprobs }) => ({ response_ids, logprobs }));
    assert.deepEqual(texts(together[0]!), texts(apart.slice(0, 3)));
    assert.deepEqual(together[0]!.map((one) => one.prompt_shared), [false, true, true]);
    assert.deepEqual(prefillTokens(together[0]!), { run: 9, saved: 18 });
    assert.deepEqual(prefillTokens(apart), { run: 54, saved: 0 });
  });
}

Deno.test("whatever rows share prompts, and in whatever order, each gets what it gets alone", async () => {
  const policy = await openAdapted("llama");
  const prompts = fc.array(
    fc.record({ length: fc.integer({ min: 1, max: 20 }), rows: fc.integer({ min: 2, max: 4 }) }),
    { minLength: 1, maxLength: 3 },
  );
  const kinds = fc.constantFrom<Partial<SamplingRequest>>({}, { temperature: 0 }, { max_new_tokens: 1 }, {
    top_p: 0.8,
  }, { stop_token_ids: new Set(someTokens(90, 60)) });
  await fc.assert(
    fc.asyncProperty(
      prompts,
      fc.array(kinds, { minLength: 12, maxLength: 12 }),
      fc.boolean(),
      async (groups, given, turned) => {
        let at = 0;
        const rows = groups.flatMap(({ length, rows }, key) =>
          Array.from({ length: rows }, (_, sample) => sampleOf(key, sample, length, given[at++]))
        );
        if (turned) rows.push(...rows.splice(0, rows.length >> 1));
        same(await policy.respond(rows), await alone(policy, rows));
      },
    ),
    { numRuns: 12, seed: 3 },
  );
});

Deno.test("requests of one prompt and adapter that wait together have it run once; others do not share it", async () => {
  using model = await opened("cpu");
  const { base } = model;
  const decoder = new BatchDecoder(base);
  const asked = [[0, 1], [2]].map((samples) => samples.map((sample) => sampleOf(5, sample, 7)));
  const answers: Awaited<ReturnType<typeof decoder.decode>>[] = [];
  const shapes = await promptShapes(async () => {
    answers.push(...await Promise.all(asked.map((rows) => decoder.decode(rows, null))));
  });
  assert.deepEqual(shapes, [[1, 7]]);
  const others = [6, 7, 8].map((key) => sampleOf(key, 0, 7)); // too many prompts to run each once
  same(answers.flat(), (await model.decode([...asked.flat(), ...others])).slice(0, 3));
  assert.deepEqual(prefillTokens(answers.flat()), { run: 7, saved: 14 });
  decoder.dispose();
});
