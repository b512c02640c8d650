/**
 * A curve in characters. Each is a braille cell of two by four dots, so that a run of hundreds of steps fits into the width
 * of a terminal; libraries for this draw a column for each point.
 */
import { short } from "./terminal.ts";

/** The bit of a dot in its cell, by row from the top, left and right. */
const DOTS = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]] as const;

/**
 * Lines of `values` over their places, from left to right, with the highest and the lowest value at the side.
 *
 * @param width characters in all
 */
export function chart(
  values: readonly number[],
  { width, height }: { width: number; height: number },
): string[] {
  const known = values.filter(Number.isFinite);
  if (known.length < 2) return [];
  const low = Math.min(...known), high = Math.max(...known);
  const labels = [short(high), short(low)];
  const margin = Math.max(...labels.map((label) => label.length)) + 1;
  const columns = Math.max(1, width - margin - 1);
  const cells = Array.from({ length: height }, () => new Uint8Array(columns));
  const dotsAcross = 2 * columns, dotsDown = 4 * height;
  const rowOf = (value: number) =>
    Math.round((dotsDown - 1) * (high === low ? 0.5 : (high - value) / (high - low)));
  let before: number | null = null;
  for (let x = 0; x < dotsAcross; x++) {
    const value = valueAt(values, x / Math.max(1, dotsAcross - 1));
    if (value === null) {
      before = null;
      continue;
    }
    const row = rowOf(value);
    // Steep parts are a line, too.
    const from = before === null ? row : Math.min(row, before + Math.sign(row - before));
    const to = before === null ? row : Math.max(row, before + Math.sign(row - before));
    for (let y = from; y <= to; y++) cells[y >> 2]![x >> 1]! |= DOTS[y & 3]![x & 1]!;
    before = row;
  }
  return cells.map((line, index) => {
    const label = index === 0 ? labels[0]! : index === height - 1 ? labels[1]! : "";
    const drawn = [...line].map((bits) => bits === 0 ? " " : String.fromCodePoint(0x2800 + bits)).join("");
    return `${label.padStart(margin)}│${drawn.trimEnd()}`;
  });
}

/** The value at a place from 0 to 1, between two that are known; null where there is none. */
function valueAt(values: readonly number[], place: number): number | null {
  const at = place * (values.length - 1);
  const left = values[Math.floor(at)]!, right = values[Math.ceil(at)]!;
  if (!Number.isFinite(left) || !Number.isFinite(right)) return null;
  return left + (right - left) * (at - Math.floor(at));
}
