/** Downloads: parts of files, files that a client has already, and archives. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { getJob } from "../../core/jobs/job_queries.ts";
import { assertProblem, jobRequest, type Served, served } from "./served.ts";

/** The path of a file of a checkpoint, which has the text `weights 2`, and of the checkpoint. */
async function finished(it: Served): Promise<{ file: string; checkpoint: string; folder: string }> {
  const { id } = (await it.call("POST", "/v1/training-jobs", jobRequest())).json;
  await it.reaches(id, "succeeded");
  const { checkpoint } = await getJob(it.db, id);
  const path = `/v1/checkpoints/${checkpoint}`;
  const folder = join(it.folder, "jobs", id, "1", "epoch-2");
  return { file: `${path}/files/adapter_model.safetensors`, checkpoint: path, folder };
}

Deno.test("downloads honour Range, If-Range, If-None-Match and If-Match, of files and of archives", async () => {
  await served(async (it) => {
    const { file, checkpoint } = await finished(it);
    for (const path of [file, `${checkpoint}/archive`, `${checkpoint}/archive?format=merged`]) {
      const get = (headers: Record<string, string>, method = "GET") =>
        it.call(method, path, undefined, headers);
      const whole = await get({});
      const { length } = whole.text;
      const tag = whole.headers.get("etag")!;
      assert.equal(whole.status, 200);
      assert.equal(whole.headers.get("accept-ranges"), "bytes");
      assert.equal(whole.headers.get("content-length"), String(length));
      const head = await get({ range: "bytes=0-1" }, "HEAD");
      assert.deepEqual([head.status, head.text, head.headers.get("etag")], [200, "", tag]);
      assert.equal(head.headers.get("content-length"), String(length));

      for (
        const [range, start, end] of [
          ["bytes=0-0", 0, 1],
          ["bytes=2-4", 2, 5],
          ["bytes=3-", 3, length],
          ["Bytes = 4-999999999", 4, length],
          ["bytes=-3", length - 3, length],
          ["bytes=-99999999", 0, length],
        ] as const
      ) {
        const part = await get({ range });
        assert.deepEqual([part.status, part.text], [206, whole.text.slice(start, end)], range);
        assert.equal(part.headers.get("content-range"), `bytes ${start}-${end - 1}/${length}`);
        assert.equal(part.headers.get("content-length"), String(end - start));
        assert.equal(part.headers.get("etag"), tag);
      }
      for (
        const range of ["bytes=0-1,3-4", "lines=0-1", "bytes=", "bytes=-", "bytes=4-2", "bytes=a-b", "x"]
      ) {
        const answer = await get({ range });
        assert.deepEqual([answer.status, answer.text], [200, whole.text], range);
      }
      for (const range of [`bytes=${length}-`, "bytes=-0", "bytes=99999999-999999999"]) {
        const answer = await get({ range });
        assertProblem(answer, 416, "range_not_satisfiable");
        assert.equal(answer.headers.get("content-range"), `bytes */${length}`);
      }
      assert.equal((await get({ range: "bytes=1-2", "if-range": tag })).status, 206);
      for (const other of ['"other"', `W/${tag}`, "Wed, 21 Oct 2015 07:28:00 GMT"]) {
        assert.equal((await get({ range: "bytes=1-2", "if-range": other })).status, 200, other);
      }

      for (const known of [tag, `W/${tag}`, `"x", ${tag}`, "*"]) {
        const answer = await get({ "if-none-match": known, range: "bytes=0-1" });
        assert.deepEqual([answer.status, answer.text, answer.headers.get("etag")], [304, "", tag], known);
      }
      assert.equal((await get({ "if-none-match": '"x"' })).status, 200);
      assert.equal((await get({ "if-match": tag })).status, 200);
      for (const other of ['"x"', `W/${tag}`]) {
        assertProblem(await get({ "if-match": other }), 412, "precondition_failed");
      }
    }
  });
});

Deno.test("an archive has all files of a checkpoint in a folder of its name, and the same bytes each time", async () => {
  await served(async (it) => {
    const { checkpoint } = await finished(it);
    const id = checkpoint.split("/").at(-1)!;
    const { files } = (await it.call("GET", checkpoint)).json;
    const answer = await it.app.request(`${checkpoint}/archive`);
    assert.equal(answer.headers.get("content-type"), "application/octet-stream");
    assert.equal(answer.headers.get("content-disposition"), `attachment; filename="${id}.tar"`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    await Deno.writeFile(join(it.folder, "all.tar"), bytes);
    const tar = await new Deno.Command("tar", { args: ["-xvf", "all.tar"], cwd: it.folder }).output();
    const names = new TextDecoder().decode(tar.stdout).trim().split("\n");
    assert.deepEqual(names, files.map(({ name }: { name: string }) => `${id}/${name}`));
    for (const { name } of files) {
      const { text } = await it.call("GET", `${checkpoint}/files/${name}`);
      assert.equal(await Deno.readTextFile(join(it.folder, id, name)), text);
    }
    const again = new Uint8Array(await (await it.app.request(`${checkpoint}/archive`)).arrayBuffer());
    assert.deepEqual(again, bytes);
    const merged = await it.call("GET", `${checkpoint}/archive?format=merged`);
    assert.match(merged.text, new RegExp(`^${id}-merged/model\\.bin\0`));
    assertProblem(await it.call("GET", `${checkpoint}/archive?format=zip`), 422, "invalid_request", "format");
    assertProblem(await it.call("GET", "/v1/checkpoints/ckpt_x/archive"), 404, "not_found");
  });
});

Deno.test("an archive with a damaged file is refused before a byte of it is sent", async () => {
  await served(async (it) => {
    const { checkpoint, folder } = await finished(it);
    await Deno.writeTextFile(join(folder, "adapter_model.safetensors"), "weightr 2");
    assertProblem(await it.call("GET", `${checkpoint}/archive`), 422, "damaged_checkpoint");
  });
});
