/**
 * What the documents tell people to type, typed: shell blocks run in order, a document at a time, against one real
 * server, and every block of JSON, TypeScript and JavaScript is taken for what it says it is. A block that needs what is
 * not on every machine says so in a comment before it, `<!-- needs: a network -->`, and is skipped by that name; one that
 * shows a refusal says `<!-- answers: 422 -->`.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { Webhook } from "standardwebhooks";
import { evaluationResultSchema } from "../core/contract/evaluation_result.ts";
import { ppoJobSchema } from "../core/contract/ppo_job.ts";
import { rolloutSchema } from "../core/contract/records.ts";
import { REWARD_TYPES, rewardSchema } from "../core/contract/reward_schema.ts";
import { trainingJobSchema } from "../core/contract/training_job.ts";
import { type RunningServer, startServer } from "../tasks/start_server.ts";
import { demoPrompts } from "../tasks/tiny/prompts.ts";
import { inFolder } from "./core/networks/in_folder.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** `DOCUMENT=docs/api.md` in the environment: that one alone. */
const ONLY = Deno.env.get("DOCUMENT");
const DOCUMENTS = [
  "README.md",
  "CONTRIBUTING.md",
  ...[...Deno.readDirSync(join(ROOT, "docs"))].map(({ name }) => `docs/${name}`)
    .filter((path) => path.endsWith(".md")).sort(),
].filter((path) => ONLY === undefined || path === ONLY);

/** What the examples say the server's address is. */
const ADDRESS = "http://127.0.0.1:8000";

/** Tasks that the blocks name and that are not run here, each with why. Another test sees that they exist. */
const NOT_RUN: Readonly<Record<string, string>> = {
  dev: "the server is there already",
  ...Object.fromEntries(
    ["demo", "curve", "story", "rates", "test", "ok", "bench", "chaos", "fuzz", "screenshots", "sdk:check"]
      .map((
        task,
      ) => [task, "minutes"]),
  ),
  ...Object.fromEntries(["cuda:install", "cuda:check", "cuda:kit"].map((task) => [task, "a GPU"])),
  ...Object.fromEntries(["install", "install:all", "size"].map((task) => [task, "a network"])),
  ...Object.fromEntries(
    ["keys", "backup", "restore"].map((task) => [task, "a data folder; tests of their own run them"]),
  ),
};

/** And programs, by how their paths begin. */
const PROGRAMS_NOT_RUN: Readonly<Record<string, string>> = {
  "tests/": "minutes",
  "bench/": "minutes",
  "docs/examples/": "a minute; a test of their own runs them",
};

interface Block {
  language: string;
  code: string;
  line: number;
  /** What it says it needs. */
  needs: string | undefined;
  /** The status that it says it shows. */
  answers: number | undefined;
}

/** Every fenced block of a document with a language, with what the comment before it says. */
function blocksOf(document: string): Block[] {
  const text = Deno.readTextFileSync(join(ROOT, document));
  return [...text.matchAll(/(?:^<!-- ([^\n]*) -->\n+)?^```(\w+)\n([\s\S]*?)^```$/gm)].map((found) => {
    const [, said = "", language, code] = found;
    const answers = /^answers: (\d{3})$/.exec(said)?.[1];
    return {
      ...{ language: language!, code: code! },
      line: text.slice(0, found.index).split("\n").length,
      needs: /^needs: (.+)$/.exec(said)?.[1],
      answers: answers === undefined ? undefined : Number(answers),
    };
  });
}

const documents = DOCUMENTS.map((document) => ({ document, blocks: blocksOf(document) }));

Deno.test("blocks of documents are of languages that are run, checked or drawn", () => {
  const languages = new Set(documents.flatMap(({ blocks }) => blocks.map(({ language }) => language)));
  const known = ["sh", "json", "ts", "js", "python", "mermaid"];
  assert.deepEqual([...languages].filter((language) => !known.includes(language)), []);
  for (const { document, blocks } of documents) {
    for (const { language, line, needs } of blocks) {
      assert.ok(
        language !== "python" || needs,
        `${document}:${line}: Python that does not say what it needs`,
      );
    }
  }
});

/** Programs before those of the machine: they keep what is asked of this server and this checkout. */
async function shims(folder: string): Promise<string> {
  const bin = join(folder, "bin");
  await Deno.mkdir(bin);
  const write = (name: string, script: string) =>
    Deno.writeTextFile(join(bin, name), `#!/bin/bash\n${script}\n`, { mode: 0o755 });
  const [real] = [
    ...new TextDecoder().decode(
      new Deno.Command("which", { args: ["-a", "curl"], stderr: "null" }).outputSync().stdout,
    ).split("\n"),
  ];
  assert.ok(real, "curl is not there: the documents' examples are written for it");
  // Says which status came, on standard error, where the script's own output is not touched.
  await write("curl", `exec ${real} "$@" -w '%{stderr}::status %{http_code} %{url_effective}\\n'`);
  await write(
    "npx",
    [
      "shopt -s extglob",
      "shift 2", // -y deno@…
      `case "$1 $2" in task\\ @(${Object.keys(NOT_RUN).join("|")})) echo "::skipped $2" >&2; exit 0;; esac`,
      `case "$3" in @(${Object.keys(PROGRAMS_NOT_RUN).join("|")})*) echo "::skipped $3" >&2; exit 0;; esac`,
      'args=(); for one in "$@"; do case "$one" in *.ts) args+=("$ROOT$one");; *) args+=("$one");; esac; done',
      'if [ "$1" = run ]; then args=(run --no-check --config "${ROOT}deno.json" "${args[@]:1}"); fi',
      'if [ "$1" = task ]; then cd "$ROOT"; fi',
      `exec ${Deno.execPath()} "\${args[@]}"`,
    ].join("\n"),
  );
  return bin;
}

/** A job that has run, for documents that go on from one. */
async function trained(url: string): Promise<{ JOB: string; CHECKPOINT: string }> {
  const answer = await fetch(`${url}/v1/training-jobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      ...{ kind: "ppo", model: "tiny", prompts: demoPrompts().slice(0, 4), epochs: 2 },
      ppo: { batch_size: 4, max_new_tokens: 8 },
      reward: { type: "length", target: 8 },
    }),
  });
  const { id } = await answer.json();
  await (await fetch(`${url}/v1/training-jobs/${id}/events`, { headers: { accept: "text/event-stream" } }))
    .text();
  const { checkpoint } = await (await fetch(`${url}/v1/training-jobs/${id}`)).json();
  return { JOB: id, CHECKPOINT: checkpoint };
}

/** Runs a document's shell blocks in one shell, and says where it failed. */
async function runShell(
  document: string,
  blocks: readonly Block[],
  { url, bin, folder, variables }: {
    url: string;
    bin: string;
    folder: string;
    variables: Record<string, string>;
  },
): Promise<void> {
  const run = blocks.filter(({ needs }) => needs === undefined);
  const script = [
    "set -e -o pipefail",
    ...run.flatMap(({ code, line }) => [`echo "::block ${line}" >&2`, code.replaceAll(ADDRESS, url)]),
  ].join("\n");
  const { code, stderr, stdout } = await new Deno.Command("bash", {
    args: ["-c", script],
    cwd: folder,
    env: { ...variables, PATH: `${bin}:${Deno.env.get("PATH")}`, PROXIMAL_URL: url, ROOT, NO_COLOR: "1" },
    ...{ stdin: "null", stdout: "piped", stderr: "piped" },
  }).output();
  const said = new TextDecoder().decode(stderr);
  const output = new TextDecoder().decode(stdout).slice(-2000);
  const parts = said.split(/^::block (\d+)$/m).slice(1);
  const last = parts.at(-2);
  assert.equal(code, 0, `${document}:${last} ended with ${code}:\n${parts.at(-1)}\n${output}`);
  assert.equal(parts.length / 2, run.length, said);
  const wrong = run.flatMap(({ line, answers }, index) =>
    [...parts[2 * index + 1]!.matchAll(/^::status (\d+) (\S+)$/gm)]
      .filter(([, status]) =>
        answers === undefined ? Number(status) >= 400 || status === "000" : Number(status) !== answers
      )
      .map(([, status, asked]) => `${document}:${line}: ${asked} was answered ${status}`)
  );
  assert.deepEqual(wrong, []);
}

Deno.test("shell blocks of documents do what they say, in order, on a server", async (t) => {
  const server = await startServer();
  try {
    await inFolder(async (temporary) => {
      const bin = await shims(temporary);
      const variables = await trained(server.url);
      for (const { document, blocks } of documents) {
        const shell = blocks.filter(({ language }) => language === "sh");
        if (shell.length === 0) continue;
        const folder = join(temporary, document.replaceAll("/", "-"));
        await Deno.mkdir(folder);
        await t.step(document, () => runShell(document, shell, { url: server.url, bin, folder, variables }));
        for (const { line, needs } of shell.filter(({ needs }) => needs)) {
          await t.step({ name: `${document}:${line} (skipped: needs ${needs})`, ignore: true, fn() {} });
        }
      }
      if (ONLY === undefined || modules.length > 0) {
        await t.step("modules of rewards score as they are written", () => runModules(server));
      }
    });
  } finally {
    await server.stop();
  }
});

/** TypeScript blocks are modules of rewards. */
const modules = documents.flatMap(({ document, blocks }) =>
  blocks.filter(({ language }) => language === "ts").map((block) => ({ document, ...block }))
);

/** Each is put where they belong, and asked for a score. */
async function runModules({ url, dataDir }: RunningServer): Promise<void> {
  assert.ok(modules.length > 1);
  await Deno.mkdir(join(dataDir, "rewards"), { recursive: true });
  for (const [index, { document, line, code }] of modules.entries()) {
    const file = `block-${index}.ts`;
    await Deno.writeTextFile(join(dataDir, "rewards", file), code);
    const answer = await fetch(`${url}/v1/scores`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        ...{ model: "tiny", tokens: false, reward: { type: "module", file } },
        items: [{ prompt: "POST: A cat.\nTL;DR:", completion: " A cat, a cow, a dog?", answer: " A cat" }],
      }),
    });
    const text = await answer.text();
    assert.equal(answer.status, 200, `${document}:${line}: ${text}`);
    assert.equal(typeof JSON.parse(text).data[0].reward, "number", `${document}:${line}`);
  }
}

/** What a block of JSON may be: how it is known, and the schema that it must fit. The first that knows it has it. */
const JSON_KINDS: readonly {
  name: string;
  knows: (value: Record<string, unknown>) => boolean;
  schema: z.ZodType;
}[] = [
  { name: "a job", knows: (value) => "kind" in value, schema: trainingJobSchema },
  { name: "a reward", knows: ({ type }) => REWARD_TYPES.includes(type as never), schema: rewardSchema },
  { name: "knobs of ppo", knows: (value) => "guard" in value, schema: ppoJobSchema.shape.ppo },
  {
    name: "a result of an evaluation",
    knows: (value) => "win_rate" in value,
    schema: evaluationResultSchema,
  },
  { name: "a rollout", knows: (value) => "rollout_id" in value, schema: rolloutSchema },
  {
    name: "a problem",
    knows: (value) => "code" in value,
    schema: z.object({
      code: z.string(),
      errors: z.array(z.object({ path: z.string(), message: z.string() })),
    }),
  },
  {
    name: "a question of an http reward",
    knows: (value) => "items" in value,
    schema: z.object({
      id: z.string(),
      items: z.array(z.object({ prompt: z.string(), completion: z.string(), prompt_idx: z.int() })),
    }),
  },
  {
    name: "its answer",
    knows: (value) => "scores" in value,
    schema: z.object({ scores: z.array(z.number()) }),
  },
  {
    name: "a webhook's body",
    knows: ({ type }) => String(type).startsWith("training_job."),
    schema: z.object({ timestamp: z.string(), data: z.object({ job: z.object() }) }),
  },
];

Deno.test("JSON blocks of documents are what they show", () => {
  for (const { document, blocks } of documents) {
    for (const { code, line } of blocks.filter(({ language }) => language === "json")) {
      // An ellipsis stands for the letters of an id.
      const value = JSON.parse(code.replaceAll(/(ds|ckpt|job)_…/g, `$1_${"0".repeat(26)}`));
      const kind = JSON_KINDS.find(({ knows }) => knows(value));
      assert.ok(kind, `${document}:${line}: nobody knows what this is`);
      const { error } = kind.schema.safeParse(value);
      assert.equal(error, undefined, `${document}:${line} is not ${kind.name}: ${error?.message}`);
    }
  }
});

Deno.test("JavaScript blocks of documents run on a signed webhook", async () => {
  const secret = `whsec_${btoa("a secret of twenty-four b.")}`;
  const body = '{"type":"training_job.succeeded"}';
  const now = new Date();
  const headers = {
    "webhook-id": "evt_1",
    "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign("evt_1", now, body),
  };
  for (const { document, blocks } of documents) {
    for (const { code, line } of blocks.filter(({ language }) => language === "js")) {
      await inFolder(async (folder) => {
        const file = join(folder, "block.js");
        const given = Object.entries({ secret, body, headers }).map(([name, value]) =>
          `const ${name} = ${JSON.stringify(value)};\n`
        );
        await Deno.writeTextFile(file, given.join("") + code);
        const { success, stderr } = await new Deno.Command(Deno.execPath(), {
          args: ["run", "--no-check", "--config", join(ROOT, "deno.json"), file],
        }).output();
        assert.ok(success, `${document}:${line}: ${new TextDecoder().decode(stderr)}`);
      });
    }
  }
});
