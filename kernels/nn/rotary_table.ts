/** Cosines and sines of rotary positions: plain arrays the host makes once and gives to every graph as inputs. */
import type { RopeScaling } from "../models/model_config.ts";

const { fround } = Math;

/** A number divided by a tensor's, which PyTorch multiplies with the reciprocal. */
function over(number: number, divisor: number): number {
  return fround(fround(1 / divisor) * fround(number));
}

/**
 * Inverse frequencies θ^(−2i/d), i < d/2, with the model's scaling (ppo-spec §20), each step rounded to float32 as
 * PyTorch does it: positions multiply what a frequency is off by.
 */
export function inverseFrequencies(
  theta: number,
  headDim: number,
  scaling: RopeScaling | null,
): Float32Array<ArrayBuffer> {
  const base = Float32Array.from(
    { length: headDim / 2 },
    (_, i) => 1 / fround(theta ** fround(2 * i / headDim)),
  );
  if (scaling === null) return base;
  return scaled(base, scaling.type, scaling);
}

function scaled<Type extends RopeScaling["type"]>(
  base: Float32Array<ArrayBuffer>,
  type: Type,
  scaling: Extract<RopeScaling, { type: Type }>,
): Float32Array<ArrayBuffer> {
  return SCALINGS[type](base, scaling);
}

const SCALINGS: {
  [Type in RopeScaling["type"]]: (
    base: Float32Array<ArrayBuffer>,
    scaling: Extract<RopeScaling, { type: Type }>,
  ) => Float32Array<ArrayBuffer>;
} = {
  linear: (base, { factor }) => base.map((frequency) => frequency / fround(factor)),
  // Long wavelengths are divided by the factor, short ones kept, those between blended.
  llama3: (
    base,
    { factor, low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: old },
  ) =>
    base.map((frequency) => {
      const wavelength = over(2 * Math.PI, frequency);
      if (wavelength < fround(old / high)) return frequency;
      if (wavelength > fround(old / low)) return frequency / fround(factor);
      const above = fround(over(old, wavelength) - fround(low));
      const smooth = fround(above / fround(high - low));
      const divided = fround(fround(fround(1 - smooth) * frequency) / fround(factor));
      return divided + fround(smooth * frequency);
    }),
};

/** cos and sin of position·frequency, each [length, d/2] float32, rows by position. */
export function rotaryTable(
  rope: { theta: number; scaling: RopeScaling | null },
  headDim: number,
  length: number,
): { cos: Float32Array<ArrayBuffer>; sin: Float32Array<ArrayBuffer> } {
  const frequencies = inverseFrequencies(rope.theta, headDim, rope.scaling);
  const cos = new Float32Array(length * frequencies.length);
  const sin = new Float32Array(length * frequencies.length);
  for (let position = 0; position < length; position++) {
    for (let i = 0; i < frequencies.length; i++) {
      const angle = fround(position * frequencies[i]!); // rounded like the frequencies
      cos[position * frequencies.length + i] = Math.cos(angle);
      sin[position * frequencies.length + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}
