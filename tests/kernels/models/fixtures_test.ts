/** Models, losses, gradients and optimizer steps against PyTorch, transformers and PEFT, at the fixtures' tolerances. */
import assert from "node:assert/strict";
import {
  logitsArtifact,
  policyEvalArtifact,
  policyTrainingArtifact,
  scoreArtifact,
  type Tuning,
} from "../../../kernels/artifacts.ts";
import { toHalf } from "../../../kernels/onnx/half_precision.ts";
import { adamwArtifact } from "../../../kernels/optimizers/adamw.ts";
import { type Array_, runArtifact, scalar, vector } from "../run_artifact.ts";
import { within } from "../within.ts";
import { type Fixture, loadFixture, mergedWeights, packed } from "./fixture.ts";

const MODELS = ["qwen3", "qwen2", "llama", "gpt2"];
const TRAINING = { values: false, entropyBonus: false, accumulate: false };

function feeds(fixture: Fixture, more: Record<string, Array_> = {}): Record<string, Array_> {
  const lora = { ...fixture.lora, ...more };
  return {
    ...fixture.weights,
    ...lora,
    ...mergedWeights({ ...fixture, lora }, Number(more.adapter_scale?.data[0] ?? 1)),
    ...fixture.rope,
    ...fixture.batch,
    ...more,
  };
}

const at = (temperature: number, adapter: number) => ({
  inverse_temperature: scalar(1 / temperature),
  adapter_scale: scalar(adapter),
});

function lossInputs(fixture: Fixture): Record<string, Array_> {
  const tokens = fixture.cells.length;
  return {
    ...at(1, 1),
    old_logprobs: vector(packed(fixture, "ppo.old_logprobs")),
    advantages: vector(packed(fixture, "ppo.advantages")),
    weights: vector(new Array(tokens).fill(1 / tokens)),
    clip_low: scalar(0.8),
    clip_high: scalar(1.2),
    dual_clip: scalar(1e30),
  };
}

for (const name of MODELS) {
  const lora = (fixture: Fixture): Tuning => ({ type: "lora", adapter: fixture.adapter });

  Deno.test(`${name}: logits match transformers`, async () => {
    const fixture = await loadFixture(name);
    const { config, expected, tolerance } = fixture;
    const [rows, width] = expected.ids!.dims as [number, number];
    const real = expected.attn!.data.flatMap((on, cell) => on ? [cell] : []);
    // Real tokens of each row are contiguous in both layouts, so the k-th real cell is the k-th real position.
    const counts = Array.from(
      { length: rows },
      (_, row) => real.filter((cell) => Math.floor(cell / width) === row).length,
    );
    const positions = counts.flatMap((count, row) =>
      Array.from({ length: count }, (_, s) => row * width + s)
    );
    const { logits } = await runArtifact(
      logitsArtifact(config, { type: "none" }),
      feeds(fixture, { positions: vector(positions) }),
    );
    const V = config.vocab_size;
    within(
      logits!.data,
      real.flatMap((cell) => expected.logits!.data.slice(cell * V, (cell + 1) * V)),
      tolerance.logits!,
      "logits",
    );
  });

  Deno.test(`${name}: logprobs and entropy match, at temperatures 1 and 0.7, with the adapter on and off`, async () => {
    const fixture = await loadFixture(name);
    const artifact = policyEvalArtifact(fixture.config, lora(fixture), { entropy: true, values: false });
    const run = (temperature: number, adapter: number) =>
      runArtifact(artifact, feeds(fixture, at(temperature, adapter)));
    const tolerance = fixture.tolerance.logprobs!;
    const base = await run(1, 0);
    within(base.logprobs!.data, packed(fixture, "logprobs"), tolerance, "logprobs");
    within(base.entropy!.data, packed(fixture, "entropy"), tolerance, "entropy");
    within((await run(0.7, 0)).logprobs!.data, packed(fixture, "logprobs_t07"), tolerance, "logprobs at 0.7");
    within((await run(1, 1)).logprobs!.data, packed(fixture, "lora.logprobs"), tolerance, "adapter logprobs");
  });

  Deno.test(`${name}: policy loss and adapter gradients match, and three AdamW steps`, async () => {
    const fixture = await loadFixture(name);
    const { expected, tolerance } = fixture;
    const training = policyTrainingArtifact(fixture.config, lora(fixture), TRAINING);
    const adam = { adam_beta1: 0.9, adam_beta2: 0.999, adam_eps: 1e-8, max_grad_norm: null };
    const adamw = adamwArtifact(["g"], adam);
    const parameters: Record<string, Array_> = { ...fixture.lora };
    const state = Object.fromEntries(
      Object.entries(fixture.lora).map(([key, { data }]) => [key, {
        m: new Array<number>(data.length).fill(0),
        v: new Array<number>(data.length).fill(0),
      }]),
    );
    for (let step = 1; step <= 3; step++) {
      const outputs = await runArtifact(training, feeds(fixture, { ...lossInputs(fixture), ...parameters }));
      if (step === 1) within(outputs.loss!.data, expected["ppo.loss"]!.data, tolerance.grad!, "loss");
      for (const key of Object.keys(fixture.lora)) {
        const grad = outputs[`gradient.${key}`]!.data;
        if (step === 1) {
          within(grad, expected[`grad.base_model.model.${key}`]!.data, tolerance.grad!, `gradient of ${key}`);
        }
        const { m, v } = state[key]!;
        const next = await runArtifact(adamw, {
          "gradients": vector(grad),
          "step": scalar(step - 1),
          "parameters.g": vector(parameters[key]!.data as number[]),
          "gradients.g": vector(grad),
          "m.g": vector(m),
          "v.g": vector(v),
          "lr.g": scalar(1e-3),
          "decay.g": scalar(0),
        });
        parameters[key] = { dims: parameters[key]!.dims, data: next["next_parameters.g"]!.data };
        state[key] = { m: next["next_m.g"]!.data, v: next["next_v.g"]!.data };
      }
    }
    for (const [key, { data }] of Object.entries(parameters)) {
      within(
        data as number[],
        expected[`step3.base_model.model.${key}`]!.data,
        tolerance.step3!,
        `step 3 of ${key}`,
      );
    }
  });

  for (const target of ["cpu", "cuda"] as const) {
    Deno.test(`${name}: adapter gradients match with attention in blocks, for ${target}`, async () => {
      const fixture = await loadFixture(name);
      const { expected, tolerance } = fixture;
      for (const [blocks, recompute] of [[2, "none"], [5, "selective"], [3, "full"]] as const) {
        const options = { ...TRAINING, blocks, recompute };
        const training = policyTrainingArtifact(fixture.config, { ...lora(fixture), target }, options);
        const outputs = await runArtifact(training, feeds(fixture, lossInputs(fixture)));
        within(outputs.loss!.data, expected["ppo.loss"]!.data, tolerance.grad!, "loss");
        for (const key of Object.keys(fixture.lora)) {
          const grad = outputs[`gradient.${key}`]!.data;
          within(grad, expected[`grad.base_model.model.${key}`]!.data, tolerance.grad!, `${blocks}, ${key}`);
        }
      }
    });
  }

  Deno.test(`${name}: gradients in 16 bits and blocks point where PyTorch's do`, async () => {
    const fixture = await loadFixture(name);
    const tuning = { ...lora(fixture), precision: "float16", target: "cuda" } as const;
    const training = policyTrainingArtifact(fixture.config, tuning, { ...TRAINING, blocks: 3 });
    const halves = Object.fromEntries(
      training.weights.filter(({ dtype }) => dtype === "float16").map(({ name }) => {
        const { dims, data } = fixture.weights[name]!;
        return [name, { dims, data: toHalf(Float32Array.from(data as ArrayLike<number>), "float16") }];
      }),
    );
    const outputs = await runArtifact(training, feeds(fixture, { ...lossInputs(fixture), ...halves }));
    const gradients = (of: (key: string) => readonly number[]) => Object.keys(fixture.lora).flatMap(of);
    const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    const half = gradients((key) => outputs[`gradient.${key}`]!.data);
    const exact = gradients((key) => fixture.expected[`grad.base_model.model.${key}`]!.data);
    const along = dot(half, exact) / Math.sqrt(dot(half, half) * dot(exact, exact));
    assert.ok(along > 0.999, `cosine ${along}`);
  });

  Deno.test(`${name}: gradients of every weight match`, async () => {
    const fixture = await loadFixture(name);
    const { expected, tolerance } = fixture;
    const outputs = await runArtifact(
      policyTrainingArtifact(fixture.config, { type: "full" }, TRAINING),
      feeds(fixture, lossInputs(fixture)),
    );
    within(outputs.loss!.data, expected["full.loss"]!.data, tolerance.grad!, "loss");
    const keys = Object.keys(expected).filter((key) => key.startsWith("full.grad."));
    assert.ok(keys.length > 0);
    for (const key of keys) {
      const grad = outputs[key.replace("full.grad.", "gradient.")];
      assert.ok(grad, `no ${key}`);
      within(grad.data, expected[key]!.data, tolerance.grad!, key);
    }
  });
}

Deno.test("reward-qwen3: scores at the last real token match", async () => {
  const fixture = await loadFixture("reward-qwen3");
  const { scores } = await runArtifact(scoreArtifact(fixture.config), feeds(fixture));
  within(scores!.data, fixture.expected.scores!.data, fixture.tolerance.scores!, "scores");
});
