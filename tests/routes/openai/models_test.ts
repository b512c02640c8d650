/** Models as OpenAI's clients list, show and delete them, the fine-tuned ones among them. */
import assert from "node:assert/strict";
import { eq } from "drizzle-orm";
import { fineTunedName } from "../../../core/contract/fine_tuned_name.ts";
import { jobs } from "../../../core/db/schema.ts";
import { assertProblem, jobRequest, served } from "../served.ts";

interface Listed {
  id: string;
  object: string;
  created: number;
  owned_by: string;
  status: string;
  checkpoint: string | null;
}

Deno.test("every model has what OpenAI's clients read, and fine-tuned ones come last, the newest first", async () => {
  await served(async (it) => {
    const { id } = (await it.call("POST", "/v1/training-jobs", jobRequest())).json;
    const { checkpoint } = await it.reaches(id, "succeeded");
    const { json } = await it.call("GET", "/v1/models");
    assert.equal(json.object, "list");
    const models = json.data as Listed[];
    const now = Date.now() / 1000;
    for (const { object, created, owned_by } of models) {
      assert.equal(object, "model");
      assert.ok(Number.isInteger(created) && created > 0 && created <= now);
      assert.ok(owned_by.length > 0);
    }
    const tuned = models.filter(({ id }) => id.startsWith("ft:"));
    assert.equal(models.at(-tuned.length), tuned[0]);
    assert.equal(tuned[0]!.id, fineTunedName({ model: "qwen3", suffix: null }, checkpoint!));
    assert.deepEqual([tuned[0]!.checkpoint, tuned[0]!.owned_by, tuned[0]!.status], [
      checkpoint,
      "proximal",
      "ready",
    ]);
    const shown = await it.call("GET", `/v1/models/${tuned[0]!.id}`);
    assert.deepEqual(shown.json, tuned[0]);
    const bases = (await it.call("GET", "/v1/models?fine_tuned=false")).json.data;
    assert.deepEqual(bases, models.filter(({ id }) => !id.startsWith("ft:")));
    const { status, json: absent } = await it.call("GET", `/v1/models/${tuned[0]!.id.slice(0, -1)}0`);
    assert.deepEqual([status, absent.error.type], [404, "invalid_request_error"]);
  });
});

Deno.test("a fine-tuned model is deleted with its files once nothing needs it, and is nobody's name then", async () => {
  await served(async (it) => {
    const { id } = (await it.call("POST", "/v1/training-jobs", jobRequest())).json;
    const { checkpoint } = await it.reaches(id, "succeeded");
    const name = fineTunedName({ model: "qwen3", suffix: null }, checkpoint!);
    const waiting = (await it.call("POST", "/v1/training-jobs", jobRequest("hang", { model: name }))).json;
    const needed = await it.call("DELETE", `/v1/models/${name}`);
    assertProblem(needed, 409, "wrong_state");
    assert.match(needed.json.error.message, new RegExp(waiting.id));
    assert.equal(needed.headers.get("x-should-retry"), "false");
    await it.call("POST", `/v1/training-jobs/${waiting.id}/cancel`);
    await it.reaches(waiting.id, "cancelled");

    const { status, json } = await it.call("DELETE", `/v1/models/${name}`);
    assert.deepEqual([status, json], [200, { id: name, object: "model", deleted: true }]);
    assertProblem(await it.call("GET", `/v1/models/${name}`), 404, "not_found");
    assertProblem(await it.call("DELETE", `/v1/models/${name}`), 404, "not_found");
    assertProblem(await it.call("GET", `/v1/checkpoints/${checkpoint}`), 404, "not_found");
    await assert.rejects(Deno.stat(`${it.folder}/jobs/${id}/1/epoch-2`), Deno.errors.NotFound);
    const chat = { model: name, messages: [{ role: "user", content: "a" }] };
    assert.equal((await it.call("POST", "/v1/chat/completions", chat)).status, 404);
    const job = (await it.call("GET", `/v1/training-jobs/${id}`)).json;
    assert.deepEqual([job.status, job.checkpoint], ["succeeded", null]);
    const left = (await it.call("GET", `/v1/training-jobs/${id}/checkpoints`)).json.data;
    assert.ok(left.length > 0 && left.every((one: { id: string }) => one.id !== checkpoint));
  });
});

Deno.test("a fine-tuned model of a job that is not over stays", async () => {
  await served(async (it) => {
    const { id } = (await it.call("POST", "/v1/training-jobs", jobRequest())).json;
    const { checkpoint } = await it.reaches(id, "succeeded");
    const name = fineTunedName({ model: "qwen3", suffix: null }, checkpoint!);
    await it.db.write((tx) => tx.update(jobs).set({ status: "paused" }).where(eq(jobs.id, id)));
    assertProblem(await it.call("DELETE", `/v1/models/${name}`), 409, "wrong_state");
    assert.equal((await it.call("GET", `/v1/models/${name}`)).status, 200);
  });
});
