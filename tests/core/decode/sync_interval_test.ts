/**
 * How often the host looks at a decode: never a matter of what comes out, and between two looks nothing crosses over to a
 * device or back.
 */
import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import { BaseModel } from "../../../core/weights/base_model.ts";
import type { SamplingRequest } from "../../../core/decode/sampling_request.ts";
import { activeSequence } from "../../../core/decode/active_sequence.ts";
import { Decoder } from "../../../core/decode/decoder.ts";
import { DecodeBatch, decodeTogether } from "../../../core/decode/decode_batch.ts";
import { SessionCache } from "../../../core/run/session_cache.ts";
import { Binding } from "../../../core/ort/binding.ts";
import type { Device } from "../../../core/ort/device.ts";
import type { Place } from "../../../core/ort/memory.ts";
import { Runtime } from "../../../core/ort/runtime.ts";
import { generateArtifact } from "../../../kernels/artifacts.ts";
import { row, same } from "./decode_rows.ts";
import { fixtureFolder, someTokens } from "../networks/tiny_models.ts";

/** A fixture's bare model on a place, and what samples from it. One thread, so that sums have one order. */
async function opened(place: Place, name: string) {
  const runtime = Runtime.open({ device: place, threads: 1 });
  const base = await BaseModel.open(runtime, fixtureFolder(name));
  const decoder = new Decoder(new SessionCache(base), { type: "none" });
  const decode = (rows: readonly SamplingRequest[], syncInterval?: number, signal?: AbortSignal) =>
    decoder.decode(rows, null, { syncInterval, signal });
  return { runtime, base, decode, [Symbol.dispose]: () => runtime.close() };
}

/** Of a bare graph and a worker of its rows. */
const OPTIONS = { truncation: false, lora: "added" } as const;

const KINDS: Partial<SamplingRequest>[] = [{}, { temperature: 0 }, { temperature: 0.7, top_k: 5 }, {
  top_p: 0.8,
}];

/** Thirteen tokens a row: no multiple of any sync interval, so that the last is cut short. */
const TOGETHER = KINDS.map((kind, key) => row(key, 1 + 3 * key, { max_new_tokens: 13, ...kind }));

for (const place of ["cpu", "allocated"] as const) {
  for (const name of ["qwen3", "gpt2"]) {
    Deno.test(`${name}, ${place}: rows that end together are the same to the last bit, however often looked at`, async () => {
      using model = await opened(place, name);
      const expected = await model.decode(TOGETHER, 1);
      assert.deepEqual(expected.map(({ response_ids }) => response_ids.length), [13, 13, 13, 13]);
      for (const syncInterval of [3, 12, 16, undefined]) {
        assert.deepEqual(
          await model.decode(TOGETHER, syncInterval),
          expected,
          `sync intervals of ${syncInterval}`,
        );
      }
    });

    Deno.test(`${name}, ${place}: rows that end anywhere are the same, however often looked at`, async () => {
      using model = await opened(place, name);
      const free = KINDS.map((kind, key) => row(key, 1 + 3 * key, { max_new_tokens: 30, ...kind }));
      const texts = (await model.decode(free, 1)).map(({ response_ids }) => response_ids);
      // Of each kind one that stops at a token it is going to sample, one that is told to, and shorter ones.
      const rows = free.flatMap((one, at) => [
        { ...one, stop_token_ids: new Set([texts[at]![4 + 3 * at]!]) },
        { ...one, ends: (ids: readonly number[]) => ids.length === 5 + 3 * at },
        { ...one, max_new_tokens: 1 + 2 * at },
        { ...one, max_new_tokens: 16 + at },
        one,
      ]);
      const expected = await model.decode(rows, 1);
      for (const syncInterval of [3, 16, undefined]) same(await model.decode(rows, syncInterval), expected);
      assert.deepEqual(new Set(expected.map((one) => one.finish_reason)), new Set(["stop", "length"]));
    });
  }
}

Deno.test("whatever rows are decoded and however often looked at, they are what they are token by token", async () => {
  using model = await opened("cpu", "llama");
  const kinds = fc.record({
    prompt: fc.integer({ min: 1, max: 20 }),
    max_new_tokens: fc.integer({ min: 1, max: 25 }),
    temperature: fc.constantFrom(0, 0.7, 1, 2),
    stops: fc.integer({ min: 0, max: 40 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(kinds, { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 2, max: 20 }),
      async (batch, syncInterval) => {
        const rows = batch.map(({ prompt, stops, ...kind }, key) =>
          row(key, prompt, { ...kind, stop_token_ids: new Set(someTokens(90 + key, stops)) })
        );
        same(await model.decode(rows, syncInterval), await model.decode(rows, 1));
      },
    ),
    { numRuns: 25, seed: 2 },
  );
});

Deno.test("a row that has ended where the cache ends stays out of its neighbours' part", async () => {
  using model = await opened("cpu", "qwen3");
  // The first row fills the cache with its third token. Too few have ended then for any to leave the batch.
  const rows = [
    row(0, 60, { max_new_tokens: 3 }),
    ...[1, 2, 3, 4].map((key) => row(key, 2, { max_new_tokens: 50 })),
  ];
  assert.deepEqual(
    (await model.decode(rows, 16)).map(({ response_ids }) => response_ids),
    (await model.decode(rows, 1)).map(({ response_ids }) => response_ids),
  );
});

Deno.test("a sync interval ends with the cache, and the rows go on in a larger one as if nothing had been", async () => {
  using model = await opened("cpu", "qwen3");
  const { base } = model;
  const one = row(0, 5, { max_new_tokens: 20 });
  using session = await base.session(generateArtifact(base.config, { type: "none" }, OPTIONS));
  const open = activeSequence(one);
  const intervals: number[] = [];
  let batch = DecodeBatch.ofPrompts(base, [[open]], session.bind(), {
    ...OPTIONS,
    capacity: 12,
    syncInterval: 8,
  });
  while (batch.active) {
    if (batch.full) {
      using small = batch;
      const larger = { ...OPTIONS, capacity: 25, syncInterval: 8 };
      batch = DecodeBatch.gathered(base, small.places, session.bind(), larger);
    }
    intervals.push(await decodeTogether([batch], undefined));
  }
  batch[Symbol.dispose]();
  assert.deepEqual(intervals, [1, 7, 8, 4]);
  same([open.sampled], await model.decode([one], 1));
});

Deno.test("each token is asked about once, in order and not after the end, and needs one number of the row's", async () => {
  using model = await opened("cpu", "qwen3");
  const asked: number[] = [];
  const told: [number, string | null][] = [];
  const numbers = new Set<number>();
  const one = row(0, 5, {
    max_new_tokens: 20,
    ends: (ids) => asked.push(ids.length) === 11,
    onToken: (token, _, reason) => told.push([token, reason]),
    uniform: (position) => {
      numbers.add(position);
      return 0.5;
    },
  });
  const [decoded] = await model.decode([one], 8);
  assert.deepEqual(asked, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  assert.deepEqual(told, decoded!.response_ids.map((token, at) => [token, at === 10 ? "stop" : null]));
  await model.decode([{ ...one, ends: undefined }], 8);
  assert.deepEqual([...numbers].sort((a, b) => a - b), Array.from({ length: 20 }, (_, at) => at));
});

/** Runs `work` and writes down in order: u for each upload, d download, c copy on the device, r run of a graph. */
async function traced(device: Device, work: () => Promise<unknown>): Promise<string> {
  let trace = "";
  const { upload, download, copy } = device;
  const { run } = Binding.prototype;
  device.upload = (...of) => (trace += "u", upload.apply(device, of));
  device.download = (...of) => (trace += "d", download.apply(device, of));
  device.copy = (...of) => (trace += "c", copy.apply(device, of));
  Binding.prototype.run = function (...of) {
    trace += "r";
    return run.apply(this, of);
  };
  try {
    await work();
    return trace;
  } finally {
    Object.assign(device, { upload, download, copy });
    Binding.prototype.run = run;
  }
}

Deno.test("on a device, a sync interval is two uploads and two downloads, and there are none between its tokens", async () => {
  using model = await opened("allocated", "qwen3");
  const rows = [0, 1, 2, 3, 4].map((key) => row(key, 3 + key, { max_new_tokens: 20, ...KINDS[key] }));
  await model.decode(rows); // Reads the weights.
  const trace = await traced(model.runtime.device!, () => model.decode(rows));
  // Prompts give the first token; then what is bound for the others is uploaded once.
  assert.match(trace, /^u+rddu+r{8}dduur{8}dduur{3}dd$/);
  const each = await traced(model.runtime.device!, () => model.decode(rows, 1));
  assert.match(each, /^u+rddu+rdd(uurdd){18}$/);
});

Deno.test("on a device, rows that leave cost one copy a layer's keys and one its values, at a sync interval", async () => {
  using model = await opened("allocated", "qwen3");
  const rows = [2, 17, 17, 17].map((max_new_tokens, key) => row(key, 3 + key, { max_new_tokens }));
  await model.decode(rows);
  const trace = await traced(model.runtime.device!, () => model.decode(rows));
  const caches = 2 * model.base.config.num_hidden_layers;
  assert.match(trace, new RegExp(`^u+rddu+r{8}ddc{${caches}}u+r{8}dd$`));
});

Deno.test("a decode that is called off ends at the next sync interval and leaves nothing on the device", async () => {
  using model = await opened("allocated", "qwen3");
  const device = model.runtime.device!;
  const rows = [0, 1, 2].map((key) => row(key, 5, { max_new_tokens: 40 }));
  await model.decode(rows);
  const { used } = device.memory();
  const abort = new AbortController();
  const reason = new Error("enough");
  const calling = [...rows.slice(1), { ...rows[0]!, onToken: () => abort.abort(reason) }];
  const trace = await traced(device, () => assert.rejects(model.decode(calling, 8, abort.signal), reason));
  assert.match(trace, /^u+rdd[uc]*$/);
  assert.equal(device.memory().used, used);
});
