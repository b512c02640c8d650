/** The API as a process: what it prints, how it stops, what it refuses. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { serverFlags } from "../tasks/server_permissions.ts";
import { eventually } from "./core/jobs/supervised.ts";
import { inFolder } from "./core/networks/in_folder.ts";
import { spawnServer } from "./spawn_server.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** @param files How many files it may have open. */
function spawn(environment: Record<string, string>, files?: number): Deno.ChildProcess {
  const env = {
    HOME: Deno.env.get("HOME") ?? "/",
    PATH: Deno.env.get("PATH") ?? "",
    PORT: "0",
    ...environment,
  };
  const command = [Deno.execPath(), "run", ...serverFlags(env), "--no-check", "main.ts"] as const;
  const [program, ...args] = files === undefined
    ? command
    : ["/bin/sh", "-c", `ulimit -n ${files} && exec "$@"`, "sh", ...command] as const;
  return new Deno.Command(program, {
    ...{ args: [...args], cwd: ROOT, env, clearEnv: true },
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
}

/** Runs `work` on a server and stops it; gives what it printed and how it ended. */
async function running(
  environment: Record<string, string>,
  work: (url: string, process: Deno.ChildProcess) => Promise<void>,
  files?: number,
  logs: string[] = [],
): Promise<{ stdout: string; code: number }> {
  const process = spawn(environment, files);
  const log = new Response(process.stderr).text();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let stdout = "";
  while (!stdout.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`The server did not start: ${await log}`);
    stdout += value;
  }
  try {
    await work(stdout.trim().split(" ").at(-1)!, process);
  } finally {
    process.kill("SIGTERM");
  }
  for (let part = await reader.read(); !part.done; part = await reader.read()) stdout += part.value;
  logs.push(await log);
  return { stdout, code: (await process.status).code };
}

Deno.test("main.ts prints one line when it is ready and stops on SIGTERM with exit code 0", async () => {
  await inFolder(async (DATA_DIR) => {
    const { stdout, code } = await running({ DATA_DIR }, async (url, process) => {
      assert.deepEqual(await (await fetch(`${url}/readyz`)).json(), { status: "ok", device: "cpu" });
      const status = await Deno.readTextFile(`/proc/${process.pid}/status`).catch(() => "");
      const rss_kb = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
      assert.ok(rss_kb < 150_000, `${rss_kb} kB`);
    });
    assert.match(stdout, /^listening on http:\/\/127\.0\.0\.1:\d+\n$/);
    assert.equal(code, 0);
  });
});

Deno.test("a job on a GPU that is not there is refused by the POST, which says what is missing", async () => {
  await inFolder(async (DATA_DIR) => {
    await running({ DATA_DIR }, async (url) => {
      const response = await fetch(`${url}/v1/training-jobs`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          kind: "ppo",
          model: "tiny",
          prompts: ["POST: x.\nTL;DR:"],
          reward: { type: "length", target: 5 },
          device: "cuda:63",
        }),
      });
      assert.equal(response.status, 422);
      const { code, errors } = await response.json();
      assert.equal(code, "device_unavailable");
      assert.deepEqual(errors.map(({ path }: { path: string }) => path), ["device"]);
      assert.match(errors[0].message, /^Cannot use CUDA: /);
      // Where the server keeps its libraries is for its log.
      assert.doesNotMatch(JSON.stringify(errors), /\/\w+\//);
      assert.deepEqual((await (await fetch(`${url}/v1/training-jobs`)).json()).data, []);
    });
  });
});

Deno.test({
  name: "main.ts listens again after more connections than it may have open",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (DATA_DIR) => {
      const { stdout, code } = await running({ DATA_DIR }, async (url) => {
        const { hostname, port } = new URL(url);
        const reached = () =>
          fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1000) }).then(
            (response) => response.text(),
            () => null,
          );
        const held: Deno.Conn[] = [];
        for (let i = 0; i < 150; i++) {
          const one = await Deno.connect({ hostname, port: Number(port) }).catch(() => null);
          if (one === null) break;
          held.push(one);
        }
        await eventually(async () => await reached() === null);
        for (const one of held) one.close();
        await eventually(reached);
      }, 80);
      assert.equal(stdout.trim().split("\n").length, 1);
      assert.equal(code, 0);
    }),
});

Deno.test({
  name: "main.ts keeps its environment from its engines, but for what they need",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (DATA_DIR) => {
      const secrets = {
        AWS_SECRET_ACCESS_KEY: "secret-1",
        HF_TOKEN: "hf_secret-2",
        SOME_PASSWORD: "secret-3",
      };
      await running({ DATA_DIR, ...secrets, THREADS: "1" }, async (url, { pid }) => {
        const body = JSON.stringify({ model: "tiny", prompts: ["x"], max_new_tokens: 1 });
        const headers = { "content-type": "application/json" };
        const response = await fetch(`${url}/v1/generations`, { method: "POST", headers, body });
        assert.equal(response.status, 200, await response.text());
        let children = "";
        for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
          children += await Deno.readTextFile(`/proc/${pid}/task/${name}/children`);
        }
        const [engine] = children.trim().split(" ");
        const environment = (await Deno.readTextFile(`/proc/${engine}/environ`)).split("\0");
        assert.ok(environment.includes("THREADS=1"));
        assert.deepEqual(environment.filter((variable) => variable.includes("secret")), []);
      });
    }),
});

Deno.test("main.ts refuses a second server on its data", async () => {
  await inFolder(async (DATA_DIR) => {
    await running({ DATA_DIR }, async () => {
      const { code, stderr } = await spawn({ DATA_DIR }).output();
      assert.equal(code, 1);
      assert.match(
        new TextDecoder().decode(stderr),
        /^error: Cannot open DATA_DIR .* as another server, process \d+, uses it/,
      );
    });
  });
});

Deno.test("main.ts refuses a damaged database in one line that names the file and says what to do", async () => {
  for (const bytes of [crypto.getRandomValues(new Uint8Array(8192)), new Uint8Array()]) {
    await inFolder(async (DATA_DIR) => {
      await Deno.writeFile(`${DATA_DIR}/proximal.db`, bytes);
      const { code, stdout, stderr } = await spawn({ DATA_DIR }).output();
      assert.equal(code, 1);
      assert.equal(stdout.length, 0);
      assert.match(
        new TextDecoder().decode(stderr),
        /^error: Cannot use the database [^\n]*\/proximal\.db: it is [^\n]*\. Restore it from a backup[^\n]*\n$/,
      );
    });
  }
});

for (
  const [variable, value, message] of [
    ["PORT", "eighty", /PORT is 'eighty': Expected an integer/],
    ["PORT", "70000", /PORT is '70000'/],
    ["LOG_LEVEL", "loud", /LOG_LEVEL is 'loud'/],
    ["MAX_CONCURRENT_JOBS", "0", /MAX_CONCURRENT_JOBS is '0'/],
    ["DEVICE", "tpu", /DEVICE is 'tpu'/],
    ["HOST", "0.0.0.0", /without authentication: set API_KEYS, make a key with .*, or set HOST/],
    ["OUTBOUND_ALLOW", "http://x", /Expected OUTBOUND_ALLOW to list/],
    [
      "MODELS_DIR",
      "models:/nowhere/at/all",
      /MODELS_DIR names '\/nowhere\/at\/all': .* nothing at that path/,
    ],
  ] as const
) {
  Deno.test(`main.ts refuses ${variable}=${value} with a sentence and exit code 1`, async () => {
    await inFolder(async (DATA_DIR) => {
      const { code, stdout, stderr } = await spawn({ DATA_DIR, [variable]: value }).output();
      const text = new TextDecoder().decode(stderr);
      assert.equal(code, 1);
      assert.equal(stdout.length, 0);
      assert.match(text, /^error: [^\n]*\n$/);
      assert.match(text, message);
    });
  });
}

for (
  const [name, environment, message] of [
    ["a device that cannot be had", { DEVICE: "cuda:63" }, /^error: DEVICE is 'cuda:63': Cannot use CUDA: /],
    [
      "a library that is not there",
      { ORT_LIBRARY: "/nowhere/x.so" },
      /^error: ORT_LIBRARY is '\/nowhere\/x.so': /,
    ],
    ["a library that is none", { ORT_LIBRARY: `${ROOT}deno.json` }, /^error: ORT_LIBRARY is '.*deno.json': /],
    [
      "an address of others",
      { HOST: "192.0.2.1", API_KEYS: "k" },
      /^error: Cannot listen on HOST '192.0.2.1', PORT 0: /,
    ],
    [
      "a name of nobody",
      { HOST: "nobody.invalid", API_KEYS: "k" },
      /^error: Cannot listen on HOST 'nobody.invalid'/,
    ],
    [
      "keys that no header can hold",
      { API_KEYS: "sch\u00fcssel" },
      /^error: .*API_KEYS is '…': Expected keys of/,
    ],
    [
      "a data folder that is a file",
      { DATA_DIR: `${ROOT}deno.json` },
      /^error: Cannot use DATA_DIR '.*deno.json': /,
    ],
  ] as [string, Record<string, string>, RegExp][]
) {
  Deno.test(`main.ts refuses ${name} in one line and with exit code 1`, async () => {
    await inFolder(async (DATA_DIR) => {
      const { code, stdout, stderr } = await spawn({ DATA_DIR, LOG_LEVEL: "silent", ...environment })
        .output();
      const text = new TextDecoder().decode(stderr);
      assert.equal(code, 1, text);
      assert.equal(stdout.length, 0);
      assert.match(text, /^[^\n]*\n$/);
      assert.match(text, message);
    });
  });
}

Deno.test("main.ts refuses a port in use by name, before a job of its queue begins", async () => {
  await inFolder(async (DATA_DIR) => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const PORT = String((listener.addr as Deno.NetAddr).port);
    const { code, stderr } = await spawn({ DATA_DIR, PORT }).output();
    listener.close();
    assert.equal(code, 1);
    const text = new TextDecoder().decode(stderr);
    assert.match(
      text,
      new RegExp(`^error: Cannot listen on HOST '127.0.0.1', PORT ${PORT}: another program`, "m"),
    );
    assert.doesNotMatch(text, /os error|\bat /);
  });
});

Deno.test("main.ts says on its log where everything is, and which variables were meant for it", async () => {
  await inFolder(async (DATA_DIR) => {
    const log: string[] = [];
    await running(
      { DATA_DIR, MAX_CONCURENT_JOBS: "4", API_KEYS: "one,two" },
      async (url) => {
        await (await fetch(`${url}/healthz`)).text();
        log.push(url);
      },
      undefined,
      log,
    );
    const [url, text] = log as [string, string];
    const lines = text.trim().split("\n").map((line) => JSON.parse(line));
    const start = lines.find(({ docs }) => docs !== undefined);
    assert.equal(
      start.message,
      `Data is in ${DATA_DIR}, models run on cpu, an API key is needed, the page is at ${url}/, ` +
        `the reference at ${url}/docs`,
    );
    assert.deepEqual([start.data_dir, start.device, start.api_keys], [DATA_DIR, "cpu", 2]);
    const warnings = lines.filter(({ level }) => level === "warn").map(({ message }) => message);
    assert.deepEqual(warnings, [
      "'MAX_CONCURENT_JOBS' is no setting of this server: did you mean MAX_CONCURRENT_JOBS?",
    ]);
  });
});

Deno.test("main.ts prints help instead of serving", async () => {
  const command = new Deno.Command(Deno.execPath(), {
    ...{ args: ["run", "-A", "--no-check", "main.ts", "--help"], cwd: ROOT, env: { PORT: "nonsense" } },
  });
  const { code, stdout } = await command.output();
  assert.equal(code, 0);
  assert.match(new TextDecoder().decode(stdout), /^proximal [^]*MAX_CONCURRENT_JOBS/);
});

Deno.test("main.ts binds other addresses with API keys", async () => {
  await inFolder(async (DATA_DIR) => {
    await running({ DATA_DIR, HOST: "0.0.0.0", API_KEYS: "0123456789abcdef" }, async (url) => {
      const local = url.replace("0.0.0.0", "127.0.0.1");
      const response = await fetch(`${local}/v1/models`);
      assert.equal(response.status, 401);
      await response.body?.cancel();
    });
  });
});

Deno.test("main.ts takes in no body above the limit, told or not how long it is", async () => {
  await inFolder(async (DATA_DIR) => {
    await running({ DATA_DIR }, async (url) => {
      const ten = new Uint8Array(10 * 1024 * 1024).fill(97);
      let sent = 0;
      const endless = new ReadableStream<Uint8Array>({
        pull(controller) {
          sent += 65536;
          controller.enqueue(ten.subarray(0, 65536));
          if (sent > 200 * 1024 * 1024) controller.close();
        },
      });
      for (const body of [ten, endless]) {
        const headers = { "content-type": "application/json" };
        const response = await fetch(`${url}/v1/training-jobs`, { method: "POST", headers, body });
        assert.equal(response.status, 413);
        assert.equal((await response.json()).code, "body_too_large");
      }
      assert.ok(sent < 40 * 1024 * 1024, `${sent} bytes were taken in`);
      const alive = await fetch(`${url}/healthz`);
      assert.equal(alive.status, 200);
      await alive.body?.cancel();
    });
  });
});

Deno.test({
  name: "main.ts divides the threads among the jobs that may train at a time",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (DATA_DIR) => {
      const server = await spawnServer({ DATA_DIR, THREADS: "4", MAX_CONCURRENT_JOBS: "2" });
      try {
        const body = JSON.stringify({
          ...{ kind: "ppo", model: "tiny", prompts: ["a"], epochs: 10_000 },
          reward: { type: "length", target: 5 },
        });
        const headers = { "content-type": "application/json" };
        const response = await fetch(`${server.url}/v1/training-jobs`, { method: "POST", headers, body });
        assert.equal(response.status, 202, await response.text());
        const threads = (pid: number) =>
          /\0THREADS=(\d+)\0/.exec(Deno.readTextFileSync(`/proc/${pid}/environ`))?.[1];
        // One that answers checks, one that trains.
        const engines = await eventually(() => server.engines().length === 2 && server.engines());
        assert.deepEqual(engines.map(threads).sort(), ["2", "4"]);
      } finally {
        server.process.kill("SIGTERM");
        await server.ended;
      }
    }),
});

Deno.test({
  name: "a generation that runs when the server stops is answered 503 and told to come back",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (DATA_DIR) => {
      const server = await spawnServer({ DATA_DIR });
      // It would take minutes.
      const body = JSON.stringify({ model: "tiny", prompts: Array(256).fill("a"), max_new_tokens: 1000 });
      const headers = { "content-type": "application/json" };
      const answer = fetch(`${server.url}/v1/generations`, { method: "POST", headers, body });
      await eventually(() => server.engines().length > 0);
      server.process.kill("SIGTERM");
      const response = await answer;
      const { code } = await response.json();
      assert.deepEqual([response.status, code], [503, "runtime_unavailable"]);
      assert.ok(Number(response.headers.get("retry-after")) > 0);
      await server.ended;
    }),
});
