import assert from "node:assert/strict";
import { join } from "node:path";
import { prepareDataDir } from "../../../core/settings/data_dir.ts";
import { inFolder } from "../networks/in_folder.ts";

Deno.test("prepareDataDir() makes the folder and leaves nothing else in it", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a", "b");
    await prepareDataDir(path);
    await prepareDataDir(path);
    assert.deepEqual([...Deno.readDirSync(path)], []);
  });
});

Deno.test("prepareDataDir() says why a place will not do", async () => {
  await inFolder(async (folder) => {
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "");
    await Deno.symlink(join(folder, "loop"), join(folder, "loop"));
    const places: [string, RegExp][] = [
      [file, /there is a file of that name/],
      [join(file, "below"), /a part of the path is a file/],
      [join(folder, "x".repeat(300)), /too long/],
      [join(folder, "loop", "x"), /in a circle/],
    ];
    if (Deno.build.os === "linux") {
      places.push(["/proc/nowhere/x", /: /], ["/dev/null/x", /a part of the path/]);
    }
    for (const [place, reason] of places) {
      await assert.rejects(prepareDataDir(place), (error: Error) => {
        assert.ok(error.message.startsWith(`Cannot use DATA_DIR '${place}': `), error.message);
        assert.match(error.message, reason);
        return true;
      });
    }
  });
});
