/** How fast this machine multiplies and reads, from products of a few milliseconds; measured once per process. */
import { Builder } from "../../kernels/graph/builder.ts";
import type { Runtime } from "../ort/runtime.ts";
import { Tensor } from "../ort/tensor.ts";

export interface MachineRates {
  /** Floating-point operations of one large float32 product. */
  flops_per_s: number;
  /** Bytes of a matrix that one row is multiplied by. */
  bytes_per_s: number;
}

/** Rows, inner and columns of a product that is bound by arithmetic, and of one that is bound by reading. */
const LARGE = [512, 1024, 1024] as const;
const SKINNY = [1, 4096, 4096] as const;
const RUNS = 6;

export async function machineRates(runtime: Runtime): Promise<MachineRates> {
  const g = new Builder("product");
  const [a, b] = [g.input("a", "float32", ["M", "K"]), g.input("b", "float32", ["K", "N"])];
  using session = await runtime.createSession(g.finish({ c: g.matmul(a, b) }).bytes);
  const best = async ([M, K, N]: readonly [number, number, number]) => {
    using left = Tensor.zerosOnDevice(runtime, "float32", [M, K]);
    using right = Tensor.zerosOnDevice(runtime, "float32", [K, N]);
    using product = Tensor.zerosOnDevice(runtime, "float32", [M, N]);
    using binding = session.bind().input("a", left).input("b", right).output("c", product);
    let seconds = Infinity;
    for (let run = 0; run < RUNS; run++) {
      const start = performance.now();
      await binding.run();
      seconds = Math.min(seconds, (performance.now() - start) / 1000);
    }
    return seconds;
  };
  const [[M, K, N], [, inner, columns]] = [LARGE, SKINNY];
  return {
    flops_per_s: 2 * M * K * N / await best(LARGE),
    bytes_per_s: 4 * inner * columns / await best(SKINNY),
  };
}

/** What whole steps reach of a large product's rate; docs/performance.md has measured shares. */
const REACHED = 0.6;

/** Seconds of work with so many operations in products, and weights read row by row. */
export function secondsOf(work: { flops: number; reads: number }, rates: MachineRates): number {
  return work.flops / (REACHED * rates.flops_per_s) + work.reads / rates.bytes_per_s;
}
