/**
 * `deno task fuzz --schemathesis PATH [ARGUMENT …]`: starts a server with an API key, runs a small job on it, and lets
 * schemathesis (PyPI) send what the OpenAPI document allows and what it does not, in sequences too. All its checks must hold:
 * no 5xx, no answer that the document does not have, no wrong input taken, no right input refused but for names of what is not
 * there (422). One request at a time: jobs that another sequence deletes would be missed. Further arguments are schemathesis' own, such as `--max-examples 20 --seed 1`.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { OPENAI_PATHS } from "../routes/openai/mod.ts";
import { startServer } from "./start_server.ts";

const KEY = "a-key-that-is-only-for-the-fuzz-task";

const { values: options, tokens } = parseArgs({
  options: { schemathesis: { type: "string" } },
  strict: false,
  tokens: true,
});
if (typeof options.schemathesis !== "string") {
  console.error("Expected --schemathesis PATH, where pip has put it: pip install schemathesis");
  Deno.exit(2);
}
const own = tokens.find((token) => token.kind === "option" && token.name === "schemathesis")!.index;
const more = Deno.args.filter((_, index) => index !== own && index !== own + 1);

/** A model hub that has nothing: what is downloaded comes from nowhere else. */
const hub = Deno.serve(
  { port: 0, hostname: "127.0.0.1", onListen() {} },
  () => new Response("{}", { status: 404 }),
);
const address = `http://127.0.0.1:${hub.addr.port}`;
const server = await startServer({
  API_KEYS: KEY,
  RATE_LIMIT: "0",
  LOG_LEVEL: "error",
  HF_ENDPOINT: address,
  OUTBOUND_ALLOW: "127.0.0.1",
});

async function call(path: string, body?: unknown) {
  const response = await fetch(server.url + path, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return await response.json();
}

async function dataset(): Promise<string> {
  const response = await fetch(`${server.url}/v1/datasets`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/jsonl" },
    body: '{"prompt":"A plain sentence."}\n',
  });
  return (await response.json()).id;
}

/** What stands in the paths, so that there is something to find. */
async function parameters(): Promise<Record<string, string>> {
  let job = await call("/v1/training-jobs", {
    kind: "ppo",
    model: "tiny",
    prompts: ["A plain sentence."],
    epochs: 1,
    ppo: { batch_size: 1, max_new_tokens: 4 },
    reward: { type: "length", target: 3 },
  });
  while (["queued", "running"].includes(job.status)) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    job = await call(`/v1/training-jobs/${job.id}`);
  }
  if (job.status !== "succeeded") throw new Error(`The job ${job.status}: ${JSON.stringify(job.error)}`);
  return {
    "/v1/training-jobs/{id}": job.id,
    "/v1/checkpoints/{id}": job.checkpoint,
    "/v1/models/{id}": "tiny",
    "/v1/datasets/{id}": await dataset(),
  };
}

const folder = await Deno.makeTempDir({ prefix: "proximal-fuzz-" });
try {
  const config = join(folder, "schemathesis.toml");
  const operations = Object.entries(await parameters()).map(([path, id]) =>
    `[[operations]]\ninclude-path-regex = '^${path.replaceAll(/[{}]/g, "[{}]")}'\n` +
    `parameters = { "path.id" = "${id}" }\n`
  );
  const accepted = ["2xx", "3xx", "401", "403", "404", "409", "422", "429"].map((status) => `"${status}"`);
  // What is 409 or 422 elsewhere.
  operations.push(
    ...Object.keys(OPENAI_PATHS).map((path) =>
      `[[operations]]\ninclude-path-regex = '^${path}'\n` +
      `checks.positive_data_acceptance.expected-statuses = [${[...accepted, '"400"']}]\n`
    ),
  );
  // A body may also be too large, which the tool does not count among refusals.
  const refused = ["4xx", "5xx"].map((status) => `"${status}"`);
  await Deno.writeTextFile(
    config,
    `[checks.positive_data_acceptance]\nexpected-statuses = [${accepted}]\n\n` +
      `[checks.negative_data_rejection]\nexpected-statuses = [${refused}]\n\n${operations.join("\n")}`,
  );
  const { code } = await new Deno.Command(options.schemathesis, {
    args: [
      ...["--config-file", config, "run", `${server.url}/openapi.json`],
      ...["--header", `Authorization: Bearer ${KEY}`, "--checks", "all", "--workers", "1"],
      ...["--request-timeout", "60", "--no-color", "--continue-on-failure"],
      ...more,
    ],
    env: { PYTHONUNBUFFERED: "1" },
    cwd: folder, // it keeps a cache there
  }).spawn().status;
  Deno.exitCode = code;
} finally {
  await server.stop();
  await hub.shutdown();
  await Deno.remove(folder, { recursive: true });
}
