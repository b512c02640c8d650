/**
 * `deno task sdk:lint`: lets Spectral and Redocly look at the OpenAPI document of `clients/`, which a test holds equal to
 * what the server answers. Any warning fails. Needs npm.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const DOCUMENT = fileURLToPath(new URL("../../clients/openapi.json", import.meta.url));

interface Linter {
  args: string[];
  /** What it found, from what it printed as JSON. */
  found: (printed: string) => unknown[];
}

/** Both from npm at these versions, with the rules that they bring themselves. */
const LINTERS: Record<string, Linter> = {
  "@stoplight/spectral-cli@6.16.3": {
    args: ["lint", "--quiet", "--format", "json", "--ruleset", "spectral.yaml", DOCUMENT],
    found: (printed) => JSON.parse(printed),
  },
  "@redocly/cli@2.11.0": {
    args: ["lint", "--extends", "recommended", "--format", "json", "--max-problems", "1000", DOCUMENT],
    found: (printed) => JSON.parse(printed.slice(printed.indexOf("{"))).problems,
  },
};

const folder = await Deno.makeTempDir({ prefix: "proximal-lint-" });
let failed = false;
try {
  await Deno.writeTextFile(join(folder, "spectral.yaml"), 'extends: ["spectral:oas"]\n');
  for (const [linter, { args, found }] of Object.entries(LINTERS)) {
    const { stdout, stderr } = await new Deno.Command("npx", { args: ["-y", linter, ...args], cwd: folder })
      .output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    if (!out!.trim()) throw new Error(`${linter} printed nothing: ${err}`);
    const problems = found(out!);
    for (const problem of problems) console.log(JSON.stringify(problem));
    console.log(`${linter}: ${problems.length} problems`);
    failed ||= problems.length > 0;
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
if (failed) Deno.exit(1);
