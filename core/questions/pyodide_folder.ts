/**
 * Where Pyodide is, once somebody needs it. Running without Python graders does not need its
 * 14 MB, so they are fetched from the registry npm, as their own lock pins them, when the first such grader comes.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { withoutPaths } from "../without_paths.ts";

/** It has a configuration and a lock of its own, so that no other task brings it. */
const FOLDER = fileURLToPath(new URL("../../tasks/python", import.meta.url));
const PACKAGE = join(FOLDER, "node_modules", "pyodide");
const INSTALL_MS = 120_000;

export class PyodideFolder {
  readonly #environment: Record<string, string>;
  readonly #logger: Logger;
  #installing: Promise<string> | null = null;

  /** @param environment that packages are fetched with */
  constructor(environment: Record<string, string>, logger: Logger) {
    this.#environment = environment;
    this.#logger = logger;
  }

  /** The folder itself, which no link leads away from. @throws {UserError} `invalid_request` where it cannot be had */
  async find(): Promise<string> {
    const there = await realPath();
    if (there !== null) return there;
    this.#installing ??= this.#install().finally(() => this.#installing = null);
    return await this.#installing;
  }

  async #install(): Promise<string> {
    this.#logger.info("Fetching Pyodide, which Python graders need");
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["install", "--frozen"],
      ...{ cwd: FOLDER, env: this.#environment, clearEnv: true, stdin: "null", stdout: "null" },
      signal: AbortSignal.timeout(INSTALL_MS),
    }).output();
    const there = await realPath();
    if (there !== null) return there;
    const said = withoutPaths(new TextDecoder().decode(stderr.subarray(0, 2000))).trim();
    this.#logger.warn("Cannot fetch Pyodide", { success, error: said });
    throw new UserError(
      "invalid_request",
      "Python graders need Pyodide, which cannot be fetched: have 'deno task python:install' run where the server is",
    );
  }
}

function realPath(): Promise<string | null> {
  return Deno.realPath(PACKAGE).catch(() => null);
}
