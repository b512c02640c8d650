/** Models made from a bare configuration, over HTTP, with a real engine. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { sweepBareModels } from "../../core/models/bare_models.ts";
import { inFolder } from "../core/networks/in_folder.ts";
import { spawnServer } from "../spawn_server.ts";

const config = { hidden_size: 32, num_layers: 1, num_heads: 2 };
const request = { name: "newborn", config, tokenizer: "tiny", seed: 3 };

Deno.test("POST /v1/models makes a model of a bare configuration, which is then like any other", () =>
  inFolder(async (folder) => {
    const server = await spawnServer({ HOST: "127.0.0.1", DATA_DIR: folder, LOG_LEVEL: "error" });
    try {
      const call = async (method: string, path: string, body?: unknown) => {
        const response = await fetch(`${server.url}${path}`, {
          method,
          ...(body !== undefined &&
            { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
        });
        const text = await response.text();
        return { status: response.status, json: text === "" ? null : JSON.parse(text) };
      };
      const [first, meanwhile] = await Promise.all([
        call("POST", "/v1/models", request),
        call("POST", "/v1/models", request),
      ]);
      const made = [first, meanwhile].find(({ status }) => status === 201)!;
      const refused = [first, meanwhile].find((one) => one !== made)!;
      assert.equal(refused.status, 409, JSON.stringify(refused.json));
      assert.equal(made.json.id, "newborn");
      assert.deepEqual(made.json.initialized, { tokenizer: "tiny", seed: 3 });
      assert.deepEqual([made.json.status, made.json.vocab_size, made.json.context], ["ready", 1536, 1024]);
      // Once more is the same; with something else it is another's name, as that of any model.
      assert.deepEqual(await call("POST", "/v1/models", request), { status: 200, json: made.json });
      for (const other of [{ ...request, seed: 4 }, { ...request, name: "tiny" }]) {
        const { status, json } = await call("POST", "/v1/models", other);
        assert.deepEqual([status, json.errors[0].path], [409, "name"]);
      }
      const unnamed = await call("POST", "/v1/models", { config, tokenizer: "newborn" });
      assert.equal(unnamed.status, 201);
      assert.match(unnamed.json.id, /^qwen3-[0-9a-f]{8}$/);
      for (
        const [fault, path] of [
          [{ ...request, name: "x", tokenizer: "nobody" }, "tokenizer"],
          [{ ...request, name: "x", config: { ...config, num_heads: 5 } }, "config.num_heads"],
          [{ ...request, name: "../x" }, "name"],
          [{ ...request, name: "x", config: { ...config, layers: 5 } }, "config.layers"],
        ] as const
      ) {
        const { status, json } = await call("POST", "/v1/models", fault);
        assert.deepEqual([status, json.errors[0].path], [422, path], JSON.stringify(json));
      }
      const generation = await call("POST", "/v1/generations", {
        model: "newborn",
        prompts: ["A"],
        max_new_tokens: 4,
      });
      assert.equal(generation.status, 200, JSON.stringify(generation.json));
      assert.equal((await call("DELETE", "/v1/models/newborn")).status, 204);
      assert.equal((await call("GET", "/v1/models/newborn")).status, 404);
      assert.equal((await call("DELETE", "/v1/models/tiny")).status, 409);
      assert.deepEqual([...Deno.readDirSync(join(folder, "jobs"))], []);
    } finally {
      server.process.kill("SIGTERM");
      await server.ended;
    }
  }));

Deno.test("sweepBareModels() removes what a server that died has left, and nothing else", () =>
  inFolder(async (folder) => {
    const [jobs, models] = [join(folder, "jobs"), join(folder, "models")];
    for (const name of ["jobs/.making-x", "models/.making-y", "models/z", "models/.download-z"]) {
      await Deno.mkdir(join(folder, name), { recursive: true });
    }
    await sweepBareModels([jobs, models, join(folder, "none")]);
    const left = [jobs, models].map((path) => [...Deno.readDirSync(path)].map(({ name }) => name).sort());
    assert.deepEqual(left, [[], [".download-z", "z"]]);
  }));
