/** How errors look to OpenAI's clients: on their own paths, on ours, and where OpenAI has something that is not here. */
import assert from "node:assert/strict";
import { assertProblem, jobRequest, served } from "../served.ts";

const OF_OPENAI = [
  ["GET", "/v1/evals"],
  ["POST", "/v1/embeddings"],
  ["POST", "/v1/responses"],
  ["GET", "/v1/responses/resp_1"],
  ["GET", "/v1/chat/completions/chatcmpl-1"],
  ["POST", "/v1/images/generations"],
  ["POST", "/v1/moderations"],
  ["POST", "/v1/batches"],
  ["POST", "/v1/vector_stores/vs_1/search"],
  ["GET", "/v1/organization/projects"],
  ["GET", "/v1/fine_tuning/checkpoints/ft:a:proximal::b/permissions"],
] as const;

Deno.test("what OpenAI has and this server has not says so, in OpenAI's shape", async () => {
  await served(async (it) => {
    for (const [method, path] of OF_OPENAI) {
      const { status, json } = await it.call(method, path, method === "POST" ? {} : undefined);
      assert.equal(status, 404, path);
      assert.deepEqual(Object.keys(json), ["error"]);
      const { message, ...rest } = json.error;
      assert.match(message, / not (supported|stored)/, path);
      assert.deepEqual(rest, { type: "invalid_request_error", param: null, code: "not_found" });
    }
    const unknown = await it.call("GET", "/v1/evaluate");
    assertProblem(unknown, 404, "not_found");
    assert.equal(unknown.json.error.message, unknown.json.detail);
  });
});

Deno.test("a problem has the error that OpenAI's clients show, and says when trying again is in vain", async () => {
  await served(async (it) => {
    const invalid = await it.call("POST", "/v1/generations", { model: "qwen3", prompts: ["a"], n: 0 });
    assertProblem(invalid, 422, "invalid_request", "n");
    assert.deepEqual(invalid.json.error, {
      ...{ message: invalid.json.detail, type: "invalid_request_error", param: "n", code: "invalid_request" },
    });
    assert.equal(invalid.headers.get("x-should-retry"), null);
    const { id } = (await it.call("POST", "/v1/training-jobs", jobRequest())).json;
    await it.reaches(id, "succeeded");
    const late = await it.call("POST", `/v1/training-jobs/${id}/pause`);
    assertProblem(late, 409, "wrong_state");
    assert.equal(late.headers.get("x-should-retry"), "false");
  });
});
