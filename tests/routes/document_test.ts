/** What holds for every operation of the OpenAPI document, those that are added later too. */
import assert from "node:assert/strict";
import { operationsOf } from "./operations.ts";
import { served } from "./served.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

Deno.test("every operation has a name of its own, a text, a tag, and says how it fails", async () => {
  await served(async (it) => {
    const document = (await it.call("GET", "/openapi.json")).json;
    const described: string[] = document.tags.map(({ name }: { name: string }) => name);
    const operations = operationsOf(document);
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
      assert.ok(described.includes(tags[0]), `${which}: routes/app.ts does not say what ${tags[0]} is`);
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

/** Every schema in a value, with where it is. */
function* schemasOf(value: Json, path = ""): Generator<[path: string, schema: Json]> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield [path, value];
  for (const [key, item] of Object.entries(value)) {
    if (!["example", "examples", "default", "enum", "mapping"].includes(key)) {
      yield* schemasOf(item, `${path}/${key}`);
    }
  }
}

Deno.test("no schema has what generators of clients stumble over", async () => {
  await served(async (it) => {
    const document = (await it.call("GET", "/openapi.json")).json;
    for (const [path, schema] of schemasOf(document)) {
      const types = [schema.type].flat().filter((type) => type !== "null");
      const combined = ["oneOf", "anyOf", "allOf", "$ref"].some((key) => key in schema);
      if (combined || types[0] === "object") assert.ok(schema.default == null, `${path} has a default`);
      if (["boolean", "integer"].includes(types[0])) {
        assert.notEqual(schema.enum?.length, 1, `${path} has one value only`);
      }
      assert.ok(!("x-component" in schema), path);
      if (!Array.isArray(schema.oneOf)) continue;
      for (const branch of schema.oneOf) {
        assert.ok(branch.$ref ?? branch.type === "null", `${path}: a branch has no name, by component()`);
      }
    }
  });
});

Deno.test("the clients below clients/ are of this document: task sdk:clients makes them again", async () => {
  const kept = JSON.parse(await Deno.readTextFile(new URL("../../clients/openapi.json", import.meta.url)));
  await served(async (it) => {
    const document = (await it.call("GET", "/openapi.json")).json;
    assert.deepEqual(kept, document);
  });
});
