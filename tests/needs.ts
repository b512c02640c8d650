/** Tests that need what is not on every machine: where it is missing they are skipped, and say by name what for. */

/** Whether a program is there and says so to these arguments. */
export function has(program: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** `Deno.test` for what needs all of these, each with how to find out whether it is there. */
export function testWith(needs: Readonly<Record<string, () => boolean>>) {
  const missing = Object.entries(needs).filter(([, isThere]) => !isThere()).map(([name]) => name);
  return (name: string, test: () => Promise<void>) =>
    missing.length === 0
      ? Deno.test(name, test)
      : Deno.test({ name: `${name} (skipped: needs ${missing.join(", ")})`, ignore: true, fn: test });
}
