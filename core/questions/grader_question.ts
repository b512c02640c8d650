/** A question about a part of a grader that the engine cannot work out: a Python function, or the operator's judge. */
import type { RewardQuestion, Scored } from "../contract/reward_question.ts";
import type { RewardOf } from "../contract/reward_schema.ts";
import { type SingleGrader, singleGraders } from "../contract/graders/grader_schema.ts";
import { type GradedRow, gradedRow } from "../graders/graded_row.ts";
import { failed, type RowGrade } from "../graders/row_grade.ts";
import type { Judge } from "./judge.ts";
import type { PythonGraders } from "./python_graders.ts";

export interface GraderServices {
  python: PythonGraders;
  /** Null where the operator has configured none. */
  judge: Judge | null;
}

/** @param asker whose question it is */
export async function answerGrader(
  { grader, response_format }: RewardOf<"grader">,
  { grader: name = "", items }: RewardQuestion,
  signal: AbortSignal,
  { asker, ...services }: GraderServices & { asker: string },
): Promise<Scored> {
  const [, single] = singleGraders(grader).find(([key]) => key === name) ?? [];
  if (!single) throw new TypeError(`Cannot answer for a grader '${name}'`);
  const json = response_format !== null && response_format.type !== "text";
  const rows = items.map(({ item = {}, completion, terminated }) =>
    gradedRow(item, completion, { json, terminated })
  );
  return scoredOf(await gradesOf(single, rows, signal, { asker, ...services }));
}

/** Grades of a grader that somebody else than the texts is asked for. */
export async function gradesOf(
  grader: SingleGrader,
  rows: readonly GradedRow[],
  signal: AbortSignal,
  { python, judge, asker }: GraderServices & { asker: string },
): Promise<RowGrade[]> {
  if (grader.type === "python") return await python.grade(grader.source, asker, rows, signal);
  if (grader.type !== "score_model") throw new TypeError(`Cannot answer for a ${grader.type} grader`);
  return await judge?.grade(grader, rows, signal) ??
    rows.map(() => failed("model_grader_server_error", `There is no judge to ask for '${grader.model}'`));
}

function scoredOf(grades: readonly RowGrade[]): Scored {
  return {
    type: "scored",
    scores: grades.map(({ score, fault }) => fault === null ? score : null),
    terms: {},
    faults: grades.flatMap(({ fault }, row) => fault === null ? [] : [{ row, ...fault }]),
    usage: grades.map(({ usage }) => usage ?? null),
  };
}
