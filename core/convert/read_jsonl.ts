/** JSON objects, one a line. Each is kept as it was written: no number loses a digit. */
import { cutText } from "../cut_text.ts";
import { MAX_ROW_BYTES, type RowSink } from "./row_sink.ts";
import { isUtf16, textLines } from "./text_lines.ts";

/** Where lines go. */
export type LineSink = Pick<RowSink, "fault" | "stop" | "row">;

/** Puts the rows of the file into `sink`. Blank lines are none, and lines may end as on Windows. */
export function readJsonl(path: string, sink: LineSink): Promise<void> {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  const tooLong = (number: number) =>
    sink.stop(`line ${number}`, `Expected lines of at most ${MAX_ROW_BYTES} bytes, got a longer one`);
  for (const { number, bytes } of textLines(path, MAX_ROW_BYTES, tooLong)) {
    const place = `line ${number}`;
    if (number === 1 && isUtf16(bytes)) sink.stop(place, "Expected UTF-8, got UTF-16");
    let line: string, value: unknown;
    try {
      line = utf8.decode(bytes).trim();
    } catch {
      sink.fault(place, "Expected UTF-8, got other bytes");
      continue;
    }
    if (line === "") continue;
    if (number === 1 && line.startsWith("[") && !line.startsWith("[]")) {
      sink.stop(
        place,
        "Expected a JSON object on each line, got a list: write its items on lines of their own",
      );
    }
    try {
      value = JSON.parse(line);
    } catch (error) {
      // The parser counts lines too, of which it has seen one.
      const why = (error as Error).message.replace(/ \(line \d+ column \d+\)$/, "");
      sink.fault(place, `Expected a JSON object: ${cutText(why, 200)}`);
      continue;
    }
    sink.row(place, value, line);
  }
  return Promise.resolve();
}
