/**
 * Rows of uneven lengths cut into runs of nearly equal ones: a run computes as many columns for each of its rows as its
 * longest has, so what is side by side should be alike. It depends on lengths alone, so that a job repeats.
 */

/** What decides where a row goes. */
export interface RowLength {
  /** Columns of the longest of its sequences. */
  readonly columns: number;
  /** Columns of all its sequences together, and how many they are. */
  readonly tokens: number;
  readonly sequences: number;
}

/** What of a run may be padding. Shorter rows may have more: there are too few of them to fill a processor otherwise. */
const MAX_PADDING = 0.05;
const SHORT = { columns: 32, padding: 0.25 };

/**
 * Rows by number, in rounds of one part a worker: longest first, and dealt out, so that the parts of a round are of nearly
 * the same size. Within the bounds on padding and on `fits`, or of one row.
 *
 * @param fits whether one run may have these rows, the longest first
 */
export function lengthRounds(
  rows: readonly RowLength[],
  workers: number,
  fits: (numbers: readonly number[]) => boolean,
): number[][][] {
  const order = rows.map((_, row) => row).sort((a, b) => rows[b]!.columns - rows[a]!.columns || a - b);
  const rounds: number[][][] = [];
  let first = 0;
  while (first < order.length) {
    let round = dealt(order.slice(first, first + workers), workers);
    let taken = workers;
    for (; first + taken < order.length; taken += workers) {
      const more = dealt(order.slice(first, first + taken + workers), workers);
      if (!more.every(fits) || isPadded(more.map((part) => part.map((row) => rows[row]!)))) break;
      round = more;
    }
    rounds.push(round);
    first += taken;
  }
  return rounds;
}

/** Whether all rows are of one length, so that how they are cut decides no padding. */
export function isEven(rows: readonly RowLength[]): boolean {
  return rows.every(({ columns, tokens, sequences }) =>
    columns === rows[0]!.columns && tokens === columns * sequences
  );
}

/** One after the other to each worker in turn. */
function dealt(numbers: readonly number[], workers: number): number[][] {
  return Array.from(
    { length: Math.min(workers, numbers.length) },
    (_, worker) => numbers.filter((_, at) => at % workers === worker),
  );
}

/** Whether too much of what parts compute is padding. */
function isPadded(parts: readonly (readonly RowLength[])[]): boolean {
  const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
  const computed = sum(parts.map((rows) => rows[0]!.columns * sum(rows.map(({ sequences }) => sequences))));
  const real = sum(parts.flat().map(({ tokens }) => tokens));
  const longest = parts[0]![0]!.columns;
  return computed - real > computed * (longest < SHORT.columns ? SHORT.padding : MAX_PADDING);
}
