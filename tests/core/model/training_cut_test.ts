/** Cutting training runs: within the bounds, evenly, and by shapes alone. */
import assert from "node:assert/strict";
import { policyTrainingArtifact } from "../../../kernels/artifacts.ts";
import type { Recompute } from "../../../kernels/graph/gradient.ts";
import { WORKLOADS } from "../../../bench/workloads.ts";
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
    cut: (shape: { rows: number; columns: number; actions: number }, target?: Target) =>
      trainingCut(
        model,
        (recompute) => {
          made.set(recompute, made.get(recompute) ?? artifact(recompute));
          return made.get(recompute)!;
        },
        shape,
        target,
      ),
  };
}

Deno.test("trainingCut() leaves alone what is small", () => {
  const { cut } = setting("tiny");
  const { recompute, rows, bytes } = cut({ rows: 32, columns: 79, actions: 48 });
  assert.deepEqual([recompute, rows], ["nothing", 32]);
  assert.ok(bytes < 384 * 2 ** 20);
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
  const { recompute, rows } = cut({ rows: 8, columns: 113, actions: 50 }, "cuda");
  assert.deepEqual([recompute, rows], ["nothing", 8]);
  assert.equal(cut({ rows: 4, columns: 2047, actions: 1000 }, "cuda").recompute, "cheap");
});
