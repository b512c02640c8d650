/**
 * Where readers of all formats put rows, and what is wrong with them. Faults are gathered up to a few, so that whoever
 * mends a file sees more than the first; the rows then come to nothing.
 */
import { Buffer } from "node:buffer";
import { cutText } from "../cut_text.ts";
import { type FieldError, invalidFields } from "../errors.ts";
import type { MadeRows } from "../contract/dataset_conversion.ts";
import type { RowWriter } from "../formats/row_store.ts";

/** One row, as JSON in UTF-8. */
export const MAX_ROW_BYTES = 16 * 1024 * 1024;
/** A job's order of them is an array. */
const MAX_ROWS = 10_000_000;
const MAX_COLUMNS = 1000;
const MAX_NAME = 200;
/** Objects and lists in one another. */
const MAX_DEPTH = 32;
/** After so many nobody needs to know more. */
const MAX_FAULTS = 10;

/** An escape of half a character: UTF-8 has no other way to hold one. */
const HALF_CHARACTER = /\\u[dD][89a-fA-F]/;

export class RowSink {
  readonly #writer: RowWriter;
  readonly #columns = new Set<string>();
  readonly #faults: FieldError[] = [];
  readonly #encoder = new TextEncoder();
  /** How many of the last rows are for measuring. */
  held_out = 0;

  constructor(writer: RowWriter) {
    this.#writer = writer;
  }

  /**
   * Notes what is wrong at `place`, such as `line 7`.
   *
   * @throws {UserError} with all faults once there are enough of them
   */
  fault(place: string, message: string): void {
    this.#faults.push({ path: place, message });
    if (this.#faults.length >= MAX_FAULTS) throw invalidFields(this.#faults);
  }

  /** Notes that there are these columns, whether or not a row has them. */
  columns(names: Iterable<string>, place: string): void {
    for (const name of names) {
      if (this.#columns.has(name)) continue;
      if (name.length > MAX_NAME) {
        this.fault(place, `Expected names of at most ${MAX_NAME} characters, got '${cutText(name, 60)}…'`);
        return;
      }
      this.#columns.add(name);
      if (this.#columns.size > MAX_COLUMNS) {
        throw this.#with(place, `Expected at most ${MAX_COLUMNS} columns`);
      }
    }
  }

  /**
   * Adds a row.
   *
   * @param line the row as JSON, where there is one already that has no line end
   */
  row(place: string, value: unknown, line = JSON.stringify(value, plain)): void {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return this.fault(
        place,
        `Expected a JSON object, got ${Array.isArray(value) ? "a list" : nameOf(value)}`,
      );
    }
    const bytes = this.#encoder.encode(line);
    if (bytes.length > MAX_ROW_BYTES) {
      return this.fault(place, `Expected a row of at most ${MAX_ROW_BYTES} bytes, got ${bytes.length}`);
    }
    for (const [name, cell] of Object.entries(value)) {
      if (typeof cell === "object" && cell !== null && !isShallow(cell, MAX_DEPTH)) {
        return this.fault(place, `Column '${cutText(name, 60)}': Expected at most ${MAX_DEPTH} levels`);
      }
    }
    if (HALF_CHARACTER.test(line) && !isWhole(value)) {
      return this.fault(place, "Expected whole characters, got half of a surrogate pair");
    }
    this.columns(Object.keys(value), place);
    if (this.#faults.length > 0) return;
    if (this.#writer.count === MAX_ROWS) throw this.#with(place, `Expected at most ${MAX_ROWS} rows`);
    this.#writer.write(bytes);
  }

  /** What is known of the rows. @throws {UserError} with the faults there were, or when there was no row */
  finish(): MadeRows {
    if (this.#faults.length > 0) throw invalidFields(this.#faults);
    if (this.#writer.count === 0) throw this.#with("body", "Expected rows, got none");
    return { ...this.#writer.finish([...this.#columns]), held_out: this.held_out };
  }

  /** What ends the reading at once. @returns {UserError} with the faults there were */
  #with(place: string, message: string) {
    return invalidFields([...this.#faults, { path: place, message }]);
  }

  /** A fault after which nothing more can be read. */
  stop(place: string, message: string): never {
    throw this.#with(place, message);
  }
}

function nameOf(value: unknown): string {
  return value === null ? "null" : `a ${typeof value}`;
}

/** Integers that no number of JavaScript's can hold keep their digits; what is missing is null; bytes are base64. */
function plain(_: string, value: unknown): unknown {
  if (value === undefined) return null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
  return typeof value === "bigint" ? rawJSON(String(value)) : value;
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (levels === 0) return false;
  return Object.values(value).every((inner) => isShallow(inner, levels - 1));
}

function isWhole(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([name, inner]) => name.isWellFormed() && isWhole(inner));
}
