/**
 * A builder whose graphs hold ONNX's own ops only, so that any runtime takes them: what the others' trunks say in
 * ops of one runtime is spelled out here. For inference; nothing is differentiated.
 */
import { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/value.ts";
import type { OpAttrs, OpName } from "../ops/table.ts";

type Spelling<Name extends OpName> = (
  g: PortableBuilder,
  inputs: readonly Value[],
  attrs: OpAttrs[Name],
) => Value[];

const PORTABLE: { [Name in OpName]?: Spelling<Name> } = {
  // Gemm multiplies matrices; stacks of them are transposed first.
  FusedMatMul: (g, [a, b], { transA, transB, alpha }) => {
    if (a!.shape.length === 2 && b!.shape.length === 2) {
      return g.op("Gemm", [a!, b!], { transA, transB, alpha });
    }
    const product = g.matmul(transA ? flipped(g, a!) : a!, transB ? flipped(g, b!) : b!);
    return [alpha === 1 ? product : g.mul(product, alpha)];
  },
  // RMSNorm: x·r·w with r = 1/√(mean x² + ε)
  SimplifiedLayerNormalization: (g, [x, w], { epsilon }) => {
    const r = g.reciprocal(g.sqrt(g.add(g.reduceMean(g.mul(x!, x!), [-1], true), epsilon)));
    return [g.mul(g.mul(x!, r), w!), r];
  },
  QuickGelu: (g, [x]) => [g.mul(x!, g.sigmoid(x!))],
  // Every row is wanted: whoever runs an exported graph picks for himself.
  PickRows: (_g, [x]) => [x!],
};

function flipped(g: Builder, x: Value): Value {
  const rank = x.shape.length;
  return g.transpose(x, [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2]);
}

export class PortableBuilder extends Builder {
  override op<Name extends OpName>(name: Name, inputs: readonly Value[], attrs: OpAttrs[Name]): Value[] {
    const spell = PORTABLE[name] as Spelling<Name> | undefined;
    return spell ? spell(this, inputs, attrs) : super.op(name, inputs, attrs);
  }
}
