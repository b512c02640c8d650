/** The examples of the OpenAPI document, sent to a real server as a reader of the page would send them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder } from "./core/networks/in_folder.ts";
import { operationsOf } from "./routes/operations.ts";
import { spawnServer } from "./spawn_server.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

/** Where no example can work as it is: what names a file that was sent before, and what asks somebody's receiver. */
const ELSEWHERE = ["/v1/fine_tuning/jobs", "/v1/webhook_endpoints/{id}/test"];

Deno.test("every operation with a JSON body has examples, which a fresh server takes as they are", () =>
  inFolder(async (folder) => {
    const server = await spawnServer({ DATA_DIR: join(folder, "data"), THREADS: "1", LOG_LEVEL: "error" });
    const send = (method: string, path: string, body: unknown) =>
      fetch(`${server.url}${path}`, {
        method,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    try {
      const document = await (await fetch(`${server.url}/openapi.json`)).json();
      const bodies = operationsOf(document).filter(({ path, operation }) =>
        operation.requestBody?.content["application/json"] && !ELSEWHERE.includes(path)
      );
      assert.ok(bodies.length > 8);
      const webhook = await (await send("POST", "/v1/webhooks", { url: "https://example.com/hook" })).json();
      /** What must be there before a path can be asked for. */
      const told = { name: "a", url: "https://example.com/hook", event_types: ["fine_tuning.job.succeeded"] };
      const endpoint = await (await send("POST", "/v1/webhook_endpoints", told)).json();
      const made: Record<string, string> = {
        "/v1/webhooks/{id}": `/v1/webhooks/${webhook.id}`,
        "/v1/webhook_endpoints/{id}": `/v1/webhook_endpoints/${endpoint.id}`,
      };
      for (const { method, path, operation } of bodies) {
        const which = `${method} ${path}`;
        const { schema, ...content } = operation.requestBody.content["application/json"];
        const { example } = document.components.schemas[schema.$ref?.split("/").at(-1)] ?? schema;
        const examples = content.examples ??
          (example && { example: { summary: "The example", value: example } }) ??
          {};
        assert.ok(Object.keys(examples).length > 0, `${which} has no examples for its body`);
        const start = Object.keys(made).find((start) => path.startsWith(start)) ?? "";
        const target = (made[start] ?? "") + path.slice(start.length);
        assert.doesNotMatch(target, /[{}]/, `${which} needs something that this test does not make`);
        for (const [name, { summary, value }] of Object.entries<Json>(examples)) {
          assert.ok(summary, `${which} example ${name} has no summary`);
          const answer = await send(method, target, value);
          const text = await answer.text();
          assert.ok(answer.ok, `${which} example ${name}: ${answer.status} ${text}`);
        }
      }
    } finally {
      server.process.kill("SIGTERM");
      await server.ended;
    }
  }));
