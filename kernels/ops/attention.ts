/** Attention for training (composites with a gradient of their own), cached attention for decoding, and rotations. */
import { dimProduct, type TensorType, type Value, WITHOUT } from "../graph/value.ts";
import {
  attendInBlocks,
  attentionGradients,
  type BlockedAttention,
  blockGradients,
  causalMasks,
  checkBlocks,
} from "./attention_blocks.ts";
import type { OpRow } from "./op_row.ts";

export interface AttentionAttrs {
  RotaryEmbedding: { heads: number };
  /** `blocks` of queries, one after another. */
  CausalAttention: { scale: number; blocks: number };
  FusedCausalAttention: { heads: number; kvHeads: number; scale: number };
  GroupQueryAttention: {
    heads: number;
    kvHeads: number;
    scale: number;
    rotary: boolean;
    /** A fourth output: the probabilities [B,heads,S,total]. */
    probabilities?: boolean;
  };
}

/** The runtime's attention takes heads of a multiple of so many numbers. */
export const FUSED_HEAD_MULTIPLE = 8;

/** GroupQueryAttention's `qk_output`: scores after the softmax. */
const AFTER_SOFTMAX = 2;

/** The inputs of CausalAttention by what they are. */
function blocked(
  [q, k, v, ...masks]: readonly Value[],
  { scale, blocks }: AttentionAttrs["CausalAttention"],
): BlockedAttention {
  return { q: q!, k: k!, v: v!, biases: masks.slice(0, blocks), seen: masks.slice(blocks), scale };
}

/** Outputs of attention without a cache: what was attended, keys and values by head, and the probabilities if wanted. */
function attentionOutputs(
  q: TensorType,
  k: TensorType,
  { heads, kvHeads, probabilities }: { heads: number; kvHeads: number; probabilities?: boolean },
): TensorType[] {
  const [B, S] = q.shape as [string, string];
  const byHead = { dtype: k.dtype, shape: [B, kvHeads, S, Number(k.shape[2]) / kvHeads] };
  const p = { dtype: q.dtype, shape: [B, heads, S, S] };
  return [q, byHead, byHead, ...(probabilities ? [p] : [])];
}

export const ATTENTION: { [Name in keyof AttentionAttrs]: OpRow<AttentionAttrs[Name]> } = {
  // x [B,S,heads·d] turned by the angles of its positions; the inverse rotation is the one with −sin.
  RotaryEmbedding: {
    domain: "com.microsoft",
    infer: ([x]) => [x!],
    cheap: true,
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
  // q [B,K,S·G,d] (query heads that share a kv head lie next to each other), k and v [B,K,S,d], for each block of queries
  // a bias [queries,1,keys], then for each or none where it hides nothing, as ones and zeros → o [B,K,S·G,d]; in one block
  // also p [B,K,S·G,S]. p = softmax(scale·qkᵀ + bias); with D = Σ do·o per row, ds = p·(do·vᵀ − D). In several blocks p is
  // recomputed for the gradients.
  CausalAttention: {
    infer: ([q, k], { blocks }) => {
      checkBlocks(k!.shape[2]!, blocks);
      const p = { dtype: q!.dtype, shape: [...q!.shape.slice(0, -1), k!.shape.at(-2)!] };
      return blocks === 1 ? [q!, p] : [q!];
    },
    lower: (g, inputs, attrs) => {
      const { o, p } = attendInBlocks(g, blocked(inputs, attrs));
      return attrs.blocks === 1 ? [o, p[0]!] : [o];
    },
    vjp: ({ g, inputs, outputs: [o, p], grads: [dO], attrs, wants }) => {
      const attention = blocked(inputs, attrs);
      const products = g.mul(g.cast(dO!, "float32"), g.cast(o!, "float32"));
      const rowSum = g.cast(g.reduceSum(products, [-1], true), dO!.dtype);
      return p
        ? attentionGradients(g, { ...attention, p, dO: dO!, rowSum }, attrs.scale, wants)
        : blockGradients(g, attention, { dO: dO!, rowSum }, wants);
    },
    samples: [[1, 3, 1], [2, 3, 2], [3, 5, 1], [2, 2, 3]].map(([blocks, S, G]) => ({
      inputs: [{ shape: [2, 2, S! * G!, 4] }, { shape: [2, 2, S!, 4] }, { shape: [2, 2, S!, 4] }],
      build: (g, q, k, v) => {
        const masks = causalMasks(g, S!, blocks!, -1e30);
        const biases = masks.map(({ bias }) => bias);
        const seen = blocks === 3 ? masks.map(({ seen }) => g.cast(seen, "float32")) : [];
        return [
          g.op("CausalAttention", [q!, k!, v!, ...biases, ...seen], { scale: 0.5, blocks: blocks! })[0]!,
        ];
      },
    })),
  },
  // The same by the runtime's own attention, which skips what the mask hides and lays out heads itself: q [B,S,N·d],
  // k and v [B,S,K·d], last column i32 [B], columns i32 [] → o [B,S,N·d], keys and values [B,K,S,d], p [B,N,S,S].
  FusedCausalAttention: {
    infer: ([q, k], attrs) => attentionOutputs(q!, k!, { ...attrs, probabilities: true }),
    lower: (g, [q, k, v, last, columns], attrs) =>
      g.op("GroupQueryAttention", [q!, k!, v!, WITHOUT, WITHOUT, last!, columns!], {
        ...attrs,
        rotary: false,
        probabilities: true,
      }),
    vjp: (
      { g, inputs: [q], outputs: [o, keys, values, p], grads: [dO], attrs: { heads, kvHeads, scale }, wants },
    ) => {
      const [B, S] = q!.shape as [string, string];
      const d = Number(keys!.shape[3]);
      const rows = dimProduct([heads / kvHeads, S]);
      // Query heads that share a kv head become rows of it.
      const fold = (x: Value, width: number) =>
        g.reshape(g.transpose(g.reshape(x, [B, S, heads, width]), [0, 2, 1, 3]), [B, kvHeads, rows, width]);
      const unfold = (x: Value | null, count: number) =>
        x && g.reshape(g.transpose(g.reshape(x, [B, count, S, d]), [0, 2, 1, 3]), [B, S, count * d]);
      const rowSum = g.reduceSum(g.reshape(g.mul(dO!, o!), [B, S, heads, d]), [-1], true);
      const all = {
        q: fold(q!, d),
        k: keys!,
        v: values!,
        p: g.reshape(p!, [B, kvHeads, rows, S]),
        dO: fold(dO!, d),
        rowSum: fold(rowSum, 1),
      };
      const [dq, dk, dv] = attentionGradients(g, all, scale, wants);
      return [unfold(dq!, heads), unfold(dk!, kvHeads), unfold(dv!, kvHeads), null, null];
    },
    samples: [{
      inputs: [{ shape: [2, 3, 32] }, { shape: [2, 3, 16] }, { shape: [2, 3, 16] }],
      build: (g, q, k, v) => {
        const last = g.cast(g.ints([2, 2]), "int32");
        const columns = g.cast(g.reshape(g.ints([3]), []), "int32");
        const attrs = { heads: 4, kvHeads: 2, scale: 0.5 };
        return g.op("FusedCausalAttention", [q!, k!, v!, last, columns], attrs).slice(0, 1);
      },
    }],
  },
  // Attention over a key-value cache that the op appends to, or WITHOUT one over its own columns. Inputs: q [B,S,heads·d],
  // k and v [B,S,kvHeads·d] (or all three side by side as q, and two WITHOUT), past key and value [B,kvHeads,L,d], last position of each row i32 [B], longest total length
  // i32 [], cos, sin.
  GroupQueryAttention: {
    domain: "com.microsoft",
    infer: ([q, k, _v, pastKey, pastValue], attrs) => {
      if (pastKey === WITHOUT) return attentionOutputs(q!, k!, attrs);
      const width = attrs.heads * Number(pastKey!.shape[3]);
      return [{ dtype: q!.dtype, shape: [...q!.shape.slice(0, 2), width] }, pastKey!, pastValue!];
    },
    vjp: "none",
    onnx: ({ heads, kvHeads, scale, rotary, probabilities }) => ({
      num_heads: heads,
      kv_num_heads: kvHeads,
      scale: { float: scale },
      do_rotary: Number(rotary),
      ...(probabilities && { qk_output: AFTER_SOFTMAX }),
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
