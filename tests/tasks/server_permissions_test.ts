/** That `task dev` starts the server with what tests start it with, and with nothing more. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { serverFlags, serverFolders } from "../../tasks/server_permissions.ts";
import { startServer } from "../../tasks/start_server.ts";
import { FakeHub } from "../core/hub/fake_hub.ts";
import { eventually } from "../core/jobs/supervised.ts";
import { inFolder } from "../core/networks/in_folder.ts";
import { fixtureFolder } from "../core/networks/tiny_models.ts";

Deno.test("the dev task has the server's flags, with its lists from the program that prints them", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  const lists = /^--allow-(read|write)=/;
  const fixed = serverFlags({}).filter((flag) => !lists.test(flag));
  const command: string = tasks.dev.command;
  assert.ok(command.startsWith(`deno run ${fixed.join(" ")} --allow-read=`), command);
  assert.match(
    command,
    /--allow-read="\$\(.*server_permissions\.ts read\)" --allow-write="\$\(.*server_permissions\.ts write\)" main\.ts$/,
  );
  assert.doesNotMatch(
    command.replaceAll(/\$\([^)]*\)/g, ""),
    /(^| )(-A|--allow-all|--allow-(read|write|ffi|sys|import)) /,
  );
});

Deno.test("the server reads its data, models and where they lead, and writes its data alone", async () => {
  await inFolder(async (parent) => {
    const real = await Deno.realPath(parent);
    for (const name of ["data", "roots", "elsewhere"]) await Deno.mkdir(join(real, name));
    await Deno.symlink(join(real, "elsewhere"), join(real, "roots/linked"));
    await Deno.symlink(join(real, "data"), join(real, "moved"));
    const at = (name: string) => join(real, name);
    const { read, write } = serverFolders({
      DATA_DIR: at("moved"),
      MODELS_DIR: ` ${at("roots")} :${at("gone")}:`,
      ORT_LIBRARY: at("ort/lib.so"),
    });
    assert.deepEqual(write, [at("moved"), at("data")]);
    for (const name of ["moved", "data", "roots", "elsewhere", "gone", "ort"]) {
      assert.ok(read.includes(at(name)), name);
    }
    assert.ok(!read.includes(real));
    assert.deepEqual(serverFolders({ DATA_DIR: "" }).write[0], join(Deno.cwd(), "data"));
  });
});

Deno.test("with these permissions a server downloads, generates, trains, sends webhooks, exports and deletes", async () => {
  await using hub = new FakeHub();
  const types: string[] = [];
  const receiver = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    types.push((await request.json()).type);
    return new Response(null, { status: 204 });
  });
  await inFolder(async (parent) => {
    // A model that lies elsewhere, as links in a root often have it.
    await Deno.mkdir(join(parent, "roots"));
    await Deno.symlink(fixtureFolder("gpt2"), join(parent, "roots/linked"));
    const server = await startServer({
      ...{
        MODELS_DIR: join(parent, "roots"),
        HF_ENDPOINT: hub.url,
        OUTBOUND_ALLOW: "127.0.0.1",
        THREADS: "1",
      },
    });
    const call = async (method: string, path: string, body?: unknown) => {
      const response = await fetch(server.url + path, {
        ...{ method, headers: { "content-type": "application/json" } },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await response.text();
      assert.ok(response.ok, `${method} ${path}: ${text}`);
      return text === "" ? null : JSON.parse(text);
    };
    try {
      await call("POST", "/v1/models", { hub_id: "acme/tiny" });
      await eventually(async () => (await call("GET", "/v1/models/acme%2Ftiny")).status === "ready");
      for (const model of ["acme/tiny", "linked", "tiny"]) {
        await call("POST", "/v1/generations", { model, prompts: ["a"], max_new_tokens: 2 });
      }
      const job = await call("POST", "/v1/training-jobs", {
        ...{
          kind: "ppo",
          model: "acme/tiny",
          prompts: ["a", "b"],
          ppo: { batch_size: 2, max_new_tokens: 3 },
        },
        ...{ reward: { type: "length", target: 2 } },
        webhook: { url: `http://127.0.0.1:${receiver.addr.port}/` },
      });
      const path = `/v1/training-jobs/${job.id}`;
      const done = await eventually(async () => {
        const { status, checkpoint, error } = await call("GET", path);
        assert.notEqual(status, "failed", JSON.stringify(error));
        return status === "succeeded" && checkpoint as string;
      });
      await call("GET", `/v1/checkpoints/${done}/exports/merged`);
      await eventually(() => types.includes("training_job.succeeded"));
      await call("DELETE", path);
      await call("DELETE", "/v1/models/acme%2Ftiny");
      const metrics = await fetch(`${server.url}/metrics`).then((page) => page.text());
      assert.match(metrics, /^process_resident_memory_bytes [1-9]/m);
      assert.equal((await fetch(`${server.url}/docs`).then((page) => page.text())).includes("<html"), true);
    } finally {
      await server.stop();
      await receiver.shutdown();
    }
  });
});
