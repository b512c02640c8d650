/**
 * What one call into onnxruntime costs: `deno run -A bench/ort_overhead.ts`. Prints µs per run of a one-node graph
 * (blocking, on another thread, cancellable, unbound), and of a loop of small matmuls like a decode step with the
 * thread pool spinning or not and the arena on or off. Spinning is a setting of the process, so each has its own.
 */
import { encodeModel } from "../kernels/onnx/encode.ts";
import { Runtime } from "../core/ort/runtime.ts";
import { Tensor } from "../core/ort/tensor.ts";

const LAYERS = 24;
const WIDTH = 256;

/** `layers` times x · weight then Tanh; with one weight per layer, as a decode step reads them. */
function stack(layers: number, width: number): Uint8Array {
  const x = (name: string) => ({ name, dtype: "float32" as const, shape: ["rows", width] });
  const node = (op: string, inputs: string[], output: string) => ({
    name: output,
    op,
    domain: "",
    inputs,
    outputs: [output],
    attributes: {},
  });
  return encodeModel({
    name: "stack",
    inputs: [x("h0")],
    outputs: [x(`h${layers}`)],
    constants: [],
    weights: Array.from(
      { length: layers },
      (_, i) => ({ name: `w${i}`, dtype: "float32" as const, shape: [width, width] }),
    ),
    nodes: Array.from({ length: layers }, (_, i) => [
      node("MatMul", [`h${i}`, `w${i}`], `m${i}`),
      node("Tanh", [`m${i}`], `h${i + 1}`),
    ]).flat(),
  });
}

/** Mean µs of one call, after a warm-up, over the fastest of three rounds. */
async function perCall(calls: number, run: () => void | Promise<void>): Promise<number> {
  let best = Infinity;
  for (let round = 0; round < 4; round++) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) await run();
    if (round > 0) best = Math.min(best, (performance.now() - start) * 1000 / calls);
  }
  return best;
}

async function session(
  runtime: Runtime,
  layers: number,
  width: number,
  rows: number,
  arena: "shared" | "none" = "shared",
) {
  const initializers: Record<string, Tensor> = {};
  for (let i = 0; i < layers; i++) {
    const data = new Float32Array(width * width).map(() => (Math.random() - 0.5) * 4 / Math.sqrt(width));
    initializers[`w${i}`] = Tensor.onHost(runtime, "float32", [width, width], data);
  }
  const made = await runtime.createSession(stack(layers, width), { initializers, arena });
  const input = Tensor.onHost(runtime, "float32", [rows, width], new Float32Array(rows * width).fill(0.5));
  const output = Tensor.onHost(runtime, "float32", [rows, width]);
  const binding = made.bind().input("h0", input).output(`h${layers}`, output);
  return { made, input, binding };
}

async function overhead(runtime: Runtime): Promise<void> {
  const { made, input, binding } = await session(runtime, 1, 2, 1);
  const { signal } = new AbortController();
  const rows: [string, number][] = [
    ["binding.runSync()", await perCall(20_000, () => binding.runSync())],
    ["binding.run()", await perCall(5_000, () => binding.run())],
    ["binding.run({ signal })", await perCall(5_000, () => binding.run({ signal }))],
    [
      "session.run(), outputs disposed",
      await perCall(5_000, async () => {
        for (const tensor of Object.values(await made.run({ h0: input }))) tensor.dispose();
      }),
    ],
  ];
  for (const [name, us] of rows) console.log(`  ${name.padEnd(36)}${us.toFixed(1).padStart(9)} µs`);
}

async function matmuls(runtime: Runtime): Promise<void> {
  for (const rows of [1, 8, 32]) {
    for (const arena of ["shared", "none"] as const) {
      const { binding } = await session(runtime, LAYERS, WIDTH, rows, arena);
      const sync = await perCall(300, () => binding.runSync());
      const async = await perCall(300, () => binding.run());
      const name = `${rows} rows, arena ${arena}`;
      console.log(
        `  ${name.padEnd(36)}${sync.toFixed(0).padStart(9)} µs sync${async.toFixed(0).padStart(9)} µs async`,
      );
    }
  }
}

if (Deno.args[0] === undefined) {
  for (const setting of ["spin", "sleep"]) {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", import.meta.filename!, setting],
      stdout: "inherit",
      stderr: "inherit",
    });
    const start = performance.now();
    const child = command.spawn();
    await child.status;
    console.log(`  whole process ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
  }
} else {
  const spin = Deno.args[0] === "spin";
  using runtime = Runtime.open({ spin });
  console.log(`onnxruntime ${runtime.version}, pool threads ${spin ? "spin" : "sleep"} when idle`);
  await overhead(runtime);
  console.log(`  ${LAYERS} × matmul ${WIDTH}×${WIDTH} + tanh:`);
  await matmuls(runtime);
  Deno.exit(0);
}
