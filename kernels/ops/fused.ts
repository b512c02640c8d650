/**
 * Composites: several ops with one gradient rule that is cheaper than the sum of theirs. `lower` says what runs;
 * `vjp` reuses what `lower` kept.
 */
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/value.ts";
import { int8Matmul, SAMPLE_RANGE, sampleCodes } from "./quantization.ts";
import type { NoAttrs, OpRow, Sample } from "./op_row.ts";

export interface FusedAttrs {
  SwiGlu: NoAttrs;
  SelectedLogprobs: NoAttrs;
}

/** Rows of a [N,·] matrix times one number each, [N]. */
function scaleRows(g: Builder, rows: Value, by: Value): Value {
  return g.mul(rows, g.reshape(by, [by.shape[0]!, 1]));
}

export const FUSED: { [Name in keyof FusedAttrs]: OpRow<FusedAttrs[Name]> } = {
  // y = silu(a)·b. With σ = sigmoid(a), s = a·σ: da = dy·b·(σ + s·(1 − σ)), db = dy·s
  SwiGlu: {
    infer: ([a]) => [a!, a!],
    lower: (g, [a, b]) => {
      const s = g.silu(a!);
      return [g.mul(s, b!), s];
    },
    cheap: true,
    vjp: ({ g, inputs: [a, b], outputs: [, s], grads: [dy], wants }) => {
      const gate = g.sigmoid(a!);
      const slope = g.add(gate, g.mul(s!, g.sub(1, gate)));
      return [
        wants[0] ? g.mul(g.mul(dy!, b!), slope) : null,
        wants[1] ? g.mul(dy!, s!) : null,
      ];
    },
    samples: [{
      inputs: [{ shape: [3, 5], range: [-3, 3] }, { shape: [3, 5] }],
      build: (g, a, b) => [g.op("SwiGlu", [a!, b!], {})[0]!],
    }],
  },
  // The log-probability of one target per row under softmax(h·Wᵀ·t), and the row's entropy: h [N,H], W [V,H],
  // targets i64 [N], t = 1/temperature []. → logprobs [N], entropy [N], then what the gradient needs.
  // With codes [H,V] of 8 bits and scale [V] of Wᵀ as two more inputs, z is an 8-bit product; all else is as it was.
  // With z = t·h·Wᵀ, p = softmax(z), e = p·W: logprob = z_y − lse, entropy = lse − t·h·e, and
  // ∂logprob/∂(t·h) = W_y − e. So beyond p itself no N×V array is written, forward or backward.
  // lse = max z − log max p: max p ≥ 1/V, so this is exact where log p would underflow.
  SelectedLogprobs: {
    infer: ([h, w, targets]) => {
      const [n, v] = [h!.shape[0]!, w!.shape[0]!];
      const row = { dtype: "float32" as const, shape: targets!.shape };
      const matrix = (width: typeof v) => ({ dtype: "float32" as const, shape: [n, width] });
      return [row, row, matrix(h!.shape[1]!), matrix(v), matrix(v), matrix(h!.shape[1]!), row];
    },
    lower: (g, [h, w, targets, t, codes, scale]) => {
      const n = h!.shape[0]!;
      const scaled = g.mul(h!, t!);
      const z = codes ? int8Matmul(g, scaled, codes, scale!) : g.matmul(scaled, w!, { transB: true });
      const p = g.softmax(z);
      const lse = g.sub(g.reduceMax(z, [-1], false), g.log(g.reduceMax(p, [-1], false)));
      const picked = g.reshape(g.gatherElements(z, g.reshape(targets!, [n, 1]), 1), [n]);
      const expected = g.matmul(p, w!);
      const entropy = g.sub(lse, g.reduceSum(g.mul(scaled, expected), [-1], false));
      return [g.sub(picked, lse), entropy, scaled, z, p, expected, lse];
    },
    vjp: ({ g, inputs: [h, w, targets, t], outputs, grads: [dLogprob, dEntropy], wants }) => {
      const [, entropy, scaled, z, p, expected, lse] = outputs;
      const dScaled: Value[] = [];
      const dWeight: Value[] = [];
      if (dLogprob) {
        dScaled.push(scaleRows(g, g.sub(g.gather(w!, targets!, 0), expected!), dLogprob));
        if (wants[1]) {
          const rows = scaleRows(g, scaled!, dLogprob);
          const index = g.expand(g.reshape(targets!, [h!.shape[0]!, 1]), rows.shape);
          dWeight.push(
            g.scatterElements(g.neg(g.matmul(p!, rows, { transA: true })), index, rows, 0, "add"),
          );
        }
      }
      if (dEntropy) {
        // ∂entropy/∂z_j = −p_j·(z_j − lse + entropy)
        const n = h!.shape[0]!;
        const centre = g.reshape(g.sub(lse!, entropy!), [n, 1]);
        const dz = scaleRows(g, g.mul(p!, g.sub(centre, z!)), dEntropy);
        dScaled.push(g.matmul(dz, w!));
        if (wants[1]) dWeight.push(g.matmul(dz, scaled!, { transA: true }));
      }
      const sum = (parts: Value[]) => parts.reduce((a, b) => g.add(a, b));
      return [
        wants[0] ? g.mul(sum(dScaled), t!) : null,
        wants[1] ? sum(dWeight) : null,
        null,
        null,
      ];
    },
    samples: [0, 1].flatMap((output): Sample[] => {
      const inputs = [{ shape: [3, 4] }, { shape: [6, 4], range: SAMPLE_RANGE }];
      const apply = (g: Builder, h: Value, w: Value, ...head: Value[]) => [
        g.op("SelectedLogprobs", [h, w, g.ints([5, 0, 5]), g.scalar(1.4), ...head], {})[output]!,
      ];
      const plain = (g: Builder, h: Value, w: Value) => apply(g, h, w);
      const inEight = (held: "int8" | "uint8"): Sample => ({
        inputs,
        build: (g, h, w) => {
          const codes = sampleCodes(g, g.transpose(w!, [1, 0]), held);
          return apply(g, h!, w!, codes, g.floats(new Array(6).fill(0.01)));
        },
        like: (g, h, w) => plain(g, h!, w!),
        tolerance: 0.03,
      });
      return [
        { inputs, build: (g, h, w) => plain(g, h!, w!) },
        inEight("int8"),
        inEight("uint8"),
      ];
    }),
  },
};
