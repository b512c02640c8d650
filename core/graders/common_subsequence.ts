/**
 * The length of the longest common subsequence, bit by bit: 32 rows of the table at a time, after Hyyrö (2004). Both sides
 * are lists of numbers; equal elements are equal numbers.
 */
export function commonSubsequence(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length === 0 || b.length === 0) return 0;
  const words = Math.ceil(a.length / 32);
  // For each element of `a`, where it is.
  const places = new Map<number, Uint32Array>();
  for (let at = 0; at < a.length; at++) {
    const bits = places.get(a[at]!) ?? new Uint32Array(words);
    bits[at >>> 5]! |= 1 << (at & 31);
    places.set(a[at]!, bits);
  }
  // A bit that is 0 is a place where the length grows by one.
  const open = new Uint32Array(words).fill(0xffffffff);
  for (let at = 0; at < b.length; at++) {
    const match = places.get(b[at]!);
    if (!match) continue;
    let carry = 0;
    for (let word = 0; word < words; word++) {
      const before = open[word]!;
      const both = (before & match[word]!) >>> 0;
      const sum = before + both + carry;
      carry = sum > 0xffffffff ? 1 : 0;
      open[word] = (sum >>> 0) | (before & ~both);
    }
  }
  let length = 0;
  for (let at = 0; at < a.length; at++) length += ~(open[at >>> 5]! >>> (at & 31)) & 1;
  return length;
}
