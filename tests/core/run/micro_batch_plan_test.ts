/** Cutting training runs: within the bounds, evenly, and by shapes alone. */
import assert from "node:assert/strict";
import { policyTrainingArtifact } from "../../../kernels/artifacts.ts";
import { WORKLOADS } from "../../../bench/workloads.ts";
import { workersOf } from "../../../core/weights/base_model.ts";
import { tuningOf } from "../../../core/weights/parameter_layout.ts";
import type { Target } from "../../../kernels/nn/numerics.ts";
import { parseConfig } from "../../../core/formats/read_config.ts";
import { onceAForm, trainingCut, weightBytes } from "../../../core/run/micro_batch_plan.ts";

const LORA = { type: "lora", r: 16, alpha: 32, target_modules: "all-linear" } as const;

function setting(size: "tiny" | "135m") {
  const { config } = WORKLOADS[size];
  const architectures = [config.model_type === "qwen3" ? "Qwen3ForCausalLM" : "LlamaForCausalLM"];
  const { model } = parseConfig({ ...config, architectures });
  const options = { values: false, entropyBonus: false, accumulate: true };
  const artifact = onceAForm((form) =>
    policyTrainingArtifact(model, tuningOf(model, LORA), { ...options, ...form })
  );
  return {
    model,
    cut: (
      shape: { rows: number; columns: number; actions: number },
      { threads = 1, target = "cpu", memoryShare = 1 }: {
        threads?: number;
        target?: Target;
        memoryShare?: number;
      } = {},
    ) => trainingCut(model, artifact, shape, { ...workersOf(model, threads, target), memoryShare }, target),
  };
}

Deno.test("trainingCut() cuts a small model's rows among workers, and each worker's into tiles", () => {
  const { cut } = setting("tiny");
  const one = cut({ rows: 32, columns: 79, actions: 48 });
  assert.deepEqual([one.workers, one.recompute, one.rows], [1, "none", 4]);
  const two = cut({ rows: 30, columns: 79, actions: 48 }, { threads: 2 });
  assert.deepEqual([two.workers, two.rows, two.bytes], [2, 4, 2 * one.bytes]);
  assert.ok(two.bytes < 64 * 2 ** 20);
});

Deno.test("trainingCut() gives each worker of a large model 256 MiB, and has none where a row needs more", () => {
  const { cut } = setting("135m");
  const short = cut({ rows: 8, columns: 113, actions: 50 }, { threads: 2 });
  assert.deepEqual([short.workers, short.recompute, short.rows], [2, "selective", 2]);
  assert.ok(short.bytes > 256 * 2 ** 20 && short.bytes <= 512 * 2 ** 20, String(short.bytes));
  assert.equal(cut({ rows: 1, columns: 113, actions: 50 }, { threads: 2 }).workers, 1);
  const long = cut({ rows: 8, columns: 600, actions: 300 }, { threads: 2 });
  assert.deepEqual(long, cut({ rows: 8, columns: 600, actions: 300 }, { threads: 1 }));
});

Deno.test("trainingCut() of a large batch keeps runs within 384 MiB, nearly as large as that allows", () => {
  const { model, cut } = setting("135m");
  assert.ok(Math.abs(weightBytes(model) / 4 - 134.5e6) < 0.1e6);
  const { recompute, rows, bytes } = cut({ rows: 8, columns: 113, actions: 50 });
  assert.deepEqual([recompute, rows], ["selective", 3]);
  assert.ok(bytes > 200 * 2 ** 20 && bytes <= 384 * 2 ** 20, String(bytes));
  const even = cut({ rows: 4, columns: 113, actions: 50 });
  assert.equal(even.rows, 2);
});

Deno.test("trainingCut() with a share of the memory takes no more than that, down to a row at a time", () => {
  for (const [size, threads] of [["tiny", 1], ["135m", 1], ["135m", 2]] as const) {
    const { cut } = setting(size);
    const shape = { rows: 8, columns: 113, actions: 50 };
    const whole = cut(shape, { threads });
    const half = cut(shape, { threads, memoryShare: 0.5 });
    assert.ok(half.bytes <= 0.6 * whole.bytes, `${size}: ${half.bytes} of ${whole.bytes}`);
    assert.equal(cut(shape, { threads, memoryShare: 0.001 }).rows, 1);
  }
});

Deno.test("trainingCut() attends to long rows in blocks, and recomputes whole layers only where that is not enough", () => {
  const { cut } = setting("135m");
  const forms = [113, 256, 512, 1000, 2047, 4095].map((columns) => {
    const { blocks, recompute, rows } = cut({ rows: 4, columns, actions: columns >> 1 });
    return [blocks, recompute, rows];
  });
  assert.deepEqual(forms, [
    [1, "selective", 2],
    [1, "selective", 1],
    [4, "selective", 1],
    [8, "selective", 1],
    [8, "selective", 1],
    [8, "full", 1],
  ]);
  // Kept whole, the probabilities of 30 layers would be 4.2 GiB more.
  const { bytes } = cut({ rows: 4, columns: 2047, actions: 1000 });
  assert.ok(bytes < 2 ** 31, String(bytes));
});

Deno.test("trainingCut() lets a GPU's runs be large, and cuts their attention for memory alone", () => {
  const { cut } = setting("135m");
  const { recompute, rows, blocks } = cut({ rows: 8, columns: 113, actions: 50 }, { target: "cuda" });
  assert.deepEqual([recompute, rows, blocks], ["none", 8, 1]);
  const long = cut({ rows: 8, columns: 2047, actions: 1000 }, { target: "cuda" });
  assert.deepEqual([long.recompute, long.blocks], ["selective", 4]);
  assert.ok(long.bytes <= 8192 * 2 ** 20 && long.rows > 1, `${long.rows} rows, ${long.bytes} bytes`);
});
