/**
 * A part whose rows are scored by somebody else, each by itself: some of a batch can be asked about while others are still
 * sampled. Which rows are asked about together follows from the order in which they end, not from how long anything takes,
 * so a job that resumes asks the same.
 */
import type { Fault, RewardBeginning, RewardSample } from "./reward_source.ts";
import type { Column, PartScores, RewardPart } from "./reward_part.ts";

/** Scores some rows of a batch; `rows` are their numbers in it, for messages. Throws as a `RewardSource` does. */
export type ScoreRows = (
  samples: readonly RewardSample[],
  rows: readonly number[],
  signal: AbortSignal,
) => Promise<PartScores>;

export interface RowByRowOptions {
  /** Rows that are asked about together, at most. */
  together: number;
  /** How often somebody is being asked at a time. */
  at_a_time: number;
  /** What it is made of, at most; what comes later in a batch is left out. */
  most_parts?: number;
}

/** A part that can begin before a batch is whole. */
export interface EarlyPart extends RewardPart {
  /** The next batch that is scored is this one, of so many rows. */
  begin(rows: number, signal?: AbortSignal): RewardBeginning;
}

/** Rows that end early are asked about by this share of the batch: fewer at a time would be many questions. */
const EARLY_SHARE = 1 / 8;

export function rowByRow(scoreRows: ScoreRows, options: RowByRowOptions): EarlyPart {
  let begun: Batch | null = null;
  return {
    begin(rows, signal) {
      begun?.close();
      const batch = begun = new Batch(scoreRows, options, signal, rows);
      return {
        add: (row, sample) => batch.add(row, sample),
        [Symbol.dispose]: () => {
          batch.close();
          if (begun === batch) begun = null;
        },
      };
    },
    async score(samples, signal) {
      const batch = begun ?? new Batch(scoreRows, options, signal);
      begun = null;
      try {
        return await batch.whole(samples);
      } finally {
        batch.close();
      }
    },
  };
}

interface Asked {
  row: number;
  sample: RewardSample;
}

interface Answer {
  rows: readonly number[];
  scored: PartScores;
}

class Batch {
  readonly #scoreRows: ScoreRows;
  readonly #options: RowByRowOptions;
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;
  /** How many there will be; unknown of a batch that comes as a whole. */
  readonly #rows: number | undefined;
  readonly #added = new Set<number>();
  readonly #answers: Answer[] = [];
  /** Settles when all that was added has its scores, or at the first failure. */
  readonly #done = Promise.withResolvers<void>();
  #waiting: Asked[] = [];
  readonly #questions: Asked[][] = [];
  #open = 0;
  #isWhole = false;

  constructor(
    scoreRows: ScoreRows,
    options: RowByRowOptions,
    signal: AbortSignal | undefined,
    rows?: number,
  ) {
    this.#rows = rows;
    this.#scoreRows = scoreRows;
    this.#options = options;
    this.#signal = signal ? AbortSignal.any([signal, this.#over.signal]) : this.#over.signal;
    this.#done.promise.catch(() => {}); // what failed early is told when the batch is whole
  }

  add(row: number, sample: RewardSample): void {
    this.#added.add(row);
    this.#waiting.push({ row, sample });
    this.#ask();
  }

  async whole(samples: readonly RewardSample[]): Promise<PartScores> {
    samples.forEach((sample, row) => {
      if (this.#added.has(row)) return;
      this.#added.add(row);
      this.#waiting.push({ row, sample });
    });
    this.#isWhole = true;
    this.#ask();
    await this.#done.promise;
    return joined(this.#answers, samples.length, this.#options.most_parts ?? Infinity);
  }

  close(): void {
    this.#over.abort();
  }

  /**
   * Cuts what has come into questions, and asks as many as may be open. The rows of one token come one after another: none is
   * looked at before the last is there.
   */
  #ask(): void {
    queueMicrotask(() => {
      const { together, at_a_time } = this.#options;
      const all = this.#isWhole || this.#added.size === this.#rows;
      const size = all ? together : Math.min(together, Math.ceil(EARLY_SHARE * this.#rows!));
      while (this.#waiting.length >= (all ? 1 : size)) this.#questions.push(this.#waiting.splice(0, size));
      while (this.#questions.length > 0 && this.#open < at_a_time && !this.#over.signal.aborted) {
        this.#send(this.#questions.shift()!);
      }
      if (this.#isWhole && this.#open === 0 && this.#questions.length === 0) this.#done.resolve();
    });
  }

  async #send(asked: readonly Asked[]): Promise<void> {
    const rows = asked.map(({ row }) => row);
    this.#open++;
    try {
      const scored = await this.#scoreRows(asked.map(({ sample }) => sample), rows, this.#signal);
      this.#answers.push({ rows, scored });
    } catch (thrown) {
      this.#done.reject(thrown);
      this.#over.abort();
    } finally {
      this.#open--;
      this.#ask();
    }
  }
}

/** The rows of all answers in their places, whichever came first and whatever was asked together. */
function joined(answers: readonly Answer[], count: number, mostParts: number): PartScores {
  const scores = new Float32Array(count);
  const ofRow: { answer: Answer; at: number }[] = [];
  for (const answer of answers) {
    answer.rows.forEach((row, at) => {
      scores[row] = answer.scored.scores[at]!;
      ofRow[row] = { answer, at };
    });
  }
  const names = new Set<string>();
  for (const { answer, at } of ofRow) {
    for (const [name, { scores }] of Object.entries(answer.scored.parts)) {
      if (!Number.isNaN(scores[at]!)) names.add(name);
    }
  }
  for (const name of answers.flatMap(({ scored }) => Object.keys(scored.parts)).sort()) names.add(name);
  const parts = [...names].slice(0, mostParts).map((name): [string, Column] => {
    const column = new Float32Array(count).fill(NaN); // no number is another than 0
    const own = answers.flatMap(({ rows, scored }) => {
      const part = scored.parts[name];
      return part ? [{ rows, part }] : [];
    });
    for (const { rows, part } of own) rows.forEach((row, at) => column[row] = part.scores[at]!);
    const seconds = own.flatMap(({ part }) => part.seconds ?? []);
    return [name, {
      scores: column,
      seconds: seconds.length > 0 ? seconds.reduce((a, b) => a + b, 0) : null,
      faults: faultsOf(own.map(({ rows, part }) => ({ rows, faults: part.faults }))),
    }];
  });
  return {
    scores,
    faults: faultsOf(answers.map(({ rows, scored }) => ({ rows, faults: scored.faults }))),
    parts: Object.fromEntries(parts),
  };
}

/** In the order of the rows; null where none can fail. */
function faultsOf(
  answers: readonly { rows: readonly number[]; faults: readonly Fault[] | null }[],
): Fault[] | null {
  if (answers.length > 0 && answers.every(({ faults }) => faults === null)) return null;
  return answers.flatMap(({ rows, faults }) =>
    (faults ?? []).map((fault) => ({ ...fault, row: rows[fault.row]! }))
  ).sort((a, b) => a.row - b.row);
}
