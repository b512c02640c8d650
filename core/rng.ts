/**
 * Counter-based random numbers (Philox4x32-10, Salmon et al. 2011). A number is a pure function of its key, so
 * a row's sample does not depend on who else is in the batch, and resuming a run needs no generator state.
 */

/** Named streams keep uses of the same (seed, step, row, position) apart. */
const STREAMS = { sample: 1, shuffle: 2, init: 3, data: 4 } as const;

export type Stream = keyof typeof STREAMS;

const W0 = 0x9e3779b9, W1 = 0xbb67ae85;
const M0 = 0xd2511f53, M1 = 0xcd9e8d57;

/** High and low 32 bits of a 32x32-bit product. */
function mulHiLo(a: number, b: number): [number, number] {
  const aLo = a & 0xffff, aHi = a >>> 16, bLo = b & 0xffff, bHi = b >>> 16;
  const low = aLo * bLo;
  const mid1 = aHi * bLo + (low >>> 16);
  const mid2 = aLo * bHi + (mid1 & 0xffff);
  const high = aHi * bHi + Math.floor(mid1 / 0x10000) + (mid2 >>> 16);
  return [high >>> 0, Math.imul(a, b) >>> 0];
}

/** One Philox block: four 32-bit words from a 128-bit counter and a 64-bit key. */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter.map((word) => word >>> 0) as [number, number, number, number];
  let [k0, k1] = [key[0] >>> 0, key[1] >>> 0];
  for (let round = 0; round < 10; round++) {
    const [hi0, lo0] = mulHiLo(M0, c0);
    const [hi1, lo1] = mulHiLo(M1, c2);
    [c0, c1, c2, c3] = [(hi1 ^ c1 ^ k0) >>> 0, lo1, (hi0 ^ c3 ^ k1) >>> 0, lo0];
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/**
 * A uniform number in [0, 1) with 24 random bits (exact in float32) for the key
 * (seed, stream, step, row, position). `seed` may be any safe integer.
 */
export function uniform(seed: number, stream: Stream, step: number, row: number, position: number): number {
  const key: [number, number] = [seed % 0x100000000, Math.floor(seed / 0x100000000)];
  return (philox([position, row, step, STREAMS[stream]], key)[0] >>> 8) / 0x1000000;
}

/** A permutation of 0..length-1 (Fisher-Yates) for the key (seed, stream, step, round). */
export function permutation(
  seed: number,
  stream: Stream,
  step: number,
  round: number,
  length: number,
): number[] {
  const order = Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last--) {
    const other = Math.floor(uniform(seed, stream, step, round, last) * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

/** Fills `out` with uniforms in [low, high), element i keyed by (seed, stream, step, row, i). */
export function fillUniform(
  out: Float32Array,
  low: number,
  high: number,
  key: { seed: number; stream: Stream; step: number; row: number },
): Float32Array {
  for (let index = 0; index < out.length; index++) {
    out[index] = low + (high - low) * uniform(key.seed, key.stream, key.step, key.row, index);
  }
  return out;
}
