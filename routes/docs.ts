/**
 * The contract for programs (`/openapi.json`) and people (`/docs`, Scalar's page from our own node_modules).
 * The page's content policy lets it load and connect to nothing but this server.
 */
import { Hono } from "hono";
import { html } from "hono/html";
import type { Env } from "./context.ts";

const SCRIPT = new URL("../node_modules/@scalar/api-reference/dist/browser/standalone.js", import.meta.url);

const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const CONFIGURATION = {
  url: "/openapi.json",
  withDefaultFonts: false,
  telemetry: false,
  showDeveloperTools: "never",
  agent: { disabled: true, hideAddApi: true },
  mcp: { disabled: true },
  hideClientButton: true,
};

const page = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Proximal API</title>
    <link rel="icon" href="data:,">
  </head>
  <body>
    <div id="reference"></div>
    <script src="/docs/scalar.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>`;

const landing = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Proximal</title>
    <link rel="icon" href="data:,">
  </head>
  <body>
    <h1>Proximal</h1>
    <p>Fine-tunes language models with PPO behind a REST API.</p>
    <ul>
      <li><a href="/docs">API reference</a></li>
      <li><a href="/openapi.json">OpenAPI document</a></li>
      <li><a href="/healthz">Health</a></li>
    </ul>
  </body>
</html>`;

/** @param openApi Makes the document; called once, at the first request for it. */
export function docs(openApi: () => unknown): Hono<Env> {
  let document: string | undefined;
  const app = new Hono<Env>();
  app.get("/", (c) => c.html(landing, 200, { "content-security-policy": CONTENT_POLICY }));
  app.get("/openapi.json", (c) => {
    document ??= JSON.stringify(openApi());
    return c.body(document, 200, { "content-type": "application/json" });
  });
  app.get("/docs", (c) => c.html(page, 200, { "content-security-policy": CONTENT_POLICY }));
  app.get("/docs/start.js", (c) => {
    const script = `Scalar.createApiReference("#reference", ${JSON.stringify(CONFIGURATION)});`;
    return c.body(script, 200, { "content-type": "text/javascript" });
  });
  app.get("/docs/scalar.js", async (c) => {
    const headers = {
      "content-type": "text/javascript",
      "content-length": String((await Deno.stat(SCRIPT)).size),
      "cache-control": "public, max-age=3600",
    };
    // A HEAD request's stream would never be read nor closed.
    if (c.req.raw.method === "HEAD") return c.body(null, 200, headers);
    return c.body((await Deno.open(SCRIPT)).readable, 200, headers);
  });
  return app;
}
