/**
 * Files in which the system tells of itself. Deno opens those of /proc and /sys only to a process that may do everything;
 * one that may run programs has `cat` read them.
 */

/** The file's text; empty where the system does not say. */
export function readSystemFile(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    return error instanceof Deno.errors.NotCapable ? readByCat(path) : "";
  }
}

function readByCat(path: string): string {
  try {
    const { success, stdout } = new Deno.Command("cat", {
      args: ["--", path],
      ...{ stdin: "null", stdout: "piped", stderr: "null" },
    }).outputSync();
    return success ? new TextDecoder().decode(stdout) : "";
  } catch {
    return "";
  }
}
