/**
 * Composites: several ops with one gradient rule that is cheaper than the sum of theirs. `lower` says what runs;
 * `vjp` reuses what `lower` kept.
 */
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/value.ts";
import type { NoAttrs, OpRow, Sample } from "./row.ts";

export interface FusedAttrs {
  SwiGlu: NoAttrs;
  LoraLinears: { fanInFanOut: boolean };
  SelectedLogprobs: NoAttrs;
}

/** Rows of a [N,·] matrix times one number each, [N]. */
function scaleRows(g: Builder, rows: Value, by: Value): Value {
  return g.mul(rows, g.reshape(by, [by.shape[0]!, 1]));
}

/** W, A, B and s of each linear. */
function quartets<Item>(rest: readonly Item[]): Item[][] {
  return Array.from({ length: rest.length / 4 }, (_, i) => rest.slice(4 * i, 4 * i + 4));
}

/** B·A as it is added to a weight: [out,in], or [in,out] with `fanInFanOut`. */
export function loraProduct(g: Builder, b: Value, a: Value, fanInFanOut: boolean): Value {
  return fanInFanOut ? g.matmul(a, b, { transA: true, transB: true }) : g.matmul(b, a);
}

export const FUSED: { [Name in keyof FusedAttrs]: OpRow<FusedAttrs[Name]> } = {
  // y = silu(a)·b. With σ = sigmoid(a), s = a·σ: da = dy·b·(σ + s·(1 − σ)), db = dy·s
  SwiGlu: {
    infer: ([a]) => [a!, a!],
    lower: (g, [a, b]) => {
      const s = g.silu(a!);
      return [g.mul(s, b!), s];
    },
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
  // yᵢ = x·(Wᵢ + sᵢ·Bᵢ·Aᵢ)ᵀ for n linears that read the same x [M,in]; inputs x, then per linear Wᵢ [outᵢ,in] frozen,
  // Aᵢ [r,in], Bᵢ [outᵢ,r], sᵢ []. Outputs yᵢ, then the merged weights, then sᵢ·Bᵢ.
  // With fanInFanOut each Wᵢ is [in,out] and gets (sᵢ·Bᵢ·Aᵢ)ᵀ; A and B stay as they are.
  // Adding the adapter to the weight costs out·in once; adding it to the activations would cost M·out and M·in at
  // every linear. The rule never forms an out×in gradient: dA = s·(dy·B)ᵀx, dB = s·((x·Aᵀ)ᵀdy)ᵀ. The rank is small,
  // so the products with x of all n linears are done as one, and dB with the rank as its rows: both run faster.
  LoraLinears: {
    infer: ([x, ...rest], { fanInFanOut }) => {
      const weights = quartets(rest).map(([w]) => w!);
      const bs = quartets(rest).map(([, , b]) => b!);
      return [
        ...weights.map(({ dtype, shape }) => ({ dtype, shape: [x!.shape[0]!, shape[Number(fanInFanOut)]!] })),
        ...weights.map(({ dtype, shape }) => ({ dtype, shape })),
        ...bs.map(({ dtype, shape }) => ({ dtype, shape })),
      ];
    },
    lower: (g, [x, ...rest], { fanInFanOut }) => {
      const scaled = quartets(rest).map(([, , b, s]) => g.mul(b!, s!));
      const merged = quartets(rest).map(([w, a], i) =>
        g.add(w!, loraProduct(g, scaled[i]!, a!, fanInFanOut))
      );
      return [
        ...merged.map((weight) => g.matmul(x!, weight, { transB: !fanInFanOut })),
        ...merged,
        ...scaled,
      ];
    },
    vjp: ({ g, inputs: [x, ...rest], outputs, grads, wants, attrs: { fanInFanOut } }) => {
      const parts = quartets(rest);
      const n = parts.length;
      const merged = outputs.slice(n, 2 * n);
      const scaled = outputs.slice(2 * n);
      const used = parts.map((_, i) => i).filter((i) => grads[i]);
      const ranks = used.map((i) => Number(parts[i]![1]!.shape[0]));
      const rank = ranks.reduce((a, b) => a + b);
      const joined = (values: Value[], axis: number) =>
        values.length === 1 ? values[0]! : g.concat(values, axis, rank);
      const parted = (value: Value, axis: number) =>
        ranks.length === 1 ? [value] : g.split(value, axis, ranks);
      const low = joined(used.map((i) => g.matmul(grads[i]!, scaled[i]!)), 1); // dy·B [M,Σr]
      const dA = parted(g.matmul(low, x!, { transA: true }), 0);
      const xA = parted(g.matmul(x!, joined(used.map((i) => parts[i]![1]!), 0), { transB: true }), 1);
      const result: (Value | null)[] = [
        wants[0]
          ? used.map((i) => g.matmul(grads[i]!, merged[i]!, { transB: fanInFanOut }))
            .reduce((a, b) => g.add(a, b))
          : null,
      ];
      parts.forEach(([, , , s], i) => {
        const at = used.indexOf(i);
        const dW = () => {
          const [left, right] = fanInFanOut ? [x!, grads[i]!] : [grads[i]!, x!];
          return g.matmul(left, right, { transA: true });
        };
        const dB = () => g.transpose(g.mul(g.matmul(xA[at]!, grads[i]!, { transA: true }), s!), [1, 0]);
        result.push(
          wants[1 + 4 * i] && at >= 0 ? dW() : null,
          at >= 0 ? dA[at]! : null,
          wants[3 + 4 * i] && at >= 0 ? dB() : null,
          null,
        );
      });
      return result;
    },
    samples: [false, true].flatMap((fanInFanOut) => {
      const weight = (out: number) => ({ shape: fanInFanOut ? [4, out] : [out, 4] });
      return [
        {
          inputs: [{ shape: [5, 4] }, weight(3), { shape: [2, 4] }, { shape: [3, 2] }],
          build: (g, x, w, a, b) => [
            g.op("LoraLinears", [x!, w!, a!, b!, g.scalar(0.7)], { fanInFanOut })[0]!,
          ],
        },
        {
          inputs: [
            { shape: [5, 4] },
            ...[weight(3), { shape: [2, 4] }, { shape: [3, 2] }],
            ...[weight(6), { shape: [1, 4] }, { shape: [6, 1] }],
          ],
          build: (g, x, w, a, b, w2, a2, b2) => {
            const inputs = [x!, w!, a!, b!, g.scalar(0.7), w2!, a2!, b2!, g.scalar(2)];
            return g.op("LoraLinears", inputs, { fanInFanOut }).slice(0, 2);
          },
        },
      ] satisfies Sample[];
    }),
  },
  // The log-probability of one target per row under softmax(h·Wᵀ·t), and the row's entropy: h [N,H], W [V,H],
  // targets i64 [N], t = 1/temperature []. → logprobs [N], entropy [N], then what the gradient needs.
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
    lower: (g, [h, w, targets, t]) => {
      const n = h!.shape[0]!;
      const scaled = g.mul(h!, t!);
      const z = g.matmul(scaled, w!, { transB: true });
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
    samples: [0, 1].map((output) => ({
      inputs: [{ shape: [3, 4] }, { shape: [6, 4] }],
      build: (g, h, w) => [g.op("SelectedLogprobs", [h!, w!, g.ints([5, 0, 5]), g.scalar(1.4)], {})[output]!],
    })),
  },
};
