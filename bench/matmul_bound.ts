/**
 * The limit the other figures are held against: `deno run -A bench/matmul_bound.ts [threads]` prints the rate of one
 * big float32 product on this machine, the best of many.
 */
import { flopsOf, type ProductShape } from "../kernels/graph/cost.ts";
import { Runtime } from "../core/ort/runtime.ts";
import { Tensor } from "../core/ort/tensor.ts";
import { Builder } from "../kernels/graph/builder.ts";

const BIG: ProductShape = { m: 2528, k: 384, n: 1536, count: 1 };
const RUNS = 60;
/** A product is run no longer than this, but three times at least. */
const MOST_MS = 2000;

/** Products that are less than this of all operations are left out of a rate. */
const LEAST_SHARE = 0.01;

/** Floating-point operations per second of that product. */
export function matmulBound(runtime: Runtime): Promise<number> {
  return matmulRate(runtime, [BIG]);
}

/** The same of products of these sizes, one after the other, each as fast as it ever was: but for those that hardly count. */
export async function matmulRate(runtime: Runtime, shapes: readonly ProductShape[]): Promise<number> {
  const counted = shapes.filter((shape) => flopsOf([shape]) >= LEAST_SHARE * flopsOf(shapes));
  let seconds = 0;
  for (const shape of counted) seconds += shape.count * await secondsOf(runtime, shape);
  return flopsOf(counted) / seconds;
}

async function secondsOf(runtime: Runtime, { m, k, n }: ProductShape): Promise<number> {
  const g = new Builder("product");
  const { bytes } = g.finish({
    c: g.matmul(g.input("a", "float32", [m, k]), g.input("b", "float32", [k, n])),
  });
  using session = await runtime.createSession(bytes);
  const matrix = (rows: number, columns: number) =>
    Tensor.onHost(runtime, "float32", [rows, columns], new Float32Array(rows * columns).fill(0.5));
  using a = matrix(m, k);
  using b = matrix(k, n);
  using c = matrix(m, n);
  using binding = session.bind().input("a", a).input("b", b).output("c", c);
  let best = Infinity;
  const began = performance.now();
  for (let run = 0; run < RUNS && (run < 3 || performance.now() - began < MOST_MS); run++) {
    const start = performance.now();
    binding.runSync();
    best = Math.min(best, performance.now() - start);
  }
  return best / 1000;
}

if (import.meta.main) {
  const threads = Number(Deno.args[0] ?? 2);
  const rate = await matmulBound(Runtime.open({ threads }));
  const { m, k, n } = BIG;
  console.log(JSON.stringify({ threads, shape: [m, k, n], gflop_per_s: Math.round(rate / 1e9) }));
}
