/**
 * What is true of all rows of a job, found by looking at each once: whether it is valid, and figures such as the longest
 * prompt. Of a dataset it is kept in a file, so that neither a job's start nor another job with the same tokenizer and
 * columns looks at a million rows again; a look that was cut off goes on where it stopped.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { makeFolder, writeFileAtomic } from "../formats/atomic_file.ts";
import { folderVersion } from "../formats/file_version.ts";
import type { TextWork } from "../serve/text_work.ts";
import type { JobRows } from "./row_source.ts";

const measureSchema = z.object({
  sum: z.number(),
  min: z.number(),
  max: z.number(),
  /** The first rows that have these. */
  min_at: z.int(),
  max_at: z.int(),
});

/** A figure over all rows. */
export type Measure = z.output<typeof measureSchema>;

const surveySchema = z.object({
  /** Rows that were looked at, from the first on. */
  rows: z.int().min(0),
  measures: z.record(z.string(), measureSchema),
});

type Survey = z.output<typeof surveySchema>;

/** What was found is written down this often. */
const SAVE_MS = 5000;
/** Of a model's folder, these decide what a text's tokens are. */
const TEXT_FILES =
  /^(tokenizer|special_tokens|added_tokens|chat_template|(generation_)?config).*\.(json|jinja)$/;
const ROWS = /^rows\./;

export interface SurveyPlace {
  /** The model's folder, whose tokenizer is used. */
  model: string;
  /** Where what is found out is kept; without it, it is not. */
  surveys?: string;
  /** Whatever else decides what `measure` gives or throws. */
  by: unknown;
}

/**
 * Figures over all rows, of which there is at least one.
 *
 * @param measure gives a row's figures by name, the same names each time, or throws what is wrong with it
 */
export async function survey<Row, Name extends string>(
  rows: JobRows<Row>,
  measure: (row: Row, index: number) => Record<Name, number>,
  text: TextWork,
  place: SurveyPlace,
): Promise<Record<Name, Measure>> {
  const file = rows.dataset && place.surveys !== undefined ? await fileOf(rows.dataset, place) : null;
  const found = file === null ? { rows: 0, measures: {} } : await kept(file, rows.length);
  const before = found.rows;
  let saved = performance.now();
  const save = async () => {
    if (file === null || found.rows === before) return;
    await makeFolder(place.surveys!);
    await writeFileAtomic(file, [new TextEncoder().encode(JSON.stringify(found))]);
  };
  try {
    while (found.rows < rows.length) {
      const end = Math.min(found.rows + 1000, rows.length);
      await text.each(found.rows, end, (index) => {
        add(found.measures, measure(rows.at(index)!, index), index);
        found.rows++;
      });
      if (performance.now() - saved < SAVE_MS) continue;
      await save();
      saved = performance.now();
    }
  } finally {
    // Without it, the rows are looked at once more: nothing else is lost.
    await save().catch(() => {});
  }
  return found.measures as Record<Name, Measure>;
}

function add(measures: Record<string, Measure>, figures: Record<string, number>, at: number): void {
  for (const [name, value] of Object.entries(figures)) {
    const measure = measures[name] ??= { sum: 0, min: value, max: value, min_at: at, max_at: at };
    measure.sum += value;
    if (value < measure.min) Object.assign(measure, { min: value, min_at: at });
    if (value > measure.max) Object.assign(measure, { max: value, max_at: at });
  }
}

/** The file for what decides the figures. */
async function fileOf(
  dataset: { folder: string; columns: Readonly<Record<string, string>> },
  { model, surveys, by }: SurveyPlace,
): Promise<string> {
  const deciding = [
    await folderVersion(dataset.folder, ROWS),
    dataset.columns,
    await folderVersion(model, TEXT_FILES),
    by,
  ];
  const name = createHash("sha256").update(JSON.stringify(deciding)).digest("hex").slice(0, 32);
  return join(surveys!, `${name}.json`);
}

/** What was found before; nothing where the file is not there, or is no survey of so many rows. */
async function kept(file: string, rows: number): Promise<Survey> {
  try {
    const survey = surveySchema.parse(JSON.parse(await Deno.readTextFile(file)));
    if (survey.rows <= rows) return survey;
  } catch {
    // It is made again.
  }
  return { rows: 0, measures: {} };
}
