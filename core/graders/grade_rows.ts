/**
 * Grades rows, all of them by one of a grader's parts after another. What compares texts is worked out here; a model or a
 * Python function is asked of whoever has it. A row that cannot be graded has 0 and a fault, and nothing is thrown for it.
 */
import { parseFormula } from "../contract/graders/formula.ts";
import {
  type Grader,
  type GraderOf,
  type SingleGrader,
  singleGraders,
} from "../contract/graders/grader_schema.ts";
import type { GradedRow } from "./graded_row.ts";
import { failed, graded, type RowGrade } from "./row_grade.ts";
import { type RowScorer, stringCheck, textSimilarity } from "./text_graders.ts";

/** Graders that somebody else works out. */
export type AskedGrader = GraderOf<"python"> | GraderOf<"score_model">;

/**
 * Grades of all rows, in their order.
 *
 * @param name of the grader in a multi grader; empty for one by itself
 */
export type AskGrader = (
  grader: AskedGrader,
  name: string,
  rows: readonly GradedRow[],
  signal?: AbortSignal,
) => Promise<RowGrade[]>;

/** What one of the graders gave every row. */
export interface GraderColumn {
  grader: SingleGrader;
  grades: readonly RowGrade[];
  seconds: number;
}

export interface GradedRows {
  /** Each row's reward, and why it is 0 where the formula has no value. */
  rewards: readonly RowGrade[];
  /** Of a multi grader: what it is made of, by its names; of another: itself, by the empty name. */
  columns: ReadonlyMap<string, GraderColumn>;
}

/** So long texts are compared before others have a turn; in ms. */
const TURN_MS = 50;

const SCORERS: {
  [Type in Exclude<SingleGrader["type"], AskedGrader["type"]>]: (grader: GraderOf<Type>) => RowScorer;
} = { string_check: stringCheck, text_similarity: textSimilarity };

/** @throws the signal's reason once it is aborted */
export async function gradeRows(
  grader: Grader,
  rows: readonly GradedRow[],
  { ask, signal }: { ask: AskGrader; signal?: AbortSignal },
): Promise<GradedRows> {
  const columns = new Map<string, GraderColumn>();
  for (const [name, single] of singleGraders(grader)) {
    const begin = performance.now();
    const grades = single.type === "python" || single.type === "score_model"
      ? await ask(single, name, rows, signal)
      : await compared(single, rows, signal);
    columns.set(name, { grader: single, grades, seconds: (performance.now() - begin) / 1000 });
  }
  if (grader.type !== "multi") return { rewards: columns.get("")!.grades, columns };
  const formula = parseFormula(grader.calculate_output);
  const rewards = rows.map((_, row) => {
    const values = new Map([...columns].map(([name, { grades }]) => [name, grades[row]!.score]));
    const score = formula.evaluate(values);
    return Number.isFinite(score)
      ? { score, fault: null }
      : failed("formula_parse_error", `${grader.calculate_output.slice(0, 200)} is ${score}`);
  });
  return { rewards, columns };
}

/** Grades that are worked out from the texts alone. */
async function compared(
  grader: Exclude<SingleGrader, AskedGrader>,
  rows: readonly GradedRow[],
  signal?: AbortSignal,
): Promise<RowGrade[]> {
  const score = (SCORERS[grader.type] as (grader: SingleGrader) => RowScorer)(grader);
  const grades: RowGrade[] = [];
  let turn = performance.now();
  for (const row of rows) {
    if (performance.now() - turn > TURN_MS) {
      await new Promise((resolve) => setTimeout(resolve));
      turn = performance.now();
    }
    signal?.throwIfAborted();
    grades.push(graded(row, () => score({ item: row.item, sample: row.sample })));
  }
  return grades;
}
