import assert from "node:assert/strict";
import { parquetReadObjects } from "hyparquet";
import { createHash } from "node:crypto";
import { assertProblem, jobRequest, type Served, served } from "./served.ts";

const PATH = "/v1/training-jobs";

const finished = async (
  it: Served,
  behaviour: Parameters<typeof jobRequest>[0] = "succeed",
): Promise<string> => {
  const { id } = (await it.call("POST", PATH, jobRequest(behaviour))).json;
  await it.reaches(id, "succeeded", "failed", "cancelled");
  return id;
};

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

Deno.test("GET /v1/training-jobs pages through jobs, newest first, and filters them", async () => {
  await served(async (it) => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.unshift(await finished(it, i === 2 ? "fail" : "succeed"));
    const seen: string[] = [];
    let after = "";
    for (let more = true; more;) {
      const { json } = await it.call("GET", `${PATH}?limit=2${after}`);
      seen.push(...json.data.map(({ id }: { id: string }) => id));
      assert.equal(json.next_cursor === null, !json.has_more);
      more = json.has_more;
      after = `&after=${json.next_cursor}`;
    }
    assert.deepEqual(seen, ids);
    const failed = (await it.call("GET", `${PATH}?status=failed&kind=ppo`)).json.data;
    assert.deepEqual(failed.map(({ id }: { id: string }) => id), [ids[2]]);
    assert.deepEqual(failed[0].error, { code: "reward_failed", detail: "The reward gave NaN" });
    assert.equal(failed[0].config.prompts, undefined);
    assert.deepEqual(failed[0].rows, { field: "prompts", count: 2, dataset: null });
    for (
      const [query, path] of [
        ...[["limit=0", "limit"], ["limit=101", "limit"], ["limit=x", "limit"], ["limit=1&limit=2", "limit"]],
        ...[["after=job_x", "after"], ["after=%00", "after"], ["status=done", "status"], ["page=2", "page"]],
      ] as [string, string][]
    ) {
      assertProblem(await it.call("GET", `${PATH}?${query}`), 422, "invalid_request", path);
    }
  });
});

Deno.test("An id that nobody has is answered 404 everywhere", async () => {
  await served(async (it) => {
    for (const rest of ["", "/rows", "/metrics", "/metrics?format=csv", "/events", "/checkpoints"]) {
      assertProblem(await it.call("GET", `${PATH}/job_none${rest}`), 404, "not_found");
    }
    assertProblem(await it.call("POST", `${PATH}/job_none/cancel`), 404, "not_found");
    assertProblem(await it.call("GET", "/v1/checkpoints/ckpt_none"), 404, "not_found");
    assertProblem(await it.call("GET", "/v1/checkpoints/ckpt_none/files/a"), 404, "not_found");
    assertProblem(await it.call("GET", "/v1/models/none"), 404, "not_found");
    assertProblem(await it.call("GET", "/v1/nothing"), 404, "not_found");
    assertProblem(await it.call("GET", `${PATH}/${"x".repeat(5000)}`), 422, "invalid_request");
  });
});

Deno.test("GET …/rows pages through the prompts as they were given, and nothing else shows them", async () => {
  await served(async (it) => {
    const prompts = [
      "a\n$& $1 é",
      '"prompts":[]',
      { id: "x", text: "b", answer: "\u2028" },
      "nul \0",
      "secret",
    ];
    const created = await it.call("POST", PATH, { ...jobRequest(), prompts });
    assert.equal(created.status, 202, created.text);
    const { id } = created.json;
    await it.reaches(id, "succeeded");
    const shown = await it.call("GET", `${PATH}/${id}`);
    assert.deepEqual(shown.json.rows, { field: "prompts", count: 5, dataset: null });
    assert.deepEqual(shown.json.config, created.json.config);
    assert.deepEqual(Object.keys(shown.json), Object.keys(created.json));
    const pages: unknown[] = [];
    for (let after: string | null = ""; after !== null;) {
      const { json } = await it.call("GET", `${PATH}/${id}/rows?limit=2${after && `&after=${after}`}`);
      pages.push(json.data);
      after = json.next_cursor;
    }
    const rows = prompts.map((row, index) => ({ index, row }));
    assert.deepEqual(pages, [rows.slice(0, 2), rows.slice(2, 4), rows.slice(4)]);
    const dry = await it.call("POST", `${PATH}/dry-run`, { ...jobRequest(), prompts });
    assert.deepEqual(dry.json.rows, shown.json.rows);
    for (const answer of [created, shown, dry, await it.call("GET", PATH)]) {
      assert.doesNotMatch(answer.text, /secret/);
    }
    for (const query of ["limit=0", "limit=1001", "after=x", "after=-1"]) {
      assertProblem(await it.call("GET", `${PATH}/${id}/rows?${query}`), 422, "invalid_request");
    }
  });
});

Deno.test("a job of any kind has its rows, runs, and is found by its kind", async () => {
  await served(async (it) => {
    const examples = [
      { prompt: "a", completion: "b" },
      { prompt: { id: "x", text: "c" }, completion: "d" },
    ];
    const { reward: _, prompts: __, ...shared } = jobRequest();
    const given = { ...shared, kind: "sft", examples };
    const created = await it.call("POST", PATH, given);
    assert.equal(created.status, 202, created.text);
    const { id, config, rows } = created.json;
    assert.deepEqual(rows, { field: "examples", count: 2, dataset: null });
    assert.equal(config.sft.batch_size, 8);
    assert.equal("examples" in config, false);
    await it.reaches(id, "succeeded");
    const page = (await it.call("GET", `${PATH}/${id}/rows`)).json;
    assert.deepEqual(page.data.map(({ row }: { row: unknown }) => row), examples);
    await finished(it);
    for (const [kind, found] of [["sft", [id]], ["ppo", 1]] as const) {
      const { data } = (await it.call("GET", `${PATH}?kind=${kind}`)).json;
      assert.ok(data.every((job: { kind: string }) => job.kind === kind));
      assert.deepEqual(
        typeof found === "number" ? data.length : data.map((job: { id: string }) => job.id),
        found,
      );
    }
    assertProblem(
      await it.call("POST", PATH, { ...given, prompts: ["a"] }),
      422,
      "invalid_request",
      "prompts",
    );
    assertProblem(
      await it.call("POST", PATH, { ...given, examples: Array(20).fill({ prompt: "a" }) }),
      422,
      "invalid_request",
      "examples.0.completion",
    );
    assertProblem(
      await it.call("POST", PATH, { ...jobRequest(), examples: Array(20).fill({}) }),
      422,
      "invalid_request",
      "examples",
    );
  });
});

Deno.test("POST …/cancel cancels a running job; one that has ended is answered 409", async () => {
  await served(async (it) => {
    const { id } = (await it.call("POST", PATH, jobRequest("hang"))).json;
    await it.reaches(id, "running");
    const answer = await it.call("POST", `${PATH}/${id}/cancel`);
    assert.equal(answer.status, 202);
    assert.equal(answer.json.status, "cancelling");
    await it.reaches(id, "cancelled");
    assertProblem(await it.call("POST", `${PATH}/${id}/cancel`), 409, "wrong_state");
    assertProblem(await it.call("POST", `${PATH}/${await finished(it)}/cancel`), 409, "wrong_state");
  });
});

Deno.test("GET …/metrics gives rows per step and per epoch, in pages", async () => {
  await served(async (it) => {
    const id = await finished(it);
    const all = (await it.call("GET", `${PATH}/${id}/metrics`)).json;
    assert.deepEqual(all.data[1], {
      ...{ step: 2, epoch: 1, "objective/kl": 0.2, "policy/clipfrac_avg": 0, "objective/scores": 2 },
      ...{ "time/step_s": 0.5, tokens_per_second: 200 },
    });
    assert.deepEqual([all.data.length, all.has_more, all.next_cursor], [4, false, null]);
    const first = (await it.call("GET", `${PATH}/${id}/metrics?limit=3`)).json;
    const rest = (await it.call("GET", `${PATH}/${id}/metrics?limit=3&after=${first.next_cursor}`)).json;
    assert.deepEqual([...first.data, ...rest.data], all.data);
    const epochs = (await it.call("GET", `${PATH}/${id}/metrics?scope=epoch`)).json.data;
    assert.deepEqual(epochs.map(({ epoch, avg_reward }: Record<string, number>) => [epoch, avg_reward]), [[
      1,
      2,
    ], [2, 4]]);
    for (const query of ["limit=1001", "limit=0", "after=x", "after=-1", "scope=run", "format=xml"]) {
      assertProblem(await it.call("GET", `${PATH}/${id}/metrics?${query}`), 422, "invalid_request");
    }
  });
});

Deno.test("GET …/metrics?format=csv gives the same as a table", async () => {
  await served(async (it) => {
    const id = await finished(it);
    const { text, headers } = await it.call("GET", `${PATH}/${id}/metrics?format=csv`);
    assert.match(headers.get("content-type")!, /^text\/csv/);
    assert.deepEqual(text.split("\r\n"), [
      "step,epoch,objective/kl,objective/scores,policy/clipfrac_avg,time/step_s,tokens_per_second",
      ...["1,1,0.1,1,0,0.5,200", "2,1,0.2,2,0,0.5,200", "3,2,0.3,3,0,0.5,200", "4,2,0.4,4,0,0.5,200", ""],
    ]);
  });
});

Deno.test("GET …/metrics?format=ndjson and parquet give the same rows to other programs", async () => {
  await served(async (it) => {
    const id = await finished(it);
    for (const scope of ["step", "epoch"]) {
      const path = `${PATH}/${id}/metrics?scope=${scope}`;
      const { data } = (await it.call("GET", path)).json;
      const lines = await it.call("GET", `${path}&format=ndjson`);
      assert.equal(lines.headers.get("content-type"), "application/x-ndjson");
      assert.deepEqual(lines.text.trimEnd().split("\n").map((line) => JSON.parse(line)), data);
      const table = await it.app.request(`${path}&format=parquet`);
      assert.match(table.headers.get("content-disposition")!, new RegExp(`${id}-${scope}s.parquet`));
      const rows = await parquetReadObjects({ file: await table.arrayBuffer() });
      assert.deepEqual(rows.map(({ step, ...row }) => ({ step: Number(step), ...row })), data);
      const rest = await it.call("GET", `${path}&format=ndjson&after=${data[0].step}&limit=1`);
      assert.deepEqual(rest.text.trimEnd().split("\n").map((line) => JSON.parse(line)), data.slice(1));
    }
  });
});

Deno.test("GET …/checkpoints and files give what the manifest names and nothing else", async () => {
  await served(async (it) => {
    const id = await finished(it);
    const page = (await it.call("GET", `${PATH}/${id}/checkpoints?limit=1`)).json;
    assert.equal(page.has_more, true);
    const rest = (await it.call("GET", `${PATH}/${id}/checkpoints?after=${page.next_cursor}`)).json;
    const [first, last] = [...page.data, ...rest.data];
    assert.equal((await it.call("GET", `${PATH}/${id}`)).json.checkpoint, last.id);
    assert.deepEqual((await it.call("GET", `/v1/checkpoints/${first.id}`)).json, first);
    assert.deepEqual([first.epoch, first.step, first.files], [1, 2, [
      { name: "adapter_model.safetensors", bytes: 9, sha256: sha256("weights 1") },
    ]]);
    const files = `/v1/checkpoints/${first.id}/files`;
    const file = await it.call("GET", `${files}/adapter_model.safetensors`);
    assert.equal(file.text, "weights 1");
    assert.equal(file.headers.get("content-length"), "9");
    assert.equal((await it.call("HEAD", `${files}/adapter_model.safetensors`)).text, "");
    for (
      const name of [
        ...[
          "not_in_the_manifest",
          "..%2F..%2F1%2Fepoch-1%2Fadapter_model.safetensors",
          "%2Fetc%2Fpasswd",
          "%00",
        ],
        ...[
          "..%2Fepoch-2%2Fadapter_model.safetensors",
          "adapter_model.safetensors%2F",
          "..%5C..%5Cproximal.db",
        ],
      ]
    ) {
      assertProblem(await it.call("GET", `${files}/${name}`), 404, "not_found");
    }
    await Deno.remove(`${it.folder}/jobs/${id}/1/epoch-1/adapter_model.safetensors`);
    assertProblem(await it.call("GET", `${files}/adapter_model.safetensors`), 422, "damaged_checkpoint");
    assertProblem(
      await it.call("GET", `${PATH}/${id}/checkpoints?after=nope`),
      422,
      "invalid_request",
      "after",
    );
  });
});
