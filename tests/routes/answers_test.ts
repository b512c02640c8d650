import assert from "node:assert/strict";
import type { z } from "zod";
import { checkpointSchema } from "../../core/contract/checkpoint.ts";
import { completionAnswerSchema } from "../../core/contract/completion.ts";
import { generationAnswerSchema } from "../../core/contract/generation.ts";
import { eventSchema } from "../../core/contract/event_answers.ts";
import { dryRunSchema, jobMetricsSchema, jobSchema } from "../../core/contract/job_answers.ts";
import { modelSchema } from "../../core/contract/model.ts";
import { scoreResultSchema } from "../../core/contract/score.ts";
import { webhookSchema, webhookWithSecretSchema } from "../../core/contract/webhook_answers.ts";
import { jobRequest, served } from "./served.ts";

/** Fails unless a value is what the schema says and nothing more. */
function fits(schema: z.ZodType, value: unknown): void {
  assert.deepEqual(schema.parse(value), value);
}

Deno.test("answers are what their schemas say, key for key", async () => {
  await served(async (it) => {
    const answer = async (method: string, path: string, body?: unknown) => {
      const { status, json } = await it.call(method, path, body);
      assert.ok(status < 300, `${method} ${path}: ${JSON.stringify(json)}`);
      return json;
    };
    const each = async (schema: z.ZodType, path: string) => {
      const { data } = await answer("GET", path);
      assert.ok(data.length > 0, path);
      for (const item of data) fits(schema, item);
    };
    const request = jobRequest("succeed", { metadata: { team: "x" } });
    fits(dryRunSchema, await answer("POST", "/v1/training-jobs/dry-run", request));
    const job = await answer("POST", "/v1/training-jobs", request);
    fits(jobSchema, job);
    await it.reaches(job.id, "succeeded");
    const path = `/v1/training-jobs/${job.id}`;
    fits(jobSchema, await answer("GET", path));
    await each(jobSchema, "/v1/training-jobs");
    await each(eventSchema, `${path}/events`);
    await each(jobMetricsSchema, `${path}/metrics`);
    await each(jobMetricsSchema, `${path}/metrics?scope=epoch`);
    await each(checkpointSchema, `${path}/checkpoints`);
    await each(modelSchema, "/v1/models");
    const model = "qwen3";
    fits(generationAnswerSchema, await answer("POST", "/v1/generations", { model, prompts: ["a"] }));
    fits(completionAnswerSchema, await answer("POST", "/v1/completions", { model, prompt: "a" }));
    const items = [{ prompt: "a", completion: "b" }];
    fits(scoreResultSchema, await answer("POST", "/v1/scores", { model, items }));
    const webhook = { url: "http://127.0.0.1:9/hook" };
    fits(webhookWithSecretSchema, await answer("POST", "/v1/webhooks", webhook));
    await each(webhookSchema, "/v1/webhooks");
  });
});
