/** Datasets over HTTP: what is taken in, what is refused and where, what is left when it does not come to its end. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { jobRequest, type Served, served } from "./served.ts";
import { eventually } from "../core/jobs/supervised.ts";

const JSONL = "application/jsonl";
const encoder = new TextEncoder();

async function send(
  { app }: Pick<Served, "app">,
  body: BodyInit,
  headers: Record<string, string> = { "content-type": JSONL },
  query = "",
) {
  const response = await app.request(`/v1/datasets${query}`, { method: "POST", body, headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: text === "" ? null : JSON.parse(text) };
}

/** Names in the folder of datasets. */
const left = ({ folder }: Pick<Served, "folder">) =>
  Array.fromAsync(Deno.readDir(join(folder, "datasets"))).then(
    (all) => all.map(({ name }) => name),
    () => [],
  );

Deno.test("a file of JSON lines becomes a dataset, which is listed, shown, read by pages and deleted", () =>
  served(async (it) => {
    const body = '\ufeff{"prompt":"a","n":12345678901234567890}\r\n\r\n{"prompt":"b","more":[1]}';
    const { status, json, headers } = await send(it, body, { "content-type": JSONL }, "?name=mine");
    assert.equal(status, 201, JSON.stringify(json));
    assert.equal(headers.get("location"), `/v1/datasets/${json.id}`);
    const { id, created_at: _, ...about } = json;
    assert.deepEqual(about, {
      ...{ name: "mine", format: "jsonl", rows: 2, columns: ["prompt", "n", "more"] },
      bytes: encoder.encode(body).length,
      sha256: createHash("sha256").update(body).digest("hex"),
    });
    assert.deepEqual((await it.call("GET", `/v1/datasets/${id}`)).json, json);
    assert.deepEqual((await it.call("GET", "/v1/datasets")).json.data, [json]);
    const first = await it.call("GET", `/v1/datasets/${id}/rows?limit=1`);
    assert.equal(
      first.text,
      '{"data":[{"prompt":"a","n":12345678901234567890}],"has_more":true,"next_cursor":"0"}',
    );
    const rest = await it.call("GET", `/v1/datasets/${id}/rows?after=0`);
    assert.deepEqual(rest.json, { data: [{ prompt: "b", more: [1] }], has_more: false, next_cursor: null });
    assert.deepEqual((await it.call("GET", `/v1/datasets/${id}/rows?after=99`)).json.data, []);
    assert.equal((await it.call("GET", "/v1/audit")).json.data[0].resource, id);
    assert.deepEqual(await left(it), [id]);
    assert.equal((await it.call("DELETE", `/v1/datasets/${id}`)).status, 204);
    assert.deepEqual(await left(it), []);
    for (const path of ["", "/rows"]) {
      assert.equal((await it.call("GET", `/v1/datasets/${id}${path}`)).status, 404);
    }
    assert.equal((await it.call("DELETE", `/v1/datasets/${id}`)).status, 404);
  }));

Deno.test("a form, a packed body and a body of a named format are the same file", () =>
  served(async (it) => {
    const csv = 'prompt;answer\r\n"two\r\nlines, ""q""";4\r\nb;\r\n';
    const rows = [{ prompt: 'two\r\nlines, "q"', answer: "4" }, { prompt: "b", answer: "" }];
    const form = new FormData();
    form.append("file", new Blob([csv]), "table.csv");
    form.append("name", "after the file");
    const packed = new Response(
      new Blob([csv]).stream().pipeThrough(new CompressionStream("gzip")),
    );
    const answers = [
      await send(it, csv, { "content-type": "text/csv; charset=utf-8" }),
      await send(it, csv, { "content-type": "application/octet-stream" }, "?format=csv"),
      await send(it, await packed.arrayBuffer(), { "content-type": "text/csv", "content-encoding": "gzip" }),
      await send(it, form, {}),
    ];
    for (const { status, json } of answers) {
      assert.equal(status, 201, JSON.stringify(json));
      assert.deepEqual([json.rows, json.columns, json.bytes], [2, ["prompt", "answer"], csv.length]);
      assert.deepEqual((await it.call("GET", `/v1/datasets/${json.id}/rows`)).json.data, rows);
    }
    assert.equal(new Set(answers.map(({ json }) => json.sha256)).size, 1);
    assert.deepEqual(answers.map(({ json }) => json.name), [
      "dataset",
      "dataset",
      "dataset",
      "after the file",
    ]);
  }));

Deno.test("what is wrong is told of by its line, and leaves nothing", () =>
  served(async (it) => {
    const refused = async (body: BodyInit, type: string, expected: [number, string, RegExp]) => {
      const { status, json } = await send(it, body, { "content-type": type });
      assert.deepEqual(
        [status, json.errors?.[0].path ?? json.code],
        expected.slice(0, 2),
        JSON.stringify(json),
      );
      assert.match(json.errors?.[0].message ?? json.detail, expected[2]);
      assert.ok(!JSON.stringify(json).includes(it.folder), "no path of the machine");
      return json;
    };
    await refused('{"a":1}\n{"a":\n', JSONL, [422, "line 2", /JSON/]);
    await refused('{"a":1}\n\n[2]', JSONL, [422, "line 3", /Expected a JSON object, got a list/]);
    await refused('[{"a":1}]', JSONL, [422, "line 1", /lines of their own/]);
    await refused('{"a":"\\ud800"}', JSONL, [422, "line 1", /whole characters/]);
    await refused(new Uint8Array([123, 34, 255, 34, 125]), JSONL, [422, "line 1", /UTF-8/]);
    await refused(new Uint8Array([255, 254, 123, 0]), JSONL, [422, "line 1", /UTF-16/]);
    await refused(`{"a":${"[".repeat(40)}${"]".repeat(40)}}`, JSONL, [422, "line 1", /32 levels/]);
    await refused("", JSONL, [422, "body", /got none/]);
    await refused("a,b\n", "text/csv", [422, "body", /got none/]);
    await refused("a,b\n1,2\n1\n", "text/csv", [422, "line 3", /Expected 2 cells.*got 1/]);
    await refused('a,b\n1,"2\n', "text/csv", [422, "line 2", /closing quote/]);
    await refused("a,a\n1,2\n", "text/csv", [422, "line 1", /'a' twice/]);
    await refused("PAR1", "application/vnd.apache.parquet", [422, "body", /whole Parquet file/]);
    await refused("[]", "application/json", [415, "unsupported_media_type", /application\/jsonl/]);
    await refused("x", "multipart/form-data; boundary=b", [400, "malformed_request", /form/]);
    const columns = Object.fromEntries(Array.from({ length: 1001 }, (_, at) => [`c${at}`, 1]));
    await refused(JSON.stringify(columns), JSONL, [422, "line 1", /at most 1000 columns/]);
    const many = await refused("x\n".repeat(50), JSONL, [422, "line 1", /JSON/]);
    assert.equal(many.errors.length, 10);
    assert.deepEqual(await left(it), []);
    assert.deepEqual((await it.call("GET", "/v1/datasets")).json.data, []);
  }));

Deno.test("a form has one file, of a known format, and no fields that are not known", () =>
  served(async (it) => {
    const csv = () => new Blob(["a\n1\n"]);
    const refused = async (parts: [string, string | Blob, string?][], path: string, message: RegExp) => {
      const form = new FormData();
      for (const [name, value, file] of parts) {
        if (typeof value === "string") form.append(name, value);
        else form.append(name, value, file);
      }
      const { status, json } = await send(it, form, {});
      assert.deepEqual([status, json.errors?.[0].path], [422, path], JSON.stringify(json));
      assert.match(json.errors[0].message, message);
    };
    await refused([["name", "only"]], "body", /form with a file, got none/);
    await refused([["file", csv(), "a.csv"], ["file", csv(), "b.csv"]], "body", /one file, got more/);
    await refused([["file", csv(), "a.gif"]], "format", /Expected jsonl, csv, parquet/);
    await refused([["format", "xls"], ["file", csv(), "a.csv"]], "format", /jsonl/);
    await refused([["file", csv(), "a.csv"], ["owner", "me"]], "owner", /fields among name, format/);
    await refused([["file", csv(), "a.csv"], ["name", "x".repeat(201)]], "name", /at most 200/);
    assert.deepEqual(await left(it), []);
    const form = new FormData();
    form.append("format", "csv");
    form.append("whatever", csv(), "a.txt");
    assert.equal((await send(it, form, {})).status, 201);
  }));

Deno.test("a file that is too large is refused", () =>
  served(async (it) => {
    const row = JSON.stringify({ text: "x".repeat(1024 ** 2) }) + "\n";
    const body = () => {
      let sent = 0;
      return new ReadableStream({
        pull: (controller) => sent++ < 70 ? controller.enqueue(encoder.encode(row)) : controller.close(),
      });
    };
    const { status, json } = await send(it, body());
    assert.deepEqual([status, json.code], [413, "body_too_large"]);
    assert.deepEqual(await left(it), []);
  }));

Deno.test("a client that goes away leaves nothing", () =>
  served(async (it) => {
    const gone = new AbortController();
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(encoder.encode('{"a":1}\n')),
    });
    const request = new Request("http://localhost/v1/datasets", {
      ...{ method: "POST", body, headers: { "content-type": JSONL }, signal: gone.signal },
    });
    const answer = Promise.resolve(it.app.fetch(request)).catch(() => null);
    await eventually(async () => (await left(it)).length === 1);
    gone.abort();
    await answer;
    await eventually(async () => (await left(it)).length === 0);
  }, { body_silence_ms: 2000 }));

Deno.test("an Idempotency-Key makes a file once", () =>
  served(async (it) => {
    const headers = { "content-type": JSONL, "idempotency-key": "k1" };
    const first = await send(it, '{"a":1}', headers);
    const [again, twice] = await Promise.all([send(it, '{"a":1}', headers), send(it, '{"a":1}', headers)]);
    assert.deepEqual([again.json, twice.json], [first.json, first.json]);
    const other = await send(it, '{"a":2}', headers);
    assert.deepEqual([other.status, other.json.code], [409, "idempotency_conflict"]);
    assert.equal((await left(it)).length, 1);
  }));

Deno.test("a job names a dataset, whose rows it shows, and which stays while it needs it", () =>
  served(async (it) => {
    const { json: { id } } = await send(it, '{"q":"a","label":1}\n{"q":"b","label":2}\n');
    const on = (more: object) => ({ ...jobRequest("hang"), prompts: undefined, dataset: id, ...more });
    const refused = async (more: object, path: string, code: string) => {
      const { status, json } = await it.call("POST", "/v1/training-jobs", on(more));
      assert.deepEqual([status, json.code, json.errors[0].path], [422, code, path], json.detail);
    };
    await refused({}, "dataset", "invalid_request");
    await refused({ columns: { prompt: "question" } }, "columns.prompt", "invalid_request");
    await refused({ dataset: "ds_01k0000000000000000000000a" }, "dataset", "unknown_dataset");
    await refused({ prompts: ["a"], columns: { prompt: "q" } }, "dataset", "invalid_request");
    const made = await it.call("POST", "/v1/training-jobs", on({ columns: { prompt: "q" } }));
    assert.equal(made.status, 202, made.text);
    const job = `/v1/training-jobs/${made.json.id}`;
    assert.deepEqual((await it.call("GET", job)).json.rows, { field: "prompts", count: 2, dataset: id });
    const { json: page } = await it.call("GET", `${job}/rows?limit=1`);
    assert.deepEqual(page, {
      ...{ data: [{ index: 0, row: { text: "a" } }], has_more: true, next_cursor: "0" },
    });
    const busy = await it.call("DELETE", `/v1/datasets/${id}`);
    assert.deepEqual([busy.status, busy.json.code], [409, "wrong_state"]);
    await it.call("POST", `${job}/cancel`);
    await eventually(async () => (await it.call("GET", job)).json.status === "cancelled");
    assert.equal((await it.call("DELETE", `/v1/datasets/${id}`)).status, 204);
    assert.equal((await it.call("GET", `${job}/rows`)).status, 404);
  }));
