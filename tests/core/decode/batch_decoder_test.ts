/** Rows of several callers and adapters in one batch, each against what its own policy samples for it alone. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../../../core/errors.ts";
import { BatchDecoder } from "../../../core/decode/batch_decoder.ts";
import type { BaseModel } from "../../../core/weights/base_model.ts";
import type { SamplingRequest } from "../../../core/decode/sampling_request.ts";
import { loadAdapter, type LoadedAdapter } from "../../../core/weights/load_adapter.ts";
import { initialParameters, parameterGroups } from "../../../core/weights/parameter_layout.ts";
import { ParameterSet } from "../../../core/weights/parameter_set.ts";
import { Policy } from "../../../core/networks/policy.ts";
import { fillUniform } from "../../../core/rng.ts";
import { linears } from "../../../kernels/models/linears.ts";
import { alone, row, same } from "./decode_rows.ts";
import { fixtureFolder, openBase, runtime } from "../networks/tiny_models.ts";

/** An adapter on the linears that `chosen` picks, of a rank and scale that vary with them. */
function someAdapter(base: BaseModel, seed: number, chosen: (module: string) => boolean): LoadedAdapter {
  const modules = linears(base.config).map(({ module }) => module).filter(chosen);
  const adapter = new Map(modules.map((module, at) => [module, { r: 1 + at % 3, scale: 0.5 + at % 2 }]));
  const tuning = { type: "lora" as const, adapter };
  const parameters = new ParameterSet(runtime, parameterGroups(base.config, tuning, { head: false }));
  const values = parameters.flat.copy();
  fillUniform(values, -0.3, 0.3, { seed, stream: "init", step: 0, row: 0 });
  parameters.flat.write(values);
  return { tuning, parameters };
}

function policyOf(base: BaseModel, adapter: LoadedAdapter | null): Policy {
  const none = new ParameterSet(runtime, []);
  return new Policy(base, adapter?.tuning ?? { type: "none" }, adapter?.parameters ?? none, {
    reference: "base",
    shared: false,
  });
}

/** The bare model, the fixture's adapter, and adapters of few linears. */
async function mixed(name: string): Promise<{ base: BaseModel; adapters: (LoadedAdapter | null)[] }> {
  const base = await openBase(name);
  return {
    base,
    adapters: [
      await loadAdapter(base, join(fixtureFolder(name), "adapter"), { head: false }),
      null,
      someAdapter(base, 1, (module) => /\.0\..*(q_proj|c_attn)$/.test(module)),
      someAdapter(base, 2, (module) => /(down_proj|c_proj|v_proj)$/.test(module)),
    ],
  };
}

/** Four rows of a caller, of different lengths. */
const rowsOf = (caller: number, given: Partial<SamplingRequest> = {}) =>
  [3, 1, 9, 6].map((prompt, at) => row(10 * caller + at, prompt, { max_new_tokens: 4 + 5 * at, ...given }));

for (const name of ["qwen3", "qwen2", "llama", "gpt2"]) {
  Deno.test(`${name}: rows of four policies in one batch get what their policies sample alone`, async () => {
    const { base, adapters } = await mixed(name);
    const decoder = new BatchDecoder(base);
    const answers = await Promise.all(
      adapters.map((adapter, caller) => decoder.decode(rowsOf(caller), adapter)),
    );
    for (const [caller, adapter] of adapters.entries()) {
      same(answers[caller]!, await alone(policyOf(base, adapter), rowsOf(caller)));
    }
    const texts = adapters.map((_, caller) => answers[caller]!.map((one) => one.response_ids.join()));
    assert.equal(new Set(texts.flat()).size, 16);
    decoder.dispose();
  });
}

Deno.test("one prompt and one stream of random numbers give each adapter a text of its own", async () => {
  const { base, adapters } = await mixed("llama");
  const decoder = new BatchDecoder(base);
  const answers = await Promise.all(adapters.map((adapter) => decoder.decode([row(1, 5)], adapter)));
  assert.equal(new Set(answers.map(([one]) => one!.response_ids.join())).size, adapters.length);
  decoder.dispose();
});

/** Calls `then` when the row has its token number `position`. */
const atToken = (position: number, then: () => void): Partial<SamplingRequest> => {
  let tokens = 0;
  return { onToken: () => ++tokens === position && then() };
};

Deno.test("rows that join in the middle, with cuts or longer prompts, change nothing for the others", async () => {
  const { base, adapters } = await mixed("qwen3");
  const decoder = new BatchDecoder(base);
  const later: Promise<void>[] = [];
  const joined = adapters.map((_, caller) =>
    caller === 2 ? rowsOf(5, { top_k: 5, top_p: 0.9 }) : [row(70 + caller, 40, { max_new_tokens: 20 })]
  );
  const first = rowsOf(0, { max_new_tokens: 30 });
  first[1] = {
    ...first[1]!,
    ...atToken(7, () =>
      later.push(...adapters.map(async (adapter, caller) => {
        const answer = await decoder.decode(joined[caller]!, adapter);
        same(answer, await alone(policyOf(base, adapter), joined[caller]!));
      }))),
  };
  const answer = await decoder.decode(first, adapters[0]!);
  same(answer, await alone(policyOf(base, adapters[0]!), rowsOf(0, { max_new_tokens: 30 })));
  assert.equal(later.length, 4);
  await Promise.all(later);
  decoder.dispose();
});

Deno.test("a caller who leaves gets the reason, and the others their texts", async () => {
  const { base, adapters } = await mixed("llama");
  const decoder = new BatchDecoder(base);
  const abort = new AbortController();
  const reason = new UserError("cancelled", "Enough");
  const leaving = rowsOf(1, { max_new_tokens: 200 });
  leaving[0] = { ...leaving[0]!, ...atToken(5, () => abort.abort(reason)) };
  let tokens = 0;
  leaving[1] = { ...leaving[1]!, onToken: () => tokens++ };
  const [left, ...others] = await Promise.allSettled([
    decoder.decode(leaving, adapters[0]!, { signal: abort.signal }),
    decoder.decode(rowsOf(2, { max_new_tokens: 25 }), adapters[2]!),
    decoder.decode(rowsOf(3, { max_new_tokens: 25 }), null),
  ]);
  assert.equal(left!.status === "rejected" && left!.reason, reason);
  assert.ok(tokens < 8, `${tokens} tokens`);
  for (const [at, adapter] of [adapters[2]!, null].entries()) {
    const settled = others[at]!;
    assert.ok(settled.status === "fulfilled");
    same(settled.value, await alone(policyOf(base, adapter), rowsOf(2 + at, { max_new_tokens: 25 })));
  }
  await assert.rejects(decoder.decode([row(1, 3)], null, { signal: AbortSignal.abort(reason) }), reason);
  same(await decoder.decode([row(1, 3)], null), await alone(policyOf(base, null), [row(1, 3)]));
  decoder.dispose();
});

Deno.test("what one caller's row throws is that batch's failure, and the next batch's nothing", async () => {
  const base = await openBase();
  const decoder = new BatchDecoder(base);
  const fault = new Error("A bug of the caller");
  const faulty = row(1, 3, {
    onToken: () => {
      throw fault;
    },
  });
  await assert.rejects(decoder.decode([faulty], null), fault);
  assert.equal((await decoder.decode([row(1, 3)], null))[0]!.response_ids.length, 12);
  decoder.dispose();
});

Deno.test("more rows than fit one batch are all answered, a small caller's before a large one's last", async () => {
  const { base, adapters } = await mixed("llama");
  const decoder = new BatchDecoder(base);
  const many = Array.from(
    { length: 150 },
    (_, key) => row(200 + key, 1 + key % 7, { max_new_tokens: 1 + key % 6 }),
  );
  let ended = 0;
  const counted = many.map((one) => ({
    ...one,
    onToken: (_: number, __: number, reason: string | null) => reason !== null && ended++,
  }));
  const large = decoder.decode(counted, adapters[0]!);
  const small = decoder.decode([row(1, 3, { max_new_tokens: 2 })], null).then(() => ended);
  same(await large, await policyOf(base, adapters[0]!).respond(many));
  assert.ok(await small < 100);
  decoder.dispose();
});

Deno.test("a cache grows with its rows to the end of the context", async () => {
  const { base, adapters } = await mixed("gpt2");
  const rows = [row(1, 30, { max_new_tokens: 226 }), row(2, 3, { max_new_tokens: 150 })];
  const decoder = new BatchDecoder(base);
  same(await decoder.decode(rows, adapters[0]!), await alone(policyOf(base, adapters[0]!), rows));
  decoder.dispose();
});

Deno.test("full weights are sampled from instead of the base's", async () => {
  const base = await openBase("llama");
  const tuning = { type: "full" } as const;
  const options = { head: true, seed: 0, role: "policy" } as const;
  const weights = await initialParameters(base, tuning, options);
  const head = weights.values("lm_head.weight");
  head.forEach((value, at) => head[at] = -value);
  const decoder = new BatchDecoder(base, { tuning: { type: "full" }, parameters: weights });
  const policy = new Policy(base, tuning, weights, { reference: "base", shared: true });
  same(await decoder.decode(rowsOf(1), null), await alone(policy, rowsOf(1)));
  decoder.dispose();
});
