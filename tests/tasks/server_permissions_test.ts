/** That `task dev` starts the server with what tests start it with, and with nothing more. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { serverFlags, serverFolders } from "../../tasks/server_permissions.ts";
import { inFolder } from "../core/networks/in_folder.ts";

Deno.test("the dev task has the server's flags, with its lists from the program that prints them", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  const lists = /^--allow-(read|write)=/;
  const fixed = serverFlags({}).filter((flag) => !lists.test(flag));
  const command: string = tasks.dev.command;
  assert.ok(command.startsWith(`deno run ${fixed.join(" ")} --allow-read=`), command);
  assert.match(
    command,
    /--allow-read="\$\(.*server_permissions\.ts read\)" --allow-write="\$\(.*server_permissions\.ts write\)" main\.ts$/,
  );
  assert.doesNotMatch(
    command.replaceAll(/\$\([^)]*\)/g, ""),
    /(^| )(-A|--allow-all|--allow-(read|write|ffi|sys|import)) /,
  );
});

Deno.test("the server reads its data, models and where they lead, and writes its data alone", async () => {
  await inFolder(async (parent) => {
    const real = await Deno.realPath(parent);
    for (const name of ["data", "roots", "elsewhere"]) await Deno.mkdir(join(real, name));
    await Deno.symlink(join(real, "elsewhere"), join(real, "roots/linked"));
    await Deno.symlink(join(real, "data"), join(real, "moved"));
    const at = (name: string) => join(real, name);
    const { read, write } = serverFolders({
      DATA_DIR: at("moved"),
      MODELS_DIR: ` ${at("roots")} :${at("gone")}:`,
      ORT_LIBRARY: at("ort/lib.so"),
    });
    assert.deepEqual(write, [at("moved"), at("data")]);
    for (const name of ["moved", "data", "roots", "elsewhere", "gone", "ort"]) {
      assert.ok(read.includes(at(name)), name);
    }
    assert.ok(!read.includes(real));
    assert.deepEqual(serverFolders({ DATA_DIR: "" }).write[0], join(Deno.cwd(), "data"));
  });
});
