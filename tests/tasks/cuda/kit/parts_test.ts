import assert from "node:assert/strict";
import { join } from "node:path";
import { SUMS_FILE, writeParts } from "../../../../tasks/cuda/kit/parts.ts";
import { inFolder } from "../../../core/networks/in_folder.ts";

async function* pieces(...bytes: Uint8Array[]) {
  yield* bytes;
}

Deno.test("writeParts() cuts at the limit whatever pieces come, and joined parts are the archive", () =>
  inFolder(async (folder) => {
    const archive = Uint8Array.from({ length: 2500 }, (_, at) => at % 251);
    const cuts = [archive.subarray(0, 7), archive.subarray(7, 2100), archive.subarray(2100)];
    const parts = await writeParts(pieces(...cuts), folder, 1000);
    assert.deepEqual(parts.map(({ name, bytes }) => [name, bytes]), [
      ["kit.part-000", 1000],
      ["kit.part-001", 1000],
      ["kit.part-002", 500],
    ]);
    const joined = parts.flatMap(({ name }) => [...Deno.readFileSync(join(folder, name))]);
    assert.deepEqual(Uint8Array.from(joined), archive);
    // Fewer parts than before leave none of the earlier ones.
    await writeParts(pieces(archive), folder, 2500);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      SUMS_FILE,
      "kit.part-000",
    ]);
    const sums = new Deno.Command("sha256sum", { args: ["-c", "--quiet", SUMS_FILE], cwd: folder });
    assert.ok((await sums.output()).success, "the system's own program agrees");
  }));
