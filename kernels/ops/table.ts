/** The one table of ops, typed totally: an op without a row, or a row with a mistyped rule, does not compile. */
import { ATTENTION, type AttentionAttrs } from "./attention.ts";
import { DROPOUT, type DropoutAttrs } from "./dropout.ts";
import { ELEMENTWISE, type ElementwiseAttrs } from "./elementwise.ts";
import { FUSED, type FusedAttrs } from "./fused.ts";
import { INDEXING, type IndexingAttrs } from "./indexing.ts";
import { LORA, type LoraAttrs } from "./lora.ts";
import { MATMUL, type MatmulAttrs } from "./matmul.ts";
import { NORMALIZATION, type NormalizationAttrs } from "./normalization.ts";
import { QUANTIZATION, type QuantizationAttrs } from "./quantization.ts";
import { REDUCTION, type ReductionAttrs } from "./reduction.ts";
import type { OpRow } from "./op_row.ts";
import { SHAPING, type ShapingAttrs } from "./shaping.ts";

/** Attributes of every op, by name. */
export interface OpAttrs
  extends
    AttentionAttrs,
    DropoutAttrs,
    ElementwiseAttrs,
    FusedAttrs,
    IndexingAttrs,
    LoraAttrs,
    MatmulAttrs,
    NormalizationAttrs,
    QuantizationAttrs,
    ReductionAttrs,
    ShapingAttrs {}

export type OpName = keyof OpAttrs;

export const OPS: { [Name in OpName]: OpRow<OpAttrs[Name]> } = {
  ...ATTENTION,
  ...DROPOUT,
  ...ELEMENTWISE,
  ...FUSED,
  ...INDEXING,
  ...LORA,
  ...MATMUL,
  ...NORMALIZATION,
  ...QUANTIZATION,
  ...REDUCTION,
  ...SHAPING,
};
