/**
 * Dropout of an adapter's input as two composites: which numbers are kept, and x with zeros for those that are not. Nothing
 * is drawn here: a mask is a function of keys that are inputs, computed so exactly that every runtime gets the same.
 */
import type { NoAttrs, OpRow } from "./op_row.ts";

export interface DropoutAttrs {
  DropoutMask: NoAttrs;
  ApplyMask: NoAttrs;
}

export const DROPOUT: { [Name in keyof DropoutAttrs]: OpRow<DropoutAttrs[Name]> } = {
  // keep[m,f] = frac(u_m·v_f) ≥ rate; inputs x [M,in], which is there for the mask's shape, u [M,K], v [K,in], rate [].
  // With u integers and v multiples of 2⁻ᵏ, all such that sums stay below 2²⁴ of these, every operation is exact, so
  // no order of adding and no reduced mantissa of a factor changes a bit. u·v modulo 1 is a linear hash: for random
  // keys any two of its numbers are independent, of tokens, of features and of modules, which have a v each. It costs
  // six passes over memory where a hash of many rounds would take dozens.
  // Kept as a byte a number for the backward pass, and made again where whole layers are.
  DropoutMask: {
    infer: ([x]) => [{ dtype: "bool", shape: x!.shape }],
    lower: (g, [, u, v, rate]) => {
      const y = g.matmul(u!, v!);
      return [g.greaterOrEqual(g.sub(y, g.floor(y)), rate!)];
    },
    vjp: "none",
    samples: [{
      inputs: [
        { shape: [2, 3] },
        { shape: [2, 2], values: [3, -5, 0, 7] },
        { shape: [2, 3], values: [0.25, -0.125, 0.5, 0.375, 0.25, -0.25] },
      ],
      build: (g, x, u, v) => g.op("DropoutMask", [x!, u!, v!, g.scalar(0.5)], {}),
    }],
  },
  // y = x where the mask holds, else 0; dx = dy there. The factor 1/(1 − rate) is the adapter's scale's to have: there are
  // fewer numbers behind its A than before it.
  ApplyMask: {
    infer: ([x]) => [x!],
    lower: (g, [x, mask]) => [g.mul(x!, g.cast(mask!, x!.dtype))],
    cheap: true,
    vjp: ({ g, inputs: [, mask], grads: [dy] }) => [g.mul(dy!, g.cast(mask!, dy!.dtype)), null],
    samples: [{
      inputs: [{ shape: [2, 3] }],
      build: (
        g,
        x,
      ) => [g.op("ApplyMask", [x!, g.constant("bool", [2, 3], Uint8Array.of(1, 0, 1, 1, 1, 0))], {})[0]!],
    }],
  },
};
