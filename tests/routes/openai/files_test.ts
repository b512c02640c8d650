/** Files on the paths that OpenAI's clients use: forms as both clients send them, lists, and every refusal. */
import assert from "node:assert/strict";
import { type Served, served } from "../served.ts";

type Part = [name: string, value: string, file?: string];

const BOUNDARY = "----form";

/** A form's bytes, its parts in this order. */
function form(parts: readonly Part[]): string {
  const made = parts.map(([name, value, file]) => {
    const disposition = `form-data; name="${name}"` + (file === undefined ? "" : `; filename="${file}"`);
    const type = file === undefined ? "" : "Content-Type: application/octet-stream\r\n";
    return `--${BOUNDARY}\r\nContent-Disposition: ${disposition}\r\n${type}\r\n${value}\r\n`;
  });
  return made.join("") + `--${BOUNDARY}--\r\n`;
}

const TYPE = { "content-type": `multipart/form-data; boundary=${BOUNDARY}` };

const send = (it: Served, ...parts: Part[]) => it.call("POST", "/v1/files", form(parts), TYPE);

const file: Part = ["file", '{"a":1}\n', "rows.jsonl"];

Deno.test("a form is taken with the purpose before the file and after it, in chunks of any size", () =>
  served(async (it) => {
    const first = await send(it, ["purpose", "fine-tune"], file);
    assert.equal(first.status, 200, first.text);
    const { id, created_at, ...rest } = first.json;
    assert.match(id, /^file-[0-9a-z]{26}$/);
    assert.ok(Math.abs(created_at - Date.now() / 1000) < 60);
    assert.deepEqual(rest, {
      ...{ object: "file", bytes: 8, filename: "rows.jsonl", purpose: "fine-tune" },
      ...{ status: "processed", status_details: null, expires_at: null },
    });
    // As Node sends it: chunked, without a length.
    const bytes = new TextEncoder().encode(form([file, ["purpose", "evals"]]));
    const body = ReadableStream.from(Array.from(bytes, (byte) => new Uint8Array([byte])));
    const chunked = await it.app.request("/v1/files", { method: "POST", headers: TYPE, body });
    const second = await chunked.json();
    assert.deepEqual([second.purpose, second.bytes], ["evals", 8]);
    const content = await it.call("GET", `/v1/files/${second.id}/content`);
    assert.equal(content.text, file[1]);
    assert.equal(content.headers.get("content-type"), "application/octet-stream");
    const part = await it.call("GET", `/v1/files/${second.id}/content`, undefined, { range: "bytes=1-3" });
    assert.deepEqual([part.status, part.text], [206, '"a"']);
    assert.deepEqual((await it.call("GET", `/v1/files/${id}`)).json, first.json);

    const listed = (await it.call("GET", "/v1/files")).json;
    assert.deepEqual(listed.data.map((one: { id: string }) => one.id), [second.id, id]);
    const { object, has_more, first_id, last_id } = listed;
    assert.deepEqual({ object, has_more, first_id, last_id }, {
      ...{ object: "list", has_more: false, first_id: second.id, last_id: id },
    });
    const page = (await it.call("GET", `/v1/files?limit=1&order=asc`)).json;
    assert.deepEqual([page.data[0].id, page.has_more], [id, true]);
    const next = (await it.call("GET", `/v1/files?limit=1&order=asc&after=${id}`)).json;
    assert.deepEqual([next.data[0].id, next.has_more], [second.id, false]);
    for (const after of ["file-none", "", id.toUpperCase(), id.replace("file-", "ftjob-")]) {
      const refused = await it.call("GET", `/v1/files?after=${after}`);
      assert.deepEqual([refused.status, refused.json.error.param], [400, "after"], after);
    }
    assert.equal((await it.call("GET", "/v1/files?purpose=evals")).json.data.length, 1);
    assert.equal((await it.call("GET", "/v1/files?purpose=batch")).json.data.length, 0);

    const gone = await it.call("DELETE", `/v1/files/${id}`);
    assert.deepEqual(gone.json, { id, object: "file", deleted: true });
    for (const [method, path] of [["GET", ""], ["GET", "/content"], ["DELETE", ""]] as const) {
      const missing = await it.call(method, `/v1/files/${id}${path}`);
      assert.equal(missing.status, 404);
      assert.equal(missing.json.error.message, `No file '${id}'`);
      assert.equal(missing.json.error.type, "invalid_request_error");
    }
  }));

Deno.test("a file goes when it is said to", () =>
  served(async (it) => {
    const { json } = await send(
      it,
      ...[["purpose", "user_data"], ["expires_after[anchor]", "created_at"]] as Part[],
      ...[["expires_after[seconds]", "3600"], file] as Part[],
    );
    assert.equal(json.expires_at, json.created_at + 3600);
  }));

Deno.test("what is not taken is refused by name with 400", () =>
  served(async (it) => {
    const fine: Part = ["purpose", "fine-tune"];
    const anchor: Part = ["expires_after[anchor]", "created_at"];
    const refused: [Part[], string | null, RegExp][] = [
      [[file], "purpose", /Expected fine-tune, evals, user_data, got none/],
      ...["assistants", "batch", "vision"].map((purpose): [Part[], string, RegExp] => [
        [["purpose", purpose], file],
        "purpose",
        /there is nothing here that reads/,
      ]),
      [[["purpose", "fine-tune-results"], file], "purpose", /Expected fine-tune/],
      [[fine, file, ["expires_after[seconds]", "3600"]], "expires_after.anchor", /Expected created_at/],
      [[fine, file, anchor], "expires_after.seconds", /Expected an integer from 3600 to 2592000/],
      [[fine, file, anchor, ["expires_after[seconds]", "60"]], "expires_after.seconds", /got 60/],
      [[fine, ["file", "", "empty.jsonl"]], "file", /got an empty one/],
      [[fine], "body", /Expected a form with a file/],
      [[fine, file, ["other", "x"]], "other", /Expected a file and fields among/],
    ];
    for (const [parts, param, message] of refused) {
      const { status, json } = await send(it, ...parts);
      assert.equal(status, 400, JSON.stringify(json));
      assert.equal(json.error.param, param);
      assert.match(json.error.message, message);
    }
    const noForm = await it.call("POST", "/v1/files", { purpose: "fine-tune" });
    assert.equal(noForm.status, 415);
    for (const query of ["limit=0", "limit=10001", "order=up"]) {
      assert.equal((await it.call("GET", `/v1/files?${query}`)).status, 400, query);
    }
    assert.deepEqual((await it.call("GET", "/v1/files")).json.data, []);
  }));
