/** Graphs for CUDA against the kernels its provider has, and graphs of the two 16-bit dtypes against each other. */
import assert from "node:assert/strict";
import {
  generateArtifact,
  hiddenArtifact,
  mergedArtifact,
  multiLoraArtifact,
  policyEvalArtifact,
  policyTrainingArtifact,
  rewardTrainingArtifact,
  scoreArtifact,
  sftTrainingArtifact,
  topLogprobsArtifact,
  type Tuning,
  valueEvalArtifact,
  valueTrainingArtifact,
} from "../../../kernels/artifacts.ts";
import type { Artifact } from "../../../kernels/graph/artifact.ts";
import { uniformAdapter } from "../../../kernels/models/adapter_spec.ts";
import type { ModelConfig } from "../../../kernels/models/model_config.ts";
import type { Precision } from "../../../kernels/nn/parameters.ts";
import { type Dtype, DTYPES } from "../../../kernels/onnx/dtypes.ts";
import { ModelProto } from "../../../kernels/onnx/schema.ts";
import { adamwArtifact } from "../../../kernels/optimizers/adamw.ts";
import { CUDA_KERNELS } from "../cuda_kernels.ts";
import { loadFixture, mergedWeights } from "../models/fixture.ts";
import { runArtifact, scalar } from "../run_artifact.ts";
import { within } from "../within.ts";

const ADAM = { adam_beta1: 0.9, adam_beta2: 0.999, adam_eps: 1e-8, max_grad_norm: 1 };
const MODELS = ["qwen3", "qwen2", "llama", "gpt2"];
const PRECISIONS = ["float32", "bfloat16", "float16"] as const satisfies readonly Precision[];

/** Every graph of a job, for CUDA. */
function artifacts(config: ModelConfig, precision: Precision): Record<string, Artifact> {
  const on = { precision, target: "cuda" } as const;
  const adapter = uniformAdapter(config, { r: 4, scale: 2 });
  const lora = { type: "lora", adapter, ...on } as const satisfies Tuning;
  const full: Tuning = { type: "full", ...on };
  const training = { values: true, entropyBonus: true, accumulate: true };
  return {
    policy_training: policyTrainingArtifact(config, lora, training),
    full_training: policyTrainingArtifact(config, full, training),
    dropout_training: policyTrainingArtifact(config, { ...lora, dropout: true }, training),
    dropout_eval: valueEvalArtifact(config, { ...lora, dropout: true }),
    blocks_training: policyTrainingArtifact(config, lora, { ...training, recompute: "full", blocks: 4 }),
    blocks_eval: policyEvalArtifact(config, lora, { entropy: true, values: true, blocks: 4 }),
    policy_eval: policyEvalArtifact(config, lora, { entropy: true, values: true }),
    value_training: valueTrainingArtifact(config, lora, { accumulate: false }),
    value_eval: valueEvalArtifact(config, lora),
    sft_training: sftTrainingArtifact(config, full, { accumulate: false }),
    packed_sft_training: sftTrainingArtifact(config, full, { accumulate: false, packed: true, blocks: 2 }),
    score: scoreArtifact(config, { type: "none", ...on }),
    reward_training: rewardTrainingArtifact(config, lora, { accumulate: true }),
    generate: generateArtifact(config, lora, { truncation: true, lora: "added" }),
    generate_merged: generateArtifact(config, lora, { truncation: false, lora: "merged" }),
    multi_lora: multiLoraArtifact(config, new Set(adapter.keys()), { truncation: true, ...on }),
    generate_full: generateArtifact(config, full, { truncation: false, top: true }),
    hidden: hiddenArtifact(config, lora, {}),
    top_logprobs: topLogprobsArtifact(config, { type: "none", ...on }),
    merged: mergedArtifact(config, adapter),
    adamw: adamwArtifact(["matrices", "vectors"], ADAM),
  };
}

interface Node {
  name: string;
  op_type: string;
  input: string[];
  output: string[];
  attribute: { name: string; i: number }[];
}

const BY_NUMBER = new Map(Object.entries(DTYPES).map(([name, { onnx }]) => [onnx as number, name as Dtype]));
const COMPARISONS = new Set(["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual", "And", "Not"]);
const INDICES = new Set(["ArgMax", "Shape"]);
/** The input whose dtype selects the kernel, where it is not the first. */
const SELECTED_BY: Readonly<Record<string, number>> = { Where: 1 };

/** Nodes with the dtype that selects their kernel. */
function typedNodes({ bytes }: Artifact): (Node & { dtype: Dtype })[] {
  const message = ModelProto.toObject(ModelProto.decode(bytes), {
    longs: Number,
    arrays: true,
  }) as unknown as {
    graph: {
      node: Node[];
      initializer: { name: string; data_type: number }[];
      input: { name: string; type: { tensor_type: { elem_type: number } } }[];
    };
  };
  const dtypes = new Map<string, Dtype>();
  for (const { name, data_type } of message.graph.initializer) dtypes.set(name, BY_NUMBER.get(data_type)!);
  for (const { name, type } of message.graph.input) {
    dtypes.set(name, BY_NUMBER.get(type.tensor_type.elem_type)!);
  }
  return message.graph.node.map((node) => {
    const op = node.op_type;
    const dtype = op === "ConstantOfShape" ? "float32" : dtypes.get(node.input[SELECTED_BY[op] ?? 0]!)!;
    assert.ok(dtype, `${op} '${node.name}' reads what nothing has given`);
    node.output.forEach((name, index) => dtypes.set(name, outputDtype(node, dtype, index)));
    return { ...node, dtype };
  });

  function outputDtype(node: Node, dtype: Dtype, index: number): Dtype {
    if (node.op_type === "Cast") return BY_NUMBER.get(node.attribute.find(({ name }) => name === "to")!.i)!;
    if (COMPARISONS.has(node.op_type)) return "bool";
    if (INDICES.has(node.op_type) || (node.op_type === "TopK" && index === 1)) return "int64";
    if (/LayerNormalization$/.test(node.op_type) && index > 0) return "float32";
    return dtype;
  }
}

for (const name of MODELS) {
  for (const precision of PRECISIONS) {
    Deno.test(`${name}, ${precision}: CUDA has a kernel for every node but those that compute shapes`, async () => {
      const { config } = await loadFixture(name);
      for (const [what, artifact] of Object.entries(artifacts(config, precision))) {
        const host = new Set(artifact.hostNodes);
        const nodes = typedNodes(artifact).filter((node) => !host.has(node.name));
        assert.ok(nodes.length > 5);
        for (const { name, op_type, dtype } of nodes) {
          const kernels = CUDA_KERNELS[op_type as keyof typeof CUDA_KERNELS];
          assert.ok(kernels?.includes(dtype), `${what}: ${op_type} of ${dtype} at ${name}`);
        }
      }
    });
  }

  Deno.test(`${name}: graphs of bfloat16 are those of float16 but for the dtype`, async () => {
    const { config } = await loadFixture(name);
    const [wide, narrow] = [artifacts(config, "bfloat16"), artifacts(config, "float16")];
    for (const what of Object.keys(wide)) {
      const outline = (artifact: Artifact) =>
        typedNodes(artifact).map(({ op_type, input, output, dtype }) => [
          ...[op_type, output.length, input.length],
          dtype === "bfloat16" ? "float16" : dtype,
        ]);
      assert.deepEqual(outline(wide[what]!), outline(narrow[what]!));
    }
  });

  Deno.test(`${name}: attention for CUDA gives what the CPU's own gives`, async () => {
    const fixture = await loadFixture(name);
    const feeds = {
      ...fixture.weights,
      ...mergedWeights(fixture),
      ...fixture.rope,
      ...fixture.batch,
      inverse_temperature: scalar(1),
    };
    const logprobs = async (target: "cpu" | "cuda") => {
      const tuning: Tuning = { type: "lora", adapter: fixture.adapter, target };
      const artifact = policyEvalArtifact(fixture.config, tuning, { entropy: false, values: false });
      return (await runArtifact(artifact, feeds)).logprobs!.data;
    };
    within(await logprobs("cuda"), await logprobs("cpu"), 1e-5, "logprobs");
  });
}

Deno.test("8-bit products have no kernel on CUDA", () => {
  assert.deepEqual(CUDA_KERNELS.MatMulIntegerToFloat, []);
});
