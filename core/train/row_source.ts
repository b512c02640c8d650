/**
 * Where a job's rows come from: a list in the request, or a dataset's files, of which each row is read when it is wanted.
 * A list is a source by itself.
 */
import type { z } from "zod";
import { columnMap, type DatasetColumns, mappedRow, type RowsField } from "../contract/dataset.ts";
import type { JobFolders } from "../contract/protocol.ts";
import { withFields } from "../errors.ts";
import { invalidValue } from "../field_errors.ts";
import { RowReader } from "../formats/row_store.ts";

/** Rows by their index; what `at` takes time for, it takes each time. */
export interface RowSource<Row> {
  readonly length: number;
  /** Row `index`; undefined where there is none. */
  at(index: number): Row | undefined;
}

/** A job's rows, with where each is for whoever has to be told of a fault in it. */
export interface JobRows<Row> extends RowSource<Row> {
  /** The path of row `index` in errors: `prompts.3`, or `dataset.rows.3`. */
  path(index: number): string;
  /** What decides the rows, where they are a dataset's: for what is known of them all to be kept. */
  readonly dataset: { folder: string; columns: Readonly<Record<string, string>> } | null;
}

/**
 * The rows of a job, from its field or from the dataset that it names.
 *
 * @param schema of a row, as it is in the request
 * @param options `items`: whether a dataset's prompts have the whole row as their item, where it has no column of that name
 * @throws {UserError} naming the columns that are missing; `at` then throws what is wrong with a row
 */
export function jobRows<Row>(
  job: { dataset: string | null; columns: DatasetColumns },
  field: RowsField,
  inline: readonly Row[],
  schema: z.ZodType<Row>,
  folders: Pick<JobFolders, "dataset">,
  { items = false }: { items?: boolean } = {},
): JobRows<Row> {
  if (folders.dataset === undefined) {
    return {
      length: inline.length,
      at: (index) => inline[index],
      path: (index) => `${field}.${index}`,
      dataset: null,
    };
  }
  const reader = new RowReader(folders.dataset);
  const columns = columnMap(field, job.columns, reader.about.columns);
  const path = (index: number) => `dataset.rows.${index}`;
  return {
    length: reader.length,
    at(index) {
      if (index >= reader.length) return undefined;
      const whole = reader.row(index);
      const mapped = mappedRow(field, columns, whole);
      const { data, error } = schema.safeParse(items ? { item: whole, ...mapped } : mapped);
      if (error) {
        throw withFields(
          invalidValue(error),
          (inner) => inner === "" ? path(index) : `${path(index)}.${inner}`,
        );
      }
      return data;
    },
    path,
    dataset: { folder: folders.dataset, columns },
  };
}

/** What is made of each row. */
export interface PreparedRows<Row, To> extends RowSource<To> {
  /** The same of a row that is at hand. */
  of(row: Row, index: number): To;
}

/** So many of a dataset's are kept: a step asks for its rows more than once. */
const KEPT = 256;

/** What `work` makes of each row: of a list's all are kept once they are made, as the list is, of a dataset's the last. */
export function preparedRows<Row, To>(
  rows: JobRows<Row>,
  work: (row: Row, index: number) => To,
): PreparedRows<Row, To> {
  const made = new Map<number, To>();
  const most = rows.dataset ? KEPT : rows.length;
  const of = (row: Row, index: number) => {
    const before = made.get(index);
    if (before !== undefined) return before;
    const now = work(row, index);
    made.set(index, now);
    if (made.size > most) made.delete(made.keys().next().value!);
    return now;
  };
  return {
    length: rows.length,
    of,
    at(index) {
      const before = made.get(index);
      if (before !== undefined) return before;
      const row = rows.at(index);
      return row === undefined ? undefined : of(row, index);
    },
  };
}

/** Some of the rows, by their indices. */
export function someRows<Row>(rows: RowSource<Row>, indices: readonly number[]): RowSource<Row> {
  return {
    length: indices.length,
    at: (index) => index < indices.length ? rows.at(indices[index]!) : undefined,
  };
}
