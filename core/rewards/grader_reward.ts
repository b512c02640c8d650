/**
 * A grader as a reward. Texts are compared here; Python and judges are asked of the API process, and a model of the job's
 * own folders scores in this process. A row that cannot be graded has 0, and is told of as a fault.
 */
import { type GraderOf, singleGraders } from "../contract/graders/grader_schema.ts";
import type { RewardOf } from "../contract/reward_schema.ts";
import type { Item } from "../contract/item.ts";
import type { Scored } from "../contract/reward_question.ts";
import { UserError } from "../errors.ts";
import { gradedRow } from "../graders/graded_row.ts";
import { type AskGrader, gradeRows } from "../graders/grade_rows.ts";
import type { RowGrade } from "../graders/row_grade.ts";
import { type AskReward, itemOf } from "./asked_reward.ts";
import { gradeTexts, localGrader } from "./local_grader.ts";
import type { Column, PartScores, RewardPart } from "./reward_part.ts";
import type { Fault, RewardSample, Scorer } from "./reward_source.ts";
import { type EarlyPart, rowByRow } from "./row_by_row.ts";
import type { RewardContext } from "./rewards.ts";

/** Rows in a question. */
const ASKED_ROWS = 64;

const nobody: AskReward = () =>
  Promise.reject(new UserError("reward_failed", "Graders in Python and judges need a server that asks them"));

/** @param at where the reward is in the whole, as keys with dots between */
export async function graderReward(
  { grader, response_format }: RewardOf<"grader">,
  { ask = nobody, ...models }: RewardContext,
  at: string,
): Promise<RewardPart | EarlyPart> {
  const json = response_format !== null && response_format.type !== "text";
  const local = new Map<string, Scorer>();
  for (const [name, single] of singleGraders(grader)) {
    const scorer = single.type === "score_model" ? await ownModel(single, models) : null;
    if (scorer) local.set(name, scorer);
  }
  const scoreRows = async (samples: readonly RewardSample[], signal?: AbortSignal): Promise<PartScores> => {
    const rows = samples.map((sample) =>
      gradedRow(graderItem(sample), sample.completion, { json, terminated: sample.terminated })
    );
    const { rewards, columns } = await gradeRows(grader, rows, {
      ask: asking(samples, at, ask, local),
      signal,
    });
    const parts = [...columns].filter(([name]) => name !== "").map(([name, { grades, seconds }]) =>
      [name, { ...columnOf(grades), seconds }] as [string, Column]
    );
    return { ...columnOf(rewards), parts: Object.fromEntries(parts) };
  };
  // Models of this process would take the time of the rows that are sampled, and comparing texts takes none.
  const asks = singleGraders(grader).some(([, { type }]) => type === "python" || type === "score_model");
  if (local.size > 0 || !asks) return { score: scoreRows };
  const options = { together: ASKED_ROWS, at_a_time: 1 };
  return rowByRow((samples, _rows, signal) => scoreRows(samples, signal), options);
}

/** The row as graders see it: what its user gave, with the answer; a row that was given none is its prompt and answer. */
export function graderItem({ prompt, answer, item }: RewardSample): Item {
  return { ...(item ? {} : { prompt }), ...(answer !== undefined && { answer }), ...item };
}

/** The model of this server that a grader names, if it names one. */
async function ownModel(grader: GraderOf<"score_model">, models: RewardContext): Promise<Scorer | null> {
  const { folders, classifier, textModel } = models;
  if (!folders || !classifier || !textModel) return null;
  return await localGrader(grader, folders, {
    classifier: async (config) => await classifier(config),
    textModel,
  });
}

/** Asks models of this process, or in questions of a bounded size whoever gave the command. */
function asking(
  samples: readonly RewardSample[],
  at: string,
  ask: AskReward,
  local: ReadonlyMap<string, Scorer>,
): AskGrader {
  return async (grader, name, rows, signal) => {
    const scorer = local.get(name);
    if (scorer && grader.type === "score_model") return await gradeTexts(grader, rows, scorer, signal);
    const grades: RowGrade[] = [];
    for (let begin = 0; begin < rows.length; begin += ASKED_ROWS) {
      const items = samples.slice(begin, begin + ASKED_ROWS).map((sample) => ({
        ...itemOf(sample),
        item: graderItem(sample),
        terminated: sample.terminated,
      }));
      grades.push(...gradesOf(await ask({ at, grader: name, items }, signal)));
    }
    return grades;
  };
}

/** An answer as grades. */
export function gradesOf({ scores, faults, usage }: Scored): RowGrade[] {
  const byRow = new Map(faults.map((fault) => [fault.row, fault]));
  return scores.map((score, row) => {
    const fault = byRow.get(row);
    const used = usage?.[row];
    return {
      score: score ?? 0,
      fault: fault
        ? { kind: fault.kind ?? "other_error", message: fault.message, type: fault.type }
        : score === null
        ? { kind: "other_error", message: "It gave nothing" }
        : null,
      ...(used && { usage: used }),
    };
  });
}

function columnOf(grades: readonly RowGrade[]): Pick<Column, "scores" | "faults"> {
  const faults = grades.flatMap(({ fault }, row): Fault[] =>
    fault ? [{ row, message: fault.message, kind: fault.kind }] : []
  );
  return { scores: Float32Array.from(grades, ({ score }) => score), faults };
}
