/** Attention for training (a composite with its own gradient), cached attention for decoding, and rotations. */
import type { OpRow } from "./row.ts";

export interface AttentionAttrs {
  RotaryEmbedding: { heads: number };
  CausalAttention: { scale: number };
  GroupQueryAttention: { heads: number; kvHeads: number; scale: number; rotary: boolean };
}

export const ATTENTION: { [Name in keyof AttentionAttrs]: OpRow<AttentionAttrs[Name]> } = {
  // x [B,S,heads·d] turned by the angles of its positions; the inverse rotation is the one with −sin.
  RotaryEmbedding: {
    domain: "com.microsoft",
    infer: ([x]) => [x!],
    vjp: ({ g, inputs: [, positions, cos, sin], grads: [dy], attrs }) => [
      ...g.op("RotaryEmbedding", [dy!, positions!, cos!, g.neg(sin!)], attrs),
      null,
      null,
      null,
    ],
    onnx: () => ({ interleaved: 0 }),
    samples: [{
      inputs: [{ shape: [2, 3, 12] }],
      build: (g, x) => {
        const angles = g.reshape(g.floats(Array.from({ length: 10 }, (_, i) => 0.3 * i)), [5, 2]);
        const sin = g.sub(g.floats([0]), g.mul(angles, 0.5));
        return g.op("RotaryEmbedding", [x!, g.ints([1]), angles, sin], { heads: 3 });
      },
    }],
  },
  // q [B,K,G·S,d] (query heads that share a kv head are folded into the rows), k and v [B,K,S,d], bias [G·S,S] →
  // o [B,K,G·S,d]. p = softmax(scale·qkᵀ + bias); with D = Σ do·o per row, ds = p·(do·vᵀ − D).
  CausalAttention: {
    infer: (
      [q, k, _v, _bias],
    ) => [q!, { dtype: "float32", shape: [...q!.shape.slice(0, -1), k!.shape.at(-2)!] }],
    lower: (g, [q, k, v, bias], { scale }) => {
      const p = g.softmax(g.add(g.matmul(q!, k!, { transB: true, alpha: scale }), bias!));
      return [g.matmul(p, v!), p];
    },
    vjp: ({ g, inputs: [q, k, v], outputs: [o, p], grads: [dO], attrs: { scale }, wants }) => {
      const rowSum = g.reduceSum(g.mul(dO!, o!), [-1], true);
      const ds = g.mul(p!, g.sub(g.matmul(dO!, v!, { transB: true }), rowSum));
      return [
        wants[0] ? g.matmul(ds, k!, { alpha: scale }) : null,
        wants[1] ? g.matmul(ds, q!, { transA: true, alpha: scale }) : null,
        wants[2] ? g.matmul(p!, dO!, { transA: true }) : null,
        null,
      ];
    },
    samples: [{
      inputs: [{ shape: [2, 2, 6, 4] }, { shape: [2, 2, 3, 4] }, { shape: [2, 2, 3, 4] }],
      build: (g, q, k, v) => {
        const bias = g.reshape(
          g.floats(Array.from({ length: 18 }, (_, i) => i % 3 > Math.floor(i / 3) % 3 ? -1e30 : 0)),
          [
            6,
            3,
          ],
        );
        return [g.op("CausalAttention", [q!, k!, v!, bias], { scale: 0.5 })[0]!];
      },
    }],
  },
  // Attention over a key-value cache that the op appends to. Inputs: q [B,S,heads·d], k and v [B,S,kvHeads·d], past
  // key and value [B,kvHeads,L,d], last position of each row i32 [B], longest total length i32 [], cos, sin.
  GroupQueryAttention: {
    domain: "com.microsoft",
    infer: ([q, _k, _v, pastKey, pastValue]) => [q!, pastKey!, pastValue!],
    vjp: "none",
    onnx: ({ heads, kvHeads, scale, rotary }) => ({
      num_heads: heads,
      kv_num_heads: kvHeads,
      scale: { float: scale },
      do_rotary: Number(rotary),
    }),
    samples: [{
      inputs: [{ shape: [2, 1, 16] }, { shape: [2, 1, 8] }, { shape: [2, 1, 8] }, { shape: [2, 1, 5, 8] }, {
        shape: [2, 1, 5, 8],
      }],
      build: (g, q, k, v, pastKey, pastValue) => {
        const lastPositions = g.cast(g.ints([2, 3]), "int32");
        const total = g.cast(g.reshape(g.ints([4]), []), "int32");
        return [
          g.op("GroupQueryAttention", [q!, k!, v!, pastKey!, pastValue!, lastPositions, total], {
            heads: 2,
            kvHeads: 1,
            scale: 0.5,
            rotary: false,
          })[0]!,
        ];
      },
    }],
  },
};
