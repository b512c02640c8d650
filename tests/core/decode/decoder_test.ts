/** Decoding with a cache against whole forward passes, and rows against themselves in other company. */
import assert from "node:assert/strict";
import fc from "../../fast_check.ts";
import { logitsArtifact } from "../../../kernels/artifacts.ts";
import { Decoder } from "../../../core/decode/decoder.ts";
import type { SampledSequence } from "../../../core/decode/sampled_sequence.ts";
import type { SamplingRequest } from "../../../core/decode/sampling_request.ts";
import { loadAdapter } from "../../../core/weights/load_adapter.ts";
import { SessionCache } from "../../../core/run/session_cache.ts";
import { tokenBatch } from "../../../core/run/token_batch.ts";
import { Tensor } from "../../../core/ort/tensor.ts";
import { within } from "../../kernels/within.ts";
import { alone, row, same } from "./decode_rows.ts";
import {
  EOS,
  fixtureFolder,
  openAdapted,
  openBase,
  runtime,
  someTokens,
  VOCABULARY,
} from "../networks/tiny_models.ts";

const MIXED = [row(0, 7), row(1, 1), row(2, 12), row(3, 4)];

function sequences(rows: readonly SamplingRequest[], decoded: readonly SampledSequence[]) {
  return rows.map(({ prompt_ids }, at) => ({ prompt_ids, response_ids: decoded[at]!.response_ids }));
}

for (const name of ["qwen3", "qwen2", "llama", "gpt2"]) {
  Deno.test(`${name}: the sampler's logprobs are those of a whole forward pass at the row's temperature`, async () => {
    const policy = await openAdapted(name);
    for (const temperature of [1, 0.7]) {
      const rows = MIXED.map((one) => ({ ...one, temperature }));
      const decoded = await policy.respond(rows);
      const { logprobs } = await policy.analyze(sequences(rows, decoded), { temperature });
      decoded.forEach((one, at) => {
        assert.equal(one.response_ids.length, 12);
        assert.equal(one.finish_reason, "length");
        within(one.logprobs, logprobs[at]!, 1e-4, `logprobs of row ${at} at temperature ${temperature}`);
      });
    }
  });

  Deno.test(`${name}: greedy tokens are the largest logits of whole forward passes`, async () => {
    const base = await openBase(name);
    const policy = new Decoder(new SessionCache(base), { type: "none" });
    const rows = MIXED.map((one) => ({ ...one, temperature: 0, uniform: () => 0.999 }));
    const decoded = await policy.decode(rows, null);
    using session = await base.session(logitsArtifact(base.config, { type: "none" }));
    const batch = tokenBatch(sequences(rows, decoded));
    const outputs = await session.run({
      ids: Tensor.onHost(runtime, "int64", [batch.rows, batch.columns], batch.ids),
      positions: Tensor.onHost(runtime, "int64", [batch.tokens], batch.positions),
      ...base.rope(batch.columns),
    });
    using logits = outputs.logits!;
    const largest = Array.from({ length: batch.tokens }, (_, n) => {
      const values = (logits.data as Float32Array).subarray(n * VOCABULARY, (n + 1) * VOCABULARY);
      return values.indexOf(Math.max(...values));
    });
    assert.deepEqual(decoded.flatMap(({ response_ids }) => response_ids), largest);
  });
}

Deno.test("gpt2: a row decodes up to the last of its learned positions", async () => {
  const policy = await openAdapted("gpt2");
  const rows = [row(0, 250, { max_new_tokens: 6 }), row(1, 3, { max_new_tokens: 6 })];
  const decoded = await policy.respond(rows);
  const { logprobs } = await policy.analyze(sequences(rows, decoded), { temperature: 1 });
  decoded.forEach((one, at) => within(one.logprobs, logprobs[at]!, 1e-4, `logprobs of row ${at}`));
});

Deno.test("adapterScale 0 decodes as the bare model does", async () => {
  const base = await openBase();
  const { tuning, parameters } = await loadAdapter(base, `${fixtureFolder("qwen3")}/adapter`, {
    head: false,
  });
  const bare = await new Decoder(new SessionCache(base), { type: "none" }).decode(MIXED, null);
  const decoder = new Decoder(new SessionCache(base), tuning);
  same(await decoder.decode(MIXED, parameters, { adapterScale: 0 }), bare);
  const adapted = await decoder.decode(MIXED, parameters);
  assert.notDeepEqual(adapted.map((one) => one.response_ids), bare.map((one) => one.response_ids));
});

Deno.test("a row has the same tokens alone, in a batch and in another order", async () => {
  const policy = await openAdapted();
  const expected = await alone(policy, MIXED);
  same(await policy.respond(MIXED), expected);
  same((await policy.respond([...MIXED].reverse())).reverse(), expected);
});

Deno.test("rows that end at different lengths leave the others as they are", async () => {
  const policy = await openAdapted();
  const rows = [1, 12, 2, 7, 12, 3, 1, 9, 12].map((max_new_tokens, key) =>
    row(key, 1 + (key * 5) % 11, { max_new_tokens })
  );
  const decoded = await policy.respond(rows);
  assert.deepEqual(
    decoded.map(({ response_ids }) => response_ids.length),
    rows.map((one) => one.max_new_tokens),
  );
  same(decoded, await alone(policy, rows));
});

Deno.test("whatever rows share a batch, each gets what it gets alone", async () => {
  const policy = await openAdapted("llama");
  const kinds = fc.record({
    prompt: fc.integer({ min: 1, max: 20 }),
    max_new_tokens: fc.integer({ min: 1, max: 15 }),
    temperature: fc.constantFrom(0, 0.7, 1, 2),
    stops: fc.integer({ min: 0, max: 60 }),
  });
  const batches = fc.array(kinds, { minLength: 2, maxLength: 9 });
  await fc.assert(
    fc.asyncProperty(batches, async (batch) => {
      const rows = batch.map(({ prompt, max_new_tokens, temperature, stops }, key) =>
        row(key, prompt, {
          max_new_tokens,
          temperature,
          stop_token_ids: new Set(someTokens(90 + key, stops)),
        })
      );
      same(await policy.respond(rows), await alone(policy, rows));
    }),
    { numRuns: 15, seed: 1 },
  );
});

Deno.test("a row ends with any of its stop tokens, which is an action with a logprob", async () => {
  const policy = await openAdapted();
  const free = await policy.respond(MIXED);
  // The second stop id of each row is a token it is going to sample, at another place in each.
  const rows = MIXED.map((one, at) => ({
    ...one,
    stop_token_ids: new Set([EOS, free[at]!.response_ids[2 * at]!]),
  }));
  const stopped = await policy.respond(rows);
  const { logprobs } = await policy.analyze(sequences(rows, stopped), { temperature: 1 });
  stopped.forEach(({ response_ids, finish_reason, logprobs: sampled }, at) => {
    const [, second] = [...rows[at]!.stop_token_ids];
    const first = free[at]!.response_ids.findIndex((id) => id === second || id === EOS);
    assert.deepEqual(response_ids, free[at]!.response_ids.slice(0, first + 1));
    assert.equal(finish_reason, "stop");
    within(sampled, logprobs[at]!, 1e-4, `logprobs of row ${at}`);
  });
  assert.deepEqual(stopped[0]!.response_ids.length, 1, "a stop token may be the whole response");
});

Deno.test("a stop token as the last allowed one ends with stop, and one in the prompt ends nothing", async () => {
  const policy = await openAdapted();
  const [free] = await policy.respond([row(2, 6, { max_new_tokens: 3 })]);
  const last = free!.response_ids[2]!;
  const [stopped] = await policy.respond([row(2, 6, { max_new_tokens: 3, stop_token_ids: new Set([last]) })]);
  assert.equal(stopped!.finish_reason, "stop");
  const prompt = someTokens(2, 6);
  const unseen = prompt.filter((id) => !free!.response_ids.includes(id));
  assert.ok(unseen.length > 0);
  same(await policy.respond([row(2, 6, { max_new_tokens: 3, stop_token_ids: new Set(unseen) })]), [free!]);
});

Deno.test("ends() is asked after every token and ends its row alone", async () => {
  const policy = await openAdapted();
  const rows = [row(0, 5), row(1, 5, { ends: (ids) => ids.length === 4 }), row(2, 5)];
  const decoded = await policy.respond(rows);
  assert.deepEqual(decoded.map((one) => [one.response_ids.length, one.finish_reason]), [
    [12, "length"],
    [4, "stop"],
    [12, "length"],
  ]);
});

Deno.test("top_k and top_p rows do not touch plain rows; top_k 1 and a small top_p are greedy", async () => {
  const policy = await openAdapted();
  const [plain, sameKey, greedy] = [row(0, 6), row(1, 3), row(1, 3, { temperature: 0 })];
  const expected = await policy.respond([plain, greedy]);
  const decoded = await policy.respond([
    plain,
    { ...sameKey, top_k: 1 },
    { ...sameKey, top_p: 1e-6 },
    { ...sameKey, top_k: VOCABULARY + 5 },
    { ...sameKey, top_k: 5, top_p: 0.9 },
  ]);
  same([decoded[0]!], [expected[0]!]);
  assert.deepEqual(decoded[1]!.response_ids, expected[1]!.response_ids);
  assert.deepEqual(decoded[2]!.response_ids, expected[1]!.response_ids);
  same([decoded[3]!], await policy.respond([sameKey]));
  // Logprobs are the model's, not those of the truncated distribution.
  const { logprobs } = await policy.analyze(sequences([sameKey], [decoded[4]!]), { temperature: 1 });
  within(decoded[4]!.logprobs, logprobs[0]!, 1e-4, "logprobs of the truncated row");
});

Deno.test("an abort between tokens or before the first ends decoding with its reason; the decoder goes on", async () => {
  const policy = await openAdapted();
  const expected = await policy.respond(MIXED);
  const abort = new AbortController();
  const reason = new Error("enough");
  const stopping = MIXED.map((one) => ({
    ...one,
    uniform: (position: number) => {
      if (position === 3) abort.abort(reason);
      return one.uniform(position);
    },
  }));
  await assert.rejects(
    policy.respond(stopping, { signal: abort.signal }),
    (thrown) => thrown === reason || (thrown as { code: string }).code === "cancelled",
  );
  await assert.rejects(policy.respond(MIXED, { signal: AbortSignal.abort(reason) }), reason);
  same(await policy.respond(MIXED), expected);
});
