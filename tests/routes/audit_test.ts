/** Who changed what, as the app writes it down. */
import assert from "node:assert/strict";
import { createKey, revokeKey } from "../../core/keys/stored_keys.ts";
import { assertProblem, jobRequest, served } from "./served.ts";

Deno.test("the audit log has each write with its key, route, resource, outcome and request, and nothing else", async () => {
  const root = { authorization: "Bearer a-key-of-the-environment" };
  await served(async (it) => {
    const { text, row } = await createKey(it.db, { name: "ci", scope: "write", expires_at: null });
    const { text: readText, row: reader } = await createKey(it.db, {
      name: "r",
      scope: "read",
      expires_at: null,
    });
    await it.keys.refresh();
    const writer = { authorization: `Bearer ${text}` };
    const reading = { authorization: `Bearer ${readText}` };
    const SECRET = "a prompt that is nobody's business";
    const created = await it.call(
      "POST",
      "/v1/training-jobs",
      jobRequest("hang", { prompts: [SECRET], metadata: { team: "secret-team" } }),
      writer,
    );
    const { id } = created.json;
    const unseen: [string, string, unknown, Record<string, string>][] = [
      ["POST", "/v1/training-jobs?dry_run=true", jobRequest(), writer],
      ["POST", "/v1/training-jobs/dry-run", jobRequest(), writer],
      ["POST", "/v1/generations", { model: "qwen3", prompts: [SECRET] }, writer],
      ["POST", "/v1/completions/", { model: "qwen3", prompt: SECRET }, writer],
      ["GET", `/v1/training-jobs/${id}`, undefined, writer],
      // Whoever is kept out leaves no trace that could push others' out.
      ["POST", `/v1/training-jobs/${id}/cancel`, undefined, {}],
      ["POST", `/v1/training-jobs/${id}/cancel`, undefined, { authorization: "Bearer wrong" }],
      ["POST", "/v1/none", {}, writer],
    ];
    for (const [method, path, body, headers] of unseen) await it.call(method, path, body, headers);
    await it.call("POST", `/v1/training-jobs/${id}/cancel`, undefined, reading);
    await it.call("POST", "/v1/training-jobs/job_none/cancel/?dry_run=true", undefined, writer);
    await it.call("DELETE", "/v1/models/org%2Fnone", undefined, writer);
    await it.call("POST", "/v1/training-jobs", { kind: "ppo", prompts: [SECRET] }, writer);
    await it.call("POST", `/v1/training-jobs/${id}/cancel`, undefined, root);
    await revokeKey(it.db, reader.id);

    const { status, json } = await it.call("GET", "/v1/audit", undefined, root);
    assert.equal(status, 200);
    const jobs = "/v1/training-jobs";
    const rows = json.data.map((
      one: Record<string, unknown>,
    ) => [one.key_id, one.method, one.route, one.resource, one.status, one.outcome]).reverse();
    const [{ key_id: rootId }] = json.data.filter((one: { route: string; status: number }) =>
      one.route === `${jobs}/{id}/cancel` && one.status === 202
    );
    assert.match(rootId, /^env_/);
    assert.deepEqual(rows, [
      [null, "TASK", "keys create", row.id, 201, "done"],
      [null, "TASK", "keys create", reader.id, 201, "done"],
      [row.id, "POST", jobs, id, 202, "done"],
      [reader.id, "POST", `${jobs}/{id}/cancel`, id, 403, "refused"],
      [row.id, "POST", `${jobs}/{id}/cancel`, "job_none", 404, "refused"],
      [row.id, "DELETE", "/v1/models/{id}", "org/none", 404, "refused"],
      [row.id, "POST", jobs, null, 422, "refused"],
      [rootId, "POST", `${jobs}/{id}/cancel`, id, 202, "done"],
      [null, "TASK", "keys revoke", reader.id, 200, "done"],
    ]);
    assert.equal(json.data.at(-3).request_id, created.headers.get("x-request-id"));
    for (const secret of [SECRET, "secret-team", text, readText, text.slice(14)]) {
      assert.ok(!JSON.stringify(json).includes(secret));
    }

    const of = async (query: string) =>
      (await it.call("GET", `/v1/audit?${query}`, undefined, root)).json.data.length;
    assert.equal(await of(`key_id=${row.id}`), 4);
    assert.equal(await of(`resource=${id}`), 3);
    const page = (await it.call("GET", "/v1/audit?limit=4", undefined, root)).json;
    assert.equal(page.has_more, true);
    assert.equal(await of(`limit=100&after=${page.next_cursor}`), 5);
    assertProblem(await it.call("GET", "/v1/audit?key=x", undefined, root), 422, "invalid_request");
    assertProblem(await it.call("GET", "/v1/audit?after=aud_x", undefined, root), 422, "invalid_request");
  }, { apiKeys: ["a-key-of-the-environment"] });
});

Deno.test("without keys the audit log says what was done, by nobody", async () => {
  await served(async (it) => {
    const { json: job } = await it.call("POST", "/v1/training-jobs", jobRequest());
    const { data: [record] } = (await it.call("GET", "/v1/audit")).json;
    assert.deepEqual([record.key_id, record.resource, record.outcome], [null, job.id, "done"]);
  });
});

Deno.test("a write that cannot be written down is done all the same, and the log says so", async () => {
  await served(async (it) => {
    const { json: job } = await it.call("POST", "/v1/training-jobs", jobRequest("hang"));
    const { write } = it.db;
    let writes = 0;
    // The job's own end is written, and no more.
    it.db.write = ((work: never, options: never) =>
      ++writes === 1
        ? write.call(it.db, work, options)
        : Promise.reject(new Error("no room"))) as typeof write;
    const answer = await it.call("POST", `/v1/training-jobs/${job.id}/cancel`);
    it.db.write = write;
    assert.equal(answer.status, 202);
    assert.ok(
      it.logs.some((line) =>
        line.includes("Cannot write to the audit log") && line.includes(job.id)
      ),
    );
  });
});
