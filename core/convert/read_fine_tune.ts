/** Files of OpenAI's fine-tuning: JSON lines to train on, and beside them those to validate with, whose rows come last. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { VALIDATION_FILE } from "../contract/dataset_conversion.ts";
import { type FineTuneMethod, LINES, MAKE_ROW } from "../contract/fine_tune_rows.ts";
import { type LineSink, readJsonl } from "./read_jsonl.ts";
import type { RowSink } from "./row_sink.ts";

/** The number of a place such as `line 7`. */
const lineOf = (place: string) => place.replace(/^line /, "");

/**
 * Puts the rows of both files into `sink`. Faults are at `training_file.example.7` or `validation_file.json.7`, with the
 * number of the line, and at `training_file.count`.
 */
export async function readFineTune(method: FineTuneMethod, path: string, sink: RowSink): Promise<void> {
  await readPart("training", path);
  const validation = join(dirname(path), VALIDATION_FILE);
  if (existsSync(validation)) sink.held_out = await readPart("validation", validation);

  async function readPart(part: "training" | "validation", from: string): Promise<number> {
    let rows = 0;
    let form: string | null = null;
    const at = (what: string, place: string) => `${part}_file.${what}.${lineOf(place)}`;
    const lines: LineSink = {
      fault: (place, message) => sink.fault(at("json", place), message),
      stop: (place, message) => sink.stop(at("json", place), message),
      row(place, value) {
        if (typeof value !== "object" || value === null || Array.isArray(value)) {
          return sink.fault(at("json", place), "Expected a JSON object");
        }
        rows++;
        const { row, fault } = { row: undefined, ...MAKE_ROW[method](value as Record<string, unknown>) };
        if (fault !== undefined || row === undefined) return sink.fault(at("example", place), fault ?? "");
        const keys = Object.keys(row).join(", ");
        form ??= keys;
        if (form !== keys) {
          return sink.fault(at("example", place), `Expected ${form}, as in the lines before it`);
        }
        sink.row(at("example", place), row);
      },
    };
    await readJsonl(from, lines);
    const { least, most } = LINES[method][part];
    if (rows < least) sink.fault(`${part}_file.count`, `Expected at least ${least} examples, got ${rows}`);
    if (rows > most) sink.fault(`${part}_file.count`, `Expected at most ${most} examples, got ${rows}`);
    return rows;
  }
}
