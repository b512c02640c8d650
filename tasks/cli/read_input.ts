/** What a command reads: files by their paths, standard input by a dash. */
import type { Json } from "./client.ts";
import { UsageError } from "./usage_error.ts";

/** The text of a file. @throws UsageError when it cannot be read */
export async function readInput(path: string): Promise<string> {
  if (path === "-") return await new Response(Deno.stdin.readable).text();
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound;
    throw new UsageError(
      `Cannot read '${path}': ${isMissing ? "there is no such file" : (error as Error).message}`,
    );
  }
}

/** The JSON of a file, or of a text that is JSON itself. @throws UsageError when it is none */
export async function readJson(path: string, what: string): Promise<Json> {
  const isText = /^\s*[{[]/.test(path);
  const text = isText ? path : await readInput(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(
      `Expected ${what} as JSON in ${isText ? "the argument" : `'${path}'`}: ${(error as Error).message}`,
    );
  }
}
