/** Half-precision bits to float32. Every float16 and bfloat16 value is a float32 value, so nothing is rounded. */

/** Writes the float32 value of each bfloat16 in `bits` to `out`, which has the same length. */
export function widenBfloat16(bits: Uint16Array, out: Float32Array): void {
  const words = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let index = 0; index < bits.length; index++) words[index] = bits[index]! << 16;
}

/** Writes the float32 value of each float16 in `bits` to `out`, which has the same length. */
export function widenFloat16(bits: Uint16Array, out: Float32Array): void {
  const words = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let index = 0; index < bits.length; index++) words[index] = float16Words()[bits[index]!]!;
}

let words: Uint32Array | null = null;

/** The float32 bits of each of the 65,536 float16 values: one look-up is much cheaper than the case distinction. */
function float16Words(): Uint32Array {
  return words ??= Uint32Array.from({ length: 0x10000 }, (_, half) => {
    const sign = (half & 0x8000) << 16, exponent = (half >> 10) & 0x1f, fraction = half & 0x3ff;
    if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13); // infinity, or NaN with its payload
    if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
    if (fraction === 0) return sign;
    const shift = Math.clz32(fraction) - 21; // a subnormal: bring its leading bit to the implied place
    return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
  });
}
