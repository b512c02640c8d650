/** Models made from a bare configuration, over HTTP, with a real engine. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { sweepMadeModels } from "../../core/models/made_models.ts";
import { inFolder } from "../core/networks/in_folder.ts";
import { spawnServer } from "../spawn_server.ts";

const config = { hidden_size: 32, num_layers: 1, num_heads: 2 };
const request = { name: "newborn", config, tokenizer: "tiny", seed: 3 };

const call = async (url: string, method: string, path: string, body?: unknown) => {
  const response = await fetch(`${url}${path}`, {
    method,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    }),
  });
  const text = await response.text();
  return { status: response.status, json: text === "" ? null : JSON.parse(text) };
};

Deno.test("POST /v1/models makes a model of a bare configuration, which is then like any other", () =>
  inFolder(async (folder) => {
    const server = await spawnServer({ HOST: "127.0.0.1", DATA_DIR: folder, LOG_LEVEL: "error" });
    try {
      const ask = call.bind(null, server.url);
      const [first, meanwhile] = await Promise.all([
        ask("POST", "/v1/models", request),
        ask("POST", "/v1/models", request),
      ]);
      const made = [first, meanwhile].find(({ status }) => status === 201)!;
      const other = [first, meanwhile].find((one) => one !== made)!;
      // It is made once: who asks before it is there is told to wait, and who comes after that is given it.
      if (other.status === 200) assert.deepEqual(other.json, made.json);
      else assert.equal(other.status, 409, JSON.stringify(other.json));
      assert.equal(made.json.id, "newborn");
      assert.deepEqual(made.json.initialized, { tokenizer: "tiny", seed: 3 });
      assert.deepEqual([made.json.status, made.json.vocab_size, made.json.context], ["ready", 1536, 1024]);
      // Once more is the same; with something else it is another's name, as that of any model.
      assert.deepEqual(await ask("POST", "/v1/models", request), { status: 200, json: made.json });
      for (const other of [{ ...request, seed: 4 }, { ...request, name: "tiny" }]) {
        const { status, json } = await ask("POST", "/v1/models", other);
        assert.deepEqual([status, json.errors[0].path], [409, "name"]);
      }
      const unnamed = await ask("POST", "/v1/models", { config, tokenizer: "newborn" });
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
        const { status, json } = await ask("POST", "/v1/models", fault);
        assert.deepEqual([status, json.errors[0].path], [422, path], JSON.stringify(json));
      }
      const generation = await ask("POST", "/v1/generations", {
        model: "newborn",
        prompts: ["A"],
        max_new_tokens: 4,
      });
      assert.equal(generation.status, 200, JSON.stringify(generation.json));
      assert.equal((await ask("DELETE", "/v1/models/newborn")).status, 204);
      assert.equal((await ask("GET", "/v1/models/newborn")).status, 404);
      assert.equal((await ask("DELETE", "/v1/models/tiny")).status, 409);
      assert.deepEqual([...Deno.readDirSync(join(folder, "jobs"))], []);
    } finally {
      server.process.kill("SIGTERM");
      await server.ended;
    }
  }));

Deno.test("sweepMadeModels() removes what a server that died has left, and nothing else", () =>
  inFolder(async (folder) => {
    const [jobs, models] = [join(folder, "jobs"), join(folder, "models")];
    for (const name of ["jobs/.making-x", "models/.making-y", "models/z", "models/.download-z"]) {
      await Deno.mkdir(join(folder, name), { recursive: true });
    }
    await sweepMadeModels([jobs, models, join(folder, "none")]);
    const left = [jobs, models].map((path) => [...Deno.readDirSync(path)].map(({ name }) => name).sort());
    assert.deepEqual(left, [[], [".download-z", "z"]]);
  }));

Deno.test("POST /v1/models makes a model of a checkpoint, whatever was trained, on which adapters are trained then", () =>
  inFolder(async (folder) => {
    const server = await spawnServer({ HOST: "127.0.0.1", DATA_DIR: folder, LOG_LEVEL: "error" });
    try {
      const ask = call.bind(null, server.url);
      const examples = [{ prompt: "A", completion: " cat" }, { prompt: "The", completion: " dog" }];
      const run = async (job: object) => {
        let { json } = await ask("POST", "/v1/training-jobs", { kind: "sft", examples, epochs: 2, ...job });
        while (!["succeeded", "failed"].includes(json.status)) {
          await new Promise((resolve) => setTimeout(resolve, 50));
          ({ json } = await ask("GET", `/v1/training-jobs/${json.id}`));
        }
        assert.equal(json.status, "succeeded", JSON.stringify(json.error ?? json));
        return json.checkpoint;
      };
      const sft = { batch_size: 2, learning_rate: 1e-3 };
      for (const type of ["full", "lora"]) {
        const checkpoint = await run({ model: "tiny", trainable: { type }, sft });
        const made = await ask("POST", "/v1/models", { checkpoint, name: `after-${type}` });
        assert.deepEqual([made.status, made.json.checkpoint], [201, checkpoint], JSON.stringify(made.json));
        const greedy = { prompts: ["A", "POST: My dog is gone.\nTL;DR:"], max_new_tokens: 8, temperature: 0 };
        const [of, as] = await Promise.all([
          ask("POST", "/v1/generations", { model: "tiny", checkpoint, ...greedy }),
          ask("POST", "/v1/generations", { model: `after-${type}`, ...greedy }),
        ]);
        assert.deepEqual(as.json.data, of.json.data);
        const { status, json } = await ask("POST", "/v1/models", { checkpoint, name: `after-${type}` });
        assert.deepEqual([status, json], [200, made.json]);
      }
      await run({ model: "after-full", trainable: { type: "lora", r: 2, alpha: 4 }, sft });
      const unknown = await ask("POST", "/v1/models", { checkpoint: "ckpt_none" });
      assert.deepEqual([unknown.status, unknown.json.errors[0].path], [422, "checkpoint"]);
      assert.deepEqual([...Deno.readDirSync(join(folder, "models"))].map(({ name }) => name).sort(), [
        "after-full",
        "after-lora",
      ]);
    } finally {
      server.process.kill("SIGTERM");
      await server.ended;
    }
  }));
