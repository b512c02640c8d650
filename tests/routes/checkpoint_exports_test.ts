import assert from "node:assert/strict";
import { join } from "node:path";
import { getJob } from "../../core/jobs/job_queries.ts";
import { assertProblem, jobRequest, type Served, served } from "./served.ts";

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
