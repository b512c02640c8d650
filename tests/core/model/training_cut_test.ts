/** Cutting training runs: within the bounds, evenly, and by shapes alone. */
import assert from "node:assert/strict";
import { policyTrainingArtifact } from "../../../kernels/artifacts.ts";
import type { Recompute } from "../../../kernels/graph/gradient.ts";
import { WORKLOADS } from "../../../bench/workloads.ts";
import { lanesOf } from "../../../core/model/base_model.ts";
import { tuningOf } from "../../../core/model/network.ts";
import type { Target } from "../../../kernels/nn/target.ts";
import { parseConfig } from "../../../core/model/read_config.ts";
import { trainingCut, weightBytes } from "../../../core/model/training_cut.ts";

const LORA = { type: "lora", r: 16, alpha: 32, target_modules: "all-linear" } as const;

function setting(size: "tiny" | "135m") {
  const { config } = WORKLOADS[size];
  const architectures = [config.model_type === "qwen3" ? "Qwen3ForCausalLM" : "LlamaForCausalLM"];
  const { model } = parseConfig({ ...config, architectures });
  const options = { values: false, entropyBonus: false, accumulate: true };
  const artifact = (recompute: Recompute) =>
    policyTrainingArtifact(model, tuningOf(model, LORA), { ...options, recompute });
  const made = new Map<Recompute, ReturnType<typeof artifact>>();
  return {
    model,
    cut: (
      shape: { rows: number; columns: number; actions: number },
      { threads = 1, target = "cpu" }: { threads?: number; target?: Target } = {},
    ) =>
      trainingCut(
        model,
        (recompute) => {
          made.set(recompute, made.get(recompute) ?? artifact(recompute));
          return made.get(recompute)!;
        },
        shape,
        lanesOf(model, threads, target),
        target,
      ),
  };
}

Deno.test("trainingCut() cuts a small model's rows into lanes, and these into bites", () => {
  const { cut } = setting("tiny");
  const one = cut({ rows: 32, columns: 79, actions: 48 });
  assert.deepEqual([one.lanes, one.recompute, one.rows], [1, "nothing", 4]);
  const two = cut({ rows: 30, columns: 79, actions: 48 }, { threads: 2 });
  assert.deepEqual([two.lanes, two.rows, two.bytes], [2, 4, 2 * one.bytes]);
  assert.ok(two.bytes < 64 * 2 ** 20);
});

Deno.test("trainingCut() gives each lane of a large model 256 MiB, and has none where a row needs more", () => {
  const { cut } = setting("135m");
  const short = cut({ rows: 8, columns: 113, actions: 50 }, { threads: 2 });
  assert.deepEqual([short.lanes, short.recompute, short.rows], [2, "cheap", 2]);
  assert.ok(short.bytes > 256 * 2 ** 20 && short.bytes <= 512 * 2 ** 20, String(short.bytes));
  assert.equal(cut({ rows: 1, columns: 113, actions: 50 }, { threads: 2 }).lanes, 1);
  const long = cut({ rows: 8, columns: 600, actions: 300 }, { threads: 2 });
  assert.deepEqual(long, cut({ rows: 8, columns: 600, actions: 300 }, { threads: 1 }));
});

Deno.test("trainingCut() of a large batch keeps runs within 384 MiB, nearly as large as that allows", () => {
  const { model, cut } = setting("135m");
  assert.ok(Math.abs(weightBytes(model) / 4 - 134.5e6) < 0.1e6);
  const { recompute, rows, bytes } = cut({ rows: 8, columns: 113, actions: 50 });
  assert.deepEqual([recompute, rows], ["cheap", 3]);
  assert.ok(bytes > 200 * 2 ** 20 && bytes <= 384 * 2 ** 20, String(bytes));
  const even = cut({ rows: 4, columns: 113, actions: 50 });
  assert.equal(even.rows, 2);
});

Deno.test("trainingCut() makes whole layers anew only for rows that nothing else can shorten", () => {
  const { cut } = setting("135m");
  const long = cut({ rows: 4, columns: 1000, actions: 500 });
  assert.deepEqual([long.recompute, long.rows], ["cheap", 1]);
  const longest = cut({ rows: 4, columns: 2047, actions: 1000 });
  assert.equal(longest.recompute, "layers");
  assert.ok(longest.bytes < 1.5 * 2 ** 30, String(longest.bytes));
});

Deno.test("trainingCut() lets a GPU's runs be large", () => {
  const { cut } = setting("135m");
  const { recompute, rows } = cut({ rows: 8, columns: 113, actions: 50 }, { target: "cuda" });
  assert.deepEqual([recompute, rows], ["nothing", 8]);
  assert.equal(cut({ rows: 4, columns: 2047, actions: 1000 }, { target: "cuda" }).recompute, "cheap");
});
