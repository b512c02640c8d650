/** Numbers of half precision as typed arrays have them: the bits, in Uint16Array. Rounded to nearest, ties to even. */
import type { Dtype } from "./dtypes.ts";

/** The two 16-bit floats: bfloat16 has float32's range and 8 bits of mantissa, float16 has 11 and ends at 65,504. */
export type HalfDtype = Extract<Dtype, "bfloat16" | "float16">;

export function isHalf(dtype: Dtype): dtype is HalfDtype {
  return dtype === "bfloat16" || dtype === "float16";
}

const FROM: Record<HalfDtype, (values: Float32Array) => Uint16Array<ArrayBuffer>> = {
  float16: (values) => new Uint16Array(Float16Array.from(values).buffer),
  bfloat16: (values) => {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    return Uint16Array.from(bits, (word) => {
      // Rounding must not turn a NaN into an infinity.
      if ((word & 0x7fffffff) > 0x7f800000) return (word >>> 16) | 0x40;
      return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
    });
  },
};

/** float32 as half precision. */
export function toHalf(values: Float32Array, dtype: HalfDtype): Uint16Array<ArrayBuffer> {
  return FROM[dtype](values);
}

/** 16 bits as float32, exactly. */
export function fromHalf(bits: Uint16Array<ArrayBuffer>, dtype: HalfDtype): Float32Array<ArrayBuffer> {
  if (dtype === "float16") {
    return Float32Array.from(new Float16Array(bits.buffer, bits.byteOffset, bits.length));
  }
  return new Float32Array(Uint32Array.from(bits, (half) => half << 16).buffer);
}
