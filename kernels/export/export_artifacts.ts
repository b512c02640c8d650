/** Graphs for what leaves the program: an adapter added to a weight, and a model as other runtimes load it. */
import { Builder } from "../graph/builder.ts";
import type { Artifact } from "../graph/artifact.ts";
import { lmHead } from "../models/families.ts";
import type { ModelConfig } from "../models/model_config.ts";
import { trunk } from "../models/trunk.ts";
import { FrozenParameters } from "../nn/parameters.ts";
import { DTYPES } from "../onnx/dtypes.ts";
import type { NamedType, WeightPlace } from "../onnx/encode.ts";
import { mergedWeight } from "../ops/lora.ts";
import { exportedAttention } from "./exported_attention.ts";
import { PortableBuilder } from "./portable_builder.ts";

/**
 * `merged` = weight + scale·B·A for one linear of any size: weight [out,in] ([in,out] with fanInFanOut), lora_A
 * [r,in], lora_B [out,r], scale [].
 */
export function mergeArtifact(fanInFanOut: boolean): Artifact {
  const g = new Builder("merge");
  const weight = g.input("weight", "float32", fanInFanOut ? ["I", "O"] : ["O", "I"]);
  const a = g.input("lora_A", "float32", ["R", "I"]);
  const scaled = g.mul(g.input("lora_B", "float32", ["O", "R"]), g.input("scale", "float32", []));
  return g.finish({ merged: mergedWeight(g, weight, scaled, a, fanInFanOut) });
}

/** Where a weight may begin, so that a runtime can map its file into memory. */
const ALIGNMENT = 4096;

/** An exported model: its message, and where each weight lies in the file beside it. */
export interface ExportedModel extends Artifact {
  readonly places: readonly WeightPlace[];
}

/**
 * A language model in ONNX's own ops, cache included: input_ids, attention_mask, position_ids and
 * past_key_values.i.key|value → logits [B,S,V] and present.i.key|value. Its weights are float32 in `location`.
 */
export function exportedModel(config: ModelConfig, location: string): ExportedModel {
  const g = new PortableBuilder(config.model_type);
  const parameters = new FrozenParameters(g);
  const ids = g.input("input_ids", "int64", ["B", "S"]);
  const attention = exportedAttention(g, config);
  const everyRow = g.range("B*S");
  const h = trunk(g, config, parameters, { ids }, everyRow, attention);
  const logits = g.matmul(h, lmHead(config, parameters), { transB: true });
  const outputs = { logits: g.reshape(logits, ["B", "S", config.vocab_size]), ...attention.outputs };
  let places: readonly WeightPlace[] = [];
  const artifact = g.finish(outputs, (weights) => places = inLine(weights, location));
  return { ...artifact, places };
}

/** One weight after another. */
function inLine(weights: readonly NamedType[], location: string): WeightPlace[] {
  let end = 0;
  return weights.map(({ shape, dtype }) => {
    const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
    const length = shape.reduce<number>((product, size) => product * Number(size), DTYPES[dtype].bytes);
    end = offset + length;
    return { location, offset, length };
  });
}
