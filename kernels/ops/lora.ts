/**
 * Low-rank adapters as composites, for n linears that read the same x: merged into the weights, or added to the
 * linears' outputs. Adapters are float32; beside x of 16 bits their products are rounded as x is. The rank is small, so
 * products of x with all n adapters are done as one. The gradient never has
 * an out×in array: dA = s·(dy·B)ᵀx, dB = s·((x·Aᵀ)ᵀdy)ᵀ, the latter with the rank as its rows, which runs faster.
 */
import type { Builder } from "../graph/builder.ts";
import type { TensorType, Value } from "../graph/value.ts";
import type { NoAttrs, OpRow, Sample } from "./row.ts";

export interface LoraAttrs {
  LoraLinears: { fanInFanOut: boolean };
  AddedAdapters: NoAttrs;
}

/** The four inputs of each linear. */
function quartets<Item>(rest: readonly Item[]): Item[][] {
  return Array.from({ length: rest.length / 4 }, (_, i) => rest.slice(4 * i, 4 * i + 4));
}

/**
 * W + s·B·A: the weight [out,in] with its adapter added, or [in,out] with `fanInFanOut`. `scaled` is s·B [out,r], `a` is
 * A [r,in].
 */
export function mergedWeight(g: Builder, w: Value, scaled: Value, a: Value, fanInFanOut: boolean): Value {
  const [left, right] = fanInFanOut ? [a, scaled] : [scaled, a];
  return g.op("Gemm", [left, right, w], { transA: fanInFanOut, transB: fanInFanOut, alpha: 1 })[0]!;
}

function joined(g: Builder, values: readonly Value[], axis: number): Value {
  const size = values.reduce((sum, { shape }) => sum + Number(shape[axis]), 0);
  return values.length === 1 ? values[0]! : g.concat(values, axis, size);
}

function parted(g: Builder, value: Value, axis: number, sizes: readonly number[]): Value[] {
  return sizes.length === 1 ? [value] : g.split(value, axis, sizes);
}

/** An adapter in the backward pass: its matrices and what the forward pass knows of it. */
interface Adapter {
  readonly a: Value;
  /** s·B [out,r]. */
  readonly scaled: Value;
  readonly s: Value;
  readonly dy: Value;
}

/** x·Aᵀ of each adapter, [M,rᵢ]. */
function lowRank(g: Builder, x: Value, as: readonly Value[]): Value[] {
  return parted(
    g,
    g.matmul(x, joined(g, as.map((a) => g.cast(a, x.dtype)), 0), { transB: true }),
    1,
    as.map(({ shape }) => Number(shape[0])),
  );
}

/** dA and dB of each adapter; `low` is x·Aᵀ of each, and d(x·Aᵀ) of all side by side [M,Σr] is given back too. */
function adapterGradients(
  g: Builder,
  x: Value,
  adapters: readonly Adapter[],
  low: readonly Value[],
): { dA: Value[]; dB: Value[]; dLow: Value } {
  const dLow = joined(g, adapters.map(({ dy, scaled }) => g.matmul(dy, scaled)), 1);
  const ranks = adapters.map(({ a }) => Number(a.shape[0]));
  const wide = (value: Value) => g.cast(value, "float32");
  return {
    dLow,
    dA: parted(g, wide(g.matmul(dLow, x, { transA: true })), 0, ranks),
    dB: adapters.map(({ dy, s }, i) =>
      g.transpose(g.mul(wide(g.matmul(low[i]!, dy, { transA: true })), s), [1, 0])
    ),
  };
}

export const LORA: { [Name in keyof LoraAttrs]: OpRow<LoraAttrs[Name]> } = {
  // yᵢ = x·(Wᵢ + sᵢ·Bᵢ·Aᵢ)ᵀ; inputs x [M,in], then per linear Wᵢ [outᵢ,in] frozen, Aᵢ [r,in], Bᵢ [outᵢ,r], sᵢ [].
  // Outputs yᵢ, then the merged weights, then sᵢ·Bᵢ.
  // With fanInFanOut each Wᵢ is [in,out] and gets (sᵢ·Bᵢ·Aᵢ)ᵀ; A and B stay as they are.
  // Adding the adapter to the weight costs out·in once; adding it to the activations would cost M·out and M·in at
  // every linear.
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
      const merged = quartets(rest).map(([w, a], i) => mergedWeight(g, w!, scaled[i]!, a!, fanInFanOut));
      return [
        ...merged.map((weight) => g.matmul(x!, weight, { transB: !fanInFanOut })),
        ...merged,
        ...scaled,
      ];
    },
    vjp: ({ g, inputs: [x, ...rest], outputs, grads, wants, attrs: { fanInFanOut } }) => {
      const parts = quartets(rest);
      const scaled = outputs.slice(2 * parts.length);
      const used = parts.map((_, i) => i).filter((i) => grads[i]);
      const adapters = used.map((i): Adapter => ({
        a: parts[i]![1]!,
        scaled: scaled[i]!,
        s: parts[i]![3]!,
        dy: grads[i]!,
      }));
      const as = adapters.map(({ a }) => a);
      const { dA, dB, dLow } = adapterGradients(g, x!, adapters, lowRank(g, x!, as));
      // dx = Σ dyᵢ·(Wᵢ + sᵢ·Bᵢ·Aᵢ), by the bare weights: the merged ones would stay in memory from their product on.
      const dx = () => {
        const bare = used.map((i) => g.matmul(grads[i]!, parts[i]![0]!, { transB: fanInFanOut }))
          .reduce((a, b) => g.add(a, b));
        return g.op("Gemm", [dLow, joined(g, as, 0), bare], { transA: false, transB: false, alpha: 1 })[0]!;
      };
      const result: (Value | null)[] = [wants[0] ? dx() : null];
      parts.forEach((_, i) => {
        const at = used.indexOf(i);
        const dW = () => {
          const [left, right] = fanInFanOut ? [x!, grads[i]!] : [grads[i]!, x!];
          return g.matmul(left, right, { transA: true });
        };
        result.push(wants[1 + 4 * i] && at >= 0 ? dW() : null, dA[at] ?? null, dB[at] ?? null, null);
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
  // zᵢ = yᵢ + sᵢ·(x·Aᵢᵀ)·Bᵢᵀ; inputs x [M,in], then per linear its output yᵢ [M,outᵢ], Aᵢ [r,in], Bᵢ [outᵢ,r], sᵢ [].
  // Outputs zᵢ, then x·Aᵢᵀ, then sᵢ·Bᵢ. For weights that an adapter cannot be merged into, or that serve few rows.
  AddedAdapters: {
    infer: ([x, ...rest]) => {
      const parts = quartets(rest);
      const low = ([, a]: TensorType[]) => ({ dtype: x!.dtype, shape: [x!.shape[0]!, a!.shape[0]!] });
      const scaled = parts.map(([, , b]) => ({ dtype: x!.dtype, shape: b!.shape }));
      return [...parts.map(([y]) => y!), ...parts.map(low), ...scaled];
    },
    lower: (g, [x, ...rest]) => {
      const parts = quartets(rest);
      const scaled = parts.map(([, , b, s]) => g.cast(g.mul(b!, s!), x!.dtype));
      const low = lowRank(g, x!, parts.map(([, a]) => a!));
      const attrs = { transA: false, transB: true, alpha: 1 };
      return [
        ...parts.map(([y], i) => g.op("Gemm", [low[i]!, scaled[i]!, y!], attrs)[0]!),
        ...low,
        ...scaled,
      ];
    },
    vjp: ({ g, inputs: [x, ...rest], outputs, grads, wants }) => {
      const parts = quartets(rest);
      const n = parts.length;
      const used = parts.map((_, i) => i).filter((i) => grads[i]);
      const adapters = used.map((i): Adapter => ({
        a: parts[i]![1]!,
        scaled: outputs[2 * n + i]!,
        s: parts[i]![3]!,
        dy: grads[i]!,
      }));
      const { dA, dB, dLow } = adapterGradients(g, x!, adapters, used.map((i) => outputs[n + i]!));
      const as = adapters.map(({ a }) => g.cast(a, x!.dtype));
      const dx = wants[0] ? g.matmul(dLow, joined(g, as, 0)) : null;
      return [
        dx,
        ...parts.flatMap((_, i) => {
          const at = used.indexOf(i);
          return [grads[i] ?? null, dA[at] ?? null, dB[at] ?? null, null];
        }),
      ];
    },
    samples: [{
      inputs: [
        { shape: [5, 4] },
        ...[{ shape: [5, 3] }, { shape: [2, 4] }, { shape: [3, 2] }],
        ...[{ shape: [5, 6] }, { shape: [1, 4] }, { shape: [6, 1] }],
      ],
      build: (g, x, y, a, b, y2, a2, b2) =>
        g.op("AddedAdapters", [x!, y!, a!, b!, g.scalar(0.7), y2!, a2!, b2!, g.scalar(2)], {}).slice(0, 2),
    }],
  },
};
