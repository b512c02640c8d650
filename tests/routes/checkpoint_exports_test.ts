import assert from "node:assert/strict";
import { join } from "node:path";
import { getJob } from "../../core/jobs/job_queries.ts";
import { newVersion } from "../core/formats/new_version.ts";
import { inFolder } from "../core/networks/in_folder.ts";
import { assertProblem, FIXTURES, jobRequest, type Served, served } from "./served.ts";

/** A checkpoint's path, and its folder on this machine. */
async function checkpoint(it: Served): Promise<{ path: string; folder: string }> {
  const { id } = (await it.call("POST", "/v1/training-jobs", jobRequest())).json;
  await it.reaches(id, "succeeded");
  const { checkpoint } = await getJob(it.db, id);
  return { path: `/v1/checkpoints/${checkpoint}`, folder: join(it.folder, "jobs", id, "1", "epoch-2") };
}

Deno.test("GET …/files/merged/… makes the export once and then serves it", async () => {
  await served(async (it) => {
    const { path, folder } = await checkpoint(it);
    const [answer, meanwhile] = await Promise.all([
      it.call("GET", `${path}/files/merged/model.bin`),
      it.call("GET", `${path}/files/merged/model.bin`),
    ]);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.text, `merged of ${folder}`);
    assert.equal(meanwhile.text, answer.text);
    const exported = (await it.call("GET", `${path}/exports/merged`)).json;
    const [file] = exported.files;
    assert.deepEqual([exported.format, file.name, file.bytes], [
      "merged",
      "merged/model.bin",
      answer.text.length,
    ]);
    assert.equal(answer.headers.get("etag"), `"${file.sha256}"`);
    assert.equal(answer.headers.get("content-length"), String(file.bytes));
    const made = await Deno.stat(join(folder, "exports", "merged"));
    await it.call("GET", `${path}/files/merged/model.bin`);
    assert.deepEqual((await Deno.stat(join(folder, "exports", "merged"))).ino, made.ino);
    assert.equal((await it.call("GET", `${path}/files/onnx/model.bin`)).text, `onnx of ${folder}`);
  });
});

Deno.test("an export that is damaged, or whose sources have changed, is made anew", async () => {
  await inFolder(async (models) => {
    const root = join(models, "m");
    await Deno.mkdir(join(root, "qwen3"), { recursive: true });
    for (const name of ["config.json", "model.safetensors"]) {
      await Deno.copyFile(join(FIXTURES, "qwen3", name), join(root, "qwen3", name));
    }
    await served(async (it) => {
      const { path, folder } = await checkpoint(it);
      const exported = join(folder, "exports", "merged");
      const inode = async () => (await Deno.stat(exported)).ino;
      const get = async () => {
        const answer = await it.call("GET", `${path}/files/merged/model.bin`);
        assert.equal(answer.text, `merged of ${folder}`);
      };
      await get();
      const first = await inode();
      await get();
      assert.equal(await inode(), first);
      const bin = join(exported, "model.bin");
      await newVersion(bin, () => Deno.writeTextFile(bin, `Merged of ${folder}`));
      await get();
      const second = await inode();
      assert.notEqual(second, first);
      const weights = join(root, "qwen3", "model.safetensors");
      const bytes = await Deno.readFile(weights);
      bytes[bytes.length - 1]! ^= 1;
      await newVersion(weights, () => Deno.writeFile(weights, bytes));
      await get();
      const third = await inode();
      assert.notEqual(third, second);
      await Deno.remove(join(root, "qwen3"), { recursive: true });
      await get();
      assert.equal(await inode(), third);
    }, { modelRoots: [root] });
  });
});

Deno.test("a checkpoint that is not what was written is refused by name, wherever it is used", async () => {
  await served(async (it) => {
    const NAME = "adapter_model.safetensors";
    const damages: [string, (file: string, folder: string) => Promise<unknown>, RegExp][] = [
      ["one bit flipped", (file) => Deno.writeTextFile(file, "weightr 2"), /adapter_model.* SHA-256/],
      ["cut short", (file) => Deno.truncate(file, 4), /adapter_model.* has 4 bytes/],
      ["grown", (file) => Deno.writeTextFile(file, "weights 2!"), /adapter_model.* has 10 bytes/],
      ["gone", (file) => Deno.remove(file), /adapter_model.* is missing/],
      ["a pipe", async (file) => {
        await Deno.remove(file);
        await new Deno.Command("mkfifo", { args: [file] }).output();
      }, /adapter_model.* is not a file/],
      ["a folder", async (file) => {
        await Deno.remove(file);
        await Deno.mkdir(file);
      }, /adapter_model.* is not a file/],
      ["without its folder", (_, folder) => Deno.remove(folder, { recursive: true }), /is missing/],
      ["another's", async (_, folder) => {
        await Deno.remove(folder, { recursive: true });
        await Deno.rename(folder.replace(/2$/, "1"), folder);
      }, /adapter_model.* SHA-256/],
    ];
    for (const [what, damage, message] of damages) {
      const { path, folder } = await checkpoint(it);
      await damage(join(folder, NAME), folder);
      const answer = await it.call("GET", `${path}/files/${NAME}`);
      assertProblem(answer, 422, "damaged_checkpoint");
      assert.match(answer.json.detail, message, what);
      assert.equal((await it.app.request(`${path}/files/${NAME}`, { method: "HEAD" })).status, 422, what);
      if (what !== "another's") continue;
      const body = { model: "qwen3", checkpoint: path.split("/").at(-1), prompts: ["a"] };
      const generated = await it.call("POST", "/v1/generations", body);
      assertProblem(generated, 422, "damaged_checkpoint", "checkpoint");
      assertProblem(await it.call("GET", `${path}/exports/onnx`), 422, "damaged_checkpoint", "checkpoint");
    }
  });
});

Deno.test("GET …/files/… gives nothing but what manifests name", async () => {
  await served(async (it) => {
    const { path } = await checkpoint(it);
    await it.call("GET", `${path}/exports/onnx`);
    for (
      const name of ["onnx/checkpoint.json", "onnx/nope", "onnx/..%2F..%2Fnot_in_the_manifest", "exports"]
    ) {
      assertProblem(await it.call("GET", `${path}/files/${name}`), 404, "not_found");
    }
    assertProblem(await it.call("GET", `${path}/files/gguf/model.bin`), 422, "invalid_request", "format");
    assertProblem(await it.call("GET", `${path}/exports/gguf`), 422, "invalid_request", "format");
    assertProblem(await it.call("GET", "/v1/checkpoints/ckpt_none/exports/onnx"), 404, "not_found");
    assertProblem(await it.call("GET", "/v1/checkpoints/ckpt_none/files/onnx/model.onnx"), 404, "not_found");
  });
});
