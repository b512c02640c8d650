/**
 * Tables as text (RFC 4180): the first line names the columns, every cell is a text. The separator is the comma, or the
 * semicolon or tab where the first line has only those.
 */
import { type CsvError, parse } from "csv-parse";
import { Readable } from "node:stream";
import { cutText } from "../cut_text.ts";
import { MAX_ROW_BYTES, type RowSink } from "./row_sink.ts";
import { isUtf16, textLines } from "./text_lines.ts";

/** Texts are handed to the parser in pieces of about this many characters. */
const PIECE = 1 << 16;

/** What is wrong where the parser cannot go on, by its codes. */
const FAULTS: Record<string, string> = {
  CSV_QUOTE_NOT_CLOSED: "Expected a closing quote until the end of the file, got none",
  CSV_INVALID_CLOSING_QUOTE: "Expected a separator or a line end after a closing quote",
  INVALID_OPENING_QUOTE:
    "Expected a quote at a cell's beginning only: inside a quoted cell it is written twice",
  CSV_MAX_RECORD_SIZE: `Expected rows of at most ${MAX_ROW_BYTES} characters, got a longer one`,
};

/** Puts the rows of the file into `sink`. */
export async function readCsv(path: string, sink: RowSink): Promise<void> {
  let names: string[] | null = null;
  const parser = parse({
    delimiter: separatorOf(firstLine(path, sink)),
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW_BYTES,
  });
  const source = Readable.from(pieces(path, sink));
  source.on("error", (error) => parser.destroy(error));
  try {
    for await (const { record, info } of source.pipe(parser)) {
      const place = `line ${info.lines}`;
      if (names === null) {
        names = namesOf(record, sink, place);
        continue;
      }
      if (record.length !== names.length) {
        sink.fault(place, `Expected ${names.length} cells, as the first line has, got ${record.length}`);
        continue;
      }
      const cells = record as string[];
      sink.row(place, Object.fromEntries(names.map((name, at) => [name, cells[at]!])));
    }
  } catch (error) {
    const { code = "", lines } = error as CsvError & { lines?: number };
    if (!code.startsWith("CSV_") && !Object.hasOwn(FAULTS, code)) throw error;
    sink.stop(`line ${lines}`, FAULTS[code] ?? cutText((error as Error).message, 200));
  } finally {
    source.destroy();
  }
}

/** The columns' names; a column without one, as pandas writes its index, is called by its number. */
function namesOf(cells: string[], sink: RowSink, place: string): string[] {
  const names = cells.map((cell, at) => cell.trim() === "" ? `column_${at + 1}` : cell.trim());
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) sink.stop(place, `Expected each column once, got '${cutText(twice, 60)}' twice`);
  sink.columns(names, place);
  return names;
}

function tooLong(sink: RowSink) {
  return (number: number) =>
    sink.stop(`line ${number}`, `Expected lines of at most ${MAX_ROW_BYTES} bytes, got a longer one`);
}

function firstLine(path: string, sink: RowSink): string {
  for (const { bytes } of textLines(path, MAX_ROW_BYTES, tooLong(sink))) {
    if (isUtf16(bytes)) sink.stop("line 1", "Expected UTF-8, got UTF-16");
    const line = new TextDecoder().decode(bytes);
    if (line.trim() !== "") return line;
  }
  return "";
}

function separatorOf(line: string): string {
  const plain = line.replaceAll(/"[^"]*"/g, "");
  return [",", ";", "\t"].find((separator) => plain.includes(separator)) ?? ",";
}

/** The text of the file, in pieces that end with a line. */
function* pieces(path: string, sink: RowSink): Generator<string> {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  let piece = "";
  for (const { number, bytes } of textLines(path, MAX_ROW_BYTES, tooLong(sink))) {
    try {
      piece += utf8.decode(bytes);
    } catch {
      sink.stop(`line ${number}`, "Expected UTF-8, got other bytes");
    }
    if (piece.length < PIECE) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}
