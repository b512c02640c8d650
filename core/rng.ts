/**
 * Counter-based random numbers (Philox4x32-10, Salmon et al. 2011). A number is a pure function of its key, so
 * a row's sample does not depend on who else is in the batch, and resuming a run needs no generator state.
 */

/** Named streams keep uses of the same (seed, step, row, position) apart. */
const STREAMS = {
  sample: 1,
  shuffle: 2,
  init: 3,
  data: 4,
  dropout: 5,
  dropout_features: 6,
  held_out: 7,
  evaluate: 8,
  server: 9,
} as const;

export type Stream = keyof typeof STREAMS;

const W0 = 0x9e3779b9, W1 = 0xbb67ae85;
const M0 = 0xd2511f53, M1 = 0xcd9e8d57;

/** The upper 32 bits of a 32x32-bit product, as an int32. Its lower ones are `Math.imul`. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff, aHigh = a >>> 16, bLow = b & 0xffff, bHigh = b >>> 16;
  const middle = Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16) >>> 0; // at most 2^32 − 2^16
  const carried = (Math.imul(aLow, bHigh) >>> 0) + (middle & 0xffff);
  return Math.imul(aHigh, bHigh) + (middle >>> 16) + (carried >>> 16) | 0;
}

/** Where `philox` leaves a block: numbers are drawn by the million, an array for each would take most of the time. */
const words = new Uint32Array(4);

/**
 * One Philox block: four 32-bit words from a 128-bit counter and a 64-bit key, in `words` until the next call. Words are
 * int32 on the way: integers of the machine.
 */
export function philox(c0: number, c1: number, c2: number, c3: number, k0: number, k1: number): Uint32Array {
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(M0, c0), high1 = mulHigh(M1, c2);
    const low0 = Math.imul(M0, c0), low1 = Math.imul(M1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = k0 + W0 | 0;
    k1 = k1 + W1 | 0;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
  return words;
}

/** The stream's part of a counter's word; which sample of a row it is has the rest. */
const STREAM_BITS = 8;

/**
 * Four random words of 32 bits for the key (seed, stream, step, row, position, sample), as `philox` leaves them. `sample` is
 * below 2²⁴.
 */
export function draw(
  seed: number,
  stream: Stream,
  step: number,
  row: number,
  position: number,
  sample = 0,
): Uint32Array {
  return philox(
    position,
    row,
    step,
    STREAMS[stream] | sample << STREAM_BITS,
    seed % 0x100000000,
    Math.floor(seed / 0x100000000),
  );
}

/**
 * A uniform number in [0, 1) with 24 random bits (exact in float32) for the key
 * (seed, stream, step, row, position, sample). `seed` may be any safe integer.
 */
export function uniform(
  seed: number,
  stream: Stream,
  step: number,
  row: number,
  position: number,
  sample = 0,
): number {
  return (draw(seed, stream, step, row, position, sample)[0]! >>> 8) / 0x1000000;
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
