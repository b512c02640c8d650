/** What holds for every operation of the OpenAPI document, those that are added later too. */
import assert from "node:assert/strict";
import { operationsOf } from "./operations.ts";
import { served } from "./served.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

Deno.test("every operation has a name of its own, a text, a tag, and says how it fails", async () => {
  await served(async (it) => {
    const operations = operationsOf((await it.call("GET", "/openapi.json")).json);
    assert.ok(operations.length > 40);
    const names = new Set<string>();
    for (const { method, path, operation } of operations) {
      const which = `${method.toUpperCase()} ${path}`;
      const { operationId, summary, description, tags, responses } = operation;
      assert.match(
        operationId ?? "",
        /^[a-z]+([A-Z0-9][a-z0-9]*)+$/,
        `${which} has no operationId in camelCase`,
      );
      assert.ok(!names.has(operationId), `${which}: another operation is called ${operationId} too`);
      names.add(operationId);
      assert.ok(summary && !summary.endsWith("."), `${which} has no summary without a full stop`);
      assert.match(description ?? "", /\.$/, `${which} has no description in whole sentences`);
      assert.equal(tags?.length, 1, `${which} has not one tag`);
      const statuses = Object.keys(responses);
      assert.ok(statuses.some((status) => /^2/.test(status)), `${which} does not say what it answers`);
      const common = ["405", "500", ...(path.startsWith("/v1/") ? ["401", "403", "429"] : [])];
      for (const status of common) assert.ok(statuses.includes(status), `${which} does not say ${status}`);
      for (const [status, { description }] of Object.entries<Json>(responses)) {
        assert.ok(description, `${which} has no text for ${status}`);
      }
    }
  });
});
