/**
 * `deno task backup OUT`: copies DATA_DIR's database and checkpoints as the new folder OUT, beside a running server or
 * without one. `deno task restore FROM` puts such a copy back into a DATA_DIR that holds nothing yet.
 */
import { resolve } from "node:path";
import { backUp, restore } from "../core/db/backup.ts";
import { UserError } from "../core/errors.ts";
import { readSettings } from "../core/settings/settings.ts";

const [verb, place, ...more] = Deno.args;
if (!(verb === "backup" || verb === "restore") || !place || more.length > 0) {
  console.error(
    `error: Expected one folder, got ${Math.max(Deno.args.length - 1, 0)} arguments: deno task ${
      verb ?? "backup"
    } FOLDER`,
  );
  Deno.exit(2);
}
try {
  const { DATA_DIR, DATABASE_URL } = readSettings({
    DATA_DIR: Deno.env.get("DATA_DIR") ?? "",
    DATABASE_URL: Deno.env.get("DATABASE_URL") ?? "",
  });
  if (DATABASE_URL !== undefined) {
    throw new UserError(
      "invalid_request",
      "The database is on the server of DATABASE_URL: back it up there, and copy DATA_DIR after it (docs/database.md)",
    );
  }
  const folder = resolve(place);
  const { bytes, checkpoints, datasets, files, damaged } = verb === "backup"
    ? await backUp(DATA_DIR, folder)
    : await restore(folder, DATA_DIR);
  for (const one of damaged) console.error(`warning: ${one}`);
  const [from, to] = verb === "backup" ? [DATA_DIR, folder] : [folder, DATA_DIR];
  console.log(
    `${from} is now in ${to}: the database, ${checkpoints} checkpoints, ${datasets} datasets and ${files} files, ${bytes} bytes in all`,
  );
} catch (error) {
  console.error(error instanceof UserError ? `error: ${error.message}` : error);
  Deno.exit(1);
}
