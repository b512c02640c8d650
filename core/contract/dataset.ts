/** Datasets as jobs name them: which fields of a row a kind reads, by which names, and in which forms. */
import { z } from "zod";
import { invalid } from "../errors.ts";
import type { Refuse } from "./refuse.ts";

/** A kind's rows, by the field of a request that holds them where no dataset does. */
export type RowsField = "prompts" | "examples" | "preferences";

/** From a cell to what the kind's schema of rows takes; what it cannot make anything of stays as it is. */
type Read = (cell: unknown) => unknown;

/** Tables have numbers where a text is meant. */
const text: Read = (cell) => typeof cell === "number" || typeof cell === "boolean" ? String(cell) : cell;

/** CSV knows texts only. */
const number: Read = (cell) =>
  typeof cell === "string" && cell.trim() !== "" && Number.isFinite(Number(cell)) ? Number(cell) : cell;

/** A list or an object, which in CSV is its JSON. */
const structure: Read = (cell) => {
  if (typeof cell !== "string") return cell;
  try {
    return JSON.parse(cell);
  } catch {
    return cell;
  }
};

/** A text, or a conversation. */
const prompt: Read = (cell) => Array.isArray(cell) ? { messages: cell } : text(cell);

/** What is laid out by a chat template beside messages. */
const chat = { tools: structure, documents: structure, chat_template_kwargs: structure };

const CHAT = Object.keys(chat);

/** How rows of a kind are read. */
interface RowFields {
  /** What a row may look like: the first form is taken whose needed columns are all there. */
  forms: readonly { needs: readonly string[]; may: readonly string[] }[];
  /** Every field, and how its cells are read. */
  read: Readonly<Record<string, Read>>;
}

export const ROW_FIELDS: Record<RowsField, RowFields> = {
  prompts: {
    forms: [
      { needs: ["prompt"], may: ["answer", "item", ...CHAT] },
      { needs: ["text"], may: ["answer", "item"] },
      { needs: ["messages"], may: ["answer", "item", ...CHAT] },
    ],
    read: { prompt, text, messages: structure, answer: text, item: structure, ...chat },
  },
  examples: {
    forms: [{ needs: ["prompt", "completion"], may: [] }, { needs: ["messages"], may: CHAT }],
    read: { prompt, completion: text, messages: structure, ...chat },
  },
  preferences: {
    forms: [
      { needs: ["prompt", "chosen", "rejected"], may: ["margin"] },
      { needs: ["chosen", "rejected"], may: ["margin"] },
    ],
    read: { prompt, chosen: text, rejected: text, margin: number },
  },
};

const datasetField = z.string().regex(/^ds_[0-9a-hjkmnp-tv-z]{26}$/, "Expected the id of a dataset, ds_…")
  .nullable().default(null).describe(
    "Id of a dataset whose rows stand for those of the request. Default null: they are in the request.",
  );

const columnsField = z.record(z.string().min(1).max(64), z.string().min(1).max(200).nullable()).nullable()
  .default(null)
  .describe(
    "Names of the dataset's columns by what they are read as, where the two differ: { prompt: question }. A name with dots reaches into objects; null leaves a field out. Default null: columns have the fields' names.",
  );

/** The fields by which a job of any kind names a dataset. */
export const datasetFields = { dataset: datasetField, columns: columnsField };

export type DatasetColumns = z.output<typeof columnsField>;

/** What is wrong with where a job's rows come from, as far as the request alone can tell. */
export function rowsFaults(
  job: { dataset: string | null; columns: DatasetColumns } & { [Field in RowsField]?: readonly unknown[] },
  field: RowsField,
  refuse: Refuse,
): void {
  const inline = job[field]?.length ?? 0;
  if (job.dataset !== null && inline > 0) refuse(["dataset"], `Expected ${field} or a dataset, got both`);
  if (job.dataset === null && inline === 0) refuse([field], `Expected ${field} or a dataset, got neither`);
  if (job.columns === null) return;
  if (job.dataset === null) refuse(["columns"], "Expected a dataset whose columns these are, got none");
  const known = Object.keys(ROW_FIELDS[field].read);
  for (const name of Object.keys(job.columns)) {
    if (!known.includes(name)) refuse(["columns", name], `Expected one of ${known.join(", ")}`);
  }
}

/** The columns that a job reads, by the fields they are read as. */
export type ColumnMap = Readonly<Record<string, string>>;

/**
 * Which columns a job reads.
 *
 * @param there the dataset's columns
 * @throws {UserError} naming `columns.…` where it names none of them, or `dataset` where one is missing
 */
export function columnMap(field: RowsField, columns: DatasetColumns, there: readonly string[]): ColumnMap {
  const { forms } = ROW_FIELDS[field];
  const has = (column: string) => there.includes(column) || there.includes(column.split(".")[0]!);
  const shown = there.slice(0, 20).map((name) => `'${name.slice(0, 60)}'`).join(", ") +
    (there.length > 20 ? " and more" : "");
  for (const [name, column] of Object.entries(columns ?? {})) {
    if (column !== null && !has(column)) {
      throw invalid(`columns.${name}`, `The dataset has no column '${column}': it has ${shown}`);
    }
  }
  const isSaid = (name: string) => columns !== null && Object.hasOwn(columns, name);
  const columnOf = (name: string) => isSaid(name) ? columns![name]! : there.includes(name) ? name : null;
  const whole = forms.filter(({ needs }) => needs.every((name) => columnOf(name) !== null));
  const form = whole.find(({ needs }) => needs.some(isSaid)) ?? whole[0];
  if (!form) {
    const wanted = forms.map(({ needs }) => needs.join(" and ")).join(", or ");
    throw invalid(
      "dataset",
      `Expected columns ${wanted}, or columns that says which stand for them: it has ${shown}`,
    );
  }
  const fields = [...form.needs, ...form.may];
  const beside = Object.keys(columns ?? {}).find((name) => columns![name] !== null && !fields.includes(name));
  if (beside !== undefined) {
    throw invalid(
      `columns.${beside}`,
      `Expected one of ${fields.join(", ")} where rows have ${form.needs.join(" and ")}`,
    );
  }
  const found = fields.map((name) => [name, columnOf(name)] as const);
  return Object.fromEntries(found.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** A cell by its column's name; one with dots that no column has reaches into objects. */
function cellOf(row: Record<string, unknown>, column: string): unknown {
  if (Object.hasOwn(row, column)) return row[column];
  let value: unknown = row;
  for (const name of column.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

/**
 * A row of a dataset as the request would have it; what is null, or an empty cell of a field that need not be there, is
 * left out. It is for the kind's schema to check.
 */
export function mappedRow(
  field: RowsField,
  columns: ColumnMap,
  row: Record<string, unknown>,
): Record<string, unknown> {
  const { forms, read } = ROW_FIELDS[field];
  const needed = new Set(forms.flatMap(({ needs }) => needs));
  const mapped: Record<string, unknown> = {};
  for (const [name, column] of Object.entries(columns)) {
    const cell = cellOf(row, column);
    if (cell === null || cell === undefined || (cell === "" && !needed.has(name))) continue;
    mapped[name] = read[name]!(cell);
  }
  return field === "prompts" ? promptOf(mapped) : mapped;
}

/** A prompt is one object: a text, or messages with what goes beside them. */
function promptOf({ prompt, text, messages, answer, item, ...beside }: Record<string, unknown>) {
  const answered = { ...(answer !== undefined && { answer }), ...(item !== undefined && { item }) };
  if (typeof prompt === "object" && prompt !== null) return { ...prompt, ...beside, ...answered };
  return messages === undefined
    ? { text: prompt ?? text, ...answered }
    : { messages, ...beside, ...answered };
}
