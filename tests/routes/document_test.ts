/** What holds for every operation of the OpenAPI document, those that are added later too. */
import assert from "node:assert/strict";
import { operationsOf } from "./operations.ts";
import { jobRequest, served } from "./served.ts";

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
      for (const branch of schema.anyOf ?? []) {
        assert.ok(!branch.properties, `${path}: a branch has no name, by component()`);
      }
      if (!Array.isArray(schema.oneOf)) continue;
      for (const branch of schema.oneOf) {
        assert.ok(branch.$ref ?? branch.type === "null", `${path}: a branch has no name, by component()`);
      }
    }
  });
});

/** Keywords of JSON Schema 2020-12 and of OpenAPI 3.1: validators refuse what they do not know, such as draft 4's `id`. */
const KEYWORDS = new Set(
  ("$ref additionalProperties allOf anyOf const contentMediaType default description discriminator enum example examples " +
    "exclusiveMaximum exclusiveMinimum format items maxItems maxLength maxProperties maximum minItems minLength " +
    "minProperties minimum multipleOf not oneOf pattern patternProperties prefixItems properties propertyNames required " +
    "title type uniqueItems").split(" "),
);

/** A schema and those that it is made of, with where each is. */
function* partsOf(path: string, schema: Json): Generator<[path: string, schema: Json]> {
  if (typeof schema !== "object" || schema === null) return;
  yield [path, schema];
  for (const [name, part] of Object.entries<Json>(schema.properties ?? {})) {
    yield* partsOf(`${path}.${name}`, part);
  }
  for (const key of ["items", "additionalProperties", "propertyNames", "not"]) {
    yield* partsOf(`${path}/${key}`, schema[key]);
  }
  for (const key of ["oneOf", "anyOf", "allOf", "prefixItems"]) {
    for (const [at, part] of (schema[key] ?? []).entries()) yield* partsOf(`${path}/${key}/${at}`, part);
  }
}

/** Every schema of the document: components, and those of parameters, headers, requests and answers. */
function* allSchemas(document: Json): Generator<[path: string, schema: Json]> {
  for (const [name, schema] of Object.entries<Json>(document.components.schemas)) {
    yield* partsOf(name, schema);
  }
  const { paths, webhooks } = document;
  for (const [path, place] of schemasOf({ paths, webhooks })) {
    if (place.schema) yield* partsOf(path, place.schema);
  }
}

Deno.test("schemas have known keywords only, and arrays say of what they are", async () => {
  await served(async (it) => {
    const document = (await it.call("GET", "/openapi.json")).json;
    let count = 0;
    for (const [path, schema] of allSchemas(document)) {
      count++;
      for (const key of Object.keys(schema)) assert.ok(KEYWORDS.has(key), `${path} has the keyword ${key}`);
      if ([schema.type].flat().includes("array")) {
        assert.ok(schema.items, `${path} is an array without items`);
      }
    }
    assert.ok(count > 1000);
  });
});

Deno.test("every property, parameter and header is described", async () => {
  await served(async (it) => {
    const document = (await it.call("GET", "/openapi.json")).json;
    const { schemas } = document.components;
    const describes = ({ description, $ref }: Json) =>
      description ?? ($ref && schemas[$ref.split("/").at(-1)!].description);
    let count = 0;
    const missing: string[] = [];
    for (const [path, schema] of allSchemas(document)) {
      for (const [name, property] of Object.entries<Json>(schema.properties ?? {})) {
        count++;
        if (!describes(property)) missing.push(`${path}.${name}`);
      }
    }
    for (const { method, path, operation } of operationsOf(document)) {
      for (const { name, description, schema } of operation.parameters ?? []) {
        count++;
        if (!description && !describes(schema)) missing.push(`${method} ${path} ${name}`);
      }
      for (const [status, { headers = {} }] of Object.entries<Json>(operation.responses)) {
        for (const [name, { description }] of Object.entries<Json>(headers)) {
          if (!description) missing.push(`${method} ${path} ${status} ${name}`);
        }
      }
    }
    assert.ok(count > 1000);
    assert.deepEqual(missing, []);
  });
});

Deno.test("answers have the headers that are sent, and streams a schema of their events' data", async () => {
  await served(async (it) => {
    const document = (await it.call("GET", "/openapi.json")).json;
    let streams = 0;
    for (const { method, path, operation } of operationsOf(document)) {
      for (const [status, { headers, content = {} }] of Object.entries<Json>(operation.responses)) {
        const which = `${method} ${path} ${status}`;
        assert.ok(headers?.["X-Request-Id"], which);
        const stream = content["text/event-stream"];
        if (!stream) continue;
        streams++;
        assert.ok(stream.schema.$ref, `${which} has a stream without a schema`);
      }
    }
    assert.equal(streams, 4);
    const sent = async (method: string, path: string, body?: unknown, pattern = path) => {
      const { status, headers } = await it.call(method, path, body);
      const said = document.paths[pattern][method.toLowerCase()].responses[status].headers;
      return { status, said: Object.keys(said).filter((name) => headers.has(name)).sort(), all: said };
    };
    const created = await sent("POST", "/v1/training-jobs", jobRequest("succeed"));
    assert.deepEqual([created.status, created.said], [202, ["Location", "X-Request-Id"]]);
    const webhook = { url: "http://127.0.0.1:9/hook" };
    assert.deepEqual((await sent("POST", "/v1/webhooks", webhook)).said, ["Location", "X-Request-Id"]);
    const { json } = await it.call("GET", "/v1/training-jobs");
    const { id } = json.data[0];
    await it.reaches(id, "succeeded");
    const checkpoint = (await it.call("GET", `/v1/training-jobs/${id}/checkpoints`)).json.data[0];
    const file = `/v1/checkpoints/${checkpoint.id}/files/${checkpoint.files[0].name}`;
    const download = await sent("GET", file, undefined, "/v1/checkpoints/{id}/files/{name}");
    assert.deepEqual([download.status, download.said], [200, ["ETag", "X-Request-Id"]]);
  });
});

Deno.test("every operation and webhook says which keys it takes, by schemes that are there and have no scopes", async () => {
  await served(async (it) => {
    const document = (await it.call("GET", "/openapi.json")).json;
    const { securitySchemes } = document.components;
    const called = operationsOf({ paths: document.webhooks });
    assert.ok(called.length > 5);
    for (const { method, path, operation } of [...operationsOf(document), ...called]) {
      const which = `${method} ${path}`;
      assert.ok(Array.isArray(operation.security), `${which} has no security`);
      for (const [scheme, scopes] of operation.security.flatMap(Object.entries)) {
        assert.equal(securitySchemes[scheme]?.type, "http", `${which}: ${scheme}`);
        assert.deepEqual(scopes, [], `${which}: only OAuth's schemes have scopes`);
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
