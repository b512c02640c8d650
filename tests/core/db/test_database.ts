/**
 * The database of tests that do not care which they have: a file, or with TEST_DATABASE=sqld in the environment a libSQL
 * server's, of a server of its own.
 */
import { type Database, openDatabase } from "../../../core/db/open_database.ts";
import { openServerDatabase } from "../../../core/db/open_server_database.ts";
import { createLogger, type Logger } from "../../../core/log.ts";
import { Sqld, sqldBinary } from "../../../tasks/sqld/start_sqld.ts";

export async function openTestDatabase(
  folder: string,
  logger: Logger = createLogger("silent"),
): Promise<Database> {
  if (Deno.env.get("TEST_DATABASE") !== "sqld") return await openDatabase(folder, logger);
  const binary = await sqldBinary();
  if (binary === null) throw new Error("sqld cannot be installed");
  const place = await Deno.makeTempDir({ prefix: "proximal-sqld-" });
  const server = new Sqld(binary, place);
  await server.start();
  const database = await openServerDatabase({ url: server.url }, folder, logger);
  const close = database.close.bind(database);
  database.close = async () => {
    await close();
    await server.stop();
    await Deno.remove(place, { recursive: true });
  };
  return database;
}
