/** The keys task as people run it, beside a server and without one. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { startServer } from "../../tasks/start_server.ts";
import { eventually } from "../core/jobs/supervised.ts";
import { inFolder } from "../core/networks/in_folder.ts";

const TASK = fileURLToPath(new URL("../../tasks/keys.ts", import.meta.url));

async function keys(
  DATA_DIR: string,
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", TASK, ...args],
    env: { DATA_DIR },
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

Deno.test("keys are made and revoked without a server and beside one, which takes notice at once", async () => {
  await inFolder(async (DATA_DIR) => {
    const first = await keys(DATA_DIR, "create", "--name", "before the server");
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, /^sk-prox-\w{46}\n$/);
    const server = await startServer({ DATA_DIR, HOST: "0.0.0.0" });
    const url = server.url.replace("0.0.0.0", "127.0.0.1");
    const status = async (key: string) => {
      // Keys that are not known yet count as wrong ones: nobody may try them faster than these are forgiven.
      await new Promise((resolve) => setTimeout(resolve, 300));
      const response = await fetch(`${url}/v1/models`, {
        headers: { authorization: `Bearer ${key.trim()}` },
      });
      await response.body?.cancel();
      return response.status;
    };
    try {
      assert.equal(await status(first.stdout), 200);
      assert.equal(await status("nobody's"), 401);
      const second = await keys(
        DATA_DIR,
        "create",
        "--name",
        "beside",
        "--scope",
        "admin",
        "--expires",
        "1d",
      );
      await eventually(async () => await status(second.stdout) === 200);
      const list = await keys(DATA_DIR, "list");
      assert.match(list.stdout, /^ID +KEY +SCOPE +STATE +CREATED +LAST USED +NAME\n/);
      const [newest, oldest] = list.stdout.trim().split("\n").slice(1);
      assert.match(
        newest!,
        /^key_\w{26} +sk-prox-\w{6}… +admin +until 2\d{3}-\d\d-\d\dT\d\d:\d\dZ .* beside$/,
      );
      assert.match(oldest!, / write +holds .* before the server$/);
      assert.ok(!list.stdout.includes(first.stdout.trim()));
      const revoked = await keys(DATA_DIR, "revoke", first.stdout.slice(0, 14));
      assert.match(revoked.stdout, /^key_\w{26} 'before the server' is revoked\n$/);
      await eventually(async () => await status(first.stdout) === 401);
      await eventually(async () => await status(second.stdout) === 200);
    } finally {
      await server.stop();
    }
    // The last one, and nobody gets in.
    const [, id] = /^(key_\w+) .* beside$/m.exec((await keys(DATA_DIR, "list")).stdout)!;
    assert.equal((await keys(DATA_DIR, "revoke", id!)).code, 0);
    assert.match((await keys(DATA_DIR, "revoke", id!)).stdout, /was revoked before/);
    const again = await startServer({ DATA_DIR });
    const response = await fetch(`${again.url}/v1/models`);
    assert.equal(response.status, 401);
    await response.body?.cancel();
    await again.stop();
  });
});

Deno.test("the keys task refuses what it cannot do in one line, and makes no folder", async () => {
  await inFolder(async (parent) => {
    const DATA_DIR = `${parent}/data`;
    for (
      const [args, message] of [
        [["create"], /Expected --name/],
        [["create", "--name", "x", "--scope", "all"], /read, write, admin/],
        [["create", "--name", "x", "--expires", "2030-02-30"], /Expected --expires/],
        [["create", "--name", "x", "--expires", "tomorrow"], /Expected --expires/],
        [["create", "--name", "x", "--bogus"], /Unknown option '--bogus'/],
        [["list"], /There is no database in DATA_DIR/],
        [["list", "x"], /takes no further argument/],
        [["list", "--name", "x"], /takes no options/],
        [["revoke"], /Expected the id of a key/],
        [["revoke", "key_x"], /There is no database/],
        [["delete"], /create, list or revoke/],
      ] as [string[], RegExp][]
    ) {
      const { code, stdout, stderr } = await keys(DATA_DIR, ...args);
      assert.deepEqual([code, stdout], [1, ""], args.join(" "));
      assert.match(stderr, /^error: [^\n]*\n$/);
      assert.match(stderr, message);
    }
    await assert.rejects(Deno.stat(DATA_DIR), Deno.errors.NotFound);
    assert.match((await keys(DATA_DIR)).stdout, /^usage: deno task keys/);
  });
});
