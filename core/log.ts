/** Structured logs: one JSON object per line on stderr, so stdout stays free for what a program prints. */

const LEVELS = { debug: 10, info: 20, warn: 30, error: 40, silent: 100 } as const;

export type LogLevel = keyof typeof LEVELS;

export type Fields = Record<string, unknown>;

export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** What is on every line. */
  readonly fields: Fields;
  /** The same logger with `fields` on every line. */
  with(fields: Fields): Logger;
}

const encoder = new TextEncoder();

function writeStderr(line: string): void {
  Deno.stderr.writeSync(encoder.encode(line));
}

/** A logger that writes lines at `level` and above. */
export function createLogger(level: LogLevel, fields: Fields = {}, write = writeStderr): Logger {
  const at = (lineLevel: LogLevel) => (message: string, more: Fields = {}) => {
    if (LEVELS[lineLevel] < LEVELS[level]) return;
    write(
      JSON.stringify({ time: new Date().toISOString(), level: lineLevel, message, ...fields, ...more }) +
        "\n",
    );
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    fields,
    with: (more) => createLogger(level, { ...fields, ...more }, write),
  };
}
