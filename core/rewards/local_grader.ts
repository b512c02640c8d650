/** The model of a score_model grader where it is one of this server's: a ready classifier, or a reward model. */
import type { GraderOf } from "../contract/graders/grader_schema.ts";
import type { ModelFolders } from "../contract/protocol.ts";
import type { RewardOf } from "../contract/reward_schema.ts";
import { type GradedRow } from "../graders/graded_row.ts";
import { clipped, modelInput, textOf } from "../graders/model_input.ts";
import { failed, faultOf, type RowGrade } from "../graders/row_grade.ts";
import type { RewardSample, Scorer } from "./reward_source.ts";

type Grader = GraderOf<"score_model">;

/** The same as a `classifier` reward of its text. */
export function classifierOf({ model, label }: Grader): RewardOf<"classifier"> {
  return {
    ...{
      type: "classifier",
      model,
      label: label ?? null,
      dtype: "fp32",
      text: "completion",
      function_to_apply: null,
    },
  } as const;
}

/** Loads models that read a text alone, by their own tokenizers. */
export interface TextModels {
  classifier(config: RewardOf<"classifier">): Promise<Scorer>;
  /** A reward model, by its name. */
  textModel(name: string): Promise<Scorer>;
}

/** What scores for the grader; null where no model of this server has its name. */
export function localGrader(
  grader: Grader,
  { classifiers = {}, rewards }: Pick<ModelFolders, "classifiers" | "rewards">,
  models: TextModels,
): Promise<Scorer> | null {
  if (Object.hasOwn(classifiers, grader.model)) return models.classifier(classifierOf(grader));
  return Object.hasOwn(rewards, grader.model) ? models.textModel(grader.model) : null;
}

/** Grades of all rows, by what the model says of their texts. */
export async function gradeTexts(
  grader: Grader,
  rows: readonly GradedRow[],
  scorer: Scorer,
  signal?: AbortSignal,
): Promise<RowGrade[]> {
  const fill = modelInput(grader);
  const grades: RowGrade[] = [];
  const texts: { row: number; sample: RewardSample }[] = [];
  for (const [at, row] of rows.entries()) {
    try {
      texts.push({ row: at, sample: sampleOf(textOf(fill({ item: row.item, sample: row.sample }))) });
    } catch (thrown) {
      grades[at] = faultOf(row, thrown);
    }
  }
  const scores = await scorer.score(texts.map(({ sample }) => sample), signal);
  for (const [index, { row }] of texts.entries()) {
    const score = scores[index]!;
    grades[row] = Number.isFinite(score)
      ? { score: clipped(score, grader), fault: null }
      : failed("other_error", `'${grader.model}' gives ${score}`);
  }
  return grades;
}

/** A text as what models score: whole, and ended by itself. */
export function sampleOf(text: string): RewardSample {
  return {
    ...{ prompt_idx: 0, prompt: "", completion: text, terminated: true },
    ...{ prompt_ids: new Int32Array(), response_ids: new Int32Array() },
  };
}
