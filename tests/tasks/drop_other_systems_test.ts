import assert from "node:assert/strict";
import { join } from "node:path";
import { dropOtherSystems } from "../../tasks/drop_other_systems.ts";

Deno.test("dropOtherSystems() removes what is beside this system's libraries, and no file of a shared cache", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const cache = join(folder, "cache"), all = join(folder, "napi-v6");
    Deno.writeTextFileSync(cache, "a library");
    for (const path of ["linux/x64", "linux/arm64", "darwin/arm64", "win32/x64"]) {
      Deno.mkdirSync(join(all, path), { recursive: true });
      Deno.linkSync(cache, join(all, path, "library"));
    }
    const own = join(all, "linux", "x64");
    assert.deepEqual(dropOtherSystems(own).sort(), ["darwin", "linux/arm64", "win32"]);
    assert.equal(Deno.readTextFileSync(join(own, "library")), "a library");
    assert.equal(Deno.readTextFileSync(cache), "a library");
    assert.deepEqual([...Deno.readDirSync(all)].map(({ name }) => name), ["linux"]);
    assert.deepEqual(dropOtherSystems(own), []);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
