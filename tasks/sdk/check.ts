/**
 * `deno task sdk:check [NAME …]`: makes a client of the OpenAPI document with each of five generators, compiles it, and lets
 * a program create a job with it, follow it to its end and download the adapter. A generator whose language is not on the
 * machine is skipped by name. Packages come by npm, pip, Maven and Go into a folder of the check's own.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startServer } from "../start_server.ts";
import { GENERATORS } from "./generators.ts";
import { checkGenerator, missingOf } from "./check_generator.ts";

const wanted = Deno.args.length > 0 ? Deno.args : Object.keys(GENERATORS);
for (const name of wanted) {
  if (Object.hasOwn(GENERATORS, name)) continue;
  console.error(`Expected names of generators among ${Object.keys(GENERATORS).join(", ")}, got '${name}'`);
  Deno.exit(2);
}

const folder = await Deno.makeTempDir({ prefix: "proximal-sdk-" });
const server = await startServer();
try {
  const document = join(folder, "openapi.json");
  await Deno.writeTextFile(document, await (await fetch(`${server.url}/openapi.json`)).text());
  const programs = fileURLToPath(new URL("./programs", import.meta.url));
  for (const name of wanted) {
    const generator = GENERATORS[name]!;
    const missing = await missingOf(generator);
    if (missing) {
      console.log(`${name}: skipped, as there is no ${missing} on this machine`);
      continue;
    }
    const place = { folder: join(folder, name), document, programs, url: server.url };
    try {
      console.log(`${name}: ok, ${await checkGenerator(generator, place)}`);
    } catch (error) {
      console.log(`${name}: FAILED\n${(error as Error).message}`);
      Deno.exitCode = 1;
    }
  }
} finally {
  await server.stop();
  await Deno.remove(folder, { recursive: true });
}
