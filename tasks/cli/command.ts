/** What a command is: a row of the table in `run_command.ts`. */
import type { ParseArgsConfig } from "node:util";
import type { Client } from "./client.ts";
import type { ExitCode } from "./exit_codes.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage_error.ts";

/** An option of a command, as `parseArgs` of node:util knows it, with what it is. */
export interface Option {
  type: "string" | "boolean";
  short?: string;
  multiple?: boolean;
  /** What stands for its value in the help. */
  value?: string;
  what: string;
}

export interface Given {
  client: Client;
  terminal: Terminal;
  /** Arguments that are no options. */
  words: string[];
  options: Options;
  /** Whether answers are to be JSON, for programs. */
  json: boolean;
}

export interface Command {
  /** Arguments, for the help. */
  words: string;
  what: string;
  /** How many arguments it takes. */
  takes: readonly [least: number, most: number];
  options?: Readonly<Record<string, Option>>;
  run(given: Given): Promise<ExitCode>;
}

/** The values of a command's options. */
export class Options {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  text(name: string): string | undefined {
    return this.#values[name] as string | undefined;
  }

  texts(name: string): string[] {
    return (this.#values[name] as string[] | undefined) ?? [];
  }

  is(name: string): boolean {
    return this.#values[name] === true;
  }

  /** @throws UsageError when it is none */
  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value)) {
      throw new UsageError(`Expected a number as --${name}, got '${text}'`);
    }
    return value;
  }
}

/** The options as `parseArgs` takes them. */
export function parseOptions(
  options: Readonly<Record<string, Option>>,
): NonNullable<ParseArgsConfig["options"]> {
  return Object.fromEntries(
    Object.entries(options).map(([name, { type, short, multiple = false }]) => [
      name,
      { type, multiple, ...(short && { short }) },
    ]),
  );
}
