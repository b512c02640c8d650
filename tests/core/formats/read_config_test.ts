import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import fc from "../../fast_check.ts";
import { UserError } from "../../../core/errors.ts";
import { parseConfig, readConfig } from "../../../core/formats/read_config.ts";

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

async function configOf(name: string): Promise<Record<string, unknown>> {
  return JSON.parse(await Deno.readTextFile(`${fixture(name)}/config.json`));
}

const TINY = {
  vocab_size: 320,
  hidden_size: 48,
  intermediate_size: 80,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 512,
  norm_eps: 1e-6,
};
const NO_BIAS = { qkv: false, o: false, mlp: false };

Deno.test("readConfig() reads each fixture as transformers 5 saved it", async () => {
  const tied = { qk_norm: false, tie_word_embeddings: true };
  const expected = {
    qwen3: {
      ...TINY,
      ...tied,
      head_dim: 16,
      rope: { theta: 1e6, scaling: null },
      bias: NO_BIAS,
      qk_norm: true,
    },
    qwen2: {
      ...TINY,
      ...tied,
      head_dim: 12,
      rope: { theta: 1e6, scaling: null },
      bias: { ...NO_BIAS, qkv: true },
    },
    llama: {
      ...TINY,
      ...tied,
      head_dim: 12,
      rope: { theta: 1e4, scaling: null },
      bias: NO_BIAS,
      tie_word_embeddings: false,
    },
    gpt2: {
      ...TINY,
      ...tied,
      intermediate_size: 192,
      num_key_value_heads: 4,
      head_dim: 12,
      max_position_embeddings: 256,
      norm_eps: 1e-5,
      rope: null,
      bias: { qkv: true, o: true, mlp: true },
    },
  };
  for (const [model_type, model] of Object.entries(expected)) {
    const read = await readConfig(fixture(model_type));
    assert.deepEqual(read.model, { model_type, ...model });
    assert.equal(read.task, "causal_lm");
    assert.deepEqual([read.eos_token_ids, read.bos_token_id, read.pad_token_id], [[2], 1, 0]);
    assert.equal(read.dtype, "float32");
    assert.equal(read.num_labels, null);
  }
  const reward = await readConfig(fixture("reward-qwen3"));
  assert.deepEqual([reward.task, reward.num_labels], ["sequence_classifier", 1]);
});

Deno.test("parseConfig() reads the keys of transformers 4", () => {
  // Published configurations: Llama-3.2-1B, SmolLM2-135M and Qwen2.5-0.5B as their repositories hold them.
  const llama = parseConfig({
    architectures: ["LlamaForCausalLM"],
    attention_bias: false,
    attention_dropout: 0.0,
    bos_token_id: 128000,
    eos_token_id: [128001, 128008, 128009],
    head_dim: 64,
    hidden_act: "silu",
    hidden_size: 2048,
    intermediate_size: 8192,
    max_position_embeddings: 131072,
    mlp_bias: false,
    model_type: "llama",
    num_attention_heads: 32,
    num_hidden_layers: 16,
    num_key_value_heads: 8,
    pretraining_tp: 1,
    rms_norm_eps: 1e-5,
    rope_scaling: {
      factor: 32.0,
      high_freq_factor: 4.0,
      low_freq_factor: 1.0,
      original_max_position_embeddings: 8192,
      rope_type: "llama3",
    },
    rope_theta: 500000.0,
    tie_word_embeddings: true,
    torch_dtype: "bfloat16",
    vocab_size: 128256,
  });
  assert.deepEqual(llama.model.rope, {
    theta: 5e5,
    scaling: {
      type: "llama3",
      factor: 32,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    },
  });
  assert.deepEqual(llama.eos_token_ids, [128001, 128008, 128009]);
  assert.deepEqual([llama.pad_token_id, llama.dtype], [null, "bfloat16"]);

  const smollm = parseConfig({
    architectures: ["LlamaForCausalLM"],
    bos_token_id: 0,
    eos_token_id: 0,
    hidden_act: "silu",
    hidden_size: 576,
    intermediate_size: 1536,
    is_llama_config: true,
    max_position_embeddings: 8192,
    model_type: "llama",
    num_attention_heads: 9,
    num_hidden_layers: 30,
    num_key_value_heads: 3,
    rms_norm_eps: 1e-5,
    rope_interleaved: false,
    rope_scaling: null,
    rope_theta: 100000,
    tie_word_embeddings: true,
    vocab_size: 49152,
  });
  assert.deepEqual([smollm.model.head_dim, smollm.model.rope], [64, { theta: 1e5, scaling: null }]);
  assert.deepEqual(smollm.eos_token_ids, [0]);

  const qwen2 = parseConfig({
    architectures: ["Qwen2ForCausalLM"],
    hidden_size: 896,
    intermediate_size: 4864,
    max_window_layers: 24,
    model_type: "qwen2",
    num_attention_heads: 14,
    num_hidden_layers: 24,
    num_key_value_heads: 2,
    rms_norm_eps: 1e-6,
    rope_theta: 1000000.0,
    sliding_window: 32768,
    tie_word_embeddings: true,
    use_mrope: false,
    use_sliding_window: false,
    vocab_size: 151936,
    eos_token_id: 151645,
  }, { eos_token_id: [151645, 151643], temperature: 0.7 });
  assert.deepEqual(qwen2.eos_token_ids, [151645, 151643]);
  assert.deepEqual([qwen2.model.head_dim, qwen2.model.bias], [64, { qkv: true, o: false, mlp: false }]);
});

Deno.test("parseConfig() fills in what older configurations leave out", async () => {
  const { head_dim: _, rope_parameters: __, rms_norm_eps: ___, ...rest } = await configOf("llama");
  const { model } = parseConfig({ ...rest, num_key_value_heads: null });
  assert.deepEqual(model.rope, { theta: 10000, scaling: null });
  assert.deepEqual([model.head_dim, model.norm_eps, model.num_key_value_heads], [12, 1e-6, 4]);
  const linear = parseConfig({ ...rest, rope_scaling: { type: "linear", factor: 2 } });
  assert.deepEqual(linear.model.rope?.scaling, { type: "linear", factor: 2 });
  assert.deepEqual(parseConfig({ ...rest, pad_token_id: -1, eos_token_id: [2, 50256, "x"] }).eos_token_ids, [
    2,
  ]);
  assert.deepEqual(parseConfig({ ...rest, attention_bias: true, mlp_bias: true }).model.bias, {
    qkv: true,
    o: true,
    mlp: true,
  });
});

Deno.test("parseConfig() reads a key where transformers does, and what it leaves out as transformers does", async () => {
  const qwen3 = await configOf("qwen3");
  const idle = { layer_types: null, use_sliding_window: true, sliding_window: 64 };
  const same = parseConfig(qwen3).model;
  assert.deepEqual(parseConfig({ ...qwen3, ...idle, max_window_layers: 3 }).model, same, "windows nowhere");
  assert.deepEqual(parseConfig({ ...qwen3, ...idle, sliding_window: null }).model, same);
  assert.deepEqual(
    parseConfig({ ...qwen3, use_sliding_window: true }).model,
    same,
    "every layer is said full",
  );
  assert.equal(parseConfig({ ...qwen3, head_dim: null }).model.head_dim, 128);
  // A scaling of transformers 4 goes before what 5 wrote; an empty one counts for nothing.
  const linear = { rope_scaling: { type: "linear", factor: 2 }, rope_theta: 100 };
  assert.deepEqual(parseConfig({ ...qwen3, ...linear }).model.rope, {
    theta: 100,
    scaling: { type: "linear", factor: 2 },
  });
  assert.deepEqual(parseConfig({ ...qwen3, rope_scaling: {} }).model, same);
  // Left out, Qwen's key and value heads are 32; null, as many as the query heads.
  const noKv = { ...qwen3, num_attention_heads: 64, num_key_value_heads: undefined };
  assert.equal(parseConfig(noKv).model.num_key_value_heads, 32);
  assert.equal(parseConfig({ ...noKv, num_key_value_heads: null }).model.num_key_value_heads, 64);
  const numbers = { factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
  const llama3 = { rope_scaling: { rope_type: "llama3", ...numbers } };
  const short = parseConfig({ ...qwen3, max_position_embeddings: 300, ...llama3 });
  assert.deepEqual(short.model.rope?.scaling, {
    type: "llama3",
    ...numbers,
    original_max_position_embeddings: 300,
  });
  const gpt2 = await configOf("gpt2");
  const { n_embd, n_head, n_layer, n_positions, ...rest } = gpt2;
  const renamed = {
    ...{ hidden_size: n_embd, num_attention_heads: n_head },
    ...{ num_hidden_layers: n_layer, max_position_embeddings: n_positions },
  };
  assert.deepEqual(parseConfig({ ...rest, ...renamed }).model, parseConfig(gpt2).model);
  const trunk = parseConfig({ ...gpt2, architectures: ["GPT2Model"] });
  assert.deepEqual([trunk.task, trunk.model], ["causal_lm", parseConfig(gpt2).model]);
  for (const activation_function of ["gelu_pytorch_tanh", "gelu_python_tanh", "gelu_fast", "gelu_accurate"]) {
    assert.deepEqual(parseConfig({ ...gpt2, activation_function }).model, parseConfig(gpt2).model);
  }
  assert.deepEqual(parseConfig({ ...qwen3, hidden_act: "swish" }).model, same);
});

Deno.test("parseConfig() counts a classifier's labels as transformers does", async () => {
  const { id2label: _, ...reward } = await configOf("reward-qwen3");
  const one = { id2label: { 0: "LABEL_0" } };
  const labels = (change: Record<string, unknown>) => parseConfig({ ...reward, ...change }).num_labels;
  assert.deepEqual([labels({}), labels({ num_labels: 1 }), labels({ num_labels: 3 })], [2, 1, 3]);
  assert.deepEqual([labels(one), labels({ ...one, num_labels: 3 }), labels({ id2label: null })], [1, 1, 2]);
});

Deno.test("parseConfig() refuses what cannot be run, naming the key, its value and what is supported", async () => {
  const qwen3 = await configOf("qwen3"), gpt2 = await configOf("gpt2");
  const unsupported: [Record<string, unknown>, RegExp][] = [
    [{ model_type: "mistral" }, /model_type "mistral": supported: qwen3, qwen2, llama, gpt2/],
    [{ model_type: "qwen3_moe" }, /model_type "qwen3_moe"/],
    [{ model_type: "toString" }, /model_type "toString"/],
    [{ architectures: ["Qwen3ForTokenClassification"] }, /architectures .* supported: Qwen3ForCausalLM/],
    [
      { layer_types: null, use_sliding_window: true, sliding_window: 64, max_window_layers: 2 },
      /use_sliding_window true: supported: false/,
    ],
    // Left out, the window is 4,096 and begins at layer 28.
    [
      { layer_types: null, use_sliding_window: true, sliding_window: undefined, max_window_layers: 2 },
      /use_sliding_window true: supported: false/,
    ],
    [{ layer_types: ["full_attention", "sliding_attention"] }, /layer_types .*sliding_attention/],
    [{ num_experts: 64 }, /num_experts 64: mixtures of experts/],
    [{ quantization_config: { bits: 4 } }, /quantization_config {"bits":4}/],
    [{ hidden_act: "gelu" }, /hidden_act "gelu": supported: silu, swish/],
    [
      { rope_parameters: { rope_type: "yarn", factor: 4 } },
      /rope_type "yarn": supported: default, linear, llama3/,
    ],
    [{ rope_parameters: null, rope_scaling: { type: "dynamic", factor: 4 } }, /type "dynamic"/],
    [{ rope_parameters: { rope_type: "longrope" } }, /rope_type "longrope"/],
    [{ rope_parameters: { full_attention: { rope_theta: 1 } } }, /rope_parameters .*one rope/],
    [{ rope_parameters: { rope_theta: 1e4, partial_rotary_factor: 0.5 } }, /partial_rotary_factor 0.5/],
    [{ num_hidden_layers: 1e9 }, /num_hidden_layers 1000000000: at most 1024/],
    [{ vocab_size: 1e12 }, /vocab_size 1000000000000: at most/],
  ];
  const damaged: [Record<string, unknown>, RegExp][] = [
    [{ num_hidden_layers: undefined }, /has no num_hidden_layers/],
    [{ hidden_size: -48 }, /hidden_size .*a positive integer, got -48/],
    [{ hidden_size: "48" }, /hidden_size .*got "48"/],
    [{ num_key_value_heads: 3 }, /num_key_value_heads 3: it must divide num_attention_heads, which is 4/],
    [{ head_dim: 15 }, /head_dim 15: rotary positions need an even one/],
    [{ rms_norm_eps: 0 }, /rms_norm_eps .*a positive number, got 0/],
    [{ rope_parameters: { rope_type: "linear" } }, /rope_parameters of config.json has no factor/],
    [{ rope_parameters: [] }, /rope_parameters .*an object, got \[\]/],
    [{ tie_word_embeddings: 1 }, /tie_word_embeddings .*true or false, got 1/],
  ];
  for (const [code, cases] of Object.entries({ unsupported_model: unsupported, damaged_model: damaged })) {
    for (const [change, message] of cases) {
      assert.throws(
        () => parseConfig({ ...qwen3, ...change }),
        { name: "UserError", code, message },
        JSON.stringify(change),
      );
    }
  }
  assert.throws(() => parseConfig({ ...gpt2, activation_function: "relu" }), /activation_function "relu"/);
  assert.throws(
    () => parseConfig({ ...gpt2, n_embd: 50 }),
    /4 attention heads: they must divide the hidden size/,
  );
  assert.throws(
    () => parseConfig({ ...gpt2, scale_attn_by_inverse_layer_idx: true }),
    /scale_attn_by_inverse_layer_idx/,
  );
});

Deno.test("parseConfig() answers any JSON with a configuration or a UserError", async () => {
  const good = await configOf("qwen3");
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(good), "rope_scaling", "num_labels"),
      fc.jsonValue(),
      (key, value) => {
        try {
          const { model } = parseConfig({ ...good, [key]: value });
          assert.ok(model.num_hidden_layers <= 1024 && model.vocab_size <= 1 << 20);
        } catch (thrown) {
          assert.ok(thrown instanceof UserError, String(thrown));
        }
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("readConfig() says what is wrong with the file itself", async () => {
  const folder = await Deno.makeTempDir();
  await assert.rejects(readConfig(folder), {
    code: "damaged_model",
    message: "The model folder has no config.json",
  });
  for (
    const [text, message] of [["{", /config.json is not JSON/], ["[1]", /got \[1\]/], [
      '{"a":1,"a":2}',
      /key "a" twice/,
    ]] as const
  ) {
    await Deno.writeTextFile(`${folder}/config.json`, text);
    await assert.rejects(readConfig(folder), { code: "damaged_model", message });
  }
  await Deno.remove(folder, { recursive: true });
});
