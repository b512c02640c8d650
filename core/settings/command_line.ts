/** What the server's command line asks for. Settings come from the environment, so there is little to ask. */
import { UserError } from "../errors.ts";
import { VARIABLES } from "./settings.ts";
import { VERSION } from "../version.ts";

const WIDTH = Math.max(...Object.keys(VARIABLES).map((name) => name.length));

const HELP = `proximal ${VERSION}: PPO fine-tuning of language models behind a REST API

usage: deno task dev [--help | --version]

Serves until SIGTERM or SIGINT. When it is ready it prints 'listening on http://127.0.0.1:8000'; its log is on
stderr, and the reference of the API at /docs. It reads its settings from the environment:

${
  Object.entries(VARIABLES).map(([name, { otherwise, what }]) =>
    `  ${name.padEnd(WIDTH)}  ${what}${otherwise === null ? "" : ` (${otherwise})`}`
  ).join("\n")
}
`;

/**
 * What to print instead of serving; null: serve.
 *
 * @throws UserError naming an argument that is none
 */
export function printedInstead(args: readonly string[]): string | null {
  const answers: Record<string, string> = {
    ...{ "--help": HELP, "-h": HELP, help: HELP },
    ...{ "--version": `proximal ${VERSION}\n`, "-V": `proximal ${VERSION}\n` },
  };
  const unknown = args.find((argument) => !Object.hasOwn(answers, argument));
  if (unknown !== undefined) {
    throw new UserError(
      "invalid_request",
      `Cannot read the argument '${unknown}': there are --help and --version, and settings are variables of the environment`,
    );
  }
  return args.length === 0 ? null : answers[args[0]!]!;
}
