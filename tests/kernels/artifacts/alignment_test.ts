/**
 * Which column says what, on a toy model that can only count: its logits at a column with id c are highest for
 * c + 1, so a batch read one column off cannot be mistaken for the right one.
 */
import assert from "node:assert/strict";
import { policyEvalArtifact, VALUE_HEAD } from "../../../kernels/artifacts.ts";
import type { ModelConfig } from "../../../kernels/models/model_config.ts";
import { type Array_, runArtifact, scalar, vector } from "../run_artifact.ts";
import { identity } from "../run_graph.ts";
import { within } from "../within.ts";
import { batchOf, type Model, randomModel, type Row } from "./batch.ts";

const V = 24;

const CONFIG: ModelConfig = {
  model_type: "llama",
  vocab_size: V,
  hidden_size: V,
  intermediate_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 8,
  max_position_embeddings: 64,
  norm_eps: 1e-12,
  rope: { theta: 1e4, scaling: null },
  bias: { qkv: false, o: false, mlp: false },
  qk_norm: false,
  tie_word_embeddings: false,
};

/** Embeddings are the identity, layers write nothing, and the head looks for the id before. */
function counting(): Model {
  const model = randomModel(CONFIG);
  const zero = ({ dims }: Array_): Array_ => ({
    dims,
    data: new Array<number>(dims.reduce((a, b) => a * b)).fill(0),
  });
  const weights = Object.fromEntries(
    Object.entries(model.weights).map(([name, weight]) => {
      if (/(o_proj|down_proj)/.test(name)) return [name, zero(weight)];
      if (name.endsWith("norm.weight")) return [name, { ...weight, data: zero(weight).data as number[] }];
      return [name, weight];
    }),
  );
  weights["model.norm.weight"] = vector(new Array<number>(V).fill(5));
  weights["model.embed_tokens.weight"] = identity(V);
  weights["lm_head.weight"] = {
    dims: [V, V],
    data: Array.from({ length: V * V }, (_, i) => Number(Math.floor(i / V) === (i % V + 1) % V)),
  };
  return { ...model, weights };
}

const ROWS: Row[] = [
  { tokens: [3, 4, 5, 6, 7], prompt: 2 },
  { tokens: [10, 11, 12], prompt: 1 },
  { tokens: [20, 21, 22, 23, 0, 1], prompt: 4 },
];

async function evaluate(rows: Row[], positions?: number[]) {
  const model = counting();
  const batch = batchOf(rows);
  return await runArtifact(policyEvalArtifact(CONFIG, { type: "none" }, { entropy: true, values: true }), {
    ...model.weights,
    ...model.rope,
    ...batch,
    ...(positions && { positions: vector(positions) }),
    inverse_temperature: scalar(1),
    // The value of a state is the id of its last token.
    [VALUE_HEAD.weight]: { dims: [1, V], data: Array.from({ length: V }, (_, id) => id) },
    [VALUE_HEAD.bias]: vector([0]),
  });
}

/** What the final norm makes of the one 1 in a row of zeros. */
const SIZE = 5 * Math.sqrt(V);

Deno.test("The logprob of an action is read where its predecessor stands", async () => {
  const { logprobs } = await evaluate(ROWS);
  assert.ok(logprobs!.data.every((logprob) => logprob > -1e-6), `${logprobs!.data}`);
  const columns = 6;
  const positions = ROWS.flatMap(({ tokens, prompt }, row) =>
    tokens.slice(prompt).map((_, t) => row * columns + prompt + t)
  );
  const off = await evaluate(ROWS, positions);
  within(off.logprobs!.data, positions.map(() => -SIZE), 1e-3, "logprobs one column late");
});

Deno.test("The value of a state is that of the token before the action, not of the action", async () => {
  const { values } = await evaluate(ROWS);
  const before = ROWS.flatMap(({ tokens, prompt }) => tokens.slice(prompt - 1, -1));
  within(values!.data, before.map((id) => id * SIZE), 1e-3, "values");
  const other = ROWS.map((row) => ({
    ...row,
    tokens: row.tokens.map((id, s) => s < row.prompt ? id : (id + 9) % V),
  }));
  const changed = (await evaluate(other)).values!.data;
  const firsts = ROWS.map((_, row) =>
    ROWS.slice(0, row).reduce((sum, r) => sum + r.tokens.length - r.prompt, 0)
  );
  assert.deepEqual(firsts.map((at) => changed[at]), firsts.map((at) => values!.data[at]));
});
