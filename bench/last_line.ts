/** The last line that a program prints: our scripts put their result there. */

/** @throws {Error} with what it said of its fault, when it does not end well */
export async function lastLine(program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    env: { CUDA_VISIBLE_DEVICES: "" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  const said = new TextDecoder().decode(stderr);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} stopped with exit code ${code}: ${said}`);
  return new TextDecoder().decode(stdout).trim().split("\n").at(-1)!;
}
