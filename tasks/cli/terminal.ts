/** What a command says: lines, and where a person looks on, a part at the end that is drawn again and again. */

/** Where lines go, and what is known of the place. */
export interface Screen {
  write(text: string): void;
  /** Whether somebody sees it as it is written, and it can be drawn over. */
  isTerminal: boolean;
  columns(): number;
}

const encoder = new TextEncoder();

/** The process's own standard output and error. */
export function ownScreens(): { out: Screen; err: Screen } {
  const screen = (stream: typeof Deno.stdout | typeof Deno.stderr): Screen => ({
    write(text) {
      const bytes = encoder.encode(text);
      for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
    },
    isTerminal: stream.isTerminal(),
    columns: () => stream.isTerminal() ? Deno.consoleSize().columns : 80,
  });
  return { out: screen(Deno.stdout), err: screen(Deno.stderr) };
}

export class Terminal {
  readonly out: Screen;
  readonly err: Screen;
  /** Lines of what is drawn now. */
  #drawn = 0;

  constructor({ out, err }: { out: Screen; err: Screen }) {
    this.out = out;
    this.err = err;
  }

  /** A line of the answer. */
  print(line = ""): void {
    this.#erase();
    this.out.write(line + "\n");
  }

  /** An answer for programs. */
  json(value: unknown): void {
    this.print(JSON.stringify(value, null, this.out.isTerminal ? 2 : undefined));
  }

  /** Text of an answer that comes in pieces. */
  piece(text: string): void {
    this.out.write(text);
  }

  /** A line beside the answer. */
  note(line: string): void {
    this.#erase();
    this.err.write(line + "\n");
  }

  /** Draws lines in the place of those drawn before; they are gone at the next line that is written. */
  draw(lines: readonly string[]): void {
    this.#erase();
    const { columns } = this.out;
    // A line that is broken would be two.
    this.out.write(lines.map((line) => [...line].slice(0, columns() - 1).join("") + "\n").join(""));
    this.#drawn = lines.length;
  }

  /** Leaves what is drawn as it is. */
  keep(): void {
    this.#drawn = 0;
  }

  #erase(): void {
    if (this.#drawn > 0) this.out.write(`\x1b[${this.#drawn}A\x1b[J`);
    this.#drawn = 0;
  }
}

/** Rows as columns of the width that they need; numbers are up to who calls. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => [...row[column]!].length))) ?? [];
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd());
}

/** Text of others as one line without control characters, which a terminal would obey. */
export function plain(text: unknown): string {
  // deno-lint-ignore no-control-regex
  return String(text ?? "").replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
}

/** The same where lines may stay. */
export function plainText(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
}

/** Three digits that matter. */
export function short(value: unknown): string {
  if (typeof value !== "number") return "–";
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(3)));
}

/** A duration as people say it. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 120) return `${whole} s`;
  if (whole < 7200) return `${Math.round(whole / 60)} min`;
  return `${Math.floor(whole / 3600)} h ${Math.round(whole % 3600 / 60)} min`;
}
