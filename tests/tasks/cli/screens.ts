/** Screens that keep what is written, for tests of commands. */
import { type CliEnvironment, runCommand } from "../../../tasks/cli/run_command.ts";
import type { Screen } from "../../../tasks/cli/terminal.ts";

export interface Ran {
  code: number;
  out: string;
  err: string;
}

export function keptScreens(
  isTerminal = false,
): { out: Screen; err: Screen; text: { out: string; err: string } } {
  const text = { out: "", err: "" };
  const screen = (name: "out" | "err"): Screen => ({
    write: (written) => void (text[name] += written),
    ...{ isTerminal, columns: () => 80 },
  });
  return { out: screen("out"), err: screen("err"), text };
}

/** Runs a command in this process, as on a terminal or not. */
export async function run(
  args: string[],
  environment: CliEnvironment = {},
  { isTerminal = false } = {},
): Promise<Ran> {
  const { text, ...screens } = keptScreens(isTerminal);
  const code = await runCommand(args, environment, screens);
  return { code, ...text };
}
