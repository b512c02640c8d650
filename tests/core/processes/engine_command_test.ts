/** What an engine process may do: proved by a program that tries it with an engine's own flags. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { commaless, engineCommand } from "../../../core/processes/engine_command.ts";
import { engineEnvironment } from "../../../core/processes/engine_environment.ts";
import { linkedFolders } from "../../../core/processes/linked_folders.ts";
import { inFolder } from "../networks/in_folder.ts";

/** What code in an engine could try, by name. Each is run by itself; what it throws is told. */
const TRIES = `
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
const [folder, port] = Deno.args;
const worker = (code) => new Promise((resolve, reject) => {
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const thread = new Worker(url, { type: "module" });
  thread.onmessage = ({ data }) => data === "done" ? resolve() : reject(new Error(data));
  thread.onerror = (event) => { event.preventDefault(); reject(new Error(event.message)); };
});
const tries = {
  "run a program": () => new Deno.Command("id").outputSync(),
  "run Deno": () => new Deno.Command(Deno.execPath(), { args: ["--version"] }).outputSync(),
  "run by node": () => { if (spawnSync("id").status !== 0) throw new Error("it did not run"); },
  "kill": () => Deno.kill(Deno.ppid, "SIGCONT"),
  "connect": async () => (await Deno.connect({ hostname: "127.0.0.1", port: Number(port) })).close(),
  "connect by node": () => new Promise((resolve, reject) => {
    const socket = connect(Number(port), "127.0.0.1", () => { socket.destroy(); resolve(); });
    socket.on("error", reject);
  }),
  "fetch": () => fetch("http://127.0.0.1:" + port).then((answer) => answer.text()),
  "resolve a name": () => Deno.resolveDns("localhost", "A"),
  "listen": () => Deno.listen({ port: 0 }).close(),
  "import from elsewhere": () => import("http://127.0.0.1:" + port + "/x.js"),
  "read /etc/passwd": () => Deno.readTextFileSync("/etc/passwd"),
  "read /etc/passwd by node": () => readFileSync("/etc/passwd"),
  "read the database": () => Deno.readTextFileSync(folder + "/data/proximal.db"),
  "read a model of nobody": () => Deno.readTextFileSync(folder + "/other/config.json"),
  "read past a folder": () => Deno.readTextFileSync(folder + "/models/../other/config.json"),
  "read in a thread": () => worker(
    "try { Deno.readTextFileSync('/etc/passwd'); postMessage('done') } catch (error) { postMessage(error.name) }"),
  "write a model": () => Deno.writeTextFileSync(folder + "/models/new", "x"),
  "write the program": () => Deno.writeTextFileSync(new URL("core/new.ts", Deno.env.get("TMPDIR")), "x"),
  "write the database": () => writeFileSync(folder + "/data/proximal.db", "x"),
  "write anywhere": () => Deno.writeTextFileSync(folder + "/new", "x"),
  "make a link out": () => Deno.symlinkSync("/etc", folder + "/data/jobs/etc"),
  "ask for more": async () => {
    const { state } = await Deno.permissions.request({ name: "run" });
    if (state !== "granted") throw new Error(state);
  },
  "may read a model": () => Deno.readTextFileSync(folder + "/models/config.json"),
  "may read a model by a link": () => Deno.readTextFileSync(Deno.realPathSync(folder + "/models/linked") + "/config.json"),
  "may read the program": () => Deno.readTextFileSync(Deno.env.get("TMPDIR") + "deno.json"),
  "may write a job": () => {
    Deno.mkdirSync(folder + "/data/jobs/a, b");
    Deno.writeTextFileSync(folder + "/data/jobs/a, b/x", "x");
    Deno.readTextFileSync(folder + "/data/jobs/a, b/x");
  },
};
const results = {};
for (const [name, tried] of Object.entries(tries)) {
  results[name] = await Promise.resolve().then(tried).then(() => "done", (error) => error.name + ": " + error.message);
}
console.log(JSON.stringify(results));
Deno.exit(0);
`;

const ROOT = new URL("../../../", import.meta.url).pathname;

Deno.test("an engine runs nothing, connects to nothing, and reads and writes only its folders", async () => {
  await inFolder(async (parent) => {
    const folder = join(parent, "with a space");
    for (const name of ["models", "other", "elsewhere", "data/jobs"]) {
      await Deno.mkdir(join(folder, name), { recursive: true });
      await Deno.writeTextFile(join(folder, name, "config.json"), "{}");
    }
    await Deno.writeTextFile(join(folder, "data/proximal.db"), "secret");
    await Deno.symlink(join(folder, "elsewhere"), join(folder, "models/linked"));
    const script = join(folder, "tries.js");
    await Deno.writeTextFile(script, TRIES);
    const [program, ...args] = engineCommand({
      read: linkedFolders([join(folder, "models"), join(folder, "gone")]),
      write: [join(folder, "data/jobs")],
    });
    const entry = args.findIndex((argument) => argument.endsWith("core/engine/main.ts"));
    assert.ok(entry > 0);
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const port = (listener.addr as Deno.NetAddr).port;
    let connections = 0;
    const accepting = (async () => {
      for await (const connection of listener) {
        connections++;
        connection.close();
      }
    })();
    const { stdout, stderr } = await new Deno.Command(program, {
      args: [...args.slice(0, entry), script, folder, String(port)],
      env: { ...engineEnvironment(Deno.env.toObject()), TMPDIR: ROOT },
      ...{ clearEnv: true, stdin: "null" },
    }).output();
    listener.close();
    await accepting;
    const text = new TextDecoder().decode(stdout);
    assert.ok(text.startsWith("{"), new TextDecoder().decode(stderr));
    const results = Object.entries(JSON.parse(text) as Record<string, string>);
    assert.ok(results.length > 20);
    for (const [name, result] of results) {
      assert.equal(result === "done", name.startsWith("may "), `${name}: ${result}`);
    }
    assert.equal(connections, 0);
    for (const name of ["new", "models/new", "data/jobs/etc"]) {
      await assert.rejects(Deno.lstat(join(folder, name)), Deno.errors.NotFound);
    }
    assert.equal(await Deno.readTextFile(join(folder, "data/proximal.db")), "secret");
  });
});

Deno.test("a folder with a comma in its path is named by the first above it that has none", () => {
  assert.deepEqual(commaless(["/a/b", "/a/c,d/e,f/g", "/a/b"]), ["/a/b", "/a"]);
});
