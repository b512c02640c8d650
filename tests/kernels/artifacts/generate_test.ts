/** Decoding with a cache against the full forward pass, token by token: rows of different lengths, padded right. */
import assert from "node:assert/strict";
import { logitsArtifact, policyEvalArtifact } from "../../../kernels/artifacts.ts";
import type { ModelConfig } from "../../../kernels/models/model_config.ts";
import type { LoraForm } from "../../../kernels/nn/parameters.ts";
import { loadFixture } from "../models/fixture.ts";
import { runArtifact, scalar } from "../run_artifact.ts";
import { within } from "../within.ts";
import { batchOf, feedsOf, loraOf, type Model, noise, randomModel } from "./batch.ts";
import { type Decoded, Decoder, type Prompt } from "./decoder.ts";

const STEPS = 12;
/** How far cached and full passes may drift apart, in logprob and in probability mass. */
const DRIFT = 1e-4;

function prompt(key: number, length: number, temperature: number): Prompt {
  return { tokens: noise(40 + key, length).map((x) => Math.floor((x + 1) * 160)), temperature, key };
}

const PROMPTS = [prompt(0, 9, 0.7), prompt(1, 2, 1.3), prompt(2, 6, 0), prompt(3, 1, 1)];

/** Log-probabilities over the vocabulary at each generated token, from one full pass in double. */
async function fullPass(model: Model, decoded: Decoded[], adapterScale: number): Promise<number[][][]> {
  const { logits } = await runArtifact(
    logitsArtifact(model.config, loraOf(model)),
    feedsOf(model, { ...batchOf(decoded), adapter_scale: scalar(adapterScale) }),
  );
  const V = model.config.vocab_size;
  let at = 0;
  return decoded.map(({ logprobs }, row) =>
    logprobs.map(() => {
      const z = logits!.data.slice(at * V, ++at * V).map((value) => value / (PROMPTS[row]!.temperature || 1));
      const top = Math.max(...z);
      const lse = top + Math.log(z.reduce((sum, value) => sum + Math.exp(value - top), 0));
      return z.map((value) => value - lse);
    })
  );
}

/** Fails unless every generated token and its logprob is what the full pass would draw with the same number. */
async function checkDecoding(model: Model, adapterScale: number, form: LoraForm): Promise<void> {
  using decoder = await Decoder.open(model, PROMPTS.length, adapterScale, form);
  const decoded = await decoder.decode(PROMPTS, STEPS);
  const expected = await fullPass(model, decoded, adapterScale);
  decoded.forEach(({ tokens, prompt, logprobs, uniforms }, row) => {
    const drawn = tokens.slice(prompt);
    within(logprobs, drawn.map((token, t) => expected[row]![t]![token]!), DRIFT, `logprobs of row ${row}`);
    drawn.forEach((token, t) => {
      const all = expected[row]![t]!;
      if (PROMPTS[row]!.temperature === 0) {
        return assert.ok(all[token]! > Math.max(...all) - DRIFT, `row ${row}, step ${t}`);
      }
      const before = all.slice(0, token).reduce((sum, logprob) => sum + Math.exp(logprob), 0);
      const u = uniforms[t]!;
      assert.ok(before - DRIFT <= u && u <= before + Math.exp(all[token]!) + DRIFT, `row ${row}, step ${t}`);
    });
  });
  const different = new Set(decoded.map(({ tokens, prompt }) => tokens.slice(prompt).join()));
  assert.equal(different.size, PROMPTS.length);
}

for (const name of ["qwen3", "qwen2", "llama", "gpt2"]) {
  for (const form of ["merged", "added"] as const) {
    Deno.test(`${name}, adapter ${form}: decoding is what the full pass says at every step`, async () => {
      const model = await loadFixture(name);
      await checkDecoding(model, 1, form);
      await checkDecoding(model, 0, form);
    });
  }
}

const BASE: ModelConfig = {
  model_type: "llama",
  vocab_size: 320,
  hidden_size: 32,
  intermediate_size: 40,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 16,
  max_position_embeddings: 64,
  norm_eps: 1e-5,
  rope: { theta: 1e4, scaling: null },
  bias: { qkv: false, o: false, mlp: false },
  qk_norm: false,
  tie_word_embeddings: false,
};

/** Learned positions, and heads that no rotation divides in halves. */
const GPT2: Partial<ModelConfig> = {
  model_type: "gpt2",
  rope: null,
  num_key_value_heads: 4,
  bias: { qkv: true, o: true, mlp: true },
};

const SHAPES: Record<string, Partial<ModelConfig>> = {
  "heads of 2": { head_dim: 2 },
  "heads of 8": { head_dim: 8 },
  "heads of 24, with norms": { head_dim: 24, qk_norm: true, model_type: "qwen3" },
  "heads of 64": { head_dim: 64 },
  "as many kv heads as heads": { num_key_value_heads: 4 },
  "one kv head": { num_key_value_heads: 1 },
  "every bias": { bias: { qkv: true, o: true, mlp: true } },
  "llama3 rotation": {
    rope: {
      theta: 5e5,
      scaling: {
        type: "llama3",
        factor: 8,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 64,
      },
    },
  },
  "learned positions and heads of 3": { ...GPT2, hidden_size: 12, head_dim: 3 },
  "learned positions and heads of 8": { ...GPT2, head_dim: 8 },
  "learned positions, heads of 64 and a head of its own": { ...GPT2, hidden_size: 256, head_dim: 64 },
  "linear rotation": { rope: { theta: 1e4, scaling: { type: "linear", factor: 4 } } },
};

for (const [name, shape] of Object.entries(SHAPES)) {
  Deno.test(`A model with ${name} decodes as its full pass says`, async () => {
    await checkDecoding(randomModel({ ...BASE, ...shape }), 1, "merged");
  });
}

for (const name of ["qwen3", "gpt2"]) {
  Deno.test(`${name}: policy_eval gives the logprobs that generate gave, so the first ratio is 1`, async () => {
    const fixture = await loadFixture(name);
    const prompts = PROMPTS.map((row) => ({ ...row, temperature: 0.7 }));
    using decoder = await Decoder.open(fixture, prompts.length, 1);
    const decoded = await decoder.decode(prompts, STEPS);
    const { logprobs } = await runArtifact(
      policyEvalArtifact(fixture.config, loraOf(fixture), { entropy: true, values: false }),
      feedsOf(fixture, { ...batchOf(decoded), inverse_temperature: scalar(1 / 0.7) }),
    );
    within(logprobs!.data, decoded.flatMap((row) => row.logprobs), DRIFT, "logprobs");
  });

  Deno.test(`${name}: what the cache held before, and the ids in padding, change nothing`, async () => {
    const fixture = await loadFixture(name);
    using decoder = await Decoder.open(fixture, PROMPTS.length, 1);
    const first = await decoder.decode(PROMPTS, STEPS);
    const others = PROMPTS.map((_, row) => prompt(60 + row, 12 - row, 1));
    assert.notDeepEqual((await decoder.decode(others, STEPS)).map(({ logprobs }) => logprobs), first);
    assert.deepEqual(await decoder.decode(PROMPTS, STEPS), first);
    assert.deepEqual(await decoder.decode(PROMPTS, STEPS, 317), first);
  });

  Deno.test(`${name}: a row decodes to the same alone and among others`, async () => {
    const fixture = await loadFixture(name);
    using together = await Decoder.open(fixture, PROMPTS.length, 1);
    using alone = await Decoder.open(fixture, 1, 1);
    const all = await together.decode(PROMPTS, STEPS);
    for (const [index, row] of PROMPTS.entries()) {
      const [only] = await alone.decode([row], STEPS);
      assert.deepEqual(only!.tokens, all[index]!.tokens);
      within(only!.logprobs, all[index]!.logprobs, 1e-5, `logprobs of row ${index}`);
    }
  });
}
