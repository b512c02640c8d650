/**
 * The limit the other figures are held against: `deno run -A bench/matmul_bound.ts [threads]` prints the rate of one
 * big float32 product on this machine, the best of many.
 */
import { Runtime } from "../core/ort/runtime.ts";
import { Tensor } from "../core/ort/tensor.ts";
import { Builder } from "../kernels/graph/builder.ts";

const [M, K, N] = [2528, 384, 1536];
const RUNS = 60;

/** Floating-point operations per second of that product. */
export async function matmulBound(runtime: Runtime): Promise<number> {
  const g = new Builder("product");
  const { bytes } = g.finish({
    c: g.matmul(g.input("a", "float32", [M, K]), g.input("b", "float32", [K, N])),
  });
  using session = await runtime.createSession(bytes);
  const matrix = (rows: number, columns: number) =>
    Tensor.onHost(runtime, "float32", [rows, columns], new Float32Array(rows * columns).fill(0.5));
  using binding = session.bind().input("a", matrix(M, K)).input("b", matrix(K, N)).output("c", matrix(M, N));
  let best = Infinity;
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    binding.runSync();
    best = Math.min(best, performance.now() - start);
  }
  return 2 * M * K * N / (best / 1000);
}

if (import.meta.main) {
  const threads = Number(Deno.args[0] ?? 2);
  const rate = await matmulBound(Runtime.open({ threads }));
  console.log(JSON.stringify({ threads, shape: [M, K, N], gflop_per_s: Math.round(rate / 1e9) }));
}
