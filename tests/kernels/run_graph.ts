/** Small graphs for one test each: declares inputs with the shapes of given arrays, builds, runs, gives the outputs. */
import { Builder } from "../../kernels/graph/builder.ts";
import type { Value } from "../../kernels/graph/value.ts";
import type { Dtype } from "../../kernels/onnx/dtypes.ts";
import { type Array_, type Result, runArtifact } from "./run_artifact.ts";

/**
 * Runs what `build` makes of the `inputs` (float32 unless `dtypes` says otherwise). `more` is for inputs that the
 * code under test declares by itself.
 */
export function runGraph<Name extends string>(
  inputs: Record<Name, Array_>,
  build: (g: Builder, values: Record<Name, Value>) => Record<string, Value>,
  more: Record<string, Array_> = {},
  dtypes: Partial<Record<Name, Dtype>> = {},
): Promise<Record<string, Result>> {
  const g = new Builder("test");
  const values = Object.fromEntries(
    Object.entries<Array_>(inputs).map(([name, { dims }]) => [
      name,
      g.input(name, dtypes[name as Name] ?? "float32", dims),
    ]),
  ) as Record<Name, Value>;
  return runArtifact(g.finish(build(g, values)), { ...inputs, ...more });
}

/** Rows of a matrix as an input. */
export function matrix(rows: readonly (readonly number[])[]): Array_ {
  return { dims: [rows.length, rows[0]!.length], data: rows.flat() };
}

/** The identity matrix, so that hidden states times it are the logits themselves. */
export function identity(size: number): Array_ {
  return matrix(
    Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => Number(i === j))),
  );
}
