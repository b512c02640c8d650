/**
 * The page for people: plain ES modules from `routes/page/` and the few libraries they use from `node_modules`, as they
 * are, under one address that changes with any of them, so that browsers may keep all of it. The content policy lets the
 * page load and ask nothing but this server. What it shows comes from the public API.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { createHash } from "node:crypto";
import { type Context, Hono } from "hono";
import { html, raw } from "hono/html";
// Named so that the packages are installed with the server: files that are read are in no module graph.
import "@fontsource-variable/inter/package.json" with { type: "json" };
import "@fontsource-variable/jetbrains-mono/package.json" with { type: "json" };
import "diff/package.json" with { type: "json" };
import "eventsource-parser/package.json" with { type: "json" };
import "htm";
import "preact/package.json" with { type: "json" };
import "uplot/package.json" with { type: "json" };
import type { Env } from "./context.ts";
import { problem } from "./problem.ts";

const FOLDER = fileURLToPath(new URL("./page/", import.meta.url));
const PACKAGES = fileURLToPath(new URL("../node_modules/", import.meta.url));

/** What modules of the page import by name, as files of `node_modules`. */
const IMPORTS: Record<string, string> = {
  "diff": "diff/libesm/diff/word.js",
  "eventsource-parser": "eventsource-parser/dist/index.js",
  "htm": "htm/dist/htm.module.js",
  "preact": "preact/dist/preact.mjs",
  "preact/hooks": "preact/hooks/dist/hooks.mjs",
  "uplot": "uplot/dist/uPlot.esm.js",
};

/** Files of `node_modules` that these and the styles name themselves. */
const BESIDE = [
  "diff/libesm/diff/base.js",
  "diff/libesm/util/string.js",
  "uplot/dist/uPlot.min.css",
  "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
  "@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2",
];

const TYPES: Record<string, string> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  woff2: "font/woff2",
};

interface PageFile {
  bytes: Uint8Array<ArrayBuffer>;
  /** Null for what is compressed already. */
  gzip: Uint8Array<ArrayBuffer> | null;
  type: string;
}

interface Page {
  /** Of all files and their names. */
  hash: string;
  /** By path below `/page/{hash}/`. */
  files: Map<string, PageFile>;
  document: string;
  policy: string;
}

function* filesBelow(folder: string, path = ""): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(join(folder, path))) {
    if (isDirectory) yield* filesBelow(folder, `${path}${name}/`);
    else if (name.slice(name.lastIndexOf(".") + 1) in TYPES) yield path + name;
  }
}

function readFile(path: string): PageFile {
  const bytes = Deno.readFileSync(path);
  const type = TYPES[path.slice(path.lastIndexOf(".") + 1)]!;
  const gzip = type.startsWith("font/") ? null : new Uint8Array(gzipSync(bytes, { level: 9 }));
  return { bytes, gzip, type };
}

/** Reads all of it: some 50 small files, at the first request for the page. */
function readPage(): Page {
  const own = [...filesBelow(FOLDER)].sort().map((path) => [path, join(FOLDER, path)] as const);
  const packages = [...Object.values(IMPORTS), ...BESIDE].map((path) =>
    [`node_modules/${path}`, join(PACKAGES, path)] as const
  );
  const files = new Map([...own, ...packages].map(([path, file]) => [path, readFile(file)]));
  const digest = createHash("sha256");
  for (const [path, { bytes }] of files) digest.update(`${path}\0${bytes.length}\0`).update(bytes);
  const hash = digest.digest("hex").slice(0, 16);
  const base = `/page/${hash}`;
  const imports = JSON.stringify({
    imports: Object.fromEntries(
      Object.entries(IMPORTS).map(([name, path]) => [name, `${base}/node_modules/${path}`]),
    ),
  });
  const modules = [...files.keys()].filter((path) => /\.m?js$/.test(path) && path !== "theme.js");
  const policy = [
    "default-src 'none'",
    // Browsers take an import map from the document alone.
    `script-src 'self' 'sha256-${createHash("sha256").update(imports).digest("base64")}'`,
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
  const document = String(html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Proximal</title>
        <link rel="icon" href="${base}/icon.svg">
        <script src="${base}/theme.js"></script>
        <link rel="preload" href="${base}/node_modules/${BESIDE[3]}" as="font" type="font/woff2" crossorigin>
        ${[
          "node_modules/uplot/dist/uPlot.min.css",
          ...[...files.keys()].filter((path) => /^styles\//.test(path)),
        ]
          .map((path) => html`<link rel="stylesheet" href="${base}/${path}">`)}
        <script type="importmap">${raw(imports)}</script>
        ${modules.map((path) => html`<link rel="modulepreload" href="${base}/${path}">`)}
        <script type="module" src="${base}/main.js"></script>
      </head>
      <body>
        <div id="app">
          <div class="shell">
            <div class="side"></div>
            <main></main>
          </div>
        </div>
        <noscript>The page needs JavaScript; the API at <a href="/docs">/docs</a> does not.</noscript>
      </body>
    </html>
  `);
  return { hash, files, document, policy };
}

function answer(c: Context<Env>, { bytes, gzip, type }: PageFile): Response {
  const isPacked = gzip !== null && /\bgzip\b/.test(c.req.header("accept-encoding") ?? "");
  return c.body(isPacked ? gzip : bytes, 200, {
    "content-type": type,
    ...(gzip && { vary: "accept-encoding" }),
    ...(isPacked && { "content-encoding": "gzip" }),
    "cache-control": "public, max-age=31536000, immutable",
  });
}

/** `/`, and what it is made of. */
export function page(): Hono<Env> {
  let read: Page | undefined;
  const current = () => read ??= readPage();
  const app = new Hono<Env>();
  app.get("/", (c) => c.html(current().document, 200, { "content-security-policy": current().policy }));
  app.get("/page/:hash/:path{.+}", (c) => {
    const { hash, files } = current();
    const file = c.req.param("hash") === hash ? files.get(c.req.param("path")) : undefined;
    return file ? answer(c, file) : problem("not_found", "No file of the page is there: load the page again");
  });
  return app;
}
