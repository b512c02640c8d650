/**
 * The records of a job's steps as files: two for each step, one with its rollouts and one with their tokens, so that the
 * second, which is most of the bytes, can go first. They are safetensors files whose tensors are columns: a row a rollout
 * or a token. A number that a job has none of (values without a critic) is a column that is not there.
 */
import { join } from "node:path";
import { FINISH_REASONS } from "../contract/records.ts";
import { UserError } from "../errors.ts";
import { ColumnFile, numbersColumn, textsColumn } from "./column_file.ts";
import type { TensorToWrite } from "./write_safetensors.ts";

/** The files of a step. */
export const RECORD_PARTS = ["rollouts", "tokens"] as const;

export type RecordPart = (typeof RECORD_PARTS)[number];

/** The folder of a job's records. */
export function recordsFolder(dataDir: string, jobId: string): string {
  return join(dataDir, "jobs", jobId, "records");
}

/** A step's file, in the folder of the job's records. @param step from 1 */
export function recordFile(step: number, part: RecordPart): string {
  return `step-${String(step).padStart(8, "0")}.${part}.safetensors`;
}

/** Which file a name is of; null for a name of none. */
export function parseRecordFile(name: string): { step: number; part: RecordPart } | null {
  const [, step, part] = /^step-(\d{8,12})\.(rollouts|tokens)\.safetensors$/.exec(name) ?? [];
  return part === undefined ? null : { step: Number(step), part: part as RecordPart };
}

/** A rollout as it is kept. */
export interface RolloutRecord {
  prompt_idx: number;
  sample_idx: number;
  prompt: string;
  completion: string;
  score: number;
  raw_score: number;
  /** Of each of the reward's terms. */
  rewards: Readonly<Record<string, number>>;
  kl: number;
  bootstrap_value: number;
  finish_reason: (typeof FINISH_REASONS)[number];
  prompt_tokens: number;
  completion_tokens: number;
}

const COUNTS = ["prompt_idx", "sample_idx", "prompt_tokens", "completion_tokens"] as const;
const MEASURES = ["score", "raw_score", "kl", "bootstrap_value"] as const;

/** Columns of a step's rollouts; each prompt's text is there once. */
export function rolloutColumns(rows: readonly RolloutRecord[]): Record<string, TensorToWrite> {
  const prompts = [...new Set(rows.map(({ prompt }) => prompt))];
  const slots = new Map(prompts.map((prompt, slot) => [prompt, slot]));
  const terms = Object.keys(rows[0]?.rewards ?? {});
  return {
    ...Object.fromEntries(
      COUNTS.map((name) => [name, numbersColumn(Int32Array.from(rows, (row) => row[name]))]),
    ),
    ...Object.fromEntries(
      MEASURES.map((name) => [name, numbersColumn(Float64Array.from(rows, (row) => row[name]))]),
    ),
    finish_reason: numbersColumn(
      Uint8Array.from(rows, ({ finish_reason }) => FINISH_REASONS.indexOf(finish_reason)),
    ),
    // A term after the other, as each is one run of numbers.
    rewards: numbersColumn(
      Float64Array.from(terms.flatMap((term) => rows.map(({ rewards }) => rewards[term]!))),
    ),
    ...textsColumn("term", terms),
    ...textsColumn("prompt", prompts),
    prompt_slot: numbersColumn(Int32Array.from(rows, ({ prompt }) => slots.get(prompt)!)),
    ...textsColumn("completion", rows.map(({ completion }) => completion)),
  };
}

/** Numbers of a token. */
const TOKEN_NUMBERS = ["logprob", "ref_logprob", "value", "reward", "advantage", "reward_to_go"] as const;

type TokenNumber = (typeof TOKEN_NUMBERS)[number];

/** The tokens of one rollout: (n) each. */
export type TokenRows = {
  token_id: Int32Array;
  /** UTF-16 units of the completion that are certain once the token is there. */
  text_end: Int32Array;
} & Record<TokenNumber, Float32Array | null>;

/** Columns of the tokens of a step, rollout after rollout. @param textOf a token's own text, as people read it */
export function tokenColumns(
  rows: readonly TokenRows[],
  textOf: (id: number) => string,
): Record<string, TensorToWrite> {
  const count = rows.reduce((sum, { token_id }) => sum + token_id.length, 0);
  const ids = filled(new Int32Array(count), rows.map(({ token_id }) => token_id));
  const vocabulary = Int32Array.from(new Set(ids)).sort();
  let end = 0;
  return {
    token_id: numbersColumn(ids),
    text_end: numbersColumn(filled(new Int32Array(count), rows.map(({ text_end }) => text_end))),
    ...Object.fromEntries(
      TOKEN_NUMBERS.filter((name) => rows.every((row) => row[name] !== null)).map((name) => [
        name,
        numbersColumn(filled(new Float32Array(count), rows.map((row) => row[name]!))),
      ]),
    ),
    row_end: numbersColumn(Int32Array.from(rows, ({ token_id }) => end += token_id.length)),
    vocabulary: numbersColumn(vocabulary),
    ...textsColumn("vocabulary_text", Array.from(vocabulary, textOf)),
  };
}

/** Fills `all` with the parts, one after another. */
function filled<A extends { set(part: ArrayLike<number>, at: number): void }>(
  all: A,
  parts: readonly ArrayLike<number>[],
): A {
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** The file of a step's rollouts. @throws as `ColumnFile.open` */
export async function openRollouts(folder: string, step: number): Promise<RolloutFile> {
  const columns = await ColumnFile.open(
    join(folder, recordFile(step, "rollouts")),
    `step ${step}'s rollouts`,
  );
  return new RolloutFile(columns);
}

export class RolloutFile {
  readonly #columns: ColumnFile;

  constructor(columns: ColumnFile) {
    this.#columns = columns;
  }

  get rows(): number {
    return this.#columns.rows("prompt_idx");
  }

  /** What rollouts are found and ordered by: a column each. */
  async keys() {
    const [prompt_idx, sample_idx, completion_tokens, score] = await Promise.all([
      this.#columns.numbers("prompt_idx", "I32"),
      this.#columns.numbers("sample_idx", "I32"),
      this.#columns.numbers("completion_tokens", "I32"),
      this.#columns.numbers("score", "F64"),
    ]);
    return { prompt_idx, sample_idx, completion_tokens, score };
  }

  /** The names of the reward's terms. */
  terms(): Promise<string[]> {
    return this.#columns.texts("term");
  }

  /** Rollouts `first` to `end`. @throws {UserError} `damaged_data` */
  async read(first: number, end: number): Promise<RolloutRecord[]> {
    const columns = this.#columns;
    const rows = this.rows;
    const terms = await this.terms();
    const counts = await Promise.all(COUNTS.map((name) => columns.numbers(name, "I32", first, end)));
    const measures = await Promise.all(MEASURES.map((name) => columns.numbers(name, "F64", first, end)));
    const reasons = await columns.numbers("finish_reason", "U8", first, end);
    const scores = await Promise.all(
      terms.map((_, term) => columns.numbers("rewards", "F64", term * rows + first, term * rows + end)),
    );
    const slots = await columns.numbers("prompt_slot", "I32", first, end);
    const prompts = new Map<number, string>();
    for (const slot of slots) {
      if (!prompts.has(slot)) prompts.set(slot, (await columns.texts("prompt", slot, slot + 1))[0]!);
    }
    const completions = await columns.texts("completion", first, end);
    return completions.map((completion, row) => ({
      ...Object.fromEntries(COUNTS.map((name, at) => [name, counts[at]![row]!])) as Record<
        (typeof COUNTS)[number],
        number
      >,
      ...Object.fromEntries(MEASURES.map((name, at) => [name, measures[at]![row]!])) as Record<
        (typeof MEASURES)[number],
        number
      >,
      prompt: prompts.get(slots[row]!)!,
      completion,
      rewards: Object.fromEntries(terms.map((term, at) => [term, scores[at]![row]!])),
      finish_reason: reasonOf(reasons[row]!),
    }));
  }

  close(): void {
    this.#columns.close();
  }
}

function reasonOf(index: number): RolloutRecord["finish_reason"] {
  const reason = FINISH_REASONS[index];
  if (!reason) throw new UserError("damaged_data", `A rollout's finish_reason is none: ${index}`);
  return reason;
}

/** The file of the tokens of a step. @throws as `ColumnFile.open` */
export async function openTokens(folder: string, step: number): Promise<TokenFile> {
  const columns = await ColumnFile.open(join(folder, recordFile(step, "tokens")), `step ${step}'s tokens`);
  return new TokenFile(columns);
}

/** A run of tokens of one rollout. */
export interface TokenRun extends TokenRows {
  /** Of the first, in the response. */
  position: number;
  /** UTF-16 units of the completion that are certain before the first. */
  text_start: number;
  /** The tokens' own texts. */
  token: string[];
}

export class TokenFile {
  readonly #columns: ColumnFile;
  /** Ids in their order and their texts, read when the first is asked for. */
  #vocabulary: Promise<[ids: Int32Array, textAt: (row: number) => string]> | undefined;

  constructor(columns: ColumnFile) {
    this.#columns = columns;
  }

  /** Tokens of rollout `row` from `position` on, at most `limit`. @throws {UserError} `damaged_data` */
  async read(row: number, position: number, limit: number): Promise<TokenRun> {
    const columns = this.#columns;
    const ends = await columns.numbers("row_end", "I32", Math.max(0, row - 1), row + 1);
    const start = row === 0 ? 0 : ends[0]!;
    const first = Math.min(start + position, ends.at(-1)!);
    const end = Math.min(first + limit, ends.at(-1)!);
    const numbers = async (name: TokenNumber) =>
      columns.has(name) ? await columns.numbers(name, "F32", first, end) : null;
    const token_id = await columns.numbers("token_id", "I32", first, end);
    const before = first > start ? await columns.numbers("text_end", "I32", first - 1, first) : [0];
    const columnsOf = await Promise.all(
      TOKEN_NUMBERS.map(async (name) => [name, await numbers(name)] as const),
    );
    return {
      ...Object.fromEntries(columnsOf) as Record<TokenNumber, Float32Array<ArrayBuffer> | null>,
      token_id,
      text_end: await columns.numbers("text_end", "I32", first, end),
      position,
      text_start: before[0]!,
      token: await this.#texts(token_id),
    };
  }

  /** Of a large vocabulary few texts are asked for. */
  async #texts(ids: Int32Array): Promise<string[]> {
    this.#vocabulary ??= Promise.all([
      this.#columns.numbers("vocabulary", "I32"),
      this.#columns.encodedTexts("vocabulary_text"),
    ]);
    const [known, textAt] = await this.#vocabulary;
    return Array.from(ids, (id) => {
      const row = placeOf(id, known);
      return row < 0 ? "" : textAt(row);
    });
  }

  close(): void {
    this.#columns.close();
  }
}

/** Where a number is among sorted ones; −1 where it is not. */
function placeOf(wanted: number, sorted: Int32Array): number {
  let low = 0, high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = sorted[middle]!;
    if (found === wanted) return middle;
    if (found < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
