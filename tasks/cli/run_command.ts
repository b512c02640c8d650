/** The table of commands, and how one is run: read, done, and its failures said with a number for scripts. */
import { parseArgs } from "node:util";
import { VERSION } from "../../core/version.ts";
import { cancel, pause, remove, resume } from "./change_job.ts";
import { Client, Refusal, Unreachable } from "./client.ts";
import { type Command, type Option, Options, parseOptions } from "./command.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import { exportCheckpoint } from "./export_checkpoint.ts";
import { follow } from "./follow_job.ts";
import { generate } from "./generate.ts";
import { jobs } from "./jobs.ts";
import { logs } from "./logs.ts";
import { metrics } from "./metrics.ts";
import { models } from "./models.ts";
import { score } from "./score.ts";
import { ownScreens, type Screen, Terminal } from "./terminal.ts";
import { train } from "./train.ts";
import { UsageError } from "./usage_error.ts";

/** Every command, in the order of the help. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  train,
  follow,
  jobs,
  logs,
  metrics,
  pause,
  resume,
  cancel,
  delete: remove,
  generate,
  score,
  models,
  export: exportCheckpoint,
};

/** Options that all commands have. */
const COMMON: Readonly<Record<string, Option>> = {
  url: { type: "string", value: "URL", what: "the server, instead of PROXIMAL_URL" },
  json: { type: "boolean", what: "answer with JSON, for programs" },
  help: { type: "boolean", short: "h", what: "say how the command is used" },
};

const DEFAULT_URL = "http://127.0.0.1:8000";

/** What the environment says. */
export interface CliEnvironment {
  PROXIMAL_URL?: string;
  PROXIMAL_API_KEY?: string;
}

/** Runs the command that `args` name, and gives the process's exit code. */
export async function runCommand(
  args: readonly string[],
  environment: CliEnvironment,
  screens: { out: Screen; err: Screen } = ownScreens(),
): Promise<ExitCode> {
  const terminal = new Terminal(screens);
  const [name = "help", ...rest] = args;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  try {
    if (["help", "--help", "-h"].includes(name)) {
      const of = rest[0] !== undefined && Object.hasOwn(COMMANDS, rest[0]) ? rest[0] : null;
      terminal.print(of ? helpOf(of, COMMANDS[of]!) : HELP);
      return args.length === 0 ? EXIT.usage : EXIT.done;
    }
    if (["version", "--version", "-V"].includes(name)) {
      terminal.print(`proximal ${VERSION}`);
      return EXIT.done;
    }
    if (!command) throw new UsageError(`'${name}' is no command: proximal help lists them`);
    const { words, options } = read(command, rest);
    if (options.is("help")) {
      terminal.print(helpOf(name, command));
      return EXIT.done;
    }
    const [least, most] = command.takes;
    if (words.length < least || words.length > most) {
      throw new UsageError(`Expected proximal ${name} ${command.words}, got ${words.length} arguments`);
    }
    const client = new Client(
      urlOf(options.text("url"), environment),
      environment.PROXIMAL_API_KEY || undefined,
    );
    return await command.run({ client, terminal, words, options, json: options.is("json") });
  } catch (error) {
    return tell(error, terminal, args.includes("--json"), command ? name : null);
  }
}

/** @throws UsageError */
function read(command: Command, args: string[]): { words: string[]; options: Options } {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: parseOptions({ ...command.options, ...COMMON }),
      allowPositionals: true,
      strict: true,
    });
    return { words: positionals, options: new Options(values) };
  } catch (error) {
    throw new UsageError((error as Error).message.split(". ")[0]!);
  }
}

/** @throws UsageError */
function urlOf(given: string | undefined, { PROXIMAL_URL }: CliEnvironment): string {
  const text = given ?? (PROXIMAL_URL || DEFAULT_URL);
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(
      `Expected ${given === undefined ? "PROXIMAL_URL" : "--url"} such as ${DEFAULT_URL}, got '${text}'`,
    );
  }
  return url.href.replace(/\/+$/, "");
}

/** Says what went wrong, on standard error. */
function tell(error: unknown, terminal: Terminal, json: boolean, command: string | null): ExitCode {
  terminal.keep();
  if (error instanceof UsageError) {
    terminal.note(`error: ${error.message}`);
    if (command) terminal.note(`  proximal ${command} --help says how it is used`);
    return EXIT.usage;
  }
  if (error instanceof Refusal) {
    const { problem, message } = error;
    if (json) terminal.note(JSON.stringify(problem));
    else {
      terminal.note(`error: ${message}${problem.code ? ` (${problem.code})` : ""}`);
      const fields: { path: string; message: string }[] = problem.errors ?? [];
      const more = fields.filter((field) =>
        !message.includes(field.message) || !message.includes(field.path)
      );
      for (const field of more) terminal.note(`  ${field.path}: ${field.message}`);
      if (error.status === 401) terminal.note("  the key is read from PROXIMAL_API_KEY");
    }
    return EXIT.refused;
  }
  if (error instanceof Unreachable) {
    terminal.note(`error: ${error.message}`);
    return EXIT.refused;
  }
  terminal.note(`error: ${(error as Error).message ?? error}`);
  return EXIT.refused;
}

function optionLines(options: Readonly<Record<string, Option>>): string[] {
  const rows = Object.entries(options).map(([name, { short, value, what }]) => [
    `  ${short ? `-${short}, ` : "    "}--${name}${value ? ` ${value}` : ""}`,
    what,
  ]);
  const width = Math.max(...rows.map(([left]) => left!.length));
  return rows.map(([left, what]) => `${left!.padEnd(width)}  ${what}`);
}

function helpOf(name: string, { words, what, options = {} }: Command): string {
  return [
    `${what}.`,
    "",
    `usage: proximal ${name} ${words} [options]`,
    "",
    ...optionLines({ ...options, ...COMMON }),
  ].join("\n");
}

const WIDTH = Math.max(...Object.keys(COMMANDS).map((name) => name.length));

const HELP = [
  `proximal ${VERSION}: asks a server that fine-tunes language models`,
  "",
  "usage: proximal COMMAND [options]",
  "",
  ...Object.entries(COMMANDS).map(([name, { what }]) => `  ${name.padEnd(WIDTH)}  ${what}`),
  "",
  "proximal COMMAND --help has the options. The server is PROXIMAL_URL",
  `(${DEFAULT_URL}), the key PROXIMAL_API_KEY.`,
  "",
  `Exit codes: ${EXIT.done} done; ${EXIT.refused} refused by the server, or no server; ${EXIT.usage} the command line is wrong;`,
  `${EXIT.job_failed} the followed job failed or was cancelled; ${EXIT.interrupted} left by Ctrl-C.`,
].join("\n");
