/** What a model computes on one device, as numbers that another device's can be held against. */
import { BaseModel } from "../../core/weights/base_model.ts";
import { initialParameters, tuningOf } from "../../core/weights/parameter_layout.ts";
import { Optimizer } from "../../core/networks/optimizer.ts";
import { Policy } from "../../core/networks/policy.ts";
import type { Place } from "../../core/ort/memory.ts";
import { Runtime } from "../../core/ort/runtime.ts";
import { uniform } from "../../core/rng.ts";
import type { Precision } from "../../kernels/nn/parameters.ts";

/** Rows of uneven lengths: prompt and response tokens of each. */
const ROWS = [[5, 6], [1, 1], [9, 3], [3, 8], [12, 5]] as const;
const LORA = { type: "lora", r: 4, alpha: 8, target_modules: "all-linear" } as const;
const PPO = {
  temperature: 1,
  clip_epsilon: 0.2,
  clip_epsilon_high: null,
  dual_clip: null,
  cliprange_value: 0.2,
  vf_coef: 0.1,
  entropy_coef: 0.01,
};
export const ADAM = { adam_beta1: 0.9, adam_beta2: 0.999, adam_eps: 1e-5, max_grad_norm: 1 };
const RATE = { lr: 1e-3, weight_decay: 0.01 };

export interface Measured {
  logprobs: number[];
  entropy: number[];
  /** The whole gradient of a micro-batch, value head included, before and after a second one was added to it. */
  gradient: Float32Array;
  grad_norm: number;
  /** Parameters after an optimizer step. */
  parameters: Float32Array;
  /** Tokens of a decode, and how far their log-probabilities are from those of a forward pass over them. */
  decoded: number[][];
  decode_gap: number;
}

/** Runs one step of the model in `folder` on `device`, with an adapter and a value head that are not at their start. */
export async function measure(
  runtime: Runtime,
  folder: string,
  precision: Precision,
): Promise<Measured> {
  const base = await BaseModel.open(runtime, folder, { precision });
  const tuning = tuningOf(base.config, LORA);
  const parameters = await initialParameters(base, tuning, { head: true, seed: 1, role: "policy" });
  parameters.flat.write(
    parameters.flat.copy().map((value, i) => value + 0.02 * (uniform(1, "data", 0, 0, i) - 0.5)),
  );
  const policy = new Policy(base, tuning, parameters, { reference: "base", shared: true });
  try {
    const { vocab_size } = base.config;
    const tokens = (key: number, length: number) =>
      Int32Array.from({ length }, (_, i) => 3 + Math.floor(uniform(5, "data", 0, key, i) * (vocab_size - 3)));
    const rows = ROWS.map(([prompt, response], key) => ({
      prompt_ids: tokens(2 * key, prompt),
      response_ids: tokens(2 * key + 1, response),
    }));
    const { logprobs, entropy } = await policy.analyze(rows, { temperature: 1, entropy: true });
    const wave = (key: number, { length }: { length: number }, scale: number) =>
      Float32Array.from({ length }, (_, t) => scale * Math.sin(3 * t + key));
    // Old log-probabilities are made up, so that ratios differ from 1 and devices do not start from their own.
    const examples = rows.map((row, key) => ({
      ...row,
      logprobs: wave(key, row.response_ids, 0.1).map((value) => value - Math.log(vocab_size)),
      advantages: wave(key + 1, row.response_ids, 1),
      values: wave(key + 2, row.response_ids, 0.5),
      returns: wave(key + 3, row.response_ids, 1),
    }));
    const optimizer = await Optimizer.create(runtime, parameters, ADAM);
    const stepTokens = rows.reduce((sum, { response_ids }) => sum + response_ids.length, 0);
    const tokenWeight = () => 1 / stepTokens;
    using _first = await policy.train(examples.slice(0, 3), PPO, optimizer, { tokenWeight, first: true });
    using _second = await policy.train(examples.slice(3), PPO, optimizer, { tokenWeight, first: false });
    const gradient = optimizer.gradients.flat.copy();
    const groups = Object.fromEntries(parameters.groups.map(({ name }) => [name, RATE]));
    const { grad_norm } = (await optimizer.apply(groups)).read();
    const trained = parameters.flat.copy();
    const decoded = await policy.respond(rows.map(({ prompt_ids }, key) => ({
      prompt_ids,
      max_new_tokens: 3 + 2 * key,
      temperature: 1,
      top_k: key === 1 ? 5 : 0,
      top_p: key === 2 ? 0.9 : 1,
      uniform: (position: number) => (0.37 * (position + 1) + 0.21 * key) % 1,
      stop_token_ids: new Set<number>(),
    })));
    const sampled = rows.map(({ prompt_ids }, at) => ({
      prompt_ids,
      response_ids: decoded[at]!.response_ids,
    }));
    const again = await policy.analyze(sampled, { temperature: 1 });
    return {
      logprobs: logprobs.flatMap((row) => [...row]),
      entropy: entropy!.flatMap((row) => [...row]),
      gradient,
      grad_norm,
      parameters: trained,
      decoded: decoded.map(({ response_ids }) => response_ids),
      decode_gap: Math.max(
        ...decoded.flatMap(({ logprobs }, row) =>
          logprobs.map((value, t) => Math.abs(value - again.logprobs[row]![t]!))
        ),
      ),
    };
  } finally {
    policy.dispose();
    base.dispose();
  }
}

/** Largest differences that pass. Cached attention on CUDA is of 16 bits also beside float32. */
const TOLERANCES: Record<"float32" | "bfloat16" | "float16", Record<keyof Differences, number>> = {
  float32: {
    logprobs: 1e-3,
    entropy: 1e-3,
    gradient: 1e-4,
    grad_norm: 1e-3,
    parameters: 2e-5,
    decode_gap: 0.03,
  },
  float16: {
    logprobs: 0.05,
    entropy: 0.05,
    gradient: 1e-3,
    grad_norm: 0.02,
    parameters: 1e-4,
    decode_gap: 0.05,
  },
  bfloat16: {
    logprobs: 0.3,
    entropy: 0.3,
    gradient: 0.02,
    grad_norm: 0.1,
    parameters: 3e-4,
    decode_gap: 0.3,
  },
};

export interface Differences {
  logprobs: number;
  entropy: number;
  /** 1 − cosine of the gradients. */
  gradient: number;
  /** Relative. */
  grad_norm: number;
  /** Mean, after one step of at most 1e-3: Adam's first follows a gradient's sign, and one near 0 may have either. */
  parameters: number;
  decode_gap: number;
}

const worst = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

const mean = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;

/** How far `actual` is from `expected`, and whether that is what its precision explains. */
export function compare(
  actual: Measured,
  expected: Measured,
  precision: keyof typeof TOLERANCES,
): { differences: Differences; same_tokens: boolean; ok: boolean } {
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const [g, h] = [actual.gradient, expected.gradient];
  const differences: Differences = {
    logprobs: worst(actual.logprobs, expected.logprobs),
    entropy: worst(actual.entropy, expected.entropy),
    gradient: 1 - dot(g, h) / Math.sqrt(dot(g, g) * dot(h, h)),
    grad_norm: Math.abs(actual.grad_norm / expected.grad_norm - 1),
    parameters: mean(actual.parameters, expected.parameters),
    decode_gap: actual.decode_gap,
  };
  const limits = TOLERANCES[precision];
  const within = (Object.keys(limits) as (keyof Differences)[]).every((name) =>
    differences[name] <= limits[name]
  );
  const shapes = actual.decoded.map(({ length }) => length).join() ===
    expected.decoded.map(({ length }) => length).join();
  return {
    differences,
    same_tokens: JSON.stringify(actual.decoded) === JSON.stringify(expected.decoded),
    ok: within && shapes,
  };
}

/** `measure` in a runtime of its own. */
export async function measureOn(device: Place, folder: string, precision: Precision): Promise<Measured> {
  const library = Deno.env.get("ORT_LIBRARY") || undefined;
  using runtime = Runtime.open({ device, library, threads: 2 });
  return await measure(runtime, folder, precision);
}
