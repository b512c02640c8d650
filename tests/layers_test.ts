/**
 * The architecture as rules over the import graph: which part may use which, and which packages and capabilities
 * stay where. What it reads is source text, so an import that never runs counts as well.
 */
import assert from "node:assert/strict";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** Where the program's sources are, from the outside in. */
const LAYERS = ["main.ts", "routes", "core", "kernels"] as const;

/** The API process, from the top down: a file imports from its own floor and those below. */
const API = [
  "main.ts",
  "routes",
  "core/settings",
  "core/keys",
  "core/fine_tuning",
  "core/jobs",
  "core/records",
  "core/webhooks",
  "core/models",
  "core/datasets",
  "core/files",
  "core/hub",
  "core/questions",
  "core/processes",
  "core/outbound",
  "core/db",
  "core/metrics",
];

/** The library, the engine process, and the thread that describes model folders. */
const ENGINE = [
  "core/library",
  "core/engine",
  "core/kinds",
  "core/evaluate",
  "core/train",
  "core/serve",
  "core/describe",
  "core/convert",
  "core/rewards",
  "core/tokenizer",
  "core/networks",
  "core/decode",
  "core/run",
  "core/weights",
  "core/ort",
  "core/mpi",
  "core/replicas",
];

/** What both stand on: the two processes meet here and nowhere else. */
const SHARED = ["core/formats", "core/graders", "core/contract", "core", "kernels"];

const FLOORS = [...API, ...ENGINE, ...SHARED];

/** The folder that a file is in, as the lists above name it. */
function floorOf(path: string): string {
  if (path.startsWith("core/")) return path.split("/").slice(0, path.split("/").length > 2 ? 2 : 1).join("/");
  return path.split("/")[0]!;
}

/** Packages that one folder alone may import, dynamically or not. */
const QUARANTINED: Record<string, string> = {
  "onnxruntime-node": "core/ort/",
  "@huggingface/transformers": "core/tokenizer/",
  "@huggingface/hub": "core/hub/",
  "node:sqlite": "core/db/",
  "@libsql/hrana-client": "core/db/",
  "hono": "routes/",
  "hyparquet-writer": "core/records/",
  "@hono/node-server": "routes/",
  "@hono/zod-openapi": "routes/",
  "@opentelemetry/api": "core/tracing.ts",
  "prom-client": "core/metrics/",
  "csv-parse": "core/convert/",
  "@fastify/busboy": "routes/",
  "protobufjs": "kernels/onnx/",
  "re2js": "core/regex_pattern.ts",
  "swagger-ui-dist": "routes/docs.ts",
  "preact": "routes/page.ts",
  "htm": "routes/page.ts",
  "uplot": "routes/page.ts",
  "diff": "routes/page.ts",
  "eventsource-parser": "routes/page.ts",
  "@fontsource-variable/inter": "routes/page.ts",
  "@fontsource-variable/jetbrains-mono": "routes/page.ts",
};

/** The only files that look at the environment. */
const ENVIRONMENT_READERS = ["core/engine/main.ts", "main.ts"];

/** What kernels must do without: config in, bytes out. */
const CAPABILITY = /\b(Deno|process|fetch|WebSocket|Worker|setTimeout|Date|Math\.random|crypto)\b(?!['"])/;

interface Source {
  /** Relative to the repository. */
  path: string;
  /** Without comments. */
  code: string;
  /** Specifiers as written. */
  imports: string[];
  /** Specifiers of imports that remain when types are gone. */
  runtimeImports: string[];
}

/** Code without comments; strings and templates stay, so that a URL's slashes are not taken for a comment. */
function withoutComments(source: string): string {
  const token = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
  return source.replaceAll(token, (text) => text.startsWith("/") ? " " : text);
}

function readSource(path: string): Source {
  const code = withoutComments(Deno.readTextFileSync(join(ROOT, path)));
  const statement =
    /^\s*(?:import|export)\s+(type\s+)?(?:([\w*\s{},$]*?)\s*from\s*)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']|\.resolve\(\s*["']([^"'./][^"']*)["']/gm;
  const imports: string[] = [], runtimeImports: string[] = [];
  for (const [, type, names, from, dynamic, resolved] of code.matchAll(statement)) {
    const specifier = from ?? dynamic ?? resolved!;
    imports.push(specifier);
    const onlyTypes = type !== undefined ||
      (/^\s*\{[^}]*\}\s*$/.test(names ?? "") &&
        names!.replaceAll(/[{}]/g, "").split(",").map((name) => name.trim()).filter(Boolean)
          .every((name) => name.startsWith("type ")));
    if (!onlyTypes) runtimeImports.push(specifier);
  }
  return { path, code, imports, runtimeImports };
}

function* sourcePaths(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(join(ROOT, folder))) {
    const path = join(folder, name);
    if (isDirectory) yield* sourcePaths(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

const sources = [...LAYERS.flatMap((layer) => layer.endsWith(".ts") ? [layer] : [...sourcePaths(layer)])]
  .sort().map(readSource);
const byPath = new Map(sources.map((source) => [source.path, source]));

const isRelative = (specifier: string) => specifier.startsWith(".");
const target = (path: string, specifier: string) => normalize(join(dirname(path), specifier));
const packageOf = (specifier: string) =>
  specifier.replace(/^npm:/, "").split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
const layerOf = (path: string) => LAYERS.findIndex((layer) => path === layer || path.startsWith(`${layer}/`));

/** Every file's faults in one message, so that a failure says all there is to repair. */
function none(faults: string[]): void {
  assert.equal(faults.length, 0, faults.join("\n"));
}

Deno.test("the program's sources are found, and their imports read", () => {
  assert.ok(sources.length > 100, `Only ${sources.length} sources`);
  for (const layer of LAYERS) assert.ok(sources.some(({ path }) => layerOf(path) === LAYERS.indexOf(layer)));
  const main = byPath.get("main.ts")!;
  assert.ok(main.imports.includes("./routes/app.ts"));
  assert.ok(byPath.get("core/ort/library.ts")!.imports.some((one) => one.startsWith("onnxruntime-node")));
});

Deno.test("every relative import names a file of the program", () => {
  none(
    sources.flatMap(({ path, imports }) =>
      imports.filter(isRelative).map((one) => target(path, one)).filter((to) => !byPath.has(to))
        .map((to) => `${path} imports ${to}, which is none of ${LAYERS.join(", ")}`)
    ),
  );
});

Deno.test("every file is on a floor, and every floor has files", () => {
  const floors = new Set(sources.map(({ path }) => floorOf(path)));
  assert.deepEqual([...floors].sort(), [...FLOORS].sort());
});

Deno.test("docs/architecture.md names every floor, in this order", () => {
  const [, section] = /^## The floors\n([\s\S]*?)^## /m.exec(
    Deno.readTextFileSync(join(ROOT, "docs/architecture.md")),
  )!;
  const named = [...section!.matchAll(/^\| `([\w./]+?)\/?` +\|/gm)].map(([, floor]) => floor);
  assert.deepEqual(named, FLOORS);
});

Deno.test("imports go down the floors, types too, and the two processes meet only in what both stand on", () => {
  none(sources.flatMap(({ path, imports }) => {
    const from = floorOf(path);
    return imports.filter(isRelative).map((one) => target(path, one)).filter((to) => {
      const floor = floorOf(to);
      const apart = API.includes(from) && ENGINE.includes(floor);
      return apart || FLOORS.indexOf(floor) < FLOORS.indexOf(from);
    }).map((to) => `${path} imports ${to}, which is ${API.includes(from) ? "not below" : "above"} it`);
  }));
});

Deno.test("no file imports itself by way of others", () => {
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, above: readonly string[]) => {
    if (above.includes(path)) cycles.push([...above.slice(above.indexOf(path)), path].join(" → "));
    if (done.has(path)) return;
    done.add(path);
    const { runtimeImports } = byPath.get(path)!;
    for (const one of runtimeImports.filter(isRelative)) visit(target(path, one), [...above, path]);
  };
  for (const { path } of sources) visit(path, []);
  none(cycles);
});

Deno.test("packages stay where they are quarantined", () => {
  none(sources.flatMap(({ path, imports }) =>
    imports.filter((one) => !isRelative(one)).map(packageOf)
      .filter((name) => name in QUARANTINED && !path.startsWith(QUARANTINED[name]!))
      .map((name) => `${path} imports ${name}, which belongs to ${QUARANTINED[name]}`)
  ));
});

Deno.test("every quarantine has someone in it", () => {
  const used = new Set(
    sources.flatMap(({ imports }) => imports.filter((one) => !isRelative(one)).map(packageOf)),
  );
  none(Object.keys(QUARANTINED).filter((name) => !used.has(name)).map((name) => `Nothing imports ${name}`));
});

Deno.test("packages come from the import map, pinned to one version", async () => {
  const { imports: map } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json"))) as {
    imports: Record<string, string>;
  };
  none(
    Object.entries(map).filter(([, to]) => !/^npm:(@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+$/.test(to))
      .map(([name, to]) => `deno.json maps ${name} to ${to}, which is not one version of an npm package`),
  );
  none(
    sources.flatMap(({ path, imports }) =>
      imports.filter((one) => !isRelative(one) && !one.startsWith("node:") && !(packageOf(one) in map))
        .map((one) => `${path} imports ${one}, which deno.json does not name`)
    ),
  );
});

Deno.test("the packages that nothing of the program imports are those of tests and tools", async () => {
  const { imports: map } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json"))) as {
    imports: Record<string, string>;
  };
  const used = new Set(sources.flatMap(({ imports }) => imports.map(packageOf)));
  const unused = Object.keys(map).filter((name) => !used.has(name));
  assert.deepEqual(unused, [
    "@types/node",
    "axe-core",
    "fast-check",
    "openai",
    "openai-6",
    "playwright-core",
    "yaml",
  ]);
});

Deno.test("a task that runs the program installs its packages first", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json"))) as {
    tasks: Record<string, { command: string; dependencies?: string[] }>;
  };
  const alone = ["install", "install:all", "python:install", "size"];
  none(
    Object.entries(tasks).filter(([name, { dependencies = [] }]) =>
      !alone.includes(name) && !dependencies.some((one) => one.startsWith("install"))
    ).map(([name]) => `deno task ${name} installs nothing`),
  );
});

Deno.test("what starts the server installs all packages that its threads and processes import", () => {
  const packages = (entry: string) =>
    [...reachable(entry)].flatMap((path) => byPath.get(path)!.runtimeImports)
      .filter((one) => !isRelative(one) && !one.startsWith("node:")).map(packageOf);
  const installed = ["main.ts", "core/engine/main.ts"].flatMap(packages);
  for (const name of ["hono", "zod", "onnxruntime-node", "@huggingface/transformers", "swagger-ui-dist"]) {
    assert.ok(installed.includes(name), name);
  }
  const workers = sources.flatMap(({ path, code }) =>
    [...code.matchAll(/new Worker\(new URL\("([^"]+)"/g)].map(([, to]) => target(path, to!))
  );
  assert.ok(workers.length > 0);
  none(
    workers.flatMap((path) => packages(path).map((name) => ({ path, name })))
      .filter(({ name }) => !installed.includes(name)).map(({ path, name }) => `${path} imports ${name}`),
  );
});

Deno.test("kernels compute and nothing else", () => {
  const kernels = sources.filter(({ path }) => path.startsWith("kernels/"));
  none(kernels.flatMap(({ path, imports, code }) => [
    ...imports.filter((one) => !isRelative(one) && packageOf(one) !== "protobufjs")
      .map((one) => `${path} imports ${one}`),
    ...code.split("\n").filter((line) => CAPABILITY.test(line))
      .map((line) => `${path} uses ${CAPABILITY.exec(line)![1]}: ${line.trim()}`),
  ]));
});

Deno.test("only the two entries read the environment", () => {
  const readers = sources.filter(({ code }) => /\bDeno\.env\b|\bprocess\.env\b|\benv\.get\(/.test(code));
  assert.deepEqual(readers.map(({ path }) => path), ENVIRONMENT_READERS);
});

Deno.test("only core/ort/ and core/mpi/ call native code", () => {
  const callers = sources.filter(({ code }) =>
    /\bDeno\.(dlopen|UnsafePointer|UnsafeFnPointer|UnsafePointerView|UnsafeCallback)\b/.test(code)
  );
  assert.ok(callers.length > 0);
  none(
    callers.filter(({ path }) => !/^core\/(ort|mpi)\//.test(path)).map(({ path }) =>
      `${path} calls native code`
    ),
  );
});

Deno.test("only the API's port, a database's server and the folder that holds what goes out reach the network", () => {
  const callers = sources.filter(({ code, imports }) =>
    /\bfetch\(|\bDeno\.(serve|connect|connectTls|listen)\b|\bnew WebSocket\b/.test(code) ||
    imports.some((one) => /^node:(net|tls|https?|dgram)$/.test(one))
  );
  none(
    callers.filter(({ path }) => !["main.ts", "routes/listen.ts", "core/db/libsql_server.ts"].includes(path))
      .filter(({ path }) => !path.startsWith("core/outbound/"))
      .map(({ path }) => `${path} reaches the network`),
  );
});

/** Files that run when `entry` does. */
function reachable(entry: string): Set<string> {
  const reached = new Set<string>();
  const visit = (path: string) => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const one of byPath.get(path)!.runtimeImports.filter(isRelative)) visit(target(path, one));
  };
  visit(entry);
  return reached;
}

Deno.test("the engine process loads neither database nor server", () => {
  const reached = reachable("core/engine/main.ts");
  assert.ok(reached.has("core/kinds/ppo/trainer.ts"));
  none([...reached].filter((path) => API.includes(floorOf(path))));
});

Deno.test("the API process loads no runtime, no tokenizer and no graph builder", () => {
  const reached = reachable("main.ts");
  assert.ok(reached.has("routes/app.ts"));
  none([...reached].filter((path) => path.startsWith("kernels/") || ENGINE.includes(floorOf(path))));
});
