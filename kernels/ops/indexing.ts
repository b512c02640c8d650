/** Ops that pick elements by index or put them back. */
import { normalizeAxis } from "../graph/value.ts";
import type { NoAttrs, OpRow } from "./op_row.ts";

export interface IndexingAttrs {
  Gather: { axis: number };
  GatherElements: { axis: number };
  ScatterElements: { axis: number; reduction: "none" | "add" };
  PickRows: NoAttrs;
}

export const INDEXING: { [Name in keyof IndexingAttrs]: OpRow<IndexingAttrs[Name]> } = {
  // An index may repeat, so the gradient adds: rows of dy into zeros. Only axis 0 of a matrix needs one (embeddings).
  Gather: {
    infer: ([x, indices], { axis }) => {
      const at = normalizeAxis(axis, x!.shape.length);
      return [{
        dtype: x!.dtype,
        shape: [...x!.shape.slice(0, at), ...indices!.shape, ...x!.shape.slice(at + 1)],
      }];
    },
    vjp: ({ g, inputs: [x, indices], grads: [dy], attrs: { axis } }) => {
      if (axis !== 0 || x!.shape.length !== 2) {
        throw new RangeError(
          `Gather has a gradient for axis 0 of a matrix only: axis is ${axis}, rank is ${x!.shape.length}`,
        );
      }
      const width = x!.shape[1]!;
      const rows = g.reshape(dy!, [g.sizeOf(indices!), width]);
      const index = g.expand(g.reshape(indices!, [g.sizeOf(indices!), 1]), rows.shape);
      return [g.scatterElements(g.zeros(x!.shape), index, rows, 0, "add"), null];
    },
    onnx: ({ axis }) => ({ axis }),
    samples: [
      { inputs: [{ shape: [5, 3] }], build: (g, x) => [g.gather(x!, g.ints([4, 0, 4, 1]), 0)] },
      {
        inputs: [{ shape: [5, 3] }],
        build: (g, x) => [g.gather(x!, g.reshape(g.ints([4, 0, 4, 1]), [2, 2]), 0)],
      },
    ],
  },
  GatherElements: {
    infer: ([x, indices]) => [{ dtype: x!.dtype, shape: indices!.shape }],
    vjp: ({ g, inputs: [x, indices], grads: [dy], attrs: { axis } }) => [
      g.scatterElements(g.zeros(x!.shape), indices!, dy!, axis, "add"),
      null,
    ],
    onnx: ({ axis }) => ({ axis }),
    samples: [{
      inputs: [{ shape: [3, 5] }],
      build: (g, x) => [g.gatherElements(x!, g.reshape(g.ints([1, 1, 4, 0, 2, 3]), [3, 2]), 1)],
    }],
  },
  // Into the data: dy where nothing was overwritten (all of it when adding). Into the updates: dy at their places.
  ScatterElements: {
    infer: ([x]) => [x!],
    vjp: ({ g, inputs: [, indices, updates], grads: [dy], attrs: { axis, reduction }, wants }) => [
      !wants[0]
        ? null
        : reduction === "add"
        ? dy!
        : g.scatterElements(dy!, indices!, g.zeros(updates!.shape), axis, "none"),
      null,
      wants[2] ? g.gatherElements(dy!, indices!, axis) : null,
    ],
    onnx: ({ axis, reduction }) => ({ axis, reduction }),
    samples: (["none", "add"] as const).map((reduction) => ({
      inputs: [{ shape: [3, 5] }, { shape: [3, 2] }],
      build: (
        g,
        x,
        u,
      ) => [g.scatterElements(x!, g.reshape(g.ints([1, 3, 4, 0, 2, 3]), [3, 2]), u!, 1, reduction)],
    })),
  },
  // Distinct rows of a matrix [M,H] by index [N]. Because no row is picked twice, the gradient is a gather too:
  // row m of dx is row inverse[m] of dy, or the zero row appended at N. Exact, parallel and deterministic, which
  // a scatter of floats is not on every device.
  PickRows: {
    infer: ([x, rows]) => [{ dtype: x!.dtype, shape: [rows!.shape[0]!, x!.shape[1]!] }],
    lower: (g, [x, rows]) => [g.gather(x!, rows!, 0)],
    vjp: ({ g, inputs: [x, rows], grads: [dy] }) => {
      const picked = g.dim(rows!.shape[0]!);
      const nowhere = g.expand(picked, [x!.shape[0]!]);
      const inverse = g.scatterElements(nowhere, rows!, g.range(rows!.shape[0]!), 0, "none");
      const n = rows!.shape[0]!;
      const none = g.zeros([1, x!.shape[1]!], dy!.dtype);
      const padded = g.concat([dy!, none], 0, typeof n === "number" ? n + 1 : `${n}+1`);
      return [g.gather(padded, inverse, 0), null];
    },
    samples: [{ inputs: [{ shape: [5, 3] }], build: (g, x) => [g.pickRows(x!, g.ints([4, 0, 1]))] }],
  },
};
