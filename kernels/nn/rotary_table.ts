/** Cosines and sines of rotary positions: plain arrays the host makes once and gives to every graph as inputs. */
import type { RopeScaling } from "../models/model_config.ts";

/** Inverse frequencies θ^(−2i/d), i < d/2, with the model's scaling (ppo-spec §20), in double. */
export function inverseFrequencies(
  theta: number,
  headDim: number,
  scaling: RopeScaling | null,
): Float64Array {
  const base = Float64Array.from({ length: headDim / 2 }, (_, i) => theta ** (-2 * i / headDim));
  if (scaling === null) return base;
  return SCALINGS[scaling.type](base, scaling as never);
}

const SCALINGS: {
  [Type in RopeScaling["type"]]: (
    base: Float64Array,
    scaling: Extract<RopeScaling, { type: Type }>,
  ) => Float64Array;
} = {
  linear: (base, { factor }) => base.map((frequency) => frequency / factor),
  // Long wavelengths are divided by the factor, short ones kept, those between blended.
  llama3: (
    base,
    { factor, low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: old },
  ) =>
    base.map((frequency) => {
      const wavelength = 2 * Math.PI / frequency;
      if (wavelength < old / high) return frequency;
      if (wavelength > old / low) return frequency / factor;
      const smooth = (old / wavelength - low) / (high - low);
      return frequency * ((1 - smooth) / factor + smooth);
    }),
};

/** cos and sin of position·frequency, each [length, d/2] float32, rows by position. */
export function rotaryTable(
  rope: { theta: number; scaling: RopeScaling | null },
  headDim: number,
  length: number,
): { cos: Float32Array<ArrayBuffer>; sin: Float32Array<ArrayBuffer> } {
  // PyTorch holds the frequencies and angles in float32; rounding as it does keeps far positions equal.
  const frequencies = Float32Array.from(inverseFrequencies(rope.theta, headDim, rope.scaling));
  const cos = new Float32Array(length * frequencies.length);
  const sin = new Float32Array(length * frequencies.length);
  for (let position = 0; position < length; position++) {
    for (let i = 0; i < frequencies.length; i++) {
      const angle = Math.fround(position * frequencies[i]!);
      cos[position * frequencies.length + i] = Math.cos(angle);
      sin[position * frequencies.length + i] = Math.sin(angle);
    }
  }
  return { cos, sin };
}
