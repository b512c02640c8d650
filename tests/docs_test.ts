/** What the documents claim, where a program can tell: requests, endpoints, links, paths, tasks, variables. */
import { fineTuningRequestSchema } from "../routes/openai/fine_tuning_request.ts";
import assert from "node:assert/strict";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import type { z } from "zod";
import { evaluationRequestSchema } from "../core/contract/evaluation_job.ts";
import { generationSchema } from "../core/contract/generation.ts";
import { scoreSchema } from "../core/contract/score.ts";
import { REWARD_TYPES } from "../core/contract/reward_schema.ts";
import { trainingJobSchema } from "../core/contract/training_job.ts";
import {
  createEndpointSchema,
  rotateSecretSchema,
  updateEndpointSchema,
} from "../core/contract/webhook_schema.ts";
import { chatCompletionSchema } from "../core/contract/chat_completion.ts";
import { completionSchema } from "../core/contract/completion.ts";
import { modelRegistrationSchema } from "../core/contract/model.ts";
import { commandSchema } from "../core/contract/protocol.ts";
import { WARNING_CODES } from "../core/kinds/ppo/step_watch.ts";
import { PROBLEMS } from "../routes/problem.ts";
import { served } from "./routes/served.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const DOCUMENTS = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...[...Deno.readDirSync(join(ROOT, "docs"))].map(({ name }) => `docs/${name}`)
    .filter((path) => path.endsWith(".md")).sort(),
];

const BODIES: Record<string, z.ZodType> = {
  "POST /v1/evaluations": evaluationRequestSchema,
  "POST /v1/evaluations/dry-run": evaluationRequestSchema,
  "POST /v1/training-jobs": trainingJobSchema,
  "POST /v1/training-jobs/dry-run": trainingJobSchema,
  "POST /v1/completions": completionSchema,
  "POST /v1/chat/completions": chatCompletionSchema,
  "POST /v1/fine_tuning/jobs": fineTuningRequestSchema,
  "POST /v1/generations": generationSchema,
  "POST /v1/scores": scoreSchema,
  "POST /v1/models": modelRegistrationSchema,
  "POST /v1/webhooks": createEndpointSchema,
  "PATCH /v1/webhooks/some_id": updateEndpointSchema,
  "POST /v1/webhooks/some_id/rotate-secret": rotateSecretSchema,
};

interface Example {
  document: string;
  operation: string;
  body: string | undefined;
}

const text = (path: string) => Deno.readTextFileSync(join(ROOT, path));

/** Shell code of a document, with a placeholder for each variable. */
function shell(document: string): string {
  return [...text(document).matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, code]) => code)
    .join("\n").replaceAll(/'\$\w+'|\$\w+/g, "some_id");
}

/** Every request that a document's shell code sends to a server. */
function examples(document: string): Example[] {
  return shell(document).split(/\bcurl /).slice(1).map((call) => {
    const path = /http:\/\/127\.0\.0\.1:8000([^\s'"?]*)/.exec(call)?.[1] ?? "";
    const body = / -d '([^']*)'/.exec(call)?.[1];
    const method = / -X (\w+)/.exec(call)?.[1] ?? (body === undefined ? "GET" : "POST");
    return { document, operation: `${method} ${path}`, body };
  });
}

const requests = DOCUMENTS.flatMap(examples);

Deno.test("documents have examples to check", () => {
  for (const document of ["README.md", "docs/api.md"]) {
    assert.ok(requests.filter((one) => one.document === document).length > 5, document);
  }
  for (const operation of Object.keys(BODIES)) {
    assert.ok(requests.some((one) => one.operation === operation), operation);
  }
});

Deno.test("bodies of example requests are valid", () => {
  for (const { document, operation, body } of requests.filter((one) => one.body !== undefined)) {
    const schema = BODIES[operation];
    assert.ok(schema, `${document}: ${operation} takes no body`);
    const given = JSON.parse(body!);
    // Like a job that there is, so only a server can tell: docs_run_test.ts asks one.
    if ("from" in given) continue;
    const result = schema.safeParse(given);
    assert.ok(result.success, `${document}: ${operation}: ${result.error?.message}\n${body}`);
  }
});

Deno.test("commands to an engine in CONTRIBUTING.md are commands", () => {
  const lines = [...text("CONTRIBUTING.md").matchAll(/printf '%s\\n' '(\{.*?\})';/g)].map(([, line]) =>
    line!
  );
  assert.ok(lines.length > 2);
  for (const line of lines) {
    const { error } = commandSchema.safeParse(JSON.parse(line));
    assert.equal(error, undefined, `${error?.message}\n${line}`);
  }
});

Deno.test("example requests go to endpoints that exist, and docs/api.md has a section for each", async () => {
  await served(async (it) => {
    const { paths } = (await it.call("GET", "/openapi.json")).json as {
      paths: Record<string, Record<string, unknown>>;
    };
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
    );
    const known = [...operations, "GET /openapi.json"].map((operation) =>
      new RegExp(`^${operation.replaceAll(/\{\w+\}/g, "[^/]+")}$`)
    );
    for (const { document, operation } of requests) {
      assert.ok(known.some((one) => one.test(operation)), `${document}: ${operation} does not exist`);
    }
    const sections = [...text("docs/api.md").matchAll(/^### `([A-Z]+ \S+)`$/gm)].map(([, name]) => name);
    assert.deepEqual(sections.toSorted(), operations.toSorted());
  });
});

Deno.test("docs/api.md lists every error code with its status", () => {
  const listed = [...text("docs/api.md").matchAll(/^\| (\d{3}) +\| (.*)$/gm)].flatMap(([, status, codes]) =>
    [...codes!.matchAll(/`([a-z]+(?:_[a-z]+)*)`/g)].map(([, code]) => `${status} ${code}`)
  );
  const codes = Object.entries(PROBLEMS).map(([code, { status }]) => `${status} ${code}`);
  assert.deepEqual(listed.toSorted(), codes.toSorted());
});

Deno.test("docs/api.md says of every kind of reward what it is, and of no other", () => {
  const [, section] = text("docs/api.md").split(/^#### Rewards$/m);
  const rows = section!.split(/^#+ /m)[0]!.matchAll(/^\| `(\w+)`/gm);
  assert.deepEqual([...rows].map(([, type]) => type), REWARD_TYPES);
});

Deno.test("links in documents lead to files and headings that exist", () => {
  const anchor = (heading: string) =>
    heading.trim().toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(/\s/g, "-");
  for (const document of DOCUMENTS) {
    for (const [, link] of text(document).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link!)) continue;
      const [path, fragment] = link!.split("#") as [string, string?];
      const file = path === "" ? document : normalize(join(dirname(document), path));
      assert.ok(exists(file), `${document}: ${link}`);
      if (fragment === undefined) continue;
      const headings = [...text(file).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(heading!));
      assert.ok(headings.includes(fragment), `${document}: ${file} has no heading #${fragment}`);
    }
  }
});

Deno.test("paths that documents name are in the repository", () => {
  const named =
    /`((?:core|routes|kernels|tests|tasks|bench|docs|models|migrations|\.ci)\/[\w./-]*|main\.ts)`/g;
  const missing = DOCUMENTS.flatMap((document) =>
    [...text(document).matchAll(named)].map(([, path]) => path!)
      .filter((path) => !exists(path)).map((path) => `${document}: ${path}`)
  );
  assert.deepEqual(missing, []);
});

function exists(path: string): boolean {
  try {
    Deno.statSync(join(ROOT, path));
    return true;
  } catch {
    return false;
  }
}

Deno.test("commands in documents are pinned and name tasks and files that exist", () => {
  const { tasks } = JSON.parse(text("deno.json")) as { tasks: Record<string, unknown> };
  const versions = new Set<string>();
  for (const document of DOCUMENTS) {
    for (const [, version, rest] of text(document).matchAll(/npx -y deno@([\d.]+) ([^\n`)]*)/g)) {
      versions.add(version!);
      const [verb, ...words] = rest!.trim().split(/\s+/);
      const known = verb === "task"
        ? words[0]! in tasks
        : exists(words.find((word) => /\.ts$/.test(word) || /^[\w.]+\/[\w./-]+$/.test(word))!);
      assert.ok(known, `${document}: ${rest}`);
    }
  }
  const [script] = /deno@[\d.]+/.exec(text(".ci/run"))!;
  assert.deepEqual([...versions].map((version) => `deno@${version}`), [script]);
});

Deno.test("README.md lists the variables that the program reads, and no others", () => {
  const listed = [...text("README.md").matchAll(/^\| `([A-Z_]+)`/gm)].map(([, name]) => name!);
  const settings = [...text("core/settings/settings.ts").matchAll(/^ {2}([A-Z_]+):/gm)].map(([, name]) =>
    name!
  );
  const engine = [...text("core/engine/main.ts").matchAll(/Deno\.env\.get\("([A-Z_]+)"\)/g)]
    .map(([, name]) => name!);
  assert.ok(settings.length > 5 && engine.length > 1);
  assert.deepEqual(listed.toSorted(), [...new Set([...settings, ...engine])].toSorted());
});

/** Files below `place` that a search of the table finds: `ls` by name, `grep` by a line that has the text. */
function found(search: string): string[] {
  const [, flags, pattern, place] = /^grep (-\w+) (?:"(.*)"|'.*') (\S+)$/.exec(search) ??
    /^(ls) ()(\S+)$/.exec(search) ?? [];
  assert.ok(flags && place, `Expected ls FOLDER or grep -FLAGS "TEXT" FOLDER, got ${search}`);
  const wanted = pattern ?? /'(.*)'/.exec(search)![1]!;
  const fold = (line: string) => flags.includes("i") ? line.toLowerCase() : line;
  return [...filesBelow(place)].filter((path) =>
    flags === "ls" ? dirname(path) === place : fold(text(path)).includes(fold(wanted))
  );
}

function* filesBelow(path: string): Generator<string> {
  if (Deno.statSync(join(ROOT, path)).isFile) return yield path;
  for (const { name, isDirectory } of Deno.readDirSync(join(ROOT, path))) {
    if (isDirectory) yield* filesBelow(`${path}/${name}`);
    else if (name.endsWith(".ts")) yield `${path}/${name}`;
  }
}

Deno.test("each search in docs/architecture.md finds the file of its row, among few", () => {
  const [, table] = /^## Where do I change X\n([\s\S]*?)^## /m.exec(text("docs/architecture.md"))!;
  const rows = [...table!.matchAll(/^\| (.+?) +\| `(\S+)` +\| `(.+)` +\|$/gm)];
  assert.ok(rows.length > 20);
  for (const [, what, path, search] of rows) {
    const files = found(search!);
    assert.ok(files.includes(path!), `${what}: ${search} finds ${files.join(", ") || "nothing"}`);
    assert.ok(
      search!.startsWith("ls") || files.length <= 8,
      `${what}: ${search} finds ${files.length} files`,
    );
  }
});

Deno.test("docs/troubleshooting.md says of every warning and every error code what helps, and of no other", () => {
  const section = (document: string, heading: string) =>
    text(document).split(new RegExp(`^##+ ${heading}$`, "m"))[1]!.split(/^## /m)[0]!;
  const codes = (part: string) => [...part.matchAll(/^\| `([a-z_]+)`/gm)].map(([, code]) => code!);
  const warnings = codes(section("docs/jobs.md", "Warnings"));
  assert.deepEqual(WARNING_CODES.filter((code) => !warnings.includes(code)), []);
  const page = "docs/troubleshooting.md";
  assert.deepEqual(codes(section(page, "Warnings of a run")).toSorted(), warnings.toSorted());
  assert.deepEqual(codes(section(page, "Errors")).toSorted(), Object.keys(PROBLEMS).toSorted());
});
