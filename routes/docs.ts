/**
 * The contract for programs (`/openapi.json`) and people (`/docs`: Swagger UI from the files of its package, with
 * `docs.css` over its style). The content policy lets the page load and connect to nothing but this server.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Context, Hono } from "hono";
import { html } from "hono/html";
import packageFolder from "swagger-ui-dist/absolute-path.js";
import type { Env } from "./context.ts";

/** Files of the page, each under `/docs/`: public, so that caches may keep them, unlike anything else. */
const FILES: Record<string, { path: string; type: string }> = {
  "swagger-ui.js": { path: join(packageFolder(), "swagger-ui-bundle.js"), type: "text/javascript" },
  "swagger-ui.css": { path: join(packageFolder(), "swagger-ui.css"), type: "text/css" },
  "docs.css": { path: fileURLToPath(new URL("./docs.css", import.meta.url)), type: "text/css" },
};

const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const CONFIGURATION = {
  url: "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
};

/** Follows the system's dark mode, then draws the page. */
const START = `
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();
SwaggerUIBundle(${JSON.stringify(CONFIGURATION)});
`;

const page = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Proximal API</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="stylesheet" href="/docs/docs.css">
  </head>
  <body>
    <div id="reference"></div>
    <script src="/docs/swagger-ui.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>`;

/** @param openApi The document, as JSON. */
export function docs(openApi: () => string): Hono<Env> {
  const app = new Hono<Env>();
  app.get("/openapi.json", (c) => {
    return c.body(openApi(), 200, { "content-type": "application/json" });
  });
  app.get("/docs", (c) => c.html(page, 200, { "content-security-policy": CONTENT_POLICY }));
  app.get("/docs/start.js", (c) => c.body(START, 200, { "content-type": "text/javascript" }));
  for (const [name, { path, type }] of Object.entries(FILES)) {
    app.get(`/docs/${name}`, (c) => file(c, path, type));
  }
  return app;
}

async function file(c: Context, path: string, type: string): Promise<Response> {
  const headers = {
    "content-type": type,
    "content-length": String((await Deno.stat(path)).size),
    "cache-control": "public, max-age=3600",
  };
  // A HEAD request's stream would never be read nor closed.
  if (c.req.raw.method === "HEAD") return c.body(null, 200, headers);
  return c.body((await Deno.open(path)).readable, 200, headers);
}
