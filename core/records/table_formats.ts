/** Rows as files of other programs, piece by piece: a table of any length is never in memory as a whole. */
import type { TableColumn } from "./record_tables.ts";

/** Rows as they come, and the columns, which the first of them may decide. */
export interface Table<Row> {
  slices: AsyncIterable<readonly Row[]>;
  columns(first: Row | undefined): TableColumn<Row>[];
}

type Writer = <Row>(table: Table<Row>) => AsyncGenerator<Uint8Array>;

/** A row group of Parquet ends with so many rows, or with so much text: encoding one is one piece of work. */
const GROUP_ROWS = 2048;
const GROUP_TEXT = 512 * 1024;

const encoder = new TextEncoder();

/** What each format is written by. */
export const TABLE_FORMATS = { ndjson, csv, parquet } satisfies Record<string, Writer>;

async function* ndjson<Row>({ slices }: Table<Row>): AsyncGenerator<Uint8Array> {
  for await (const rows of slices) {
    if (rows.length > 0) yield encoder.encode(rows.map((row) => JSON.stringify(row) + "\n").join(""));
  }
}

async function* csv<Row>({ slices, columns }: Table<Row>): AsyncGenerator<Uint8Array> {
  let known: TableColumn<Row>[] | null = null;
  const line = (cells: readonly (string | number | null)[]) => cells.map(cell).join(",") + "\r\n";
  for await (const rows of slices) {
    if (!known && rows.length === 0) continue;
    const isFirst = known === null;
    const all: TableColumn<Row>[] = known ??= columns(rows[0]);
    const lines = rows.map((row) => line(all.map(({ of }) => of(row))));
    yield encoder.encode((isFirst ? line(all.map(({ name }) => name)) : "") + lines.join(""));
  }
  if (!known) yield encoder.encode(line(columns(undefined).map(({ name }) => name)));
}

/** RFC 4180; null is an empty cell. */
function cell(value: string | number | null): string {
  if (typeof value !== "string") return value === null ? "" : String(value);
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

async function* parquet<Row>({ slices, columns }: Table<Row>): AsyncGenerator<Uint8Array> {
  const { ByteWriter, ParquetWriter, schemaFromColumnData } = await import("hyparquet-writer");
  const writer = new ByteWriter();
  let file: { all: TableColumn<Row>[]; parquet: InstanceType<typeof ParquetWriter> } | null = null;
  let group: Row[] = [];
  let text = 0;
  const sources = (all: readonly TableColumn<Row>[]) =>
    all.map(({ name, type, of }) => ({ name, type, nullable: true, data: group.map(of) }));
  const open = () => {
    const all = columns(group[0]);
    const schema = schemaFromColumnData({ columnData: sources(all) });
    return { all, parquet: new ParquetWriter({ writer, schema, statistics: false }) };
  };
  /** What was written since the last time. */
  const taken = () => {
    const bytes = writer.getBytes().slice();
    writer.index = 0;
    return bytes;
  };
  const flush = () => {
    file ??= open();
    const columnData = sources(file.all).map(({ name, data }) => ({ name, data }));
    file.parquet.write({ columnData, rowGroupSize: GROUP_ROWS });
    [group, text] = [[], 0];
    return taken();
  };
  for await (const rows of slices) {
    for (const row of rows) {
      group.push(row);
      text += textOf(row);
      if (group.length === GROUP_ROWS || text >= GROUP_TEXT) yield flush();
    }
  }
  if (group.length > 0) yield flush();
  file ??= open();
  file.parquet.finish();
  yield taken();
}

/** UTF-16 units of a row's texts. */
function textOf(row: unknown): number {
  return Object.values(row as object).reduce(
    (sum, value) => sum + (typeof value === "string" ? value.length : 0),
    0,
  );
}
