/**
 * `deno task sdk:clients`: makes `clients/` again from the OpenAPI document, and keeps the document beside them, by which a
 * test knows that they are of this one. Needs npm and Python, as `sdk:check` does.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startServer } from "../start_server.ts";

const CLIENTS = fileURLToPath(new URL("../../clients", import.meta.url));

async function run(cwd: string, command: string, ...args: string[]): Promise<void> {
  const { success } = await new Deno.Command(command, { args, cwd }).spawn().status;
  if (!success) throw new Error(`${command} ${args.join(" ")} failed`);
}

/** Puts what was generated in the place of what was there. */
async function replace(made: string, place: string): Promise<void> {
  await Deno.remove(place, { recursive: true }).catch(() => {});
  await run(".", "cp", "-r", made, place);
}

const folder = await Deno.makeTempDir({ prefix: "proximal-clients-" });
const server = await startServer();
try {
  const document = await (await fetch(`${server.url}/openapi.json`)).json();
  const path = join(CLIENTS, "openapi.json");
  await Deno.writeTextFile(path, JSON.stringify(document, null, 1) + "\n");
  await run(
    folder,
    "npm",
    "install",
    "--no-audit",
    "--no-fund",
    "@hey-api/openapi-ts@0.95.0",
    "typescript@5.9.3",
  );
  await Deno.writeTextFile(
    join(folder, "tsconfig.json"),
    '{ "compilerOptions": { "moduleResolution": "nodenext" } }',
  );
  await run(folder, "npx", "openapi-ts", "-i", path, "-o", "src", "-c", "@hey-api/client-fetch");
  // The clients' makers are not in the index.
  const index = join(folder, "src/index.ts");
  await Deno.writeTextFile(
    index,
    (await Deno.readTextFile(index)).trimEnd() +
      "\nexport { client } from './client.gen.js';\nexport { createClient } from './client/index.js';\n",
  );
  await replace(join(folder, "src"), join(CLIENTS, "typescript/src"));
  await run(folder, "python3", "-m", "venv", "venv");
  await run(folder, "venv/bin/pip", "install", "--quiet", "openapi-python-client==0.29.1");
  const python = ["generate", "--path", path, "--meta", "none", "--output-path", "proximal_client"];
  await run(folder, "venv/bin/openapi-python-client", ...python);
  await run(
    folder,
    "find",
    "proximal_client",
    "-name",
    ".ruff_cache",
    "-prune",
    "-exec",
    "rm",
    "-r",
    "{}",
    "+",
  );
  await replace(join(folder, "proximal_client"), join(CLIENTS, "python/proximal_client"));
} finally {
  await server.stop();
  await Deno.remove(folder, { recursive: true });
}
