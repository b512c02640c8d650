/** The messages of all artifacts: same config, same bytes; no weights inside; sizes that stay small. */
import assert from "node:assert/strict";
import {
  generateArtifact,
  logitsArtifact,
  mergedArtifact,
  multiLoraArtifact,
  policyEvalArtifact,
  policyTrainingArtifact,
  rewardTrainingArtifact,
  scoreArtifact,
  sftTrainingArtifact,
  type Tuning,
  valueEvalArtifact,
  valueTrainingArtifact,
} from "../../../kernels/artifacts.ts";
import type { Artifact } from "../../../kernels/graph/artifact.ts";
import { uniformAdapter } from "../../../kernels/models/adapter_spec.ts";
import type { ModelConfig } from "../../../kernels/models/model_config.ts";
import { DROPOUT_INPUTS } from "../../../kernels/nn/lora_dropout.ts";
import { MERGED } from "../../../kernels/nn/parameters.ts";
import { ModelProto } from "../../../kernels/onnx/schema.ts";
import { adamwArtifact } from "../../../kernels/optimizers/adamw.ts";

const ADAM = { adam_beta1: 0.9, adam_beta2: 0.999, adam_eps: 1e-8, max_grad_norm: 1 };
const CONFIG: ModelConfig = {
  model_type: "qwen3",
  vocab_size: 64,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 8,
  max_position_embeddings: 64,
  norm_eps: 1e-6,
  rope: { theta: 1e6, scaling: null },
  bias: { qkv: false, o: false, mlp: false },
  qk_norm: true,
  tie_word_embeddings: true,
};

const GPT2: ModelConfig = {
  ...CONFIG,
  model_type: "gpt2",
  num_key_value_heads: 4,
  head_dim: 4,
  rope: null,
  bias: { qkv: true, o: true, mlp: true },
  qk_norm: false,
};

/** The shape of Qwen3-0.6B. */
const LARGE: ModelConfig = {
  ...CONFIG,
  vocab_size: 151_936,
  hidden_size: 1024,
  intermediate_size: 3072,
  num_hidden_layers: 28,
  num_attention_heads: 16,
  num_key_value_heads: 8,
  head_dim: 128,
  max_position_embeddings: 40_960,
};

const lora = (config: ModelConfig): Tuning => ({
  type: "lora",
  adapter: uniformAdapter(config, { r: 4, scale: 2 }),
});

const TUNINGS: Record<string, (config: ModelConfig) => Tuning> = {
  lora,
  full: () => ({ type: "full" }),
  "lora with dropout": (config) => ({ ...lora(config), dropout: true } as Tuning),
  none: () => ({ type: "none" }),
  int8: (config) => ({ ...lora(config), precision: "int8" }),
  uint8: (config) => ({ ...lora(config), precision: "uint8" }),
};

type Make = (config: ModelConfig, tuning: Tuning) => Artifact;

const training = (values: boolean, entropyBonus: boolean, accumulate: boolean): Make => (config, tuning) =>
  policyTrainingArtifact(config, tuning, { values, entropyBonus, accumulate });

const ARTIFACTS: Record<string, Make> = {
  "generate": (config, tuning) => generateArtifact(config, tuning, { truncation: false }),
  "generate with cuts": (config, tuning) => generateArtifact(config, tuning, { truncation: true }),
  "generate with the adapter beside the weights": (config, tuning) =>
    generateArtifact(config, tuning, { truncation: false, lora: "added" }),
  "generate for rows with adapters of their own": (config) =>
    multiLoraArtifact(config, new Set(uniformAdapter(config, { r: 4, scale: 2 }).keys()), {
      truncation: false,
    }),
  "merged": (config) => mergedArtifact(config, uniformAdapter(config, { r: 4, scale: 2 })),
  "policy_eval": (config, tuning) => policyEvalArtifact(config, tuning, { entropy: true, values: false }),
  "policy_eval without entropy": (config, tuning) =>
    policyEvalArtifact(config, tuning, { entropy: false, values: false }),
  "policy_eval with values": (config, tuning) =>
    policyEvalArtifact(config, tuning, { entropy: true, values: true }),
  "policy_training": training(false, false, false),
  "policy_training with everything": training(true, true, true),
  "value_eval": valueEvalArtifact,
  "value_training": (config, tuning) => valueTrainingArtifact(config, tuning, { accumulate: false }),
  "value_training that accumulates": (config, tuning) =>
    valueTrainingArtifact(config, tuning, { accumulate: true }),
  "sft_training": (config, tuning) => sftTrainingArtifact(config, tuning, { accumulate: false }),
  "sft_training of packed rows": (config, tuning) =>
    sftTrainingArtifact(config, tuning, { accumulate: false, packed: true }),
  "sft_training that accumulates": (config, tuning) =>
    sftTrainingArtifact(config, tuning, { accumulate: true }),
  "logits": logitsArtifact,
  "score": (config) => scoreArtifact(config),
  "score of what is trained": (config, tuning) => scoreArtifact(config, tuning),
  "reward_training": (config, tuning) => rewardTrainingArtifact(config, tuning, { accumulate: false }),
  "optimizer": () => adamwArtifact(["matrices", "vectors"], ADAM),
};

for (const [name, make] of Object.entries(ARTIFACTS)) {
  Deno.test(`${name}: the same config gives the same bytes`, () => {
    for (const config of [CONFIG, GPT2]) {
      for (const tuningOf of Object.values(TUNINGS)) {
        const [first, second] = [0, 1].map(() => make({ ...config }, tuningOf({ ...config })));
        assert.deepEqual(first!.bytes, second!.bytes);
        assert.deepEqual(first!.inputs, second!.inputs);
      }
    }
  });
}

Deno.test("Every artifact differs from every other", () => {
  const lora = TUNINGS.lora!(CONFIG);
  const messages = Object.values(ARTIFACTS).map((make) => make(CONFIG, lora).bytes.join());
  assert.equal(new Set(messages).size, messages.length);
});

Deno.test("Dropout is in every graph of a batch, and in none that samples or merges; without it graphs are as they were", () => {
  const plain = TUNINGS.lora!(CONFIG);
  const on = TUNINGS["lora with dropout"]!(CONFIG);
  const off = { ...plain, dropout: false } as Tuning;
  const drops = (artifact: Artifact) => artifact.inputs.some(({ name }) => name === DROPOUT_INPUTS.tokens);
  for (const [name, make] of Object.entries(ARTIFACTS)) {
    assert.deepEqual(make(CONFIG, off).bytes, make(CONFIG, plain).bytes, name);
    assert.equal(drops(make(CONFIG, plain)), false, name);
    const isBatch = /^(policy|value|sft|reward|logits|score of)/.test(name);
    assert.equal(drops(make(CONFIG, on)), isBatch, name);
  }
});

Deno.test("Every name in a message is given by exactly one input, initializer or node before it is used", () => {
  const made = [CONFIG, GPT2].flatMap((config) => Object.values(ARTIFACTS).map((make) => ({ config, make })));
  for (const { config, make } of made) {
    for (const tuningOf of Object.values(TUNINGS)) {
      const { bytes } = make(config, tuningOf(config));
      // deno-lint-ignore no-explicit-any -- the message has no static type
      const { graph } = ModelProto.toObject(ModelProto.decode(bytes)) as any;
      const known = new Set<string>();
      const define = (name: string) => {
        assert.ok(!known.has(name), `${name} is given twice`);
        known.add(name);
      };
      for (const { name } of [...graph.input, ...graph.initializer]) define(name);
      for (const node of graph.node) {
        // An empty name leaves an optional input or output out.
        for (const name of node.input) {
          assert.ok(name === "" || known.has(name), `${name} is used before it is given`);
        }
        node.output.filter((name: string) => name !== "").forEach(define);
      }
      for (const { name } of graph.output) assert.ok(known.has(name), `output ${name} is missing`);
    }
  }
});

Deno.test("Evaluation asks for nothing that only training needs", () => {
  const lora = TUNINGS.lora!(CONFIG);
  const inputs = policyEvalArtifact(CONFIG, lora, { entropy: true, values: false }).inputs.map(({ name }) =>
    name
  );
  assert.deepEqual(
    inputs.filter((name) => !name.startsWith(MERGED)),
    [
      "ids",
      "positions",
      "rope_cos",
      "rope_sin",
      "targets",
      "inverse_temperature",
    ],
  );
});

Deno.test("A model of learned positions asks for no rotary tables", () => {
  for (const make of Object.values(ARTIFACTS)) {
    const names = make(GPT2, TUNINGS.lora!(GPT2)).inputs.map(({ name }) => name);
    assert.deepEqual(names.filter((name) => name.startsWith("rope_")), []);
  }
});

Deno.test("Training has a gradient for every parameter it trains, of the parameter's shape", () => {
  for (const tuning of ["lora", "full"]) {
    const { inputs, outputs, weights } = training(true, true, true)(CONFIG, TUNINGS[tuning]!(CONFIG));
    const shapes = new Map([...inputs].map(({ name, shape }) => [name, shape]));
    const gradients = outputs.filter(({ name }) => name.startsWith("gradient."));
    const expected = tuning === "lora" ? 2 * 7 * 2 + 2 : 1 + 2 * (7 + 4) + 1 + 2;
    assert.equal(gradients.length, expected);
    assert.equal(weights.length, tuning === "lora" ? 1 + 2 * 4 + 1 : 0);
    for (const { name, shape } of gradients) {
      const parameter = name.slice("gradient.".length);
      assert.deepEqual(shape, shapes.get(parameter), parameter);
      assert.deepEqual(shape, shapes.get(`accumulated.${parameter}`), parameter);
    }
  }
});

Deno.test("A model of Qwen3-0.6B's shape trains by a message of at most 2 MB, without its weights", () => {
  for (const tuning of ["lora", "full"]) {
    const { bytes } = training(false, false, true)(LARGE, TUNINGS[tuning]!(LARGE));
    assert.ok(bytes.length <= 2_000_000, `${tuning}: ${bytes.length} bytes`);
    // deno-lint-ignore no-explicit-any -- the message has no static type
    const { graph } = ModelProto.toObject(ModelProto.decode(bytes)) as any;
    const inside = graph.initializer.filter((tensor: { raw_data?: Uint8Array }) => tensor.raw_data);
    for (const { name, raw_data } of inside) assert.ok(raw_data.length <= 4096, name);
    assert.ok(inside.length < 100, `${inside.length} constants`);
  }
});
