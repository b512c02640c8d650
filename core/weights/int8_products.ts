/**
 * How this machine multiplies int8, found out by multiplying: some kernels of onnxruntime add pairs of products in
 * 16 bits, which saturate without a word (uint8 by int8 on CPUs without VNNI). No CPU is asked for its name.
 */
import { Builder } from "../../kernels/graph/builder.ts";
import type { Artifact } from "../../kernels/graph/artifact.ts";
import type { Int8Dtype, Precision } from "../../kernels/nn/parameters.ts";
import { int8Product, UINT8_ZERO } from "../../kernels/ops/quantization.ts";
import { UserError } from "../errors.ts";
import type { Runtime } from "../ort/runtime.ts";
import { Tensor } from "../ort/tensor.ts";
import { uniform } from "../rng.ts";

const LARGEST = 127;

/** What a weight may be held as, the faster first: where both are exact, uint8 by int8 is up to eight times as fast. */
const FORMS: readonly Int8Dtype[] = ["int8", "uint8"];

/** Sizes that pass through every part of a kernel: whole blocks and what is left over beside them. */
const PROBED = [{ K: 67, N: 33 }, { K: 576, N: 48 }] as const;
const PROBED_ROWS = [1, 2, 7, 8, 32, 256] as const;

/** Random ends of codes, as many as a prime: repeated, they meet all others. */
const ENDS = Int8Array.from(
  { length: 4093 },
  (_, i) => uniform(1, "data", 0, 0, i) < 0.5 ? LARGEST : -LARGEST,
);

/** Codes [rows,columns] at their ends: the first line (row, or column where `across`) all 127, the second all −127. */
function extremes(rows: number, columns: number, across: boolean): Int8Array<ArrayBuffer> {
  const codes = new Int8Array(rows * columns);
  for (let i = 0; i < codes.length; i++) {
    const line = across ? i % columns : Math.floor(i / columns);
    codes[i] = line < 2 ? LARGEST * (1 - 2 * line) : ENDS[i % ENDS.length]!;
  }
  return codes;
}

/** The same codes as uint8. */
function unsigned(codes: Int8Array): Uint8Array<ArrayBuffer> {
  const around = new Uint8Array(codes.length);
  for (let i = 0; i < codes.length; i++) around[i] = codes[i]! + UINT8_ZERO;
  return around;
}

/** Sums [M,N] in integers, as float32. */
function integerProduct(a: Int8Array, b: Int8Array, K: number, N: number): Float32Array {
  const [sums, line] = [new Float32Array(a.length / K * N), new Float64Array(N)];
  for (let m = 0; m * K < a.length; m++) {
    line.fill(0);
    for (let k = 0; k < K; k++) {
      const code = a[m * K + k]!;
      for (let n = 0; n < N; n++) line[n]! += code * b[k * N + n]!;
    }
    sums.set(line, m * N);
  }
  return sums;
}

function productArtifact(dtype: Int8Dtype, K: number, N: number): Artifact {
  const g = new Builder("int8_product");
  const rows = { codes: g.input("codes", "uint8", ["M", K]), steps: g.input("steps", "float32", ["M", 1]) };
  const [weight, scale] = [g.weight("weight", [K, N], dtype), g.weight("scale", [N])];
  return g.finish({ sums: int8Product(g, rows, weight, scale) });
}

/**
 * How many sums of the products that graphs use differ from integer arithmetic, for codes at their ends: [M,K] by [K,N]
 * for each M of `rows`, with the weight as it lies and reordered.
 */
export async function wrongSums(
  runtime: Runtime,
  dtype: Int8Dtype,
  { K, N, rows }: { K: number; N: number; rows: readonly number[] },
): Promise<number> {
  const artifact = productArtifact(dtype, K, N);
  const weight = extremes(K, N, true);
  const codes = extremes(Math.max(...rows), K, false);
  const expected = integerProduct(codes, weight, K, N);
  const given = unsigned(codes);
  using held = Tensor.onDevice(runtime, dtype, [K, N], dtype === "int8" ? weight : unsigned(weight));
  using scale = Tensor.onDevice(runtime, "float32", [N], new Float32Array(N).fill(1));
  let wrong = 0;
  for (const prepacking of [true, false]) {
    using session = await runtime.createSession(artifact.bytes, {
      initializers: { weight: held, scale },
      prepacking,
    });
    for (const M of rows) {
      using left = Tensor.onHost(runtime, "uint8", [M, K], given.subarray(0, M * K));
      using steps = Tensor.onHost(runtime, "float32", [M, 1], new Float32Array(M).fill(1));
      const { sums } = await session.run({ codes: left, steps }) as { sums: Tensor<"float32"> };
      wrong += sums.data.reduce((count, sum, i) => count + Number(sum !== expected[i]), 0);
      sums.dispose();
    }
  }
  return wrong;
}

/** Forms to be taken for inexact, as tests name them in the environment of a process: "int8", "int8,uint8". */
export function inexactInt8(named = ""): Int8Dtype[] {
  return FORMS.filter((dtype) => named.split(",").includes(dtype));
}

async function probe(runtime: Runtime): Promise<Int8Dtype> {
  for (const dtype of FORMS) {
    if (runtime.inexactInt8.includes(dtype)) continue;
    const wrong = [];
    for (const size of PROBED) wrong.push(await wrongSums(runtime, dtype, { ...size, rows: PROBED_ROWS }));
    if (wrong.every((count) => count === 0)) return dtype;
  }
  throw new UserError(
    "device_unavailable",
    "Cannot multiply int8 on this machine: onnxruntime's sums are not those of integer arithmetic",
  );
}

const probed = new WeakMap<Runtime, Promise<Int8Dtype>>();

/**
 * What int8 weights are held as on this machine: the fastest form whose sums are exact. Found out once per runtime,
 * in some tens of milliseconds.
 *
 * @throws {UserError} `device_unavailable` when there is none
 */
export function int8Dtype(runtime: Runtime): Promise<Int8Dtype> {
  const known = probed.get(runtime);
  if (known) return known;
  const found = probe(runtime);
  probed.set(runtime, found);
  return found;
}

/** `precision` as this machine holds it: for int8 the form of 8-bit weights that is exact here. */
export async function heldHere<Wanted extends Precision>(
  runtime: Runtime,
  precision: Wanted,
): Promise<Wanted | Int8Dtype> {
  return precision === "int8" ? await int8Dtype(runtime) : precision;
}
