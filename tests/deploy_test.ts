/** What starts a server in a container, under systemd and behind a proxy: the files that docs/deploy.md tells of. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readSettings, VARIABLES } from "../core/settings/settings.ts";
import { freePort } from "../tasks/free_port.ts";
import { serverFlags } from "../tasks/server_permissions.ts";
import { inFolder } from "./core/networks/in_folder.ts";
import { has, testWith } from "./needs.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const text = (path: string) => Deno.readTextFileSync(join(ROOT, path));

/** The server's flags where the program is in `app`. */
function flagsIn(app: string, environment: Record<string, string>): string[] {
  const here = ROOT.replace(/\/$/, "");
  return serverFlags(environment).map((flag) =>
    flag.replaceAll(`${here}/models`, "").replaceAll(`${here}/`, app).replaceAll(here, app)
      .replace(/,+$/, "").replaceAll(/,,+/g, ",")
  );
}

/** The arguments of the image's command. */
function imageCommand(): string[] {
  return JSON.parse(/^CMD (\[[^]*\])/m.exec(text("Dockerfile"))![1]!.replaceAll("\\\n", " "));
}

Deno.test(".env.example has every setting of README.md, with its default", () => {
  const lines = text(".env.example").split("\n");
  const named = lines.flatMap((line) => /^#([A-Z_]+)=(.*)$/.exec(line)?.slice(1) ? [line.slice(1)] : []);
  const environment = Object.fromEntries(named.map((line) => line.split(/=(.*)/s).slice(0, 2)));
  const listed = [...text("README.md").matchAll(/^\| `([A-Z_]+)`/gm)].map(([, name]) => name!);
  assert.deepEqual(Object.keys(environment).toSorted(), listed.toSorted());
  assert.deepEqual(readSettings(environment), readSettings({}));
  for (const [name, { what }] of Object.entries(VARIABLES)) {
    const at = lines.findIndex((line) => line.startsWith(`#${name}=`));
    assert.ok(lines[at - 1]!.startsWith(`# ${what}`), `${name}: ${lines[at - 1]}`);
  }
});

Deno.test("the image and the unit start the server with the permissions of task dev, and their own folders", () => {
  const [run, ...image] = imageCommand();
  assert.equal(run, "run");
  assert.deepEqual(image, [...flagsIn("/app", { DATA_DIR: "/data", MODELS_DIR: "/models" }), "main.ts"]);
  const unit = /^ExecStart=\/usr\/local\/bin\/deno run (.*)$/m.exec(
    text("docs/deploy/proximal.service"),
  )![1]!;
  const folders = { DATA_DIR: "/var/lib/proximal", MODELS_DIR: "/srv/models" };
  assert.deepEqual(unit.split(" "), [...flagsIn("/opt/proximal", folders), "main.ts"]);
});

Deno.test("what .dockerignore lets into the image is enough to serve", async () => {
  await inFolder(async (folder) => {
    const app = join(folder, "app");
    await Deno.mkdir(app);
    const copied = text(".dockerignore").split("\n").filter((line) => line.startsWith("!"));
    const copy = await new Deno.Command("cp", {
      args: ["-al", ...copied.map((line) => join(ROOT, line.slice(1))), join(ROOT, "node_modules"), app],
    }).output();
    assert.ok(copy.success, new TextDecoder().decode(copy.stderr));
    const data = join(folder, "data"), models = join(folder, "models");
    await Deno.mkdir(models);
    const args = imageCommand().map((argument) =>
      argument.replaceAll("/app", app).replaceAll("/data", data).replaceAll("/models", models)
    );
    const server = new Deno.Command(Deno.execPath(), {
      ...{
        args: [...args.slice(0, -1), "--no-check", "main.ts"],
        cwd: app,
        stdout: "piped",
        stderr: "piped",
      },
      env: { HOST: "127.0.0.1", PORT: "0", DATA_DIR: data, MODELS_DIR: models, API_KEYS: "" },
    }).spawn();
    const log = new Response(server.stderr).text();
    try {
      let printed = "";
      for await (const piece of server.stdout.pipeThrough(new TextDecoderStream())) {
        printed += piece;
        if (printed.includes("\n")) break;
      }
      const url = /http:\/\/\S+/.exec(printed)?.[0];
      assert.ok(url, await (printed === "" ? log : ""));
      const ready = await fetch(`${url}/readyz`);
      assert.equal(ready.status, 200, await ready.text());
      const answer = await fetch(`${url}/v1/generations`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: "tiny", prompts: ["a"], max_new_tokens: 2 }),
      });
      assert.equal(answer.status, 200, await answer.text());
    } finally {
      server.kill("SIGTERM");
      await server.status;
      await log;
    }
  });
});

testWith({ "docker compose": () => has("docker", "compose", "version") })(
  "compose.yaml is a composition that wants a key",
  async () => {
    const compose = (env: Record<string, string>) =>
      new Deno.Command("docker", { args: ["compose", "config"], cwd: ROOT, env }).output();
    assert.equal((await compose({ API_KEYS: "" })).success, false);
    const { success, stdout, stderr } = await compose({ API_KEYS: "a-key-of-mine" });
    assert.ok(success, new TextDecoder().decode(stderr));
    assert.match(new TextDecoder().decode(stdout), /API_KEYS: a-key-of-mine/);
  },
);

testWith({ "systemd-analyze": () => has("systemd-analyze", "--version") })(
  "proximal.service is a unit that systemd reads without a complaint",
  async () => {
    await inFolder(async (folder) => {
      const unit = text("docs/deploy/proximal.service").replace("/usr/local/bin/deno", Deno.execPath())
        .replaceAll("/opt/proximal", ROOT.replace(/\/$/, ""));
      await Deno.writeTextFile(join(folder, "proximal.service"), unit);
      const { stderr } = await new Deno.Command("systemd-analyze", {
        args: ["verify", "--man=no", join(folder, "proximal.service")],
      }).output();
      const complaints = new TextDecoder().decode(stderr).split("\n").filter((line) =>
        line.includes("proximal.")
      );
      assert.deepEqual(complaints, []);
    });
  },
);

/** A proxy's configuration for a test: its own port, no TLS, this server behind it. */
const PROXIES: Record<
  string,
  (config: string, ports: { own: number; server: number }, folder: string) => string
> = {
  caddy: (config, { own, server }) =>
    "{\n\tadmin off\n\tauto_https off\n}\n" +
    config.replace("proximal.example.com", `http://127.0.0.1:${own}`).replace(
      "127.0.0.1:8000",
      `127.0.0.1:${server}`,
    ),
  nginx: (config, { own, server }, folder) =>
    `pid ${folder}/pid;\nerror_log ${folder}/error.log;\ndaemon off;\nevents {}\nhttp {\naccess_log off;\n` +
    ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) =>
      `${name}_temp_path ${folder}/${name};\n`
    )
      .join("") +
    config.replace("listen 443 ssl", `listen 127.0.0.1:${own}`).replaceAll(/^\s*ssl_.*$/gm, "")
      .replace("127.0.0.1:8000", `127.0.0.1:${server}`) +
    "}\n",
};
const STARTS: Record<string, { file: string; args: (path: string) => string[] }> = {
  caddy: { file: "Caddyfile", args: (path) => ["run", "--adapter", "caddyfile", "--config", path] },
  nginx: { file: "nginx.conf", args: (path) => ["-c", path] },
};

for (const [name, { file, args }] of Object.entries(STARTS)) {
  testWith({ [name]: () => has(name, name === "caddy" ? "version" : "-v") })(
    `${name} in front of a server passes events on as they come, and compresses long JSON`,
    async () => {
      await inFolder(async (folder) => {
        const long = JSON.stringify(Array.from({ length: 50_000 }, (_, index) => index));
        const more = Promise.withResolvers<void>();
        const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
          if (new URL(request.url).pathname === "/long") {
            return new Response(long, { headers: { "content-type": "application/json" } });
          }
          const encoder = new TextEncoder();
          const events = ReadableStream.from((async function* () {
            yield encoder.encode(`event: one\ndata: ${request.headers.get("host")}\n\n`);
            await more.promise;
            yield encoder.encode("event: two\ndata: 2\n\n");
          })());
          return new Response(events, {
            headers: { "content-type": "text/event-stream", "x-accel-buffering": "no" },
          });
        });
        const own = freePort();
        const config = PROXIES[name]!(text(`docs/deploy/${file}`), { own, server: server.addr.port }, folder);
        const path = join(folder, file);
        await Deno.writeTextFile(path, config);
        const proxy = new Deno.Command(name, {
          ...{ args: args(path), stdout: "null", stderr: "piped", env: { XDG_DATA_HOME: folder } },
        }).spawn();
        const log = new Response(proxy.stderr).text();
        try {
          const answer = await firstAnswer(`http://127.0.0.1:${own}/events`, proxy, log);
          const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
          // The second is sent only once the first has come.
          assert.match((await reader.read()).value!, /^event: one\ndata: 127\.0\.0\.1/);
          more.resolve();
          assert.match((await reader.read()).value!, /^event: two/);
          await reader.cancel();
          const json = await fetch(`http://127.0.0.1:${own}/long`);
          assert.equal(json.headers.get("content-encoding"), "gzip");
          assert.equal(await json.text(), long);
        } finally {
          more.resolve();
          proxy.kill("SIGTERM");
          await proxy.status;
          await log;
          await server.shutdown();
        }
      });
    },
  );
}

/** What is answered once the proxy listens; it fails when the proxy ends instead. */
async function firstAnswer(url: string, proxy: Deno.ChildProcess, log: Promise<string>): Promise<Response> {
  let ended = false;
  proxy.status.then(() => ended = true);
  for (;;) {
    try {
      return await fetch(url);
    } catch (error) {
      if (ended) throw new Error(`The proxy ended: ${await log}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
