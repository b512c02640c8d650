/** With openapi-typescript's types and openapi-fetch: creates a job, follows it to its end and downloads the adapter. */
import createClient from "openapi-fetch";
import type { paths } from "./generated/schema.d.ts";

const client = createClient<paths>({ baseUrl: Deno.args[0]! });

/** The data of an answer that is no problem. */
function required<T>({ data, error }: { data?: T; error?: unknown }): T {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

let job = required(
  await client.POST("/v1/training-jobs", {
    body: {
      kind: "ppo",
      model: "tiny",
      prompts: ["POST: The bakery stopped making the bread I like.\nTL;DR:"],
      ppo: { batch_size: 1, max_new_tokens: 8 },
      reward: { type: "length", target: 5 },
    },
  }),
);
while (job.status === "queued" || job.status === "running") {
  await new Promise((resolve) => setTimeout(resolve, 200));
  job = required(await client.GET("/v1/training-jobs/{id}", { params: { path: { id: job.id } } }));
}
if (job.status !== "succeeded") throw new Error(`The job ${job.status}: ${job.error?.detail}`);
const like = required(
  await client.POST("/v1/training-jobs/dry-run", { body: { from: job.id, epochs: 2 } }),
);
if (like.plan.steps !== 2) throw new Error(`A clone of ${job.id} has ${like.plan.steps} steps`);
const reward: number | undefined = job.latest_metrics?.["objective/scores"];
const page = required(
  await client.GET("/v1/training-jobs/{id}/checkpoints", { params: { path: { id: job.id } } }),
);
const path = { id: page.data[0]!.id, name: "adapter_model.safetensors" };
const file = required(
  await client.GET("/v1/checkpoints/{id}/files/{name}", { params: { path }, parseAs: "blob" }),
);
console.log(JSON.stringify({ job: job.id, reward, bytes: (file as Blob).size }));
