/**
 * What one product with frozen weights costs, by rows and by kernel: `deno run -A bench/int8_products.ts [threads]`
 * prints a JSON line per shape, in microseconds, the best of many. Reordered is what onnxruntime does with constant
 * weights unless told not to. The integer product's input is in 8 bits already, MatMulNBits cuts its own. Only what is
 * exact counts: `int8Dtype` in core/weights/int8_products.ts tells which of the integer products that is.
 */
import { Runtime } from "../core/ort/runtime.ts";
import { Tensor } from "../core/ort/tensor.ts";
import { uniform } from "../core/rng.ts";
import { type Dtype, DTYPES, type DtypeView } from "../kernels/onnx/dtypes.ts";
import type { Int8Dtype } from "../kernels/nn/parameters.ts";
import { encodeModel } from "../kernels/onnx/encode.ts";

const runtime = Runtime.open({ threads: Number(Deno.args[0] ?? 2) });
const ROWS = [1, 4, 8, 32, 228, 912];
/** in and out of an MLP's matrix and of the head, of 135m and 0.6b. */
const WEIGHTS = [[576, 1536], [1024, 3072], [576, 49152], [1024, 151936]] as const;
const BLOCK = 128;
const BUDGET_MS = 150;

interface Kernel {
  op: string;
  domain: string;
  /** Inputs beside the first: weights and constants, in the op's order. */
  weights: (K: number, N: number) => [Dtype, number[]][];
  input: Dtype;
  attributes?: (K: number, N: number) => Record<string, number>;
}

const KERNELS: Record<string, Kernel> = {
  float32: { op: "MatMul", domain: "", input: "float32", weights: (K, N) => [["float32", [K, N]]] },
  MatMulNBits: {
    op: "MatMulNBits",
    domain: "com.microsoft",
    input: "float32",
    weights: (K, N) => {
      const blocks = Math.ceil(K / BLOCK);
      return [["uint8", [N, blocks, BLOCK]], ["float32", [N * blocks]]];
    },
    attributes: (K, N) => ({ K, N, bits: 8, block_size: BLOCK, accuracy_level: 4 }),
  },
  "MatMulIntegerToFloat, int8": integers("int8"),
  "MatMulIntegerToFloat, uint8": integers("uint8"),
};

/** Products with weights held in a form of 8 bits. */
function integers(held: Int8Dtype): Kernel {
  return {
    op: "MatMulIntegerToFloat",
    domain: "com.microsoft",
    input: "uint8",
    weights: (K, N) => {
      const zero: [Dtype, number[]] = ["uint8", []];
      const zeros = held === "uint8" ? [zero, zero] : [zero];
      return [[held, [K, N]], ["float32", []], ["float32", [N]], ...zeros];
    },
  };
}

/** Values in the middle of what the type can hold. */
function someValues(dtype: Dtype, size: number): DtypeView {
  const values = new DTYPES[dtype].view(size) as Float32Array;
  const scale = dtype === "float32" ? 1 : 100;
  for (let i = 0; i < size; i++) values[i] = scale * uniform(0, "data", 0, 0, i % 4096);
  return values as DtypeView;
}

async function microseconds(kernel: Kernel, M: number, K: number, N: number, prepacking: boolean) {
  const tensor = ([dtype, shape]: [Dtype, number[]]) =>
    Tensor.onHost(runtime, dtype, shape, someValues(dtype, shape.reduce((a, b) => a * b, 1)) as never);
  const weights = kernel.weights(K, N).map(([dtype, shape], i) => ({ name: `w${i}`, dtype, shape }));
  const inputs = ["a", ...weights.map(({ name }) => name)];
  const a = { name: "a", dtype: kernel.input, shape: [M, K] };
  const c = { name: "c", dtype: "float32" as const, shape: [M, N] };
  const { op, domain, attributes } = kernel;
  const bytes = encodeModel({
    name: "product",
    inputs: [a],
    outputs: [c],
    constants: [],
    weights,
    nodes: [{ name: "n", op, domain, inputs, outputs: ["c"], attributes: attributes?.(K, N) ?? {} }],
  });
  const initializers = Object.fromEntries(
    weights.map(({ name, dtype, shape }) => [name, tensor([dtype, shape])]),
  );
  const session = await runtime.createSession(bytes, { initializers, prepacking });
  const [input, output] = [tensor([a.dtype, a.shape]), Tensor.onHost(runtime, c.dtype, c.shape)];
  const binding = session.bind().input("a", input).output("c", output);
  let best = Infinity;
  for (const end = performance.now() + BUDGET_MS; performance.now() < end || best === Infinity;) {
    const start = performance.now();
    binding.runSync();
    best = Math.min(best, performance.now() - start);
  }
  binding.dispose();
  session.dispose();
  for (const used of [input, output, ...Object.values(initializers)]) used.dispose();
  return Math.round(best * 1000);
}

for (const [K, N] of WEIGHTS) {
  for (const M of ROWS) {
    // Nobody runs the head over a whole batch of prompts.
    if (N > 10_000 && M > 228) continue;
    const line: Record<string, unknown> = { shape: [M, K, N] };
    for (const [name, kernel] of Object.entries(KERNELS)) {
      line[`${name}, reordered`] = await microseconds(kernel, M, K, N, true);
      if (name !== "MatMulNBits") line[name] = await microseconds(kernel, M, K, N, false);
    }
    console.log(JSON.stringify(line));
  }
}
