import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { jobs } from "../../core/db/schema.ts";
import { assertProblem, jobRequest, served } from "./served.ts";

Deno.test("lists of jobs are narrowed by model, metadata and time, page by page", async () => {
  await served(async (it) => {
    const DAY = 86_400_000, FIRST = Date.parse("2026-03-01T00:00:00Z");
    const made: [model: string, metadata: Record<string, string>][] = [
      ["qwen3", { experiment: "a", owner: "me" }],
      ["qwen3", { experiment: "b", "a key": 'x=y "&,é' }],
      ["qwen2", { experiment: "a" }],
      ["qwen3", {}],
    ];
    const ids: string[] = [];
    for (const [index, [model, metadata]] of made.entries()) {
      const { json } = await it.call("POST", "/v1/training-jobs", jobRequest("succeed", { model, metadata }));
      await it.reaches(json.id, "succeeded");
      ids.push(json.id);
      await it.db.write((tx) =>
        tx.update(jobs).set({ created_at: new Date(FIRST + index * DAY) }).where(eq(jobs.id, json.id))
      );
    }
    const list = async (query: string) => {
      const answer = await it.call("GET", `/v1/training-jobs?${query}`);
      assert.equal(answer.status, 200, answer.text);
      return answer.json.data.map(({ id }: { id: string }) => ids.indexOf(id));
    };
    for (
      const [query, found] of [
        ["model=qwen3", [3, 1, 0]],
        ["model=qwen", []],
        ["metadata=experiment=a", [2, 0]],
        ["metadata=experiment=a&metadata=owner=me", [0]],
        ["metadata=experiment=a&metadata=experiment=b", []],
        ["metadata=experiment%3Da&model=qwen2", [2]],
        [`metadata=${encodeURIComponent('a key=x=y "&,é')}`, [1]],
        ["metadata=experiment=", []],
        ["metadata=owner=%25", []],
        ["created_after=2026-03-02T00:00:00Z", [3, 2, 1]],
        ["created_before=2026-03-02T00:00:00Z", [0]],
        ["created_after=2026-03-02T01:00:00%2B01:00&created_before=2026-03-03T00:00:00Z", [1]],
        ["status=succeeded&kind=ppo&model=qwen3&metadata=experiment=b", [1]],
      ] as const
    ) assert.deepEqual(await list(query), found, query);

    const first = (await it.call("GET", "/v1/training-jobs?model=qwen3&limit=2")).json;
    assert.deepEqual(first.data.map(({ id }: { id: string }) => ids.indexOf(id)), [3, 1]);
    assert.deepEqual(await list(`model=qwen3&limit=2&after=${first.next_cursor}`), [0]);

    for (
      const [query, path] of [
        ["metadata=x", "metadata.0"],
        ["metadata==x", "metadata.0"],
        [Array(17).fill("metadata=a=b").join("&"), "metadata"],
        ["created_after=yesterday", "created_after"],
        ["created_before=2026-03-02", "created_before"],
        ["model=", "model"],
        ["metadata[experiment]=a", "metadata[experiment]"],
      ] as const
    ) assertProblem(await it.call("GET", `/v1/training-jobs?${query}`), 422, "invalid_request", path);
  });
});

Deno.test("lists of datasets and of the audit log are narrowed by time", async () => {
  await served(async (it) => {
    const type = { "content-type": "application/jsonl" };
    for (const name of ["cats", "dogs"]) {
      const sent = await it.call("POST", `/v1/datasets?name=${name}`, '{"prompt":"a"}\n', type);
      assert.equal(sent.status, 201, sent.text);
    }
    const found = async (path: string) => (await it.call("GET", path)).json.data.length;
    const PAST = "2001-01-01T00:00:00Z";
    for (const path of ["/v1/datasets", "/v1/audit"]) {
      assert.equal(await found(`${path}?created_after=${PAST}`), 2, path);
      assert.equal(await found(`${path}?created_before=${PAST}`), 0, path);
    }
    assert.equal(await found("/v1/datasets?name=dogs"), 1);
  });
});
