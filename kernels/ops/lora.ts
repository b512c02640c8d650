/**
 * Low-rank adapters as composites, for n linears that read the same x: merged into the weights before, or added to the
 * linears' outputs. Adapters are float32; beside x of half precision their products are rounded as x is. The rank is small, so
 * products of x with all n adapters are done as one. The gradient never has an out×in array: dA = (s·dy·B)ᵀx,
 * dB = ((s·x·Aᵀ)ᵀdy)ᵀ, the latter with the rank as its rows, which runs faster.
 */
import type { Builder } from "../graph/builder.ts";
import type { TensorType, Value } from "../graph/value.ts";
import type { NoAttrs, OpRow, Sample } from "./op_row.ts";

export interface LoraAttrs {
  LoraLinears: { fanInFanOut: boolean };
  AddedAdapters: NoAttrs;
}

/** The four inputs of each linear. */
function quartets<Item>(rest: readonly Item[]): Item[][] {
  return Array.from({ length: rest.length / 4 }, (_, i) => rest.slice(4 * i, 4 * i + 4));
}

/**
 * W + s·B·A: the weight [out,in] with its adapter added, or [in,out] with `fanInFanOut`. `sB` is s·B [out,r], `a` is A
 * [r,in].
 */
export function mergedWeight(g: Builder, w: Value, sB: Value, a: Value, fanInFanOut: boolean): Value {
  const [left, right] = fanInFanOut ? [a, sB] : [sB, a];
  return g.op("Gemm", [left, right, w], { transA: fanInFanOut, transB: fanInFanOut, alpha: 1 })[0]!;
}

function joined(g: Builder, values: readonly Value[], axis: number): Value {
  const size = values.reduce((sum, { shape }) => sum + Number(shape[axis]), 0);
  return values.length === 1 ? values[0]! : g.concat(values, axis, size);
}

function parted(g: Builder, value: Value, axis: number, sizes: readonly number[]): Value[] {
  return sizes.length === 1 ? [value] : g.split(value, axis, sizes);
}

interface Adapter {
  /** [r,in] */
  readonly a: Value;
  /** [out,r] */
  readonly b: Value;
  /** [] */
  readonly s: Value;
}

function adapterOf([, a, b, s]: readonly Value[]): Adapter {
  return { a: a!, b: b!, s: s! };
}

/** As of all adapters one below the other [Σr,in]. */
function stacked(g: Builder, adapters: readonly Adapter[], { dtype }: Value): Value {
  return joined(g, adapters.map(({ a }) => g.cast(a, dtype)), 0);
}

/** Columns of all adapters' ranks side by side [M,Σr], those of each times its s: there are fewer of them than in B. */
function scaled(g: Builder, columns: Value, adapters: readonly Adapter[]): Value {
  const { s } = adapters[0]!;
  const factors = adapters.every((other) => other.s === s)
    ? s
    : joined(g, adapters.map(({ a, s }) => g.expand(s, [a.shape[0]!])), 0);
  return g.mul(columns, g.cast(factors, columns.dtype));
}

/** s·x·Aᵀ of each adapter, [M,rᵢ]. */
function lowRank(g: Builder, x: Value, adapters: readonly Adapter[]): Value[] {
  const columns = g.matmul(x, stacked(g, adapters, x), { transB: true });
  return parted(g, scaled(g, columns, adapters), 1, adapters.map(({ a }) => Number(a.shape[0])));
}

/** dA and dB of each adapter; `low` is s·x·Aᵀ of each, and s·dy·B of all side by side [M,Σr] is given back too. */
function adapterGradients(
  g: Builder,
  x: Value,
  adapters: readonly (Adapter & { dy: Value })[],
  low: readonly Value[],
): { dA: Value[]; dB: Value[]; dLow: Value } {
  const columns = joined(g, adapters.map(({ dy, b }) => g.matmul(dy, g.cast(b, dy.dtype))), 1);
  const dLow = scaled(g, columns, adapters);
  const ranks = adapters.map(({ a }) => Number(a.shape[0]));
  const wide = (value: Value) => g.cast(value, "float32");
  return {
    dLow,
    dA: parted(g, wide(g.matmul(dLow, x, { transA: true })), 0, ranks),
    dB: adapters.map(({ dy }, i) => g.transpose(wide(g.matmul(low[i]!, dy, { transA: true })), [1, 0])),
  };
}

export const LORA: { [Name in keyof LoraAttrs]: OpRow<LoraAttrs[Name]> } = {
  // yᵢ = x·Mᵢᵀ; inputs x [M,in], then per linear Mᵢ [outᵢ,in], Aᵢ [r,in], Bᵢ [outᵢ,r], sᵢ []. Mᵢ = Wᵢ + sᵢ·Bᵢ·Aᵢ was
  // made of the others before, once for many runs: what would be its gradient goes to Aᵢ and Bᵢ at once.
  // With fanInFanOut each Mᵢ is [in,outᵢ]; A and B stay as they are.
  LoraLinears: {
    infer: ([x, ...rest], { fanInFanOut }) =>
      quartets(rest).map(([merged]) => ({
        dtype: x!.dtype,
        shape: [x!.shape[0]!, merged!.shape[Number(fanInFanOut)]!],
      })),
    lower: (g, [x, ...rest], { fanInFanOut }) =>
      quartets(rest).map(([merged]) => g.matmul(x!, merged!, { transB: !fanInFanOut })),
    vjp: ({ g, inputs: [x, ...rest], grads, wants, attrs: { fanInFanOut } }) => {
      const parts = quartets(rest);
      const used = parts.map((_, i) => i).filter((i) => grads[i]);
      const adapters = used.map((i) => ({ ...adapterOf(parts[i]!), dy: grads[i]! }));
      const { dA, dB } = adapterGradients(g, x!, adapters, lowRank(g, x!, adapters));
      const dx = () =>
        used.map((i) => g.matmul(grads[i]!, parts[i]![0]!, { transB: fanInFanOut }))
          .reduce((a, b) => g.add(a, b));
      return [
        wants[0] ? dx() : null,
        ...parts.flatMap((_, i) => {
          const at = used.indexOf(i);
          return [null, dA[at] ?? null, dB[at] ?? null, null];
        }),
      ];
    },
    samples: [false, true].flatMap((fanInFanOut) => {
      /** M, A, B and s of a linear with 4 inputs, M made of a constant weight and the others. */
      const linear = (g: Builder, a: Value, b: Value, scale: number): Value[] => {
        const out = Number(b.shape[0]);
        const values = Array.from({ length: 4 * out }, (_, i) => Math.sin(i + out));
        const w = g.reshape(g.floats(values), fanInFanOut ? [4, out] : [out, 4]);
        const s = g.scalar(scale);
        return [mergedWeight(g, w, g.mul(b, s), a, fanInFanOut), a, b, s];
      };
      return [
        {
          inputs: [{ shape: [5, 4] }, { shape: [2, 4] }, { shape: [3, 2] }],
          build: (g, x, a, b) => [
            g.op("LoraLinears", [x!, ...linear(g, a!, b!, 0.7)], { fanInFanOut })[0]!,
          ],
        },
        {
          inputs: [
            { shape: [5, 4] },
            ...[{ shape: [2, 4] }, { shape: [3, 2] }],
            ...[{ shape: [1, 4] }, { shape: [6, 1] }],
          ],
          build: (g, x, a, b, a2, b2) => {
            const inputs = [x!, ...linear(g, a!, b!, 0.7), ...linear(g, a2!, b2!, 2)];
            return g.op("LoraLinears", inputs, { fanInFanOut });
          },
        },
      ] satisfies Sample[];
    }),
  },
  // zᵢ = yᵢ + sᵢ·(x·Aᵢᵀ)·Bᵢᵀ; inputs x [M,in], then per linear its output yᵢ [M,outᵢ], Aᵢ [r,in], Bᵢ [outᵢ,r], sᵢ [].
  // Outputs zᵢ, then sᵢ·x·Aᵢᵀ. For weights that an adapter cannot be merged into, or that serve few rows.
  AddedAdapters: {
    infer: ([x, ...rest]) => {
      const parts = quartets(rest);
      const low = ([, a]: TensorType[]) => ({ dtype: x!.dtype, shape: [x!.shape[0]!, a!.shape[0]!] });
      return [...parts.map(([y]) => y!), ...parts.map(low)];
    },
    lower: (g, [x, ...rest]) => {
      const parts = quartets(rest);
      const low = lowRank(g, x!, parts.map(adapterOf));
      const attrs = { transA: false, transB: true, alpha: 1 };
      const outputs = parts.map(([y, , b], i) =>
        g.op("Gemm", [low[i]!, g.cast(b!, x!.dtype), y!], attrs)[0]!
      );
      return [...outputs, ...low];
    },
    vjp: ({ g, inputs: [x, ...rest], outputs, grads, wants }) => {
      const parts = quartets(rest);
      const used = parts.map((_, i) => i).filter((i) => grads[i]);
      const adapters = used.map((i) => ({ ...adapterOf(parts[i]!), dy: grads[i]! }));
      const low = used.map((i) => outputs[parts.length + i]!);
      const { dA, dB, dLow } = adapterGradients(g, x!, adapters, low);
      const dx = wants[0] ? g.matmul(dLow, stacked(g, adapters, x!)) : null;
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
